//! Services: their status, switching them on and off.
//!
//! The key of the status is literally `<status>`.

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Map, Value, json};

use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::state::Service;

pub(crate) fn route(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    match path {
        ["services"] if *ctx.method == Method::GET => {
            let list: Vec<Value> = ctx
                .state
                .services
                .iter()
                .map(|(name, service)| shown(ctx, name, service, true))
                .collect();
            Reply::ok("services", &list)
        }
        ["services"] => Err(Refusal::method()),
        ["services", name, rest @ ..] => {
            if !ctx.state.services.contains_key(*name) {
                return Err(Refusal::not_found("service", name));
            }
            one(ctx, name, rest)
        }
        _ => Err(Refusal::no_path()),
    }
}

fn one(ctx: &mut Context<'_>, name: &str, rest: &[&str]) -> Answer {
    match (rest, ctx.method.as_str()) {
        ([], "GET") => Reply::ok(
            "service",
            &shown(ctx, name, &ctx.state.services[name], false),
        ),
        ([], "PUT") => {
            let status = match ctx.take("<status>") {
                None => None,
                Some(value) => match value.as_str() {
                    Some("enable") => Some(true),
                    Some("disable") => Some(false),
                    _ => {
                        return Err(Refusal::bad_value(
                            "<status>",
                            &value,
                            "one of \"enable\" or \"disable\"",
                        ));
                    }
                },
            };
            let properties: BTreeMap<String, Value> =
                std::mem::take(&mut ctx.body).into_iter().collect();
            change(ctx, name, status, properties)
        }
        (["enable"], "PUT") => change(ctx, name, Some(true), BTreeMap::new()),
        (["disable"], "PUT") => change(ctx, name, Some(false), BTreeMap::new()),
        ([] | ["enable" | "disable"], _) => Err(Refusal::method()),
        _ => Err(Refusal::no_path()),
    }
}

fn change(
    ctx: &mut Context<'_>,
    name: &str,
    online: Option<bool>,
    properties: BTreeMap<String, Value>,
) -> Answer {
    if let Some(service) = ctx.state.services.get_mut(name) {
        service.online = online.unwrap_or(service.online);
        service.properties.extend(properties);
    }
    Reply::accepted(
        "service",
        &shown(ctx, name, &ctx.state.services[name], false),
    )
}

fn shown(ctx: &Context<'_>, name: &str, service: &Service, in_list: bool) -> Value {
    let mut object = Map::new();
    object.insert(
        "<status>".to_owned(),
        json!(if service.online { "online" } else { "disabled" }),
    );
    object.insert(
        "href".to_owned(),
        json!(format!("{}/services/{name}", ctx.base("service"))),
    );
    if in_list {
        object.insert("name".to_owned(), json!(name));
        let log = format!("{}/logs/appliance-{name}:default", ctx.base("log"));
        object.insert("log".to_owned(), json!({"href": log, "size": 8}));
    } else {
        object.extend(
            service
                .properties
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
    }
    Value::Object(object)
}
