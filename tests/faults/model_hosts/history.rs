//! Histories of one volume, and whether they can be: each answer must be true at some moment
//! between its call and itself, in one order for all hosts.

use std::collections::{BTreeSet, HashSet};

use zfssa::error::Status;

use super::plan::Action;

/// A volume that is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lun {
    pub gib: u64,
    /// The workers whose hosts see it.
    pub hosts: BTreeSet<usize>,
    pub snapshot: bool,
}

/// What an answer says.
#[derive(Clone, Debug)]
pub enum Came {
    Done,
    /// A look: size and hosts.
    Saw(u64, BTreeSet<usize>),
    /// What an administrator finds in the end.
    Is(Option<Lun>),
    /// Refused, with a reason that is true of the volume.
    Refused(Status),
    /// It may be done, now or later, or not.
    Perhaps,
}

/// How often a change that was answered as made may have been carried out. The driver sends a
/// request again whose answer was lost, and another host may have acted in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeated {
    #[default]
    Not,
    /// Several times, all before the answer.
    BeforeTheAnswer,
    /// Also later: a driver outlasts its own late requests, but no other driver knows of them.
    Later,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub worker: usize,
    pub action: Action,
    pub begun: u64,
    pub ended: u64,
    pub came: Came,
    pub repeated: Repeated,
}

impl Event {
    /// Whether it may happen at any time after its call, and any number of times.
    fn is_open(&self) -> bool {
        match self.came {
            Came::Perhaps => true,
            Came::Done => self.repeated == Repeated::Later,
            _ => false,
        }
    }
}

/// The volume after an action; `None` where it cannot succeed.
fn after(state: &Option<Lun>, worker: usize, action: &Action) -> Option<Option<Lun>> {
    let changed = |change: &dyn Fn(&mut Lun)| {
        let mut lun = state.clone();
        lun.as_mut().map(change);
        Some(lun)
    };
    match (action, state) {
        (Action::Create { gib }, None) => Some(Some(Lun {
            gib: *gib,
            hosts: BTreeSet::new(),
            snapshot: false,
        })),
        // The same call of another host finds what it asks for.
        (Action::Create { gib }, Some(lun)) => (lun.gib == *gib).then(|| state.clone()),
        (Action::Delete, Some(lun)) if lun.snapshot => None,
        (Action::Delete, _) => Some(None),
        (Action::Detach | Action::DeleteSnapshot, None) => Some(None),
        (_, None) => None,
        (Action::Attach, _) => changed(&|lun| {
            lun.hosts.insert(worker);
        }),
        (Action::Detach, _) => changed(&|lun| {
            lun.hosts.remove(&worker);
        }),
        (Action::Extend { gib }, Some(lun)) if *gib > lun.gib && !lun.hosts.is_empty() => None,
        (Action::Extend { gib }, _) => changed(&|lun| lun.gib = lun.gib.max(*gib)),
        (Action::TakeSnapshot, _) => changed(&|lun| lun.snapshot = true),
        (Action::DeleteSnapshot, _) => changed(&|lun| lun.snapshot = false),
        (Action::Look, _) => Some(state.clone()),
    }
}

/// Whether a refusal is true of a volume.
fn is_reason(status: Status, state: &Option<Lun>) -> bool {
    match (status, state) {
        (Status::VolumeNotFound, state) => state.is_none(),
        (Status::VolumeExists, state) => state.is_some(),
        (Status::VolumeBusy, Some(lun)) => lun.snapshot || !lun.hosts.is_empty(),
        _ => false,
    }
}

/// The volume after an event that happens now; `None` where it cannot happen now.
fn happens(event: &Event, state: &Option<Lun>) -> Option<Option<Lun>> {
    let fits = match &event.came {
        Came::Done | Came::Perhaps => return after(state, event.worker, &event.action),
        Came::Saw(gib, hosts) => {
            let seen = |lun: &Lun| lun.gib == *gib && lun.hosts == *hosts;
            state.as_ref().is_some_and(seen)
        }
        Came::Is(found) => found == state,
        Came::Refused(status) => is_reason(*status, state),
    };
    fits.then(|| state.clone())
}

/// Whether there is an order in which all answers are true.
pub fn can_be(events: &[Event]) -> bool {
    let settled = events
        .iter()
        .filter(|event| !matches!(event.came, Came::Perhaps));
    let settled: Vec<&Event> = settled.collect();
    let open: Vec<&Event> = events.iter().filter(|event| event.is_open()).collect();
    assert!(settled.len() <= 128, "the history is too long");
    let mut seen = HashSet::new();
    let mut stack = vec![(0_u128, None)];
    while let Some((done, state)) = stack.pop() {
        if !seen.insert((done, state.clone())) {
            continue;
        }
        let left = |number: &usize| done & (1 << number) == 0;
        let waiting: Vec<usize> = (0..settled.len()).filter(left).collect();
        // Whatever begins later than this comes after what ends then.
        let Some(bound) = waiting.iter().map(|number| settled[*number].ended).min() else {
            return true;
        };
        for number in waiting {
            let event = settled[number];
            if event.begun <= bound
                && let Some(next) = happens(event, &state)
            {
                if event.repeated != Repeated::Not && matches!(event.came, Came::Done) {
                    stack.push((done, next.clone()));
                }
                stack.push((done | 1 << number, next));
            }
        }
        for event in &open {
            if event.begun <= bound
                && let Some(next) = happens(event, &state)
            {
                stack.push((done, next));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(worker: usize, action: Action, time: [u64; 2], came: Came) -> Event {
        Event {
            worker,
            action,
            begun: time[0],
            ended: time[1],
            came,
            repeated: Repeated::Not,
        }
    }

    fn lun(hosts: &[usize]) -> Option<Lun> {
        Some(Lun {
            gib: 1,
            hosts: hosts.iter().copied().collect(),
            snapshot: false,
        })
    }

    #[test]
    fn a_lost_attachment_cannot_be() {
        let history = |found| {
            [
                event(0, Action::Create { gib: 1 }, [1, 2], Came::Done),
                event(0, Action::Attach, [3, 5], Came::Done),
                event(1, Action::Attach, [4, 6], Came::Done),
                event(9, Action::Look, [9, 9], Came::Is(found)),
            ]
        };
        assert!(can_be(&history(lun(&[0, 1]))));
        assert!(!can_be(&history(lun(&[1]))));
        assert!(!can_be(&history(None)));
    }

    #[test]
    fn what_is_in_doubt_may_come_late_and_what_was_refused_may_not() {
        let history = |came| {
            [
                event(0, Action::Create { gib: 1 }, [1, 2], came),
                event(
                    1,
                    Action::Look,
                    [3, 4],
                    Came::Refused(Status::VolumeNotFound),
                ),
                event(9, Action::Look, [9, 9], Came::Is(lun(&[]))),
            ]
        };
        assert!(can_be(&history(Came::Perhaps)));
        assert!(!can_be(&history(Came::Refused(Status::VolumeNotFound))));
        assert!(!can_be(&history(Came::Done)));
    }

    #[test]
    fn a_repeated_creation_may_show_twice_and_a_single_one_may_not() {
        let history = |repeated| {
            let create = event(0, Action::Create { gib: 1 }, [1, 9], Came::Done);
            [
                Event { repeated, ..create },
                event(1, Action::Delete, [2, 3], Came::Done),
                event(1, Action::Look, [4, 5], Came::Saw(1, BTreeSet::new())),
                event(1, Action::Delete, [6, 7], Came::Done),
                event(9, Action::Look, [20, 20], Came::Is(lun(&[]))),
            ]
        };
        assert!(!can_be(&history(Repeated::Not)));
        assert!(can_be(&history(Repeated::BeforeTheAnswer)));
    }

    #[test]
    fn a_late_repetition_may_show_after_the_answer() {
        let history = |repeated| {
            let create = event(0, Action::Create { gib: 1 }, [1, 2], Came::Done);
            [
                Event { repeated, ..create },
                event(1, Action::Delete, [3, 4], Came::Done),
                event(9, Action::Look, [9, 9], Came::Is(lun(&[]))),
            ]
        };
        assert!(!can_be(&history(Repeated::BeforeTheAnswer)));
        assert!(can_be(&history(Repeated::Later)));
    }

    #[test]
    fn two_answers_at_one_time_may_have_any_order() {
        let both = [
            event(0, Action::Create { gib: 1 }, [1, 5], Came::Done),
            event(1, Action::Delete, [2, 4], Came::Done),
        ];
        for found in [None, lun(&[])] {
            let end = event(9, Action::Look, [9, 9], Came::Is(found));
            assert!(can_be(&[both[0].clone(), both[1].clone(), end]));
        }
    }
}
