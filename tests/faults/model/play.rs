//! Carrying out a worker's plan, and judging each answer by the model.

use std::sync::Arc;

use zfssa::driver::{
    CloneImage, CreateClonedVolume, CreateGroupFromSrc, CreateGroupSnapshot, CreateSnapshot,
    CreateVolume, CreateVolumeFromSnapshot, DeleteGroupSnapshot, DeleteSnapshot, DeleteVolume,
    ExistingRef, ExtendVolume, GetVolume, GroupClone, GroupMember, HostTransfer,
    InitializeConnection, ManageExisting, OPERATIONS, OneOrEvery, Retype, RevertToSnapshot,
    TerminateConnection, TransferReply, Unmanage, Volume,
};
use zfssa::error::{Error, Outcome};

use super::plan::{Action, SLOTS, SNAPSHOTS, Source, Step};
use super::world::{Expected, World};
use support::Fixture;

/// How often a call whose result is in doubt is made again.
const AGAIN: usize = 20;

pub fn host(number: usize) -> String {
    format!("iqn.2004-10.org.example:host-{number}")
}

pub fn volume(worker: usize, slot: usize) -> String {
    format!("volume-{worker}-{slot}")
}

pub fn shared(number: usize) -> String {
    format!("volume-shared-{number}")
}

pub fn snapshot(number: usize) -> String {
    format!("snapshot-{number}")
}

/// What one worker came to.
pub struct Played {
    pub world: World,
    pub operations: usize,
    /// Failures that the model has no reason for. Faults are.
    pub failures: Vec<String>,
}

/// Plays a plan to its end, or to the first answer that cannot be.
pub async fn play(
    bench: Arc<Fixture>,
    worker: usize,
    defers: bool,
    plan: Vec<Step>,
) -> Result<Played, String> {
    let mut played = Played {
        world: World {
            worker,
            defers,
            ..World::default()
        },
        operations: 0,
        failures: Vec::new(),
    };
    for (number, step) in plan.iter().enumerate() {
        if let Some(trouble) = &step.trouble {
            bench.appliance.faults().push(trouble.fault());
        }
        let id = format!("{worker:04}-{number:04}");
        let told = judge(&bench, &mut played, &id, &step.action).await;
        told.map_err(|wrong| format!("worker {worker}, step {number}, {step:?}: {wrong}"))?;
    }
    Ok(played)
}

/// Deletes all volumes of a worker with their snapshots, in the order of their slots. With deferred
/// deletions nothing is in the way of that.
pub async fn delete_all(bench: &Fixture, world: World) -> Result<World, String> {
    let mut played = Played {
        world,
        operations: 0,
        failures: Vec::new(),
    };
    for slot in 0..SLOTS {
        let snapshots = (0..SNAPSHOTS).map(|snapshot| Action::DeleteSnapshot { slot, snapshot });
        let actions = [Action::Manage { slot }, Action::DetachAll { slot }]
            .into_iter()
            .chain(snapshots)
            .chain([Action::Delete { slot }]);
        for action in actions {
            if played.world.volumes[slot].is_some() {
                judge(bench, &mut played, "the-end", &action).await?;
            }
        }
    }
    match played.failures.first() {
        None => Ok(played.world),
        Some(text) => Err(format!("a deletion at the end fails: {text}")),
    }
}

async fn judge(
    bench: &Fixture,
    played: &mut Played,
    id: &str,
    action: &Action,
) -> Result<(), String> {
    let (done, refused) = match played.world.expect(action) {
        Expected::Done(world) => (Some(world), [].as_slice()),
        Expected::Refused(statuses) => (None, statuses),
        Expected::DoneOr(world, statuses) => (Some(world), statuses),
        Expected::Skip => return Ok(()),
    };
    let mut in_doubt = false;
    for _ in 0..AGAIN {
        played.operations += 1;
        let error = match perform(bench, &played.world, id, action).await {
            Ok(shown) => {
                let world = done.ok_or_else(|| format!("succeeded, {refused:?} expected"))?;
                if let Some(shown) = shown {
                    compare(&world, action, &shown)?;
                }
                played.world = world;
                return Ok(());
            }
            Err(error) => error,
        };
        let name = error.operation().unwrap_or_default();
        let described = OPERATIONS.iter().find(|one| one.name == name);
        let described = described.ok_or_else(|| format!("of no operation: {error:?}"))?;
        if !described.contract.outcomes().contains(&error.outcome()) {
            return Err(format!("an outcome that is not declared: {error:?}"));
        }
        let settled = !matches!(error.outcome(), Outcome::Unknown | Outcome::Partial);
        if settled && refused.contains(&error.status()) {
            if let (true, Some(cleaning)) = (in_doubt, action.cleaning()) {
                // What the first call named as left behind is the caller's to take away.
                return clean(bench, &played.world, id, &cleaning).await;
            }
            return Ok(());
        }
        let worker = played.world.worker;
        let failure = format!("worker {worker}, {id}, {action:?}: {error:?}");
        played.failures.push(failure);
        match error.outcome() {
            Outcome::None | Outcome::Rejected | Outcome::RolledBack if !in_doubt => return Ok(()),
            Outcome::None | Outcome::Rejected | Outcome::RolledBack => {}
            Outcome::Applied if !in_doubt => {
                played.world = done.ok_or_else(|| format!("{error:?}, {refused:?} expected"))?;
                return Ok(());
            }
            Outcome::Applied | Outcome::Unknown | Outcome::Partial => in_doubt = true,
        }
    }
    Err("a call whose result was in doubt never came to an end".to_owned())
}

/// Takes away what a call left behind and named.
async fn clean(bench: &Fixture, world: &World, id: &str, cleaning: &Action) -> Result<(), String> {
    let mut last = None;
    for _ in 0..AGAIN {
        match perform(bench, world, id, cleaning).await {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error),
        }
    }
    Err(format!("what was left cannot be taken away: {last:?}"))
}

/// What the answer shows against what the model says.
fn compare(world: &World, action: &Action, shown: &Volume) -> Result<(), String> {
    let (Action::Create { slot, .. }
    | Action::Extend { slot, .. }
    | Action::Look { slot }
    | Action::Clone { slot, .. }
    | Action::FromSnapshot { slot, .. }
    | Action::FromImage { slot, .. }
    | Action::Retype { slot, .. }
    | Action::Manage { slot }
    | Action::Revert { slot, .. }) = *action
    else {
        return Ok(());
    };
    let volume = world.volumes[slot].as_ref().ok_or("nothing was expected")?;
    if shown.size_bytes != volume.gib << 30 {
        return Err(format!(
            "{} bytes, not {} GiB",
            shown.size_bytes, volume.gib
        ));
    }
    let hosts: Vec<String> = volume
        .hosts
        .iter()
        .map(|host| format!("host-{host}"))
        .collect();
    let mut groups = shown.initiator_groups.clone();
    groups.sort_by_key(|group| group[5..].parse::<usize>().ok());
    if groups != hosts {
        return Err(format!("presented to {groups:?}, not {hosts:?}"));
    }
    Ok(())
}

fn named(world: &World, from: Source) -> String {
    match from {
        Source::Own(slot) => volume(world.worker, slot),
        Source::Shared(number) => shared(number),
    }
}

/// Makes the call of an action.
async fn perform(
    bench: &Fixture,
    world: &World,
    id: &str,
    action: &Action,
) -> Result<Option<Volume>, Error> {
    let own = |slot: usize| volume(world.worker, slot);
    macro_rules! call {
        ($operation:expr) => {
            bench.call_as(id, $operation).await?
        };
    }
    let attach = |volume: String, number: usize| InitializeConnection {
        volume,
        initiator: host(number),
        ..InitializeConnection::default()
    };
    let detach = |volume: String, initiator: OneOrEvery| TerminateConnection {
        volume,
        initiator,
        still_attached: None,
    };
    let members = |slots: [usize; 2], number: usize| {
        let member = |slot| GroupMember {
            volume: own(slot),
            snapshot: snapshot(number),
        };
        slots.map(member).to_vec()
    };
    let shown = match *action {
        Action::Create { slot, gib } => call!(CreateVolume {
            name: own(slot),
            size_gib: gib,
            ..CreateVolume::default()
        }),
        Action::Extend { slot, gib } => call!(ExtendVolume {
            name: own(slot),
            size_gib: gib,
        }),
        Action::Look { slot } => call!(GetVolume { name: own(slot) }),
        Action::Clone { slot, from, more } => call!(CreateClonedVolume {
            name: own(slot),
            size_gib: size(world, from, None) + more,
            source_volume: named(world, from),
            ..CreateClonedVolume::default()
        }),
        Action::FromSnapshot {
            slot,
            from,
            snapshot: number,
            more,
        } => call!(CreateVolumeFromSnapshot {
            name: own(slot),
            size_gib: size(world, from, Some(number)) + more,
            source_volume: named(world, from),
            snapshot: snapshot(number),
            ..CreateVolumeFromSnapshot::default()
        }),
        Action::FromImage { slot, image } => {
            let cloned = call!(CloneImage {
                name: own(slot),
                size_gib: 2,
                extra_specs: Vec::new(),
                image_id: format!("image-{image}"),
                image_updated_at: "v1".to_owned(),
                image_virtual_size: 1,
                initiator: host(world.worker),
                transfer: Arc::new(HostTransfer::new(
                    |_, _, answer: TransferReply| answer.done()
                )),
            });
            return Ok(cloned.volume);
        }
        Action::Retype { slot, compression } => {
            let specs = [("zfssa:compression".to_owned(), compression.to_owned())];
            call!(Retype {
                name: own(slot),
                extra_specs: specs.to_vec(),
            })
            .volume
        }
        Action::Manage { slot } => {
            let existing = ExistingRef {
                source_name: format!("unmanaged-{}", own(slot)),
                ..ExistingRef::default()
            };
            call!(ManageExisting {
                name: own(slot),
                existing,
                ..ManageExisting::default()
            })
            .volume
        }
        Action::Revert {
            slot,
            snapshot: number,
        } => call!(RevertToSnapshot {
            volume: own(slot),
            snapshot: snapshot(number),
            size_gib: size(world, Source::Own(slot), None),
        }),
        Action::Delete { slot } => {
            let _ = call!(DeleteVolume { name: own(slot) });
            return Ok(None);
        }
        Action::TakeSnapshot {
            slot,
            snapshot: number,
        } => {
            let _ = call!(CreateSnapshot {
                volume: own(slot),
                name: snapshot(number),
            });
            return Ok(None);
        }
        Action::DeleteSnapshot {
            slot,
            snapshot: number,
        } => {
            let _ = call!(DeleteSnapshot {
                volume: own(slot),
                name: snapshot(number),
            });
            return Ok(None);
        }
        Action::Attach { slot, host } => {
            let _ = call!(attach(own(slot), host));
            return Ok(None);
        }
        Action::Detach { slot, host: number } => {
            let _ = call!(detach(own(slot), host(number).into()));
            return Ok(None);
        }
        Action::DetachAll { slot } => {
            let _ = call!(detach(own(slot), OneOrEvery::Every));
            return Ok(None);
        }
        Action::AttachShared { shared: number } => {
            let _ = call!(attach(shared(number), world.worker));
            return Ok(None);
        }
        Action::DetachShared { shared: number } => {
            let _ = call!(detach(shared(number), host(world.worker).into()));
            return Ok(None);
        }
        Action::Unmanage { slot } => {
            let _ = call!(Unmanage { name: own(slot) });
            return Ok(None);
        }
        Action::GroupSnapshot {
            slots,
            snapshot: number,
        } => {
            let _ = call!(CreateGroupSnapshot {
                id: format!("group-{id}"),
                members: members(slots, number),
            });
            return Ok(None);
        }
        Action::DeleteGroupSnapshot {
            slots,
            snapshot: number,
        } => {
            let mut members = members(slots, number);
            // What one fault kept is asked for again; there are fewer faults than rounds.
            for _ in 0..AGAIN {
                let report = call!(DeleteGroupSnapshot {
                    id: format!("group-{id}"),
                    members: members.clone(),
                });
                if report.all_deleted {
                    break;
                }
                let kept = |name: &String| {
                    report
                        .parts
                        .iter()
                        .any(|part| part.name == *name && !part.deleted)
                };
                members.retain(|member| kept(&format!("{}@{}", member.volume, member.snapshot)));
            }
            return Ok(None);
        }
        Action::GroupFromSnapshots {
            slots,
            from,
            snapshot: number,
        } => {
            let clone = |(slot, source): (usize, usize)| GroupClone {
                name: own(slot),
                size_gib: size(world, Source::Own(source), Some(number)),
                source_volume: own(source),
                snapshot: snapshot(number),
                ..GroupClone::default()
            };
            let _ = call!(CreateGroupFromSrc {
                id: format!("group-{id}"),
                volumes: slots.into_iter().zip(from).map(clone).collect(),
            });
            return Ok(None);
        }
    };
    Ok(Some(shown))
}

/// The size of a source in GiB; 1 where there is none.
fn size(world: &World, from: Source, number: Option<usize>) -> u64 {
    let Source::Own(slot) = from else {
        return 1;
    };
    let Some(volume) = &world.volumes[slot] else {
        return 1;
    };
    match number {
        None => volume.gib,
        Some(number) => {
            let found = volume.snapshots.iter().find(|one| one.number == number);
            found.map_or(1, |one| one.gib)
        }
    }
}
