//! Targets: the appliances that this one can send to.

use hyper::Method;
use serde_json::{Value, json};

use crate::properties::text;
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Later, Reply};

/// A peer that this appliance can send to. One peer may be registered several times, by several addresses.
pub(crate) struct Target {
    pub hostname: String,
    pub asn: String,
    number: usize,
}

pub(super) fn collection(ctx: &mut Context<'_>) -> Answer {
    match *ctx.method {
        Method::GET => {
            let list: Vec<Value> = ctx
                .state
                .replication
                .targets
                .iter()
                .map(|(label, target)| shown(ctx, label, target))
                .collect();
            Reply::ok("targets", &list)
        }
        Method::POST => create(ctx),
        _ => Err(Refusal::method()),
    }
}

fn create(ctx: &mut Context<'_>) -> Answer {
    let mut required = |name: &str| ctx.take(name).ok_or_else(|| Refusal::missing(name));
    let (hostname, label) = (required("hostname")?, required("label")?);
    required("root_password")?;
    ctx.nothing_left()?;
    let (hostname, label) = (
        text("hostname", &hostname)?.to_owned(),
        text("label", &label)?.to_owned(),
    );
    if ctx.state.replication.targets.contains_key(&label) {
        return Err(Refusal::exists("target", &label, "target"));
    }
    let peer = match ctx.contact.take() {
        Some(Ok(peer)) => peer,
        Some(Err(error)) => return Err(Refusal::invalid(format!("{hostname}: {error}"))),
        None => return Err(Refusal::internal("the peer was not asked")),
    };
    let number = ctx
        .state
        .replication
        .targets
        .values()
        .map(|target| target.number + 1)
        .max()
        .unwrap_or(0);
    let target = Target {
        hostname: hostname.clone(),
        asn: peer.asn,
        number,
    };
    let body = shown(ctx, &label, &target);
    let location = format!("{}/replication/targets/{label}", ctx.base("storage"));
    ctx.state.replication.targets.insert(label, target);
    ctx.later.push(Later::Introduce { hostname });
    Reply::created("target", &body, location)
}

pub(super) fn one(ctx: &mut Context<'_>, label: &str) -> Answer {
    let Some(target) = ctx.state.replication.targets.get(label) else {
        return Err(Refusal::not_found("target", label));
    };
    match *ctx.method {
        Method::GET => Reply::ok("target", &shown(ctx, label, target)),
        Method::DELETE => {
            if users(ctx, label) > 0 {
                return Err(Refusal::state(format!(
                    "target \"{label}\" is in use by replication actions"
                )));
            }
            ctx.state.replication.targets.remove(label);
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}

fn users(ctx: &Context<'_>, label: &str) -> usize {
    ctx.state
        .replication
        .actions
        .values()
        .filter(|action| action.target == label)
        .count()
}

fn shown(ctx: &Context<'_>, label: &str, target: &Target) -> Value {
    json!({
        "address": format!("{}:216", target.hostname), "label": label, "hostname": target.hostname,
        "asn": target.asn, "actions": users(ctx, label), "target": format!("target-{:03}", target.number),
        "href": format!("{}/replication/targets/{label}", ctx.base("storage")),
    })
}
