//! The model: what a worker's volumes must look like, and what each operation must come to.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Action, IMAGES, SHARED, SLOTS, Source};
use zfssa::error::Status;

/// What a volume was cloned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Nothing,
    /// A snapshot that the host asked for.
    Snapshot(Parent, usize),
    /// A temporary snapshot, which lives as long as the clone.
    Temporary(Parent),
    /// A snapshot that was deleted and waits for its clones: its number before, and its serial
    /// number.
    Deferred(Parent, usize, usize),
    Image(usize),
}

impl Origin {
    fn parent(self) -> Option<Parent> {
        match self {
            Origin::Nothing | Origin::Image(_) => None,
            Origin::Snapshot(parent, _)
            | Origin::Temporary(parent)
            | Origin::Deferred(parent, ..) => Some(parent),
        }
    }

    /// The same of another volume.
    fn of(self, parent: Parent) -> Origin {
        match self {
            Origin::Nothing | Origin::Image(_) => self,
            Origin::Snapshot(_, number) => Origin::Snapshot(parent, number),
            Origin::Temporary(_) => Origin::Temporary(parent),
            Origin::Deferred(_, number, serial) => Origin::Deferred(parent, number, serial),
        }
    }
}

/// A volume that others are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    Own(usize),
    Shared(usize),
    /// A volume that was deleted and waits for its clones, by its serial number.
    Deferred(usize),
}

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub number: usize,
    pub gib: u64,
}

/// What stands in the way of deleting a volume, a snapshot, or of setting back.
#[derive(Clone, Debug)]
pub struct Volume {
    pub gib: u64,
    pub origin: Origin,
    /// In the order of their making, temporary ones left out.
    pub snapshots: Vec<Snapshot>,
    pub hosts: BTreeSet<usize>,
    pub managed: bool,
    /// Where a retype or nothing at all decided it.
    pub compression: Option<&'static str>,
    /// When it was made and when its snapshots were: temporary snapshots among them, by the
    /// serial number of their clones, and deferred ones, by their own.
    pub history: Vec<Taken>,
    /// Tells volumes of one slot apart, one after the other.
    pub serial: usize,
    /// Where it was made.
    pub slot: usize,
}

/// A snapshot in a volume's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Named(usize),
    For(usize),
}

/// One worker's part of the world.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub worker: usize,
    pub volumes: [Option<Volume>; SLOTS],
    /// Whether this worker's host is to see a shared volume.
    pub sees: [bool; SHARED],
    /// Whether the deletion of a volume or snapshot with clones is deferred.
    pub defers: bool,
    /// Deleted volumes that wait for their clones, by their serial numbers.
    pub deferred: BTreeMap<usize, Volume>,
    /// Volumes and deferred snapshots so far.
    pub serial: usize,
    /// Deferred volumes and snapshots so far.
    pub deferrals: usize,
}

/// What an operation must come to.
#[derive(Debug)]
pub enum Expected {
    /// Success, and the world after it.
    Done(World),
    /// Refusal with one of these statuses.
    Refused(&'static [Status]),
    /// Either: whether two snapshots are of one second is not known.
    DoneOr(World, &'static [Status]),
    /// There is no point in it.
    Skip,
}

use Expected::{Done, DoneOr, Refused, Skip};

const ABSENT: Expected = Refused(&[Status::VolumeNotFound]);

impl Volume {
    pub fn new(gib: u64, origin: Origin) -> Volume {
        Volume {
            gib,
            origin,
            snapshots: Vec::new(),
            hosts: BTreeSet::new(),
            managed: true,
            compression: None,
            history: Vec::new(),
            serial: 0,
            slot: 0,
        }
    }

    fn snapshot(&self, number: usize) -> Option<&Snapshot> {
        self.snapshots.iter().find(|one| one.number == number)
    }

    fn take(&mut self, number: usize) {
        let gib = self.gib;
        self.snapshots.push(Snapshot { number, gib });
        self.history.push(Taken::Named(number));
    }

    fn forget(&mut self, taken: Taken) {
        self.history.retain(|other| *other != taken);
        if let Taken::Named(number) = taken {
            self.snapshots.retain(|one| one.number != number);
        }
    }
}

impl World {
    /// The volume of a slot, if operations find it by its name.
    fn at(&self, slot: usize) -> Option<&Volume> {
        self.volumes[slot].as_ref().filter(|one| one.managed)
    }

    fn with(&self, change: impl FnOnce(&mut World)) -> World {
        let mut after = self.clone();
        change(&mut after);
        after
    }

    fn change(&self, slot: usize, change: impl FnOnce(&mut Volume)) -> Expected {
        match self.at(slot) {
            None => ABSENT,
            Some(_) => Done(self.with(|world| {
                world.volumes[slot].as_mut().map(change);
            })),
        }
    }

    /// All volumes, those that wait for their clones among them.
    fn all(&mut self) -> impl Iterator<Item = &mut Volume> {
        let volumes = self.volumes.iter_mut().flatten();
        volumes.chain(self.deferred.values_mut())
    }

    fn has_origin(&self, is: impl Fn(Origin) -> bool) -> bool {
        let volumes = self.volumes.iter().flatten().chain(self.deferred.values());
        volumes.map(|one| one.origin).any(is)
    }

    fn clones_of(&self, origin: Origin) -> bool {
        self.has_origin(|one| one == origin)
    }

    fn has_clones(&self, parent: Parent) -> bool {
        self.has_origin(|one| one.parent() == Some(parent))
    }

    /// Puts a new volume into a slot.
    fn make(&self, slot: usize, volume: Volume) -> World {
        self.with(|world| {
            world.serial += 1;
            let serial = world.serial;
            if let Origin::Temporary(Parent::Own(source)) = volume.origin
                && let Some(source) = &mut world.volumes[source]
            {
                source.history.push(Taken::For(serial));
            }
            world.volumes[slot] = Some(Volume {
                serial,
                slot,
                ..volume
            });
        })
    }

    fn delete(&self, slot: usize) -> Expected {
        let Some(volume) = self.at(slot) else {
            return Done(self.clone());
        };
        let has_clones = self.has_clones(Parent::Own(slot));
        if !volume.snapshots.is_empty() || (has_clones && !self.defers) {
            return Refused(&[Status::VolumeBusy]);
        }
        Done(self.with(|world| {
            let Some(mut volume) = world.volumes[slot].take() else {
                return;
            };
            if !has_clones {
                world.forget(&volume);
                return;
            }
            let deferred = Parent::Deferred(volume.serial);
            for one in world.all() {
                if one.origin.parent() == Some(Parent::Own(slot)) {
                    one.origin = one.origin.of(deferred);
                }
            }
            volume.hosts.clear();
            world.deferrals += 1;
            world.deferred.insert(volume.serial, volume);
        }))
    }

    /// Takes away what lived as long as a volume that is gone: its temporary snapshot, the deferred
    /// snapshot that it was the last clone of, and the deferred volumes.
    fn forget(&mut self, gone: &Volume) {
        let taken = match gone.origin {
            Origin::Temporary(_) => Some(gone.serial),
            Origin::Deferred(_, _, serial) => (!self.clones_of(gone.origin)).then_some(serial),
            _ => None,
        };
        match gone.origin.parent() {
            Some(Parent::Own(source)) => {
                let source = self.volumes[source].as_mut();
                if let (Some(source), Some(taken)) = (source, taken) {
                    source.forget(Taken::For(taken));
                }
            }
            Some(parent @ Parent::Deferred(serial)) if !self.has_clones(parent) => {
                if let Some(volume) = self.deferred.remove(&serial) {
                    self.forget(&volume);
                }
            }
            _ => {}
        }
    }

    fn delete_snapshot(&self, slot: usize, number: usize) -> Expected {
        if self.at(slot).is_none() {
            return Done(self.clone());
        }
        let origin = Origin::Snapshot(Parent::Own(slot), number);
        if !self.clones_of(origin) {
            return self.change(slot, |volume| volume.forget(Taken::Named(number)));
        }
        if !self.defers {
            return Refused(&[Status::SnapshotBusy]);
        }
        Done(self.with(|world| {
            world.serial += 1;
            world.deferrals += 1;
            let serial = world.serial;
            for one in world.all().filter(|one| one.origin == origin) {
                one.origin = Origin::Deferred(Parent::Own(slot), number, serial);
            }
            if let Some(volume) = &mut world.volumes[slot] {
                let named = |taken: &&mut Taken| **taken == Taken::Named(number);
                if let Some(taken) = volume.history.iter_mut().find(named) {
                    *taken = Taken::For(serial);
                }
                volume.forget(Taken::Named(number));
            }
        }))
    }

    fn revert(&self, slot: usize, snapshot: usize) -> Expected {
        let Some(volume) = self.at(slot) else {
            return ABSENT;
        };
        if !volume.hosts.is_empty() {
            return Refused(&[Status::VolumeBusy]);
        }
        let named = Taken::Named(snapshot);
        let Some(place) = volume.history.iter().position(|taken| *taken == named) else {
            return Refused(&[Status::SnapshotNotFound]);
        };
        if place + 1 < volume.history.len() {
            return Refused(&[Status::RevertBlocked]);
        }
        if place > 0 {
            return DoneOr(self.clone(), &[Status::RevertBlocked]);
        }
        Done(self.clone())
    }

    fn source(&self, from: Source, snapshot: Option<usize>) -> Option<(Parent, u64)> {
        match from {
            // Shared ones have one snapshot, the first.
            Source::Shared(shared) => {
                (snapshot.unwrap_or(0) == 0).then_some((Parent::Shared(shared), 1))
            }
            Source::Own(slot) => {
                let volume = self.at(slot)?;
                let gib = match snapshot {
                    None => volume.gib,
                    Some(number) => volume.snapshot(number)?.gib,
                };
                Some((Parent::Own(slot), gib))
            }
        }
    }

    /// What an action must come to.
    pub fn expect(&self, action: &Action) -> Expected {
        match *action {
            Action::Create { slot, gib } => match &self.volumes[slot] {
                None => {
                    let mut volume = Volume::new(gib, Origin::Nothing);
                    volume.compression = Some("off");
                    Done(self.make(slot, volume))
                }
                Some(volume) if !volume.managed => Skip,
                Some(volume) if volume.gib == gib && volume.origin == Origin::Nothing => {
                    Done(self.clone())
                }
                Some(_) => Refused(&[Status::VolumeExists]),
            },
            Action::Delete { slot } => self.delete(slot),
            // Unless zfssa_online_extend allows it.
            Action::Extend { slot, gib } => match self.at(slot) {
                Some(volume) if gib > volume.gib && !volume.hosts.is_empty() => {
                    Refused(&[Status::VolumeBusy])
                }
                _ => self.change(slot, |volume| volume.gib = volume.gib.max(gib)),
            },
            Action::Look { slot } => self.change(slot, |_| ()),
            Action::TakeSnapshot { slot, snapshot } => self.change(slot, |volume| {
                if volume.snapshot(snapshot).is_none() {
                    volume.take(snapshot);
                }
            }),
            Action::DeleteSnapshot { slot, snapshot } => self.delete_snapshot(slot, snapshot),
            Action::Clone { slot, from, more } => match self.source(from, None) {
                _ if self.volumes[slot].is_some() => Skip,
                None => ABSENT,
                Some((from, gib)) => {
                    Done(self.make(slot, Volume::new(gib + more, Origin::Temporary(from))))
                }
            },
            Action::FromSnapshot {
                slot,
                from,
                snapshot,
                more,
            } => match self.source(from, Some(snapshot)) {
                _ if self.volumes[slot].is_some() => Skip,
                None => Refused(&[Status::VolumeNotFound, Status::SnapshotNotFound]),
                Some((from, gib)) => {
                    let origin = Origin::Snapshot(from, snapshot);
                    Done(self.make(slot, Volume::new(gib + more, origin)))
                }
            },
            Action::FromImage { slot, image } => match &self.volumes[slot] {
                Some(_) => Skip,
                None => {
                    assert!(image < IMAGES);
                    Done(self.make(slot, Volume::new(2, Origin::Image(image))))
                }
            },
            Action::Attach { slot, host } => self.change(slot, |volume| {
                volume.hosts.insert(host);
            }),
            Action::Detach { slot, host } => match self.at(slot) {
                None => Done(self.clone()),
                Some(_) => self.change(slot, |volume| {
                    volume.hosts.remove(&host);
                }),
            },
            Action::DetachAll { slot } => match self.at(slot) {
                None => Done(self.clone()),
                Some(_) => self.change(slot, |volume| volume.hosts.clear()),
            },
            Action::AttachShared { shared } => Done(self.with(|world| world.sees[shared] = true)),
            Action::DetachShared { shared } => Done(self.with(|world| world.sees[shared] = false)),
            Action::Revert { slot, snapshot } => self.revert(slot, snapshot),
            Action::Retype { slot, compression } => {
                self.change(slot, |volume| volume.compression = Some(compression))
            }
            Action::Unmanage { slot } => match &self.volumes[slot] {
                Some(volume) if !volume.managed => Done(self.clone()),
                _ => self.change(slot, |volume| volume.managed = false),
            },
            Action::Manage { slot } => match &self.volumes[slot] {
                None => Refused(&[Status::InvalidReference]),
                Some(volume) if volume.managed => Done(self.clone()),
                Some(_) => Done(self.with(|world| {
                    if let Some(volume) = &mut world.volumes[slot] {
                        volume.managed = true;
                        volume.hosts.clear();
                    }
                })),
            },
            Action::GroupSnapshot { slots, snapshot } => self.group_snapshot(slots, snapshot),
            Action::DeleteGroupSnapshot { slots, snapshot } => {
                let busy =
                    |slot: &usize| self.clones_of(Origin::Snapshot(Parent::Own(*slot), snapshot));
                if !self.defers && slots.iter().any(busy) {
                    return Skip;
                }
                let mut after = self.clone();
                for slot in slots {
                    if let Done(world) = after.delete_snapshot(slot, snapshot) {
                        after = world;
                    }
                }
                Done(after)
            }
            Action::GroupFromSnapshots {
                slots,
                from,
                snapshot,
            } => self.group_clones(slots, from, snapshot),
        }
    }

    fn group_snapshot(&self, slots: [usize; 2], snapshot: usize) -> Expected {
        let taken = |slot: &usize| {
            let volume = self.at(*slot);
            volume.is_some_and(|volume| volume.snapshot(snapshot).is_some())
        };
        if slots.iter().any(taken) {
            return Skip;
        }
        if slots.iter().any(|slot| self.at(*slot).is_none()) {
            return ABSENT;
        }
        Done(self.with(|world| {
            for slot in slots {
                if let Some(volume) = &mut world.volumes[slot] {
                    volume.take(snapshot);
                }
            }
        }))
    }

    fn group_clones(&self, slots: [usize; 2], from: [usize; 2], snapshot: usize) -> Expected {
        if slots.iter().any(|slot| self.volumes[*slot].is_some()) {
            return Skip;
        }
        let sources = from.map(|slot| self.source(Source::Own(slot), Some(snapshot)));
        let [Some((first, small)), Some((second, large))] = sources else {
            return Refused(&[Status::VolumeNotFound, Status::SnapshotNotFound]);
        };
        let clone = |from, gib| Volume::new(gib, Origin::Snapshot(from, snapshot));
        let one = self.make(slots[0], clone(first, small));
        Done(one.make(slots[1], clone(second, large)))
    }
}
