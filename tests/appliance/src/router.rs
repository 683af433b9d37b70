//! From a path to the subject that answers it.

use hyper::Method;

use crate::refusal::Refusal;
use crate::request::{Answer, Context};
use crate::{
    luns, pools, project_snapshots, projects, replication, san, schema, services, snapshots, system,
};

/// Answers a request of somebody who is logged in. `path` is what follows the version.
pub(crate) fn route(ctx: &mut Context<'_>, service: &str, path: &[&str]) -> Answer {
    match service {
        "system" => system::route(ctx, path),
        "hardware" => system::hardware(ctx, path),
        "service" => services::route(ctx, path),
        "storage" => storage(ctx, path),
        "san" => san::route(ctx, path),
        _ => Err(Refusal::no_path()),
    }
}

fn storage(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    match path {
        ["pools"] => pools::list(ctx),
        ["pools", pool] => pools::one(ctx, pool),
        ["pools", pool, ..] if !ctx.holds_pools() => Err(Refusal::not_found("pool", pool)),
        ["pools", pool, "projects"] => projects::collection(ctx, pool),
        ["pools", pool, "projects", project] => projects::one(ctx, pool, project),
        ["pools", pool, "projects", project, "luns"] => luns::collection(ctx, pool, project),
        ["pools", pool, "projects", project, "luns", lun] => luns::one(ctx, pool, project, lun),
        // Filesystems and LUNs share a name space, and Oracle's driver changes LUNs by the path of filesystems.
        // Whether GET and DELETE cross over is not known; here they do not.
        ["pools", pool, "projects", project, "filesystems"] => {
            luns::filesystems(ctx, pool, project)
        }
        ["pools", pool, "projects", project, "filesystems", share] => match *ctx.method {
            Method::PUT => luns::one(ctx, pool, project, share),
            _ => Err(Refusal::not_found("filesystem", share)),
        },
        ["pools", pool, "projects", project, "snapshots", rest @ ..] => {
            project_snapshots::of_project(ctx, pool, project, rest)
        }
        [
            "pools",
            pool,
            "projects",
            project,
            "luns" | "filesystems",
            share,
            "snapshots",
            rest @ ..,
        ] => snapshots::of_lun(ctx, pool, project, share, rest),
        [
            "pools",
            pool,
            "projects",
            project,
            "luns" | "filesystems",
            share,
            "replication",
            rest @ ..,
        ] => replication::of_share(ctx, pool, project, Some(share), rest),
        ["pools", pool, "projects", project, "replication", rest @ ..] => {
            replication::of_share(ctx, pool, project, None, rest)
        }
        ["projects"] => projects::all(ctx),
        ["luns"] => luns::all(ctx),
        ["filesystems"] => luns::all_filesystems(ctx),
        ["snapshots"] => snapshots::all(ctx),
        ["schema"] => schema::collection(ctx),
        ["schema", name] => schema::one(ctx, name),
        ["replication", rest @ ..] => replication::route(ctx, rest),
        _ => Err(Refusal::no_path()),
    }
}
