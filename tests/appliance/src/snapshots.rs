//! Snapshots of LUNs and of projects.
//!
//! A snapshot of a project is one of the same name on every share in it; destroying it destroys those. Destroying a
//! snapshot also destroys its clones and theirs, as far as nothing protects them.

use std::time::{Duration, Instant};

use hyper::Method;
use serde::Serialize;
use serde_json::{Value, json};

use crate::dialect::Number;
use crate::options::Cascade;
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::state::{Lun, LunId, Maker, ProjectSnapshot, Snapshot, new_id};
use crate::{clones, lun_shown, luns, properties, space};

#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    name: &'a str,
    numclones: usize,
    creation: String,
    collection: &'a str,
    pool: &'a str,
    project: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<&'a str>,
    canonical_name: String,
    space_unique: Number,
    space_data: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    id: &'a str,
    pub href: String,
}

impl<'a> Shown<'a> {
    fn of_lun(ctx: &Context<'_>, lun: &'a Lun, snapshot: &'a Snapshot) -> Shown<'a> {
        let lag = Duration::from_millis(ctx.knobs.numclones_lag_ms);
        let late = snapshot
            .lost
            .iter()
            .filter(|lost| lost.elapsed() < lag)
            .count();
        let size = |bytes| ctx.dialect.size(bytes);
        Shown {
            name: &snapshot.name,
            numclones: snapshot.clones.len() + late,
            creation: ctx.dialect.time(snapshot.creation),
            collection: "local",
            pool: &lun.pool,
            project: &lun.project,
            share: Some(&lun.name),
            canonical_name: format!(
                "{}/local/{}/{}@{}",
                lun.pool, lun.project, lun.name, snapshot.name
            ),
            space_unique: size(0),
            space_data: size(space::written(snapshot.volsize, ctx.knobs.written_percent)),
            r#type: kind(ctx, snapshot.maker),
            id: &snapshot.uuid,
            href: format!("{}/snapshots/{}", lun_shown::href(ctx, lun), snapshot.name),
        }
    }

    pub fn of_project(
        ctx: &Context<'_>,
        pool: &'a str,
        project: &'a str,
        snapshot: &'a ProjectSnapshot,
    ) -> Shown<'a> {
        let size = |bytes| ctx.dialect.size(bytes);
        Shown {
            name: &snapshot.name,
            numclones: 0,
            creation: ctx.dialect.time(snapshot.creation),
            collection: "local",
            pool,
            project,
            share: None,
            canonical_name: format!("{pool}/local/{project}@{}", snapshot.name),
            space_unique: size(0),
            space_data: size(0),
            r#type: kind(ctx, Maker::Request),
            id: &snapshot.uuid,
            href: format!(
                "{}/pools/{pool}/projects/{project}/snapshots/{}",
                ctx.base("storage"),
                snapshot.name
            ),
        }
    }
}

fn kind<'a>(ctx: &Context<'_>, maker: Maker) -> Option<&'a str> {
    ctx.knobs.snapshot_type.then(|| maker.kind())
}

/// `GET /snapshots`: those of every project and every LUN.
pub(crate) fn all(ctx: &mut Context<'_>) -> Answer {
    if *ctx.method != Method::GET {
        return Err(Refusal::method());
    }
    let ctx = &*ctx;
    let pools = ctx.holds_pools().then_some(&ctx.state.pools);
    let projects = pools.into_iter().flatten().flat_map(|(pool, record)| {
        let projects = record.projects.iter();
        projects.map(move |(name, project)| (pool, name, project))
    });
    let shown = projects.flat_map(|(pool, name, project)| {
        let own = project.snapshots.iter();
        let own = own.map(move |s| Shown::of_project(ctx, pool, name, s));
        let luns = project.shares.values().map(|id| ctx.state.lun(*id));
        own.chain(luns.flat_map(|lun| lun.snapshots.iter().map(|s| Shown::of_lun(ctx, lun, s))))
    });
    Reply::list("snapshots", ctx.query.page(shown))
}

pub(crate) fn of_lun(
    ctx: &mut Context<'_>,
    pool: &str,
    project: &str,
    lun: &str,
    rest: &[&str],
) -> Answer {
    let id = ctx.lun_id(pool, project, lun)?;
    match (rest, ctx.method.as_str()) {
        ([], "GET") => {
            let lun = ctx.state.lun(id);
            let shown = lun.snapshots.iter().map(|s| Shown::of_lun(ctx, lun, s));
            Reply::list("snapshots", ctx.query.page(shown))
        }
        ([], "POST") => create(ctx, id),
        ([], _) => Err(Refusal::method()),
        ([name, rest @ ..], method) => {
            ctx.state.lun(id).snapshot(name)?;
            match (rest, method) {
                ([], "GET") => answer(ctx, 200, id, name),
                ([], "PUT") => rename(ctx, id, name),
                ([], "DELETE") => delete(ctx, id, name),
                (["clone"], "PUT") => clones::create(ctx, id, name),
                (["rollback"], "PUT") => rollback(ctx, id, name),
                (["dependents"], "GET") => dependents(ctx, id, name),
                ([] | ["clone" | "rollback" | "dependents"], _) => Err(Refusal::method()),
                _ => Err(Refusal::no_path()),
            }
        }
    }
}

fn answer(ctx: &Context<'_>, status: u16, id: LunId, name: &str) -> Answer {
    let lun = ctx.state.lun(id);
    Ok(Reply::new(
        status,
        "snapshot",
        &Shown::of_lun(ctx, lun, lun.snapshot(name)?),
    ))
}

/// Takes the name for a new snapshot out of the body, and refuses anything beside it.
pub(crate) fn new_name(ctx: &mut Context<'_>) -> Result<String, Refusal> {
    let name = properties::name(&ctx.take("name").ok_or_else(|| Refusal::missing("name"))?)?;
    ctx.nothing_left()?;
    Ok(name)
}

fn create(ctx: &mut Context<'_>, id: LunId) -> Answer {
    let name = new_name(ctx)?;
    claim(ctx, &[id], &name)?;
    take_snapshot(ctx, id, &name, Maker::Request);
    let location = format!(
        "{}/snapshots/{name}",
        lun_shown::href(ctx, ctx.state.lun(id))
    );
    Ok(answer(ctx, 201, id, &name)?.with("Location", location))
}

/// May every one of these LUNs have a snapshot of that name, and is there the space?
pub(crate) fn claim(ctx: &Context<'_>, ids: &[LunId], name: &str) -> Result<(), Refusal> {
    let mut more = 0;
    for lun in ids.iter().map(|id| ctx.state.lun(*id)) {
        if lun.snapshot(name).is_ok() {
            return Err(Refusal::exists("snapshot", name, "snapshot"));
        }
        if !lun.sparse {
            more += space::written(lun.volsize, ctx.knobs.written_percent)
                .saturating_sub(space::snapshots(lun, ctx.knobs.written_percent));
        }
    }
    match ids.first() {
        Some(first) => {
            let lun = ctx.state.lun(*first);
            space::claim(ctx.state, &lun.pool, &lun.project, more, ctx.knobs)
        }
        None => Ok(()),
    }
}

/// Takes a snapshot that was found possible.
pub(crate) fn take_snapshot(ctx: &mut Context<'_>, id: LunId, name: &str, maker: Maker) {
    let (now, plane) = (ctx.now, ctx.plane);
    ctx.state.change(id, |lun| {
        let snapshot = Snapshot {
            maker,
            name: name.to_owned(),
            uuid: new_id(),
            creation: now,
            volsize: lun.volsize,
            clones: Vec::new(),
            lost: Vec::new(),
        };
        plane.snapshot_taken(&lun.guid, &snapshot.uuid);
        lun.snapshots.push(snapshot);
    });
}

/// What the schedule of a project takes at this moment: a snapshot of each of its LUNs, named as schedules name them.
/// Returns the name. `None` where the project does not exist or has no LUN.
pub(crate) fn run_schedule(
    ctx: &mut Context<'_>,
    pool: &str,
    project: &str,
    label: &str,
) -> Option<String> {
    let shares: Vec<LunId> = ctx
        .state
        .project(pool, project)
        .ok()?
        .shares
        .values()
        .copied()
        .collect();
    ctx.state.taken += 1;
    let name = format!(".auto-{label}-{}", ctx.now + ctx.state.taken);
    for id in &shares {
        take_snapshot(ctx, *id, &name, Maker::Appliance);
    }
    (!shares.is_empty()).then_some(name)
}

/// The schedule of a project is taken away and its snapshots are kept: they are manual from then on.
pub(crate) fn keep_scheduled(ctx: &mut Context<'_>, pool: &str, project: &str) {
    let shares: Vec<LunId> = match ctx.state.project(pool, project) {
        Ok(project) => project.shares.values().copied().collect(),
        Err(_) => return,
    };
    for id in shares {
        ctx.state.change(id, |lun| {
            for snapshot in &mut lun.snapshots {
                if snapshot.name.starts_with(".auto-") {
                    snapshot.maker = Maker::Request;
                }
            }
        });
    }
}

/// What the names of an action's snapshots begin with.
fn replicas(action: &str) -> String {
    format!(".rr-{action}-")
}

/// The snapshot from which an update sends, in place of that of the update before.
pub(crate) fn take_for_update(ctx: &mut Context<'_>, id: LunId, action: &str) {
    drop_of_action(ctx, id, action);
    ctx.state.taken += 1;
    let name = format!("{}{}", replicas(action), ctx.state.taken);
    take_snapshot(ctx, id, &name, Maker::Appliance);
}

/// Snapshots of an action go with it, but for those that something was cloned from.
pub(crate) fn drop_of_action(ctx: &mut Context<'_>, id: LunId, action: &str) {
    let prefix = replicas(action);
    let names: Vec<String> = ctx
        .state
        .find_lun(id)
        .into_iter()
        .flat_map(|lun| &lun.snapshots)
        .filter(|snapshot| snapshot.name.starts_with(&prefix) && snapshot.clones.is_empty())
        .map(|snapshot| snapshot.name.clone())
        .collect();
    for name in names {
        drop_snapshot(ctx, id, &name);
    }
}

fn rename(ctx: &mut Context<'_>, id: LunId, name: &str) -> Answer {
    let new = new_name(ctx)?;
    if new != name && ctx.state.lun(id).snapshot(&new).is_ok() {
        return Err(Refusal::exists("snapshot", &new, "rename"));
    }
    rename_snapshot(ctx, id, name, &new);
    answer(ctx, 202, id, &new)
}

/// Gives a snapshot of a LUN a name that is free.
pub(crate) fn rename_snapshot(ctx: &mut Context<'_>, id: LunId, name: &str, new: &str) {
    ctx.state.change(id, |lun| {
        for snapshot in lun.snapshots.iter_mut().filter(|s| s.name == name) {
            new.clone_into(&mut snapshot.name);
        }
    });
}

fn delete(ctx: &mut Context<'_>, id: LunId, name: &str) -> Answer {
    destroy(ctx, &[(id, name.to_owned())], Some(id))?;
    Reply::no_content()
}

/// Destroys snapshots with their clones and all that hangs on those, or nothing at all. `asked_for` is a LUN that the
/// request names and that stays.
pub(crate) fn destroy(
    ctx: &mut Context<'_>,
    doomed: &[(LunId, String)],
    asked_for: Option<LunId>,
) -> Result<(), Refusal> {
    let mut clones = Vec::new();
    for (id, name) in doomed {
        clones.extend(ctx.state.lun(*id).snapshot(name)?.clones.iter().copied());
    }
    let luns = luns::with_dependents(ctx.state, clones.into_iter());
    luns::may_destroy(ctx, asked_for.as_slice(), &luns)?;
    luns::remove(ctx, &luns);
    for (id, name) in doomed {
        drop_snapshot(ctx, *id, name);
    }
    Ok(())
}

fn drop_snapshot(ctx: &mut Context<'_>, id: LunId, name: &str) {
    // The LUN may have gone with the clones of another snapshot.
    let lun = ctx.state.find_lun(id);
    let at = lun.and_then(|lun| lun.snapshots.iter().position(|s| s.name == name));
    if let Some(at) = at {
        let snapshot = ctx.state.change(id, |lun| lun.snapshots.remove(at));
        ctx.plane.snapshot_deleted(&snapshot.uuid);
    }
}

/// Rolls a LUN back. Newer snapshots are destroyed with that, their clones too.
fn rollback(ctx: &mut Context<'_>, id: LunId, name: &str) -> Answer {
    let lun = ctx.state.lun(id);
    let at = lun
        .snapshots
        .iter()
        .position(|s| s.name == name)
        .unwrap_or(0);
    let newer: Vec<(LunId, String)> = lun.snapshots[at + 1..]
        .iter()
        .map(|s| (id, s.name.clone()))
        .collect();
    let (guid, snapshot, volsize, before) = (
        lun.guid.clone(),
        lun.snapshots[at].uuid.clone(),
        lun.snapshots[at].volsize,
        lun.volsize,
    );
    if !newer.is_empty()
        && ctx.knobs.cascade == Cascade::ConfirmRequired
        && !ctx.query.is_true("confirm")
    {
        return Err(Refusal::confirm("this destroys the newer snapshots"));
    }
    destroy(ctx, &newer, Some(id))?;
    ctx.plane.rolled_back(&guid, &snapshot);
    if volsize != before {
        ctx.plane.lun_resized(&guid, volsize);
        ctx.state.change(id, |lun| lun.volsize = volsize);
    }
    let location = format!(
        "{}/snapshots/{name}",
        lun_shown::href(ctx, ctx.state.lun(id))
    );
    Ok(answer(ctx, 202, id, name)?.with("Location", location))
}

fn dependents(ctx: &mut Context<'_>, id: LunId, name: &str) -> Answer {
    let shown: Vec<Value> = ctx
        .state
        .lun(id)
        .snapshot(name)?
        .clones
        .iter()
        .map(|clone| {
            let lun = ctx.state.lun(*clone);
            json!({"project": lun.project, "share": lun.name, "href": lun_shown::href(ctx, lun)})
        })
        .collect();
    Reply::ok("dependents", &shown)
}

/// Forgets clones that were lost longer ago than any lag, so that the lists stay short.
pub(crate) fn forget_lost(snapshot: &mut Snapshot, lag: Duration) {
    let now = Instant::now();
    snapshot.lost.retain(|lost| now.duration_since(*lost) < lag);
}
