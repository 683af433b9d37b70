//! What the hosts do: plans, as proptest makes and shrinks them.

use proptest::collection::vec;
use proptest::prelude::*;
use zfssa_appliance::{Fault, FaultKind};

/// Drivers at a time, two to a machine.
pub const WORKERS: usize = 4;
/// The volumes that all of them work on.
pub const VOLUMES: usize = 3;

/// Milliseconds that a late request takes at most; the drivers believe in a second.
const LONGEST: u64 = 300;

/// One operation on a volume. It attaches and detaches the worker's own host.
#[derive(Clone, Debug)]
pub enum Action {
    Create { gib: u64 },
    Delete,
    Attach,
    Detach,
    Extend { gib: u64 },
    TakeSnapshot,
    DeleteSnapshot,
    Look,
}

/// What happens to the appliance just before.
#[derive(Clone, Debug)]
pub enum Trouble {
    Fault {
        kind: FaultKind,
        after: bool,
        nth: u64,
    },
    /// The other head takes over, or gives back.
    HeadsMove,
}

impl Trouble {
    /// A fault as the simulator takes it. Logins are left alone.
    pub fn fault(&self) -> Option<Fault> {
        let Trouble::Fault { kind, after, nth } = self else {
            return None;
        };
        let mut fault = Fault::new(kind.clone()).nth(*nth);
        fault.path = Some("/(storage|san)/".to_owned());
        Some(match after {
            true => fault.after_commit(),
            false => fault,
        })
    }
}

#[derive(Clone, Debug)]
pub struct Step {
    pub trouble: Option<Trouble>,
    pub volume: usize,
    pub action: Action,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        5 => (1..=2_u64).prop_map(|gib| Action::Create { gib }),
        2 => Just(Action::Delete),
        6 => Just(Action::Attach),
        5 => Just(Action::Detach),
        2 => (1..=3_u64).prop_map(|gib| Action::Extend { gib }),
        1 => Just(Action::TakeSnapshot),
        2 => Just(Action::DeleteSnapshot),
        4 => Just(Action::Look),
    ]
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let late = prop::option::of(0..6_u64).prop_map(|requests| FaultKind::Late {
        requests,
        ms: Some(LONGEST),
    });
    let kinds = vec![
        FaultKind::Reset,
        FaultKind::ReplyLost,
        FaultKind::internal(),
        FaultKind::Busy { retry_after: None },
        FaultKind::Garbage,
    ];
    let kind = prop_oneof![4 => late, 5 => prop::sample::select(kinds)];
    let fault = (kind, any::<bool>(), 1..=4_u64).prop_map(|(kind, after, nth)| {
        // These are before the commit by their nature.
        let before = matches!(kind, FaultKind::Late { .. } | FaultKind::Busy { .. });
        Trouble::Fault {
            after: after && !before || kind == FaultKind::Garbage,
            kind,
            nth,
        }
    });
    prop_oneof![8 => fault, 1 => Just(Trouble::HeadsMove)]
}

/// What each worker does, one step after the other. Shrinking takes steps out.
pub fn plans(length: usize) -> BoxedStrategy<Vec<Vec<Step>>> {
    let step = (
        prop::option::weighted(0.15, trouble()),
        0..VOLUMES,
        action(),
    );
    let step = step.prop_map(|(trouble, volume, action)| Step {
        trouble,
        volume,
        action,
    });
    vec(vec(step, 0..=length), WORKERS).boxed()
}
