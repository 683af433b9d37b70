//! Snapshots of a project: one of the same name on every share in it.

use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::snapshots::{Shown, claim, destroy, new_name, rename_snapshot, take_snapshot};
use crate::state::{LunId, Maker, ProjectSnapshot, new_id};

pub(crate) fn of_project(
    ctx: &mut Context<'_>,
    pool: &str,
    project: &str,
    rest: &[&str],
) -> Answer {
    let record = ctx.state.project(pool, project)?;
    let shares = || -> Vec<LunId> { record.shares.values().copied().collect() };
    match (rest, ctx.method.as_str()) {
        ([], "GET") => {
            let shown = record.snapshots.iter();
            let shown = shown.map(|s| Shown::of_project(ctx, pool, project, s));
            Reply::list("snapshots", ctx.query.page(shown))
        }
        ([], "POST") => {
            let shares = shares();
            let name = new_name(ctx)?;
            if ctx
                .state
                .project(pool, project)?
                .snapshots
                .iter()
                .any(|s| s.name == name)
            {
                return Err(Refusal::exists("snapshot", &name, "snapshot"));
            }
            claim(ctx, &shares, &name)?;
            for id in shares {
                take_snapshot(ctx, id, &name, Maker::Request);
            }
            let snapshot = ProjectSnapshot {
                name: name.clone(),
                uuid: new_id(),
                creation: ctx.now,
            };
            ctx.state
                .project_mut(pool, project)?
                .snapshots
                .push(snapshot.clone());
            let shown = Shown::of_project(ctx, pool, project, &snapshot);
            Reply::created("snapshot", &shown, shown.href.clone())
        }
        ([], _) => Err(Refusal::method()),
        ([name], method) => one_of_project(ctx, pool, project, name, method),
        _ => Err(Refusal::no_path()),
    }
}

fn one_of_project(
    ctx: &mut Context<'_>,
    pool: &str,
    project: &str,
    name: &str,
    method: &str,
) -> Answer {
    let record = ctx.state.project(pool, project)?;
    let at = record
        .snapshots
        .iter()
        .position(|s| s.name == name)
        .ok_or_else(|| Refusal::not_found("snapshot", name))?;
    let having = |ctx: &Context<'_>, name: &str| -> Vec<LunId> {
        let record = ctx.state.project(pool, project);
        let shares = record.iter().flat_map(|record| record.shares.values());
        shares
            .copied()
            .filter(|id| ctx.state.lun(*id).snapshot(name).is_ok())
            .collect()
    };
    match method {
        "GET" => Reply::ok(
            "snapshot",
            &Shown::of_project(ctx, pool, project, &record.snapshots[at]),
        ),
        "PUT" => {
            let new = new_name(ctx)?;
            let taken = ctx
                .state
                .project(pool, project)?
                .snapshots
                .iter()
                .any(|s| s.name == new);
            if taken || !having(ctx, &new).is_empty() {
                return Err(Refusal::exists("snapshot", &new, "rename"));
            }
            for id in having(ctx, name) {
                rename_snapshot(ctx, id, name, &new);
            }
            let record = ctx.state.project_mut(pool, project)?;
            record.snapshots[at].name = new;
            let snapshot = record.snapshots[at].clone();
            Reply::accepted(
                "snapshot",
                &Shown::of_project(ctx, pool, project, &snapshot),
            )
        }
        "DELETE" => {
            let doomed: Vec<(LunId, String)> = having(ctx, name)
                .into_iter()
                .map(|id| (id, name.to_owned()))
                .collect();
            destroy(ctx, &doomed, None)?;
            ctx.state.project_mut(pool, project)?.snapshots.remove(at);
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}
