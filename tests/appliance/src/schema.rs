//! The schema of custom properties, one for the whole appliance.
//!
//! A value is set and read as `custom:NAME`. Deleting a property removes its values from every object.

use hyper::Method;
use serde_json::{Value, json};

use crate::properties::{flag, one_of, text};
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::state::{LunId, SchemaProperty, State};

const TYPES: &[&str] = &[
    "String",
    "Integer",
    "PositiveInteger",
    "Boolean",
    "EmailAddress",
    "Host",
];

pub(crate) fn collection(ctx: &mut Context<'_>) -> Answer {
    match *ctx.method {
        Method::GET => {
            let list: Vec<Value> = ctx
                .state
                .schema
                .iter()
                .map(|(name, property)| shown(ctx, name, property))
                .collect();
            Reply::ok("properties", &list)
        }
        Method::POST => create(ctx),
        _ => Err(Refusal::method()),
    }
}

fn create(ctx: &mut Context<'_>) -> Answer {
    let name = ctx
        .take("property")
        .ok_or_else(|| Refusal::missing("property"))?;
    let name = text("property", &name)?.to_owned();
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if !good {
        return Err(Refusal::bad_value("property", &name.into(), "a name"));
    }
    if ctx.state.schema.contains_key(&name) {
        return Err(Refusal::exists("property", &name, "create"));
    }
    let kind = match ctx.take("type") {
        None => "String".to_owned(),
        Some(value) => match value.as_str() {
            Some(kind) if TYPES.contains(&kind) => kind.to_owned(),
            _ => return Err(Refusal::bad_value("type", &value, &one_of(TYPES))),
        },
    };
    let description = match ctx.take("description") {
        None => name.clone(),
        Some(value) => text("description", &value)?.to_owned(),
    };
    ctx.nothing_left()?;
    let property = SchemaProperty { kind, description };
    ctx.state.schema.insert(name.clone(), property.clone());
    let location = format!("{}/schema/{name}", ctx.base("storage"));
    Reply::created("property", &shown(ctx, &name, &property), location)
}

pub(crate) fn one(ctx: &mut Context<'_>, name: &str) -> Answer {
    if !ctx.state.schema.contains_key(name) {
        return Err(Refusal::not_found("property", name));
    }
    match *ctx.method {
        Method::GET => Reply::ok("property", &shown(ctx, name, &ctx.state.schema[name])),
        Method::PUT => {
            let description = ctx.take("description");
            ctx.nothing_left()?;
            if let (Some(value), Some(property)) = (description, ctx.state.schema.get_mut(name)) {
                property.description = text("description", &value)?.to_owned();
            }
            Reply::accepted("property", &shown(ctx, name, &ctx.state.schema[name]))
        }
        Method::DELETE => {
            ctx.state.schema.remove(name);
            let having = ctx.state.luns().filter(|lun| lun.custom.contains_key(name));
            let having: Vec<LunId> = having.map(|lun| lun.id).collect();
            for id in having {
                ctx.state.change(id, |lun| lun.custom.remove(name));
            }
            for project in ctx
                .state
                .pools
                .values_mut()
                .flat_map(|pool| pool.projects.values_mut())
            {
                project.custom.remove(name);
            }
            Reply::no_content()
        }
        _ => Err(Refusal::method()),
    }
}

fn shown(ctx: &Context<'_>, name: &str, property: &SchemaProperty) -> Value {
    json!({
        "property": name, "type": property.kind, "description": property.description,
        "href": format!("{}/schema/{name}", ctx.base("storage")),
    })
}

/// The value of `custom:<name>` as it is kept, if the schema has the property and the value is of its type.
pub(crate) fn accept(state: &State, name: &str, value: &Value) -> Result<Value, Refusal> {
    let key = format!("custom:{name}");
    let property = state
        .schema
        .get(name)
        .ok_or_else(|| Refusal::unknown(&key))?;
    let whole = || match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    match property.kind.as_str() {
        "Boolean" => flag(&key, value).map(Value::from),
        "Integer" => whole()
            .map(Value::from)
            .ok_or_else(|| Refusal::bad_value(&key, value, "an integer")),
        "PositiveInteger" => whole()
            .filter(|number| *number > 0)
            .map(Value::from)
            .ok_or_else(|| Refusal::bad_value(&key, value, "a positive integer")),
        "EmailAddress" => match value.as_str() {
            Some(address) if address.contains('@') => Ok(value.clone()),
            _ => Err(Refusal::bad_value(&key, value, "an email address")),
        },
        _ => text(&key, value).map(Value::from),
    }
}
