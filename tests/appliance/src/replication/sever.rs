//! What becomes of a package: a project of its own, with or without a way back.

use uuid::Uuid;

use super::packages::Package;
use super::receive::{SharePart, bytes};
use crate::properties;
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::state::{DEFAULT_GROUP, Lun, MASK_ALL, Project, Snapshot, View, new_id};
use crate::views;

fn accepted() -> Reply {
    Reply {
        status: 202,
        body: Vec::new(),
        headers: Vec::new(),
    }
}

pub(super) fn take(ctx: &mut Context<'_>, source: &str, id: &str) -> Option<Package> {
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
pub(super) fn sever(ctx: &mut Context<'_>, source: &str, id: &str) -> Answer {
    detach(ctx, source, id)?;
    Ok(accepted())
}

fn detach(ctx: &mut Context<'_>, source: &str, id: &str) -> Result<String, Refusal> {
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
pub(super) fn reverse(ctx: &mut Context<'_>, source: &str, id: &str) -> Answer {
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
    let project = detach(ctx, source, id)?;
    let action = super::Action {
        pool: pool.clone(),
        project,
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
        estimated_size: 0,
        run: 0,
        unsure_looks: 0,
    };
    ctx.state
        .replication
        .actions
        .insert(Uuid::new_v4().to_string(), action);
    Ok(accepted())
}

/// Copies the package into a new project and keeps it.
pub(super) fn copy(ctx: &mut Context<'_>, source: &str, id: &str) -> Answer {
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
    Ok(accepted())
}

fn begin_project(ctx: &mut Context<'_>, package: &Package, name: &str) {
    let mut project = Project::new(ctx.now, &ctx.state.visits);
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
        .filter(|group| *group == MASK_ALL || known.initiator_groups.contains_key(group))
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
        readlimit: 0,
        writelimit: 0,
        key: None,
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
