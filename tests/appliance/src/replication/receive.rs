//! What arrives from other appliances, and how it is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PeerIdentity;
use super::packages::{Package, Replica, Source};
use crate::core::Core;
use crate::request::Context;
use crate::space;
use crate::state::{Maker, Snapshot, new_id};
use crate::storage::LunBytes;

/// What an update sends.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Shipment {
    pub id: String,
    pub source: PeerIdentity,
    pub pool: String,
    pub project: String,
    pub local: BTreeMap<String, Value>,
    pub shares: Vec<SharePart>,
    /// False at the beginning of an update, when nothing has arrived yet.
    pub complete: bool,
}

/// A LUN as it is sent.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SharePart {
    pub name: String,
    /// The snapshot that keeps the bytes at the source while they are sent.
    pub bytes: String,
    pub volsize: u64,
    pub volblocksize: u32,
    pub sparse: bool,
    pub nodestroy: bool,
    pub writecache: bool,
    pub local: BTreeMap<String, Value>,
    pub custom: BTreeMap<String, Value>,
    pub targetgroup: String,
    pub groups: Vec<String>,
    pub snapshots: Vec<SnapshotPart>,
}

/// A snapshot as it is sent.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SnapshotPart {
    pub name: String,
    pub bytes: String,
    pub volsize: u64,
    pub creation: u64,
}

/// Makes a peer known as a source. Two peers of one name are told apart by a number.
pub(super) fn introduce(core: &Core, who: &PeerIdentity) {
    source_name(&mut core.state().replication.sources, who);
}

fn source_name(sources: &mut BTreeMap<String, Source>, who: &PeerIdentity) -> String {
    if let Some((name, _)) = sources.iter().find(|(_, source)| source.asn == who.asn) {
        return name.clone();
    }
    let mut name = who.nodename.clone();
    let mut number = 1;
    while sources.contains_key(&name) {
        number += 1;
        name = format!("{}-{number}", who.nodename);
    }
    sources.insert(
        name.clone(),
        Source {
            asn: who.asn.clone(),
            packages: BTreeMap::new(),
        },
    );
    name
}

/// Takes in a shipment.
pub(super) fn receive(core: &Core, shipment: &Shipment) -> Result<(), String> {
    core.within(|ctx| take_in(ctx, shipment)).0
}

fn take_in(ctx: &mut Context<'_>, shipment: &Shipment) -> Result<(), String> {
    if !ctx
        .state
        .services
        .get("replication")
        .is_some_and(|service| service.online)
    {
        return Err("the replication service of the target is not online".to_owned());
    }
    let Ok(pool) = ctx.state.pool(&shipment.pool) else {
        return Err(format!("no pool {} there", shipment.pool));
    };
    let left = pool
        .size
        .saturating_sub(space::of_pool(ctx.state, &shipment.pool, pool, ctx.knobs).total());
    let source = source_name(&mut ctx.state.replication.sources, &shipment.source);
    let package = ctx
        .state
        .replication
        .sources
        .get_mut(&source)
        .and_then(|s| s.packages.remove(&shipment.id));
    let mut package = package.unwrap_or_else(|| Package {
        pool: shipment.pool.clone(),
        project: shipment.project.clone(),
        enabled: true,
        complete: false,
        local: BTreeMap::new(),
        luns: Vec::new(),
    });
    let result = if shipment.complete {
        unload(ctx, &mut package, shipment, left)
    } else {
        Ok(())
    };
    if let Some(source) = ctx.state.replication.sources.get_mut(&source) {
        source.packages.insert(shipment.id.clone(), package);
    }
    result
}

fn unload(
    ctx: &mut Context<'_>,
    package: &mut Package,
    shipment: &Shipment,
    left: u64,
) -> Result<(), String> {
    let takes = |volsize, sparse| space::data(volsize, sparse, ctx.knobs.written_percent);
    let needed: u64 = shipment
        .shares
        .iter()
        .map(|share| takes(share.volsize, share.sparse))
        .sum();
    let had: u64 = package
        .luns
        .iter()
        .map(|replica| takes(replica.part.volsize, replica.part.sparse))
        .sum();
    if needed > left + had {
        return Err("no space left in the pool of the target".to_owned());
    }
    let mut old = std::mem::take(&mut package.luns);
    for share in &shipment.shares {
        let at = old
            .iter()
            .position(|replica| replica.part.name == share.name);
        let replica = at.map(|at| old.remove(at));
        let (guid, kept) = match replica {
            Some(replica) => (replica.guid, replica.snapshots),
            None => (ctx.state.new_guid(ctx.now), Vec::new()),
        };
        let snapshots = snapshots(ctx, &guid, share, kept);
        ctx.plane
            .replicated(&share.bytes, &bytes(&guid, share, share.volsize));
        package.luns.push(Replica {
            guid,
            part: share.clone(),
            snapshots,
        });
    }
    for replica in &old {
        discard(ctx, replica);
    }
    package.project.clone_from(&shipment.project);
    package.local.clone_from(&shipment.local);
    package.complete = true;
    Ok(())
}

/// Snapshots that are new come over oldest first: the copy takes their bytes one after the other.
fn snapshots(
    ctx: &Context<'_>,
    guid: &str,
    share: &SharePart,
    mut kept: Vec<(String, Snapshot)>,
) -> Vec<(String, Snapshot)> {
    kept.retain(|(id, snapshot)| {
        let stays = share.snapshots.iter().any(|sent| sent.bytes == *id);
        if !stays {
            ctx.plane.snapshot_deleted(&snapshot.uuid);
        }
        stays
    });
    for sent in &share.snapshots {
        if let Some((_, snapshot)) = kept.iter_mut().find(|(id, _)| *id == sent.bytes) {
            snapshot.name.clone_from(&sent.name);
            continue;
        }
        let snapshot = Snapshot {
            maker: Maker::default(),
            name: sent.name.clone(),
            uuid: new_id(),
            creation: sent.creation,
            volsize: sent.volsize,
            clones: Vec::new(),
            lost: Vec::new(),
        };
        ctx.plane
            .replicated(&sent.bytes, &bytes(guid, share, sent.volsize));
        ctx.plane.snapshot_taken(guid, &snapshot.uuid);
        kept.push((sent.bytes.clone(), snapshot));
    }
    kept
}

pub(super) fn bytes(guid: &str, share: &SharePart, volsize: u64) -> LunBytes {
    LunBytes {
        guid: guid.to_owned(),
        volsize,
        blocksize: share.volblocksize,
    }
}

pub(super) fn discard(ctx: &Context<'_>, replica: &Replica) {
    for (_, snapshot) in replica.snapshots.iter().rev() {
        ctx.plane.snapshot_deleted(&snapshot.uuid);
    }
    ctx.plane.lun_deleted(&replica.guid);
}
