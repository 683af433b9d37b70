//! An update: what the share holds when it begins, sent so that it is there when it ends.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::receive::{SharePart, Shipment, SnapshotPart};
use super::{Action, Peer};
use crate::core::Core;
use crate::lun_edit::effective;
use crate::properties::PROPERTIES;
use crate::request::{Context, Later};
use crate::snapshots;
use crate::state::{Lun, Maker, epoch, new_id};

/// Does what a request left to be done after it.
pub(crate) async fn afterwards(core: &Arc<Core>, work: Later) {
    match work {
        Later::HeadMoved => core.head_moved(),
        Later::Introduce { hostname } => {
            if let Ok(peer) = core.peer(&hostname) {
                // The target stands even if the peer has gone since it was asked.
                let _ = peer.introduce(&core.introduction()).await;
            }
        }
        Later::Update { action, run } => {
            let knobs = core.knobs();
            if knobs.replication_start_lag_ms == 0 && knobs.replication_ms == 0 {
                // Done before the 202 goes out, so that a test need not wait.
                update(core, &action, run).await;
            } else {
                let core = core.clone();
                tokio::spawn(async move { update(&core, &action, run).await });
            }
        }
    }
}

/// Works on the action of a run, unless it has been cancelled or is gone.
fn with<T>(core: &Core, id: &str, run: u64, work: impl FnOnce(&mut Action) -> T) -> Option<T> {
    let mut state = core.state();
    state
        .replication
        .actions
        .get_mut(id)
        .filter(|action| action.run == run)
        .map(work)
}

/// In how many parts an update that takes time shows how far it is.
const PARTS: u64 = 4;

/// Even a sleep of no length takes until the next tick of the timer.
async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

async fn update(core: &Arc<Core>, id: &str, run: u64) {
    let knobs = core.knobs();
    pause(knobs.replication_start_lag_ms).await;
    if with(core, id, run, |action| action.sending = true).is_none() {
        return;
    }
    let (loaded, _) = core.within(|ctx| load(ctx, id));
    let Some((hostname, shipment)) = loaded else {
        return;
    };
    let bytes: u64 = shipment.shares.iter().map(|share| share.volsize).sum();
    with(core, id, run, |action| {
        (action.bytes_sent, action.estimated_size) = (0, bytes);
    });
    let result = send(core, id, run, &hostname, &shipment, &knobs).await;
    for share in &shipment.shares {
        // What was kept for the sending only.
        core.plane.snapshot_deleted(&share.bytes);
    }
    with(core, id, run, |action| match &result {
        Ok(()) => {
            action.bytes_sent = bytes;
            action.ended(epoch(), "success");
        }
        Err(error) => action.ended(epoch(), error),
    });
}

async fn send(
    core: &Arc<Core>,
    id: &str,
    run: u64,
    hostname: &str,
    shipment: &Shipment,
    knobs: &crate::Knobs,
) -> Result<(), String> {
    let peer: Peer = core
        .peer(hostname)
        .map_err(|error| format!("failed ({error})"))?;
    // The package is there from the beginning of the first update, empty.
    let empty = Shipment {
        complete: false,
        shares: Vec::new(),
        ..shipment.clone()
    };
    peer.deliver(&empty)
        .await
        .map_err(|error| format!("failed ({error})"))?;
    for part in 1..=PARTS {
        let until = |part| knobs.replication_ms * part / PARTS;
        pause(until(part) - until(part - 1)).await;
        let sent = |action: &mut Action| action.bytes_sent = action.estimated_size / PARTS * part;
        if with(core, id, run, sent).is_none() {
            return Err("cancelled".to_owned());
        }
    }
    if knobs.replication_result != "success" {
        return Err(knobs.replication_result.clone());
    }
    core.plane
        .settled()
        .await
        .map_err(|error| format!("failed ({error})"))?;
    peer.deliver(shipment)
        .await
        .map_err(|error| format!("failed ({error})"))
}

/// What there is to send, and to whom. The bytes are kept as they are now.
fn load(ctx: &mut Context<'_>, id: &str) -> Option<(String, Shipment)> {
    let action = ctx.state.replication.actions.get(id)?.clone();
    let hostname = ctx
        .state
        .replication
        .targets
        .get(&action.target)?
        .hostname
        .clone();
    let project = ctx.state.project(&action.pool, &action.project).ok()?;
    let shares: Vec<u64> = match action.share {
        Some(share) => vec![share],
        // Shares with an action of their own do not follow the project's.
        None => project
            .shares
            .values()
            .copied()
            .filter(|share| ctx.state.lun(*share).replication_inherited)
            .collect(),
    };
    let local: BTreeMap<String, serde_json::Value> = project
        .local
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    for share in &shares {
        snapshots::take_for_update(ctx, *share, id);
    }
    let shares = shares
        .into_iter()
        .map(|share| {
            let lun = ctx.state.lun(share);
            let part = part(ctx, lun, action.include_snaps);
            ctx.plane.snapshot_taken(&lun.guid, &part.bytes);
            part
        })
        .collect();
    let shipment = Shipment {
        id: id.to_owned(),
        source: ctx.core.introduction(),
        pool: action.target_pool,
        project: action.project,
        local,
        shares,
        complete: true,
    };
    Some((hostname, shipment))
}

fn part(ctx: &Context<'_>, lun: &Lun, include_snaps: bool) -> SharePart {
    let properties = PROPERTIES.iter().filter(|property| property.inherited);
    let local: BTreeMap<String, serde_json::Value> = properties
        .filter(|property| lun.local.contains_key(property.name))
        .map(|property| {
            (
                property.name.to_owned(),
                effective(ctx.state, lun, property).clone(),
            )
        })
        .collect();
    let snapshot = |s: &crate::state::Snapshot| SnapshotPart {
        name: s.name.clone(),
        bytes: s.uuid.clone(),
        volsize: s.volsize,
        creation: s.creation,
    };
    SharePart {
        name: lun.name.clone(),
        bytes: new_id(),
        volsize: lun.volsize,
        volblocksize: lun.volblocksize,
        sparse: lun.sparse,
        nodestroy: lun.nodestroy,
        writecache: lun.writecache,
        local,
        custom: lun.custom.clone(),
        targetgroup: lun.targetgroup.clone(),
        groups: lun.groups().map(str::to_owned).collect(),
        snapshots: if include_snaps {
            // Those of the update itself stay at the source.
            let made = lun.snapshots.iter().filter(|s| s.maker == Maker::Request);
            made.map(snapshot).collect()
        } else {
            Vec::new()
        },
    }
}
