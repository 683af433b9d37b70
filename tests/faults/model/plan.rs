//! What the workers do: plans, as proptest makes and shrinks them.

use proptest::collection::vec;
use proptest::prelude::*;
use zfssa_appliance::{Fault, FaultKind};

/// Workers at a time. Each has volumes and a host of its own.
pub const WORKERS: usize = 16;
/// The volumes of a worker.
pub const SLOTS: usize = 5;
/// The snapshots of a volume.
pub const SNAPSHOTS: usize = 3;
/// Volumes of nobody, which all workers attach and clone.
pub const SHARED: usize = 2;
/// Images, which all workers make volumes of.
pub const IMAGES: usize = 3;

/// What a new volume is made from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    Own(usize),
    Shared(usize),
}

/// One operation. Numbers are slots, snapshots and hosts.
#[derive(Clone, Debug)]
pub enum Action {
    Create {
        slot: usize,
        gib: u64,
    },
    Delete {
        slot: usize,
    },
    Extend {
        slot: usize,
        gib: u64,
    },
    Look {
        slot: usize,
    },
    TakeSnapshot {
        slot: usize,
        snapshot: usize,
    },
    DeleteSnapshot {
        slot: usize,
        snapshot: usize,
    },
    Clone {
        slot: usize,
        from: Source,
        more: u64,
    },
    FromSnapshot {
        slot: usize,
        from: Source,
        snapshot: usize,
        more: u64,
    },
    FromImage {
        slot: usize,
        image: usize,
    },
    Attach {
        slot: usize,
        host: usize,
    },
    Detach {
        slot: usize,
        host: usize,
    },
    DetachAll {
        slot: usize,
    },
    AttachShared {
        shared: usize,
    },
    DetachShared {
        shared: usize,
    },
    Revert {
        slot: usize,
        snapshot: usize,
    },
    Retype {
        slot: usize,
        compression: &'static str,
    },
    Unmanage {
        slot: usize,
    },
    Manage {
        slot: usize,
    },
    GroupSnapshot {
        slots: [usize; 2],
        snapshot: usize,
    },
    DeleteGroupSnapshot {
        slots: [usize; 2],
        snapshot: usize,
    },
    GroupFromSnapshots {
        slots: [usize; 2],
        from: [usize; 2],
        snapshot: usize,
    },
}

impl Action {
    /// How a caller takes away what a call left behind that says so.
    pub fn cleaning(&self) -> Option<Action> {
        match *self {
            Action::GroupSnapshot { slots, snapshot } => {
                Some(Action::DeleteGroupSnapshot { slots, snapshot })
            }
            _ => None,
        }
    }
}

/// A fault that strikes one of the next requests, of whichever worker.
#[derive(Clone, Debug)]
pub struct Trouble {
    kind: FaultKind,
    after: bool,
    nth: u64,
}

impl Trouble {
    /// As the simulator takes it. Logins are left alone: a refused one is not tried again at
    /// once, and everything would fail for a while.
    pub fn fault(&self) -> Fault {
        let mut fault = Fault::new(self.kind.clone()).nth(self.nth);
        fault.path = Some("/(storage|san)/".to_owned());
        if self.after {
            fault.after_commit()
        } else {
            fault
        }
    }
}

/// One step of a worker.
#[derive(Clone, Debug)]
pub struct Step {
    pub trouble: Option<Trouble>,
    pub action: Action,
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        3 => (0..SLOTS).prop_map(Source::Own),
        1 => (0..SHARED).prop_map(Source::Shared),
    ]
}

fn two() -> impl Strategy<Value = [usize; 2]> {
    (0..SLOTS, 1..SLOTS).prop_map(|(first, apart)| [first, (first + apart) % SLOTS])
}

fn action(defers: bool) -> impl Strategy<Value = Action> {
    let slot = || 0..SLOTS;
    let snapshot = || 0..SNAPSHOTS;
    let host = || 0..WORKERS;
    let compression = prop::sample::select(vec!["off", "lzjb", "gzip"]);
    let volumes = prop_oneof![
        8 => (slot(), 1..=2_u64).prop_map(|(slot, gib)| Action::Create { slot, gib }),
        7 => slot().prop_map(|slot| Action::Delete { slot }),
        3 => (slot(), 1..=4_u64).prop_map(|(slot, gib)| Action::Extend { slot, gib }),
        3 => slot().prop_map(|slot| Action::Look { slot }),
        2 => (slot(), compression)
            .prop_map(|(slot, compression)| Action::Retype { slot, compression }),
        2 => slot().prop_map(|slot| Action::Unmanage { slot }),
        3 => slot().prop_map(|slot| Action::Manage { slot }),
    ];
    let snapshots = prop_oneof![
        6 => (slot(), snapshot())
            .prop_map(|(slot, snapshot)| Action::TakeSnapshot { slot, snapshot }),
        5 => (slot(), snapshot())
            .prop_map(|(slot, snapshot)| Action::DeleteSnapshot { slot, snapshot }),
        3 => (slot(), snapshot()).prop_map(|(slot, snapshot)| Action::Revert { slot, snapshot }),
        2 => (two(), snapshot())
            .prop_map(|(slots, snapshot)| Action::GroupSnapshot { slots, snapshot }),
        1 => (two(), snapshot())
            .prop_map(|(slots, snapshot)| Action::DeleteGroupSnapshot { slots, snapshot }),
    ];
    let clones = prop_oneof![
        5 => (slot(), source(), 0..=1_u64)
            .prop_map(|(slot, from, more)| Action::Clone { slot, from, more }),
        6 => (slot(), source(), snapshot(), 0..=1_u64).prop_map(|(slot, from, snapshot, more)| {
            Action::FromSnapshot { slot, from, snapshot, more }
        }),
        5 => (slot(), 0..IMAGES).prop_map(|(slot, image)| Action::FromImage { slot, image }),
        2 => (two(), two(), snapshot()).prop_map(|(slots, from, snapshot)| {
            Action::GroupFromSnapshots { slots, from, snapshot }
        }),
    ];
    let hosts = prop_oneof![
        6 => (slot(), host()).prop_map(|(slot, host)| Action::Attach { slot, host }),
        5 => (slot(), host()).prop_map(|(slot, host)| Action::Detach { slot, host }),
        1 => slot().prop_map(|slot| Action::DetachAll { slot }),
        3 => (0..SHARED).prop_map(|shared| Action::AttachShared { shared }),
        3 => (0..SHARED).prop_map(|shared| Action::DetachShared { shared }),
    ];
    // Few of the deletions of a plan meet clones, so that more of them are tried.
    let deletions = prop_oneof![
        3 => slot().prop_map(|slot| Action::Delete { slot }),
        2 => (slot(), snapshot())
            .prop_map(|(slot, snapshot)| Action::DeleteSnapshot { slot, snapshot }),
    ];
    let more = if defers { 8 } else { 0 };
    prop_oneof![10 => volumes, 7 => snapshots, 8 + more => clones, 7 => hosts, more => deletions]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let kinds = vec![
        FaultKind::Reset,
        FaultKind::ReplyLost,
        FaultKind::internal(),
        FaultKind::status(502, "ERR_INTERNAL"),
        FaultKind::unauthorized(),
        FaultKind::denied(),
        FaultKind::object_exists(),
        FaultKind::confirm_required(),
        FaultKind::state_changed(),
        FaultKind::Busy { retry_after: None },
        FaultKind::TruncatedBody,
        FaultKind::Garbage,
    ];
    (prop::sample::select(kinds), any::<bool>(), 1..=4_u64).prop_map(|(kind, after, nth)| {
        // An appliance refuses before it works, not after.
        let refuses = matches!(&kind, FaultKind::Busy { .. })
            || matches!(&kind, FaultKind::Status { status, .. } if *status < 500);
        Trouble {
            after: after && !refuses,
            kind,
            nth,
        }
    })
}

/// What each worker does, one step after the other. Shrinking takes steps out.
pub fn plans(length: usize, troubled: bool, defers: bool) -> BoxedStrategy<Vec<Vec<Step>>> {
    let often = if troubled { 0.04 } else { 1e-9 };
    let step = (prop::option::weighted(often, trouble()), action(defers)).prop_map(
        move |(trouble, action)| Step {
            trouble: trouble.filter(|_| troubled),
            action,
        },
    );
    vec(vec(step, 0..=length), WORKERS).boxed()
}
