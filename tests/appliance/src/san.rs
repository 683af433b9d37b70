//! The SAN: iSCSI initiators, initiator groups, targets and target groups.
//!
//! Objects are found by IQN or by `alias=NAME`, in the path. Groups take their members wholesale: a PUT replaces
//! them all. CHAP secrets go in and never come out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hyper::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::properties::{one_of, text};
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::san_groups::{Side, group, groups};
use crate::state::DEFAULT_GROUP;
use crate::table::{Table, Visits};

/// All SAN objects. In a cluster both heads have them.
pub(crate) struct San {
    pub initiators: Initiators,
    pub initiator_groups: Groups,
    pub targets: BTreeMap<String, Target>,
    pub target_groups: Groups,
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

/// The initiators by iSCSI name and by alias.
pub(crate) struct Initiators {
    by_iqn: Table<String, Initiator>,
    by_alias: HashMap<String, BTreeSet<String>>,
}

impl Initiators {
    fn new(visits: &Visits) -> Initiators {
        Initiators {
            by_iqn: Table::new(visits),
            by_alias: HashMap::new(),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Initiator)> {
        self.by_iqn.iter()
    }

    /// The one that a path names, by iSCSI name or by alias.
    fn find(&self, selector: &str) -> Option<(&String, &Initiator)> {
        match selector.strip_prefix("alias=") {
            Some(alias) => self
                .by_iqn
                .get_key_value(self.by_alias.get(alias)?.first()?.as_str()),
            None => self.by_iqn.get_key_value(selector),
        }
    }

    fn has_alias(&self, alias: &str) -> bool {
        self.by_alias.contains_key(alias)
    }

    pub fn insert(&mut self, iqn: String, initiator: Initiator) {
        self.remove(&iqn);
        let alias = self.by_alias.entry(initiator.alias.clone()).or_default();
        alias.insert(iqn.clone());
        self.by_iqn.insert(iqn, initiator);
    }

    fn remove(&mut self, iqn: &str) {
        if let Some(old) = self.by_iqn.remove(iqn)
            && let Some(same) = self.by_alias.get_mut(&old.alias)
        {
            same.remove(iqn);
            if same.is_empty() {
                self.by_alias.remove(&old.alias);
            }
        }
    }
}

/// Groups by name, and by each of their members.
pub(crate) struct Groups {
    members: Table<String, Vec<String>>,
    of_member: HashMap<String, BTreeSet<String>>,
}

impl Groups {
    fn new(visits: &Visits) -> Groups {
        let mut groups = Groups {
            members: Table::new(visits),
            of_member: HashMap::new(),
        };
        groups.insert(DEFAULT_GROUP.to_owned(), Vec::new());
        groups
    }

    pub fn get(&self, name: &str) -> Option<&Vec<String>> {
        self.members.get(name)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.members.keys()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.members.iter()
    }

    /// The groups that have a member in common with this one, itself included.
    pub fn related<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let members = self.get(name).into_iter().flatten();
        let related = members.filter_map(|member| self.of_member.get(member));
        related
            .flatten()
            .map(String::as_str)
            .chain([name])
            .collect()
    }

    pub fn insert(&mut self, name: String, members: Vec<String>) {
        self.remove(&name);
        for member in &members {
            let groups = self.of_member.entry(member.clone()).or_default();
            groups.insert(name.clone());
        }
        self.members.insert(name, members);
    }

    pub fn remove(&mut self, name: &str) {
        for member in self.members.remove(name).into_iter().flatten() {
            if let Some(groups) = self.of_member.get_mut(&member) {
                groups.remove(name);
                if groups.is_empty() {
                    self.of_member.remove(&member);
                }
            }
        }
    }

    /// Takes a member out of every group.
    fn remove_member(&mut self, member: &str) {
        for group in self.of_member.remove(member).into_iter().flatten() {
            if let Some(members) = self.members.get_mut(&group) {
                members.retain(|other| other != member);
            }
        }
    }
}

impl San {
    pub fn new(visits: &Visits) -> San {
        San {
            initiators: Initiators::new(visits),
            initiator_groups: Groups::new(visits),
            targets: BTreeMap::new(),
            target_groups: Groups::new(visits),
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
            let initiators = ctx.state.san.initiators.iter();
            let shown = initiators.map(|(iqn, initiator)| shown_initiator(ctx, iqn, initiator));
            Reply::list("initiators", shown)
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
            if known.find(&name).is_some() {
                return Err(Refusal::exists("initiator", &name, "create"));
            }
            if !alias.is_empty() && known.has_alias(&alias) {
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
    let found = known.find(selector);
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
            ctx.state.san.target_groups.remove_member(&name);
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}
