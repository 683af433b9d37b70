//! Sources and packages: what other appliances have sent here.

use std::collections::BTreeMap;

use hyper::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::PeerIdentity;
use crate::core::Core;
use crate::dialect::Release;
use crate::properties::{self, flag};
use crate::refusal::{BAD_STATE, Refusal};
use crate::request::{Answer, Context, Reply};
use crate::state::{DEFAULT_GROUP, Lun, MASK_ALL, Project, Snapshot, View, new_id};
use crate::storage::LunBytes;
use crate::{space, views};

/// A peer that sends to this appliance.
pub(crate) struct Source {
    pub asn: String,
    /// By the identifier of the action.
    pub packages: BTreeMap<String, Package>,
}

/// What one action has sent.
pub(crate) struct Package {
    pub pool: String,
    pub project: String,
    pub enabled: bool,
    /// An update has been received in full.
    pub complete: bool,
    local: BTreeMap<String, Value>,
    pub luns: Vec<Replica>,
}

/// A LUN in a package.
pub(crate) struct Replica {
    guid: String,
    pub part: SharePart,
    /// The snapshots that are here: the identifier on the source, and the snapshot.
    snapshots: Vec<(String, Snapshot)>,
}

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

impl Source {
    pub fn report(&self) -> Value {
        let packages: BTreeMap<_, _> = self
            .packages
            .iter()
            .map(|(id, package)| (id, package.report()))
            .collect();
        json!({"asn": self.asn, "packages": packages})
    }
}

impl Replica {
    pub fn stored(&self) -> (&str, Vec<&str>) {
        (
            &self.guid,
            self.snapshots
                .iter()
                .map(|(_, snapshot)| snapshot.uuid.as_str())
                .collect(),
        )
    }
}

impl Package {
    fn report(&self) -> Value {
        let luns: BTreeMap<_, _> = self
            .luns
            .iter()
            .map(|replica| {
                let snapshots: Vec<&str> = replica.snapshots.iter().map(|(_, s)| s.name.as_str()).collect();
                let seen = json!({
                    "lunguid": replica.guid, "volsize": replica.part.volsize, "custom": replica.part.custom,
                    "snapshots": snapshots,
                });
                (&replica.part.name, seen)
            })
            .collect();
        json!({
            "pool": self.pool, "project": self.project, "enabled": self.enabled, "complete": self.complete, "luns": luns,
        })
    }
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
    let takes = |volsize, sparse| space::data(volsize, sparse, ctx.knobs);
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

fn bytes(guid: &str, share: &SharePart, volsize: u64) -> LunBytes {
    LunBytes {
        guid: guid.to_owned(),
        volsize,
        blocksize: share.volblocksize,
    }
}

fn discard(ctx: &Context<'_>, replica: &Replica) {
    for (_, snapshot) in replica.snapshots.iter().rev() {
        ctx.plane.snapshot_deleted(&snapshot.uuid);
    }
    ctx.plane.lun_deleted(&replica.guid);
}

/// `/replication/sources/…`
pub(super) fn sources(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    let Some((name, rest)) = path.split_first() else {
        return match *ctx.method {
            Method::GET => {
                let list: Vec<Value> = ctx
                    .state
                    .replication
                    .sources
                    .iter()
                    .map(|(n, s)| shown_source(ctx, n, s, false))
                    .collect();
                Reply::ok("sources", &list)
            }
            _ => Err(Refusal::method()),
        };
    };
    let found = ctx
        .state
        .replication
        .sources
        .iter()
        .find(|(n, source)| n == name || source.asn == **name);
    let (name, source) = found.ok_or_else(|| Refusal::not_found("source", name))?;
    let name = name.clone();
    match (rest, ctx.method.as_str()) {
        ([], "GET") => Reply::ok("source", &shown_source(ctx, &name, source, true)),
        (["packages"], "GET") => {
            let list: Vec<Value> = source
                .packages
                .iter()
                .map(|(id, p)| shown(ctx, &name, id, p))
                .collect();
            Reply::ok("packages", &list)
        }
        (["packages", id, rest @ ..], _) => one(ctx, &name, id, rest),
        ([] | ["packages"], _) => Err(Refusal::method()),
        _ => Err(Refusal::no_path()),
    }
}

/// `/replication/packages/…`, since OS8.8.
pub(super) fn flat(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    if ctx.knobs.release != Release::Os88 {
        return Err(Refusal::no_path());
    }
    let all = ctx.state.replication.sources.iter();
    let all = all.flat_map(|(name, source)| {
        source
            .packages
            .iter()
            .map(move |(id, package)| (name, id, package))
    });
    match path {
        [] if *ctx.method == Method::GET => {
            let list: Vec<Value> = all
                .map(|(name, id, package)| shown(ctx, name, id, package))
                .collect();
            Reply::ok("packages", &list)
        }
        [] => Err(Refusal::method()),
        [id, rest @ ..] => {
            let mut all = all;
            let found = all
                .find(|(_, known, _)| known == id)
                .map(|(name, ..)| name.clone());
            let name = found.ok_or_else(|| Refusal::not_found("package", id))?;
            one(ctx, &name, id, rest)
        }
    }
}

fn shown_source(ctx: &Context<'_>, name: &str, source: &Source, packages: bool) -> Value {
    let href = format!("{}/replication/sources/{name}", ctx.base("storage"));
    let mut shown_here = json!({"name": name, "asn": source.asn, "href": href});
    if packages {
        shown_here["packages"] = source
            .packages
            .iter()
            .map(|(id, p)| shown(ctx, name, id, p))
            .collect();
    }
    shown_here
}

fn shown(ctx: &Context<'_>, source: &str, id: &str, package: &Package) -> Value {
    let base = ctx.base("storage");
    let href = if ctx.knobs.release == Release::Os88 {
        format!("{base}/replication/packages/{id}")
    } else {
        format!("{base}/replication/sources/{source}/packages/{id}")
    };
    json!({
        "id": id, "project": package.project, "pool": package.pool, "source_name": source,
        "source_asn": ctx.state.replication.sources[source].asn, "enabled": package.enabled,
        "state": "idle", "last_result": if package.complete { "success" } else { "<unknown>" }, "href": href,
    })
}

fn one(ctx: &mut Context<'_>, source: &str, id: &str, rest: &[&str]) -> Answer {
    let Some(package) = ctx.state.replication.sources[source].packages.get(id) else {
        return Err(Refusal::not_found("package", id));
    };
    match (rest, ctx.method.as_str()) {
        ([], "GET") => Reply::ok("package", &shown(ctx, source, id, package)),
        ([], "PUT") => {
            let value = ctx
                .take("enabled")
                .ok_or_else(|| Refusal::missing("enabled"))?;
            let enabled = flag("enabled", &value)?;
            ctx.nothing_left()?;
            if let Some(package) = package_mut(ctx, source, id) {
                package.enabled = enabled;
            }
            Reply::accepted(
                "package",
                &shown(
                    ctx,
                    source,
                    id,
                    &ctx.state.replication.sources[source].packages[id],
                ),
            )
        }
        ([], "DELETE") => {
            if let Some(package) = take(ctx, source, id) {
                package
                    .luns
                    .iter()
                    .for_each(|replica| discard(ctx, replica));
            }
            Reply::no_content()
        }
        (["sever"], "PUT") => sever(ctx, source, id).map(accepted),
        (["reverse" | "pkgreverse"], "PUT") => reverse(ctx, source, id),
        (["clone"], "PUT") => copy(ctx, source, id),
        (["clone", "conflicts"], "GET") => Reply::ok("conflicts", &json!([])),
        (["cancelupdate"], "PUT") => Err(Refusal::other(
            409,
            BAD_STATE,
            "operation illegal for state",
        )),
        (
            []
            | ["sever" | "reverse" | "pkgreverse" | "clone" | "cancelupdate"]
            | ["clone", "conflicts"],
            _,
        ) => Err(Refusal::method()),
        _ => Err(Refusal::no_path()),
    }
}

fn accepted(_project: String) -> Reply {
    Reply {
        status: 202,
        body: Vec::new(),
        headers: Vec::new(),
    }
}

fn package_mut<'a>(ctx: &'a mut Context<'_>, source: &str, id: &str) -> Option<&'a mut Package> {
    ctx.state
        .replication
        .sources
        .get_mut(source)?
        .packages
        .get_mut(id)
}

fn take(ctx: &mut Context<'_>, source: &str, id: &str) -> Option<Package> {
    ctx.state
        .replication
        .sources
        .get_mut(source)?
        .packages
        .remove(id)
}

/// The name of the project to make, if it and the package are fit for it.
fn new_project(ctx: &mut Context<'_>, source: &str, id: &str) -> Result<String, Refusal> {
    let name = ctx
        .take("projname")
        .ok_or_else(|| Refusal::missing("projname"))?;
    let name = properties::name(&name)?;
    ctx.nothing_left()?;
    let package = &ctx.state.replication.sources[source].packages[id];
    if !package.complete {
        return Err(Refusal::state("no update has been received in full"));
    }
    if ctx.state.pool(&package.pool)?.projects.contains_key(&name) {
        return Err(Refusal::exists("project", &name, "sever"));
    }
    Ok(name)
}

/// Ends the pairing for good: the replicas become LUNs of a new project.
fn sever(ctx: &mut Context<'_>, source: &str, id: &str) -> Result<String, Refusal> {
    let name = new_project(ctx, source, id)?;
    if let Some(package) = take(ctx, source, id) {
        begin_project(ctx, &package, &name);
        for replica in package.luns {
            let snapshots = replica
                .snapshots
                .into_iter()
                .map(|(_, snapshot)| snapshot)
                .collect();
            settle(
                ctx,
                &package.pool,
                &name,
                replica.guid,
                &replica.part,
                snapshots,
            );
        }
    }
    Ok(name)
}

/// Severs, and makes an action that sends back to where it came from.
fn reverse(ctx: &mut Context<'_>, source: &str, id: &str) -> Answer {
    let asn = ctx.state.replication.sources[source].asn.clone();
    let known = ctx
        .state
        .replication
        .targets
        .iter()
        .find(|(_, target)| target.asn == asn);
    let Some((label, _)) = known else {
        return Err(Refusal::state(
            "the source is not a replication target of this appliance",
        ));
    };
    let label = label.clone();
    let pool = ctx.state.replication.sources[source].packages[id]
        .pool
        .clone();
    let project = sever(ctx, source, id)?;
    let action = super::Action {
        pool: pool.clone(),
        project: project.clone(),
        share: None,
        target: label,
        target_pool: pool,
        enabled: true,
        continuous: false,
        include_snaps: true,
        use_ssl: true,
        max_bandwidth: 0,
        sending: false,
        last_result: None,
        last_sync: None,
        last_try: None,
        bytes_sent: 0,
        run: 0,
    };
    ctx.state
        .replication
        .actions
        .insert(Uuid::new_v4().to_string(), action);
    Ok(accepted(project))
}

/// Copies the package into a new project and keeps it.
fn copy(ctx: &mut Context<'_>, source: &str, id: &str) -> Answer {
    let name = new_project(ctx, source, id)?;
    let Some(package) = take(ctx, source, id) else {
        return Err(Refusal::not_found("package", id));
    };
    begin_project(ctx, &package, &name);
    for replica in &package.luns {
        let guid = ctx.state.new_guid(ctx.now);
        ctx.plane.replicated(
            &replica.guid,
            &bytes(&guid, &replica.part, replica.part.volsize),
        );
        settle(ctx, &package.pool, &name, guid, &replica.part, Vec::new());
    }
    if let Some(source) = ctx.state.replication.sources.get_mut(source) {
        source.packages.insert(id.to_owned(), package);
    }
    Ok(accepted(name))
}

fn begin_project(ctx: &mut Context<'_>, package: &Package, name: &str) {
    let mut project = Project::new(ctx.now);
    for (key, value) in &package.local {
        if let Some(property) = properties::find(key) {
            project.local.insert(property.name, value.clone());
        }
    }
    if let Some(pool) = ctx.state.pools.get_mut(&package.pool) {
        pool.projects.insert(name.to_owned(), project);
    }
}

/// A replica becomes a LUN. Groups and custom properties that this appliance does not have are left behind.
fn settle(
    ctx: &mut Context<'_>,
    pool: &str,
    project: &str,
    guid: String,
    part: &SharePart,
    snapshots: Vec<Snapshot>,
) {
    let known = &ctx.state.san;
    let mut groups: Vec<String> = part
        .groups
        .iter()
        .filter(|group| *group == MASK_ALL || known.initiator_groups.contains_key(*group))
        .cloned()
        .collect();
    if groups.is_empty() {
        groups.push(MASK_ALL.to_owned());
    }
    let has_target = known.target_groups.contains_key(&part.targetgroup);
    let targetgroup = if has_target {
        part.targetgroup.clone()
    } else {
        DEFAULT_GROUP.to_owned()
    };
    let custom = part
        .custom
        .iter()
        .filter(|(key, _)| ctx.state.schema.contains_key(*key));
    let custom = custom
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let local = part
        .local
        .iter()
        .filter_map(|(key, value)| Some((properties::find(key)?.name, value.clone())));
    let local = local.collect();
    let id = ctx.state.fresh();
    let views = views::assign(ctx.state, ctx.knobs, id, &targetgroup, &groups, &[], None);
    let unseen = || {
        vec![View {
            group: MASK_ALL.to_owned(),
            number: None,
        }]
    };
    let lun = Lun {
        id,
        pool: pool.to_owned(),
        project: project.to_owned(),
        name: part.name.clone(),
        uuid: new_id(),
        guid,
        creation: ctx.now,
        volsize: part.volsize,
        volblocksize: part.volblocksize,
        sparse: part.sparse,
        nodestroy: part.nodestroy,
        online: true,
        writecache: part.writecache,
        writelimit: 0,
        fixednumber: false,
        local,
        custom,
        targetgroup,
        views: views.unwrap_or_else(|_| unseen()),
        snapshots,
        origin: None,
        replication_inherited: true,
    };
    ctx.state.insert(lun);
}
