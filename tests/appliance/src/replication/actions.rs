//! Actions: what is sent where, and how the last update went.
//!
//! `target` is the label of a target in a request and its `asn` in an answer. In the flat creation `pool` is the pool
//! of the source and `target_pool` that of the target; in the creation under a project or a share, where the source is
//! said by the path, `pool` is the pool of the target, as on the command line, and `target_pool` is taken too.

use hyper::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::properties::{flag, immutable, size, text};
use crate::refusal::{BAD_STATE, Refusal};
use crate::request::{Answer, Context, Later, Reply};
use crate::snapshots;
use crate::state::{LunId, State};

/// A replication action.
#[derive(Clone)]
pub(crate) struct Action {
    pub pool: String,
    pub project: String,
    pub share: Option<LunId>,
    /// The target's label.
    pub target: String,
    pub target_pool: String,
    pub enabled: bool,
    pub continuous: bool,
    pub include_snaps: bool,
    pub use_ssl: bool,
    pub max_bandwidth: u64,
    pub sending: bool,
    pub last_result: Option<String>,
    pub last_sync: Option<u64>,
    pub last_try: Option<u64>,
    /// Of the last update, or the one that runs.
    pub bytes_sent: u64,
    /// What that update sends in all.
    pub estimated_size: u64,
    /// Counts the updates. One that was cancelled finds another number here and gives up.
    pub run: u64,
    /// How many looks more show it idle and without a result.
    pub unsure_looks: u32,
}

impl Action {
    /// An update has ended. `last_try` always moves, even if two updates end within one second.
    pub fn ended(&mut self, now: u64, result: &str) {
        self.sending = false;
        let now = self.last_try.map_or(now, |last| now.max(last + 1));
        self.last_try = Some(now);
        if result == "success" {
            self.last_sync = Some(now);
        }
        self.last_result = Some(result.to_owned());
    }

    pub fn report(&self, state: &State) -> Value {
        let share = self
            .share
            .and_then(|id| state.find_lun(id))
            .map(|lun| &lun.name);
        json!({
            "pool": self.pool, "project": self.project, "share": share, "target": self.target,
            "target_pool": self.target_pool, "enabled": self.enabled, "continuous": self.continuous,
            "include_snaps": self.include_snaps, "use_ssl": self.use_ssl, "max_bandwidth": self.max_bandwidth,
            "sending": self.sending, "last_result": self.last_result,
        })
    }
}

/// The actions, all or those of a project or share.
pub(super) fn list(ctx: &mut Context<'_>, of: Option<(&str, &str, Option<LunId>)>) -> Answer {
    if *ctx.method != Method::GET {
        return Err(Refusal::method());
    }
    let wanted = |action: &Action| match of {
        None => true,
        Some((pool, project, None)) => action.pool == pool && action.project == project,
        Some((.., share)) => action.share == share,
    };
    let actions = ctx
        .state
        .replication
        .actions
        .iter()
        .filter(|(_, action)| wanted(action));
    let list: Vec<Value> = actions.map(|(id, action)| shown(ctx, id, action)).collect();
    Reply::ok("actions", &list)
}

pub(super) fn create_flat(ctx: &mut Context<'_>) -> Answer {
    let mut named = |name: &str| -> Result<Option<String>, Refusal> {
        ctx.take(name)
            .map(|value| text(name, &value).map(str::to_owned))
            .transpose()
    };
    let pool = named("pool")?.ok_or_else(|| Refusal::missing("pool"))?;
    let project = named("project")?.ok_or_else(|| Refusal::missing("project"))?;
    let share = named("share")?;
    let share = share
        .map(|name| ctx.lun_id(&pool, &project, &name))
        .transpose()?;
    ctx.state.project(&pool, &project)?;
    create(ctx, &pool, &project, share)
}

pub(super) fn create_contextual(
    ctx: &mut Context<'_>,
    pool: &str,
    project: &str,
    share: Option<LunId>,
) -> Answer {
    if let Some(value) = ctx.take("pool") {
        ctx.body.entry("target_pool").or_insert(value);
    }
    create(ctx, pool, project, share)
}

fn create(ctx: &mut Context<'_>, pool: &str, project: &str, share: Option<LunId>) -> Answer {
    let target = ctx
        .take("target")
        .ok_or_else(|| Refusal::missing("target"))?;
    let label = text("target", &target)?;
    let known = &ctx.state.replication.targets;
    let Some((label, _)) = known
        .iter()
        .find(|(name, target)| *name == label || target.asn == label)
    else {
        return Err(Refusal::bad_value(
            "target",
            &target,
            "the label of a replication target",
        ));
    };
    let label = label.clone();
    if share.is_some_and(|id| ctx.state.lun(id).replication_inherited) {
        return Err(Refusal::state(
            "the share inherits the replication of its project",
        ));
    }
    let target_pool = match ctx.take("target_pool") {
        Some(value) => text("target_pool", &value)?.to_owned(),
        None => return Err(Refusal::missing("target_pool")),
    };
    let mut action = Action {
        pool: pool.to_owned(),
        project: project.to_owned(),
        share,
        target: label,
        target_pool,
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
    edit(std::mem::take(&mut ctx.body), &mut action)?;
    let id = Uuid::new_v4().to_string();
    let body = shown(ctx, &id, &action);
    let location = format!("{}/replication/actions/{id}", ctx.base("storage"));
    ctx.state.replication.actions.insert(id, action);
    Reply::created("action", &body, location)
}

fn edit(body: Map<String, Value>, action: &mut Action) -> Result<(), Refusal> {
    for (key, value) in body {
        match key.as_str() {
            "enabled" => action.enabled = flag(&key, &value)?,
            "continuous" => action.continuous = flag(&key, &value)?,
            "include_snaps" => action.include_snaps = flag(&key, &value)?,
            "use_ssl" => action.use_ssl = flag(&key, &value)?,
            "max_bandwidth" => action.max_bandwidth = size(&key, &value)?,
            "pool" | "project" | "share" | "target" | "target_pool" | "id" | "state"
            | "last_result" => {
                return Err(immutable(&key));
            }
            _ => return Err(Refusal::unknown(&key)),
        }
    }
    Ok(())
}

pub(super) fn one(ctx: &mut Context<'_>, id: &str, rest: &[&str]) -> Answer {
    let Some(action) = ctx.state.replication.actions.get(id) else {
        return Err(Refusal::not_found("action", id));
    };
    let mut action = action.clone();
    match (rest, ctx.method.as_str()) {
        ([], "GET") => {
            let mut body = shown(ctx, id, &action);
            if action.unsure_looks > 0 {
                action.unsure_looks -= 1;
                body["state"] = json!("idle");
                body["last_result"] = json!("<unknown>");
                body["last_try"] = json!(ctx.dialect.time(ctx.now + 1));
                ctx.state.replication.actions.insert(id.to_owned(), action);
            }
            Reply::ok("action", &body)
        }
        ([], "PUT") => {
            edit(std::mem::take(&mut ctx.body), &mut action)?;
            keep(ctx, id, action)
        }
        // What becomes of an update that runs is not known; refusing hides nothing.
        ([], "DELETE") if action.sending => Err(Refusal::state("the action is sending")),
        ([], "DELETE") => {
            ctx.state.replication.actions.remove(id);
            let luns: Vec<u64> = ctx.state.luns().map(|lun| lun.id).collect();
            for lun in luns {
                snapshots::drop_of_action(ctx, lun, id);
            }
            Reply::no_content()
        }
        (["sendupdate"], "PUT") => send_update(ctx, id, action),
        (["cancelupdate"], "PUT") => {
            if !action.sending {
                return Err(Refusal::other(
                    409,
                    BAD_STATE,
                    "operation illegal for state",
                ));
            }
            action.run += 1;
            action.ended(ctx.now, "cancelled");
            keep(ctx, id, action)
        }
        ([] | ["sendupdate" | "cancelupdate"], _) => Err(Refusal::method()),
        _ => Err(Refusal::no_path()),
    }
}

fn send_update(ctx: &mut Context<'_>, id: &str, mut action: Action) -> Answer {
    if action.sending {
        return Err(Refusal::state("an update is running"));
    }
    if !ctx
        .state
        .services
        .get("replication")
        .is_some_and(|service| service.online)
    {
        return Err(Refusal::state("the replication service is not online"));
    }
    action.run += 1;
    action.unsure_looks = ctx.knobs.replication_unsure_looks;
    // With a lag the action looks idle for a while after its 202.
    action.sending = ctx.knobs.replication_start_lag_ms == 0;
    ctx.later.push(Later::Update {
        action: id.to_owned(),
        run: action.run,
    });
    keep(ctx, id, action)
}

fn keep(ctx: &mut Context<'_>, id: &str, action: Action) -> Answer {
    let body = shown(ctx, id, &action);
    ctx.state.replication.actions.insert(id.to_owned(), action);
    Reply::accepted("action", &body)
}

fn shown(ctx: &Context<'_>, id: &str, action: &Action) -> Value {
    let time = |time: Option<u64>| {
        time.map_or_else(|| "<unknown>".to_owned(), |time| ctx.dialect.time(time))
    };
    let share = action
        .share
        .and_then(|id| ctx.state.find_lun(id))
        .map_or("", |lun| lun.name.as_str());
    let of = if share.is_empty() {
        format!("{}/local/{}", action.pool, action.project)
    } else {
        format!("{}/local/{}/{share}", action.pool, action.project)
    };
    let target = ctx
        .state
        .replication
        .targets
        .get(&action.target)
        .map_or("", |target| target.asn.as_str());
    json!({
        "id": id, "href": format!("{}/replication/actions/{id}", ctx.base("storage")),
        "pool": action.pool, "project": action.project, "share": share, "replication_of": of,
        "target": target, "target_pool": action.target_pool, "collection": "local",
        "enabled": action.enabled, "continuous": action.continuous, "include_snaps": action.include_snaps,
        "use_ssl": action.use_ssl, "max_bandwidth": action.max_bandwidth,
        "average_throughput": 0.0, "bytes_sent": action.bytes_sent as f64,
        "estimated_size": action.estimated_size as f64, "estimated_time_left": 0.0,
        "state": if action.sending { "sending" } else { "idle" },
        "state_description": if action.sending { "Sending update" } else { "Idle (no update in progress)" },
        "last_sync": time(action.last_sync), "last_try": time(action.last_try),
        "last_result": action.last_result.as_deref().unwrap_or("<unknown>"),
        "next_update": if action.continuous { "Sync now" } else { "" },
    })
}
