//! Initiator groups and target groups. Their members are replaced wholesale by a PUT.

use hyper::Method;
use serde_json::{Map, Value, json};

use crate::properties;
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::san::{Groups, San, href, iqn};
use crate::state::{DEFAULT_GROUP, LunId, MASK_ALL, State, View};
use crate::views;

/// Groups of initiators and groups of targets differ in words only.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Initiators,
    Targets,
}

impl Side {
    fn member_key(self) -> &'static str {
        match self {
            Side::Initiators => "initiators",
            Side::Targets => "targets",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Side::Initiators => "initiator-groups",
            Side::Targets => "target-groups",
        }
    }

    fn of(self, san: &San) -> &Groups {
        match self {
            Side::Initiators => &san.initiator_groups,
            Side::Targets => &san.target_groups,
        }
    }

    fn of_mut(self, san: &mut San) -> &mut Groups {
        match self {
            Side::Initiators => &mut san.initiator_groups,
            Side::Targets => &mut san.target_groups,
        }
    }

    /// The LUNs that name a group.
    fn users(self, state: &State, group: &str) -> Vec<LunId> {
        match self {
            Side::Initiators => state.lu_numbers().of_initiator_group(group).collect(),
            Side::Targets => state.lu_numbers().of_target_group(group).collect(),
        }
    }
}

fn shown_group(ctx: &Context<'_>, side: Side, name: &str) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), json!(name));
    object.insert(
        side.member_key().to_owned(),
        json!(side.of(&ctx.state.san).get(name)),
    );
    object.insert("href".to_owned(), json!(href(ctx, side.kind(), name)));
    Value::Object(object)
}

/// The members in a body. An IQN that no object has is taken all the same.
fn members(ctx: &mut Context<'_>, side: Side) -> Result<Option<Vec<String>>, Refusal> {
    let Some(value) = ctx.take(side.member_key()) else {
        return Ok(None);
    };
    let list = match &value {
        Value::Array(list) => list.iter().collect(),
        Value::String(_) => vec![&value],
        _ => {
            return Err(Refusal::bad_value(
                side.member_key(),
                &value,
                "a list of iSCSI names",
            ));
        }
    };
    let mut members: Vec<String> = Vec::with_capacity(list.len());
    for value in list {
        let name = iqn(side.member_key(), value)?;
        if !members.contains(&name) {
            members.push(name);
        }
    }
    Ok(Some(members))
}

pub(crate) fn groups(ctx: &mut Context<'_>, side: Side) -> Answer {
    match *ctx.method {
        Method::GET => {
            let names = side.of(&ctx.state.san).keys();
            Reply::list("groups", names.map(|name| shown_group(ctx, side, name)))
        }
        Method::POST => {
            let name =
                properties::name(&ctx.take("name").ok_or_else(|| Refusal::missing("name"))?)?;
            let members = members(ctx, side)?.unwrap_or_default();
            ctx.nothing_left()?;
            if name == MASK_ALL || side.of(&ctx.state.san).contains_key(&name) {
                return Err(Refusal::exists("group", &name, "create"));
            }
            side.of_mut(&mut ctx.state.san)
                .insert(name.clone(), members);
            Reply::created(
                "group",
                &shown_group(ctx, side, &name),
                href(ctx, side.kind(), &name),
            )
        }
        _ => Err(Refusal::method()),
    }
}

pub(crate) fn group(ctx: &mut Context<'_>, side: Side, name: &str) -> Answer {
    let Some(before) = side.of(&ctx.state.san).get(name).cloned() else {
        return Err(Refusal::not_found("group", name));
    };
    match *ctx.method {
        Method::GET => Reply::ok("group", &shown_group(ctx, side, name)),
        Method::PUT => {
            let renamed = ctx
                .take("name")
                .map(|value| properties::name(&value))
                .transpose()?;
            let members = members(ctx, side)?;
            ctx.nothing_left()?;
            if name == DEFAULT_GROUP {
                return Err(Refusal::denied("the group \"default\" cannot be changed"));
            }
            let new = renamed.unwrap_or_else(|| name.to_owned());
            if new != name && side.of(&ctx.state.san).contains_key(&new) {
                return Err(Refusal::exists("group", &new, "rename"));
            }
            rename(
                ctx,
                side,
                name,
                &new,
                members.unwrap_or_else(|| before.clone()),
            );
            let changed: Vec<LunId> = side.users(ctx.state, &new);
            if let Err(refusal) = views::check(ctx.state, &changed) {
                rename(ctx, side, &new, name, before);
                return Err(refusal);
            }
            Reply::accepted("group", &shown_group(ctx, side, &new))
        }
        Method::DELETE => {
            if name == DEFAULT_GROUP {
                return Err(Refusal::denied("the group \"default\" cannot be destroyed"));
            }
            delete_group(ctx, side, name)?;
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}

fn rename(ctx: &mut Context<'_>, side: Side, old: &str, new: &str, members: Vec<String>) {
    let groups = side.of_mut(&mut ctx.state.san);
    groups.remove(old);
    groups.insert(new.to_owned(), members);
    if old == new {
        return;
    }
    for lun in side.users(ctx.state, old) {
        ctx.state.change(lun, |lun| match side {
            Side::Initiators => {
                for view in lun.views.iter_mut().filter(|view| view.group == old) {
                    new.clone_into(&mut view.group);
                }
            }
            Side::Targets => new.clone_into(&mut lun.targetgroup),
        });
    }
}

/// What becomes of a group that a LUN names is not known; refusing is the default, the knob lets the views go.
fn delete_group(ctx: &mut Context<'_>, side: Side, name: &str) -> Result<(), Refusal> {
    let users = side.users(ctx.state, name);
    if let (Some(lun), true) = (users.first(), ctx.knobs.groups_in_use_stay) {
        return Err(Refusal::state(format!(
            "group \"{name}\" is in use by share \"{}\"",
            ctx.state.lun(*lun).name
        )));
    }
    side.of_mut(&mut ctx.state.san).remove(name);
    for lun in users {
        ctx.state.change(lun, |lun| match side {
            Side::Initiators => {
                lun.views.retain(|view| view.group != name);
                if lun.views.is_empty() {
                    lun.views.push(View {
                        group: MASK_ALL.to_owned(),
                        number: None,
                    });
                }
            }
            Side::Targets => DEFAULT_GROUP.clone_into(&mut lun.targetgroup),
        });
    }
    Ok(())
}
