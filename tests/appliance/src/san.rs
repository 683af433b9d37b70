//! The SAN: iSCSI initiators, initiator groups, targets and target groups.
//!
//! Objects are found by IQN or by `alias=NAME`, in the path. Groups take their members wholesale: a PUT replaces
//! them all. CHAP secrets go in and never come out.

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::properties::{one_of, text};
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::san_groups::{Side, group, groups};
use crate::state::DEFAULT_GROUP;

/// All SAN objects. In a cluster both heads have them.
pub(crate) struct San {
    pub initiators: BTreeMap<String, Initiator>,
    pub initiator_groups: BTreeMap<String, Vec<String>>,
    pub targets: BTreeMap<String, Target>,
    pub target_groups: BTreeMap<String, Vec<String>>,
}

#[derive(Clone)]
pub(crate) struct Initiator {
    pub alias: String,
    pub chapuser: Option<String>,
    pub chapsecret: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Target {
    pub alias: String,
    pub auth: String,
    pub interfaces: Vec<String>,
    pub chapuser: Option<String>,
    pub chapsecret: Option<String>,
}

impl San {
    pub fn new() -> San {
        let built_in = BTreeMap::from([(DEFAULT_GROUP.to_owned(), Vec::new())]);
        San {
            initiators: BTreeMap::new(),
            initiator_groups: built_in.clone(),
            targets: BTreeMap::new(),
            target_groups: built_in,
        }
    }
}

pub(crate) fn route(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    match path {
        ["iscsi", "initiators"] => initiators(ctx),
        ["iscsi", "initiators", selector] => initiator(ctx, selector),
        ["iscsi", "targets"] => targets(ctx),
        ["iscsi", "targets", selector] => target(ctx, selector),
        ["iscsi", "initiator-groups"] => groups(ctx, Side::Initiators),
        ["iscsi", "initiator-groups", name] => group(ctx, Side::Initiators, name),
        ["iscsi", "target-groups"] => groups(ctx, Side::Targets),
        ["iscsi", "target-groups", name] => group(ctx, Side::Targets, name),
        _ => Err(Refusal::no_path()),
    }
}

pub(crate) fn href(ctx: &Context<'_>, kind: &str, name: &str) -> String {
    format!("{}/iscsi/{kind}/{name}", ctx.base("san"))
}

/// An iSCSI name, loosely.
pub(crate) fn iqn(name: &str, value: &Value) -> Result<String, Refusal> {
    match value.as_str() {
        Some(iqn)
            if ["iqn.", "eui.", "naa."]
                .iter()
                .any(|kind| iqn.starts_with(kind))
                && iqn.len() <= 223 =>
        {
            Ok(iqn.to_owned())
        }
        _ => Err(Refusal::bad_value(name, value, "an iSCSI name")),
    }
}

/// CHAP name and secret out of a body: both or none, the secret of 12 to 16 characters. The empty text clears them.
fn chap(
    body: &mut Map<String, Value>,
    user_key: &str,
    secret_key: &str,
    kept: (Option<String>, Option<String>),
) -> Result<(Option<String>, Option<String>), Refusal> {
    let mut read = |key: &str, kept| match body.shift_remove(key) {
        None => Ok(kept),
        Some(value) if value.as_str() == Some("") => Ok(None),
        Some(value) => match value.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(Refusal::bad_value(key, &"***".into(), "a string")),
        },
    };
    let (user, secret) = (read(user_key, kept.0)?, read(secret_key, kept.1)?);
    if let Some(secret) = &secret
        && !(12..=16).contains(&secret.len())
    {
        return Err(Refusal::bad_value(
            secret_key,
            &"***".into(),
            "a secret of 12 to 16 characters",
        ));
    }
    match (&user, &secret) {
        (Some(_), None) => Err(Refusal::missing(secret_key)),
        (None, Some(_)) => Err(Refusal::missing(user_key)),
        _ => Ok((user, secret)),
    }
}

fn initiators(ctx: &mut Context<'_>) -> Answer {
    match *ctx.method {
        Method::GET => {
            let list: Vec<Value> = ctx
                .state
                .san
                .initiators
                .iter()
                .map(|(iqn, initiator)| shown_initiator(ctx, iqn, initiator))
                .collect();
            Reply::ok("initiators", &list)
        }
        Method::POST => {
            let name = ctx
                .take("initiator")
                .ok_or_else(|| Refusal::missing("initiator"))?;
            let name = iqn("initiator", &name)?;
            let (chapuser, chapsecret) =
                chap(&mut ctx.body, "chapuser", "chapsecret", (None, None))?;
            let alias = match ctx.take("alias") {
                None => String::new(),
                Some(value) => text("alias", &value)?.to_owned(),
            };
            ctx.nothing_left()?;
            let known = &mut ctx.state.san.initiators;
            if known.contains_key(&name) {
                return Err(Refusal::exists("initiator", &name, "create"));
            }
            if !alias.is_empty() && known.values().any(|other| other.alias == alias) {
                return Err(Refusal::exists("initiator", &alias, "create"));
            }
            let initiator = Initiator {
                alias,
                chapuser,
                chapsecret,
            };
            known.insert(name.clone(), initiator.clone());
            Reply::created(
                "initiator",
                &shown_initiator(ctx, &name, &initiator),
                href(ctx, "initiators", &name),
            )
        }
        _ => Err(Refusal::method()),
    }
}

fn shown_initiator(ctx: &Context<'_>, iqn: &str, initiator: &Initiator) -> Value {
    json!({
        "alias": initiator.alias, "initiator": iqn, "chapuser": initiator.chapuser.as_deref().unwrap_or(""),
        "chapsecret": "", "href": href(ctx, "initiators", iqn),
    })
}

fn initiator(ctx: &mut Context<'_>, selector: &str) -> Answer {
    let known = &ctx.state.san.initiators;
    let found = match selector.strip_prefix("alias=") {
        Some(alias) => known.iter().find(|(_, initiator)| initiator.alias == alias),
        None => known.get_key_value(selector),
    };
    let (name, initiator) = found.ok_or_else(|| Refusal::not_found("initiator", selector))?;
    let (name, mut changed) = (name.clone(), initiator.clone());
    match *ctx.method {
        Method::GET => Reply::ok("initiator", &shown_initiator(ctx, &name, &changed)),
        Method::PUT => {
            let kept = (changed.chapuser.take(), changed.chapsecret.take());
            (changed.chapuser, changed.chapsecret) =
                chap(&mut ctx.body, "chapuser", "chapsecret", kept)?;
            if let Some(value) = ctx.take("alias") {
                changed.alias = text("alias", &value)?.to_owned();
            }
            ctx.nothing_left()?;
            ctx.state
                .san
                .initiators
                .insert(name.clone(), changed.clone());
            Reply::accepted("initiator", &shown_initiator(ctx, &name, &changed))
        }
        Method::DELETE => {
            ctx.state.san.initiators.remove(&name);
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}

fn targets(ctx: &mut Context<'_>) -> Answer {
    match *ctx.method {
        Method::GET => {
            let list: Vec<Value> = ctx
                .state
                .san
                .targets
                .iter()
                .map(|(iqn, target)| shown_target(ctx, iqn, target))
                .collect();
            Reply::ok("targets", &list)
        }
        Method::POST => {
            let alias = ctx.take("alias").ok_or_else(|| Refusal::missing("alias"))?;
            let alias = text("alias", &alias)?.to_owned();
            let name = match ctx.take("iqn") {
                Some(value) => iqn("iqn", &value)?,
                None => format!("iqn.1986-03.com.sun:02:{}", Uuid::new_v4()),
            };
            let fresh = Target {
                alias,
                auth: "none".to_owned(),
                interfaces: Vec::new(),
                chapuser: None,
                chapsecret: None,
            };
            let target = edit_target(ctx, fresh)?;
            let known = &mut ctx.state.san.targets;
            if known.contains_key(&name) {
                return Err(Refusal::exists("target", &name, "create"));
            }
            if known.values().any(|other| other.alias == target.alias) {
                return Err(Refusal::exists("target", &target.alias, "create"));
            }
            known.insert(name.clone(), target.clone());
            Reply::created(
                "target",
                &shown_target(ctx, &name, &target),
                href(ctx, "targets", &name),
            )
        }
        _ => Err(Refusal::method()),
    }
}

fn edit_target(ctx: &mut Context<'_>, mut target: Target) -> Result<Target, Refusal> {
    let kept = (target.chapuser.take(), target.chapsecret.take());
    (target.chapuser, target.chapsecret) =
        chap(&mut ctx.body, "targetchapuser", "targetchapsecret", kept)?;
    if let Some(value) = ctx.take("alias") {
        target.alias = text("alias", &value)?.to_owned();
    }
    if let Some(value) = ctx.take("auth") {
        target.auth = match value.as_str() {
            Some(auth @ ("none" | "chap" | "radius")) => auth.to_owned(),
            _ => {
                return Err(Refusal::bad_value(
                    "auth",
                    &value,
                    &one_of(&["none", "chap", "radius"]),
                ));
            }
        };
    }
    if let Some(value) = ctx.take("interfaces") {
        let Some(list) = value.as_array() else {
            return Err(Refusal::bad_value(
                "interfaces",
                &value,
                "a list of interfaces",
            ));
        };
        target.interfaces.clear();
        for value in list {
            let known = &ctx.state.interfaces;
            match value.as_str() {
                Some(name) if known.iter().any(|interface| interface == name) => {
                    target.interfaces.push(name.to_owned())
                }
                _ => return Err(Refusal::bad_value("interfaces", value, &one_of(known))),
            }
        }
    }
    ctx.nothing_left()?;
    Ok(target)
}

fn shown_target(ctx: &Context<'_>, iqn: &str, target: &Target) -> Value {
    json!({
        "alias": target.alias, "auth": target.auth, "href": href(ctx, "targets", iqn),
        "interfaces": target.interfaces, "iqn": iqn, "state": ctx.knobs.target_state,
        "targetchapuser": target.chapuser.as_deref().unwrap_or(""), "targetchapsecret": "",
    })
}

fn target(ctx: &mut Context<'_>, selector: &str) -> Answer {
    let known = &ctx.state.san.targets;
    let found = match selector.strip_prefix("alias=") {
        Some(alias) => known.iter().find(|(_, target)| target.alias == alias),
        None => known.get_key_value(selector),
    };
    let (name, target) = found.ok_or_else(|| Refusal::not_found("target", selector))?;
    let (name, target) = (name.clone(), target.clone());
    match *ctx.method {
        Method::GET => Reply::ok("target", &shown_target(ctx, &name, &target)),
        Method::PUT => {
            let changed = edit_target(ctx, target)?;
            ctx.state.san.targets.insert(name.clone(), changed.clone());
            Reply::accepted("target", &shown_target(ctx, &name, &changed))
        }
        Method::DELETE => {
            ctx.state.san.targets.remove(&name);
            for members in ctx.state.san.target_groups.values_mut() {
                members.retain(|member| *member != name);
            }
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}
