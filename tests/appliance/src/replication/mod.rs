//! Replication: targets and actions on the appliance that sends, sources and packages on the one that receives.
//!
//! An action belongs to a project or to one share of it, and to one target. Each update sends what the share held
//! when the update began. On the other appliance it arrives in a package whose identifier is the action's, and which
//! stays when the action is deleted, until it is severed into a project of its own or destroyed.
//!
//! Two appliances of one process are made known to each other with [`Appliance::link`](crate::Appliance::link), two
//! programs by `POST /peers` of their admin ports. An appliance knows itself by its node name and as `localhost`.

mod actions;
mod packages;
mod peers;
mod receive;
mod sever;
mod targets;
mod update;

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Value, json};

pub(crate) use actions::Action;
pub(crate) use packages::Source;
pub(crate) use peers::{Peer, PeerIdentity, admin_routes, contact};
pub(crate) use targets::Target;
pub(crate) use update::afterwards;

use crate::options::Knobs;
use crate::properties::flag;
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::space;
use crate::state::{LunId, State};

/// What one appliance knows of replication.
#[derive(Default)]
pub(crate) struct Replication {
    /// By label.
    pub targets: BTreeMap<String, Target>,
    /// By identifier.
    pub actions: BTreeMap<String, Action>,
    /// By name.
    pub sources: BTreeMap<String, Source>,
}

impl Replication {
    /// What the packages take from a pool.
    pub fn replicas(&self, pool: &str, knobs: &Knobs) -> u64 {
        let packages = self
            .sources
            .values()
            .flat_map(|source| source.packages.values());
        let luns = packages
            .filter(|package| package.pool == pool)
            .flat_map(|package| &package.luns);
        luns.map(|replica| {
            space::data(
                replica.part.volsize,
                replica.part.sparse,
                knobs.written_percent,
            )
        })
        .sum()
    }

    pub fn project_renamed(&mut self, pool: &str, old: &str, new: &str) {
        for action in self
            .actions
            .values_mut()
            .filter(|action| action.pool == pool && action.project == old)
        {
            new.clone_into(&mut action.project);
        }
    }

    /// A share that moves to another project takes its action along.
    pub fn share_moved(&mut self, share: LunId, project: &str) {
        for action in self
            .actions
            .values_mut()
            .filter(|action| action.share == Some(share))
        {
            project.clone_into(&mut action.project);
        }
    }

    /// A share is gone, and its action with it.
    pub fn share_gone(&mut self, share: LunId) {
        self.actions.retain(|_, action| action.share != Some(share));
    }

    /// A project is gone, and its actions with it.
    pub fn project_gone(&mut self, pool: &str, project: &str) {
        self.actions
            .retain(|_, action| action.pool != pool || action.project != project);
    }

    /// The GUIDs of all replicas and the identifiers of their snapshots.
    pub fn stored(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        let packages = self
            .sources
            .values()
            .flat_map(|source| source.packages.values());
        packages
            .flat_map(|package| &package.luns)
            .map(packages::Replica::stored)
    }

    /// All of it for a comparison.
    pub fn report(&self, state: &State) -> Value {
        let targets: BTreeMap<_, _> = self
            .targets
            .iter()
            .map(|(label, t)| (label, json!({"hostname": t.hostname, "asn": t.asn})))
            .collect();
        let actions: BTreeMap<_, _> = self
            .actions
            .iter()
            .map(|(id, action)| (id, action.report(state)))
            .collect();
        let sources: BTreeMap<_, _> = self
            .sources
            .iter()
            .map(|(name, source)| (name, source.report()))
            .collect();
        json!({"targets": targets, "actions": actions, "sources": sources})
    }
}

/// `/api/storage/v1/replication/…`
pub(crate) fn route(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    match path {
        ["targets"] => targets::collection(ctx),
        ["targets", label] => targets::one(ctx, label),
        ["sources", rest @ ..] => packages::sources(ctx, rest),
        ["packages", rest @ ..] => packages::flat(ctx, rest),
        ["actions"] => match *ctx.method {
            Method::POST if !ctx.knobs.flat_actions => Err(Refusal::method()),
            Method::POST => actions::create_flat(ctx),
            _ => actions::list(ctx, None),
        },
        ["actions", id, rest @ ..] => actions::one(ctx, id, rest),
        _ => Err(Refusal::no_path()),
    }
}

/// `…/projects/J/replication/…` and `…/luns/L/replication/…`
pub(crate) fn of_share(
    ctx: &mut Context<'_>,
    pool: &str,
    project: &str,
    share: Option<&str>,
    rest: &[&str],
) -> Answer {
    ctx.state.project(pool, project)?;
    let share = share
        .map(|name| ctx.lun_id(pool, project, name))
        .transpose()?;
    match (rest, ctx.method) {
        ([], &Method::GET) => inherited(ctx, share, 200),
        ([], &Method::PUT) => {
            let id = share.ok_or_else(Refusal::method)?;
            let value = ctx
                .take("inherited")
                .ok_or_else(|| Refusal::missing("inherited"))?;
            let inherits = flag("inherited", &value)?;
            ctx.nothing_left()?;
            ctx.state
                .change(id, |lun| lun.replication_inherited = inherits);
            inherited(ctx, share, 202)
        }
        ([], _) => Err(Refusal::method()),
        (["actions"], &Method::POST) => actions::create_contextual(ctx, pool, project, share),
        (["actions"], _) => actions::list(ctx, Some((pool, project, share))),
        (["actions", id, rest @ ..], _) => actions::one(ctx, id, rest),
        _ => Err(Refusal::no_path()),
    }
}

fn inherited(ctx: &Context<'_>, share: Option<LunId>, status: u16) -> Answer {
    let inherits = share.is_some_and(|id| ctx.state.lun(id).replication_inherited);
    Ok(Reply::new(
        status,
        "replication",
        &json!({"inherited": inherits}),
    ))
}
