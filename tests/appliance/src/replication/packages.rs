//! Sources and packages: what other appliances have sent here.

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Value, json};

use super::receive::{SharePart, discard};
use super::sever::{copy, reverse, sever, take};
use crate::dialect::Release;
use crate::properties::flag;
use crate::refusal::{BAD_STATE, Refusal};
use crate::request::{Answer, Context, Reply};
use crate::state::Snapshot;

/// A peer that sends to this appliance.
pub(crate) struct Source {
    pub asn: String,
    /// By the identifier of the action.
    pub packages: BTreeMap<String, Package>,
}

/// What one action has sent.
pub(crate) struct Package {
    pub pool: String,
    pub project: String,
    pub enabled: bool,
    /// An update has been received in full.
    pub complete: bool,
    pub local: BTreeMap<String, Value>,
    pub luns: Vec<Replica>,
}

/// A LUN in a package.
pub(crate) struct Replica {
    pub guid: String,
    pub part: SharePart,
    /// The snapshots that are here: the identifier on the source, and the snapshot.
    pub snapshots: Vec<(String, Snapshot)>,
}

impl Source {
    pub fn report(&self) -> Value {
        let packages: BTreeMap<_, _> = self
            .packages
            .iter()
            .map(|(id, package)| (id, package.report()))
            .collect();
        json!({"asn": self.asn, "packages": packages})
    }
}

impl Replica {
    pub fn stored(&self) -> (&str, Vec<&str>) {
        (
            &self.guid,
            self.snapshots
                .iter()
                .map(|(_, snapshot)| snapshot.uuid.as_str())
                .collect(),
        )
    }
}

impl Package {
    fn report(&self) -> Value {
        let luns: BTreeMap<_, _> = self
            .luns
            .iter()
            .map(|replica| {
                let snapshots: Vec<&str> = replica.snapshots.iter().map(|(_, s)| s.name.as_str()).collect();
                let seen = json!({
                    "lunguid": replica.guid, "volsize": replica.part.volsize, "custom": replica.part.custom,
                    "snapshots": snapshots,
                });
                (&replica.part.name, seen)
            })
            .collect();
        json!({
            "pool": self.pool, "project": self.project, "enabled": self.enabled, "complete": self.complete, "luns": luns,
        })
    }
}

/// `/replication/sources/…`
pub(super) fn sources(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    let Some((name, rest)) = path.split_first() else {
        return match *ctx.method {
            Method::GET => {
                let list: Vec<Value> = ctx
                    .state
                    .replication
                    .sources
                    .iter()
                    .map(|(n, s)| shown_source(ctx, n, s, false))
                    .collect();
                Reply::ok("sources", &list)
            }
            _ => Err(Refusal::method()),
        };
    };
    let found = ctx
        .state
        .replication
        .sources
        .iter()
        .find(|(n, source)| n == name || source.asn == **name);
    let (name, source) = found.ok_or_else(|| Refusal::not_found("source", name))?;
    let name = name.clone();
    match (rest, ctx.method.as_str()) {
        ([], "GET") => Reply::ok("source", &shown_source(ctx, &name, source, true)),
        (["packages"], "GET") => {
            let list: Vec<Value> = source
                .packages
                .iter()
                .map(|(id, p)| shown(ctx, &name, id, p))
                .collect();
            Reply::ok("packages", &list)
        }
        (["packages", id, rest @ ..], _) => one(ctx, &name, id, rest),
        ([] | ["packages"], _) => Err(Refusal::method()),
        _ => Err(Refusal::no_path()),
    }
}

/// `/replication/packages/…`, since OS8.8.
pub(super) fn flat(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    if ctx.knobs.release != Release::Os88 {
        return Err(Refusal::no_path());
    }
    let all = ctx.state.replication.sources.iter();
    let all = all.flat_map(|(name, source)| {
        source
            .packages
            .iter()
            .map(move |(id, package)| (name, id, package))
    });
    match path {
        [] if *ctx.method == Method::GET => {
            let list: Vec<Value> = all
                .map(|(name, id, package)| shown(ctx, name, id, package))
                .collect();
            Reply::ok("packages", &list)
        }
        [] => Err(Refusal::method()),
        [id, rest @ ..] => {
            let mut all = all;
            let found = all
                .find(|(_, known, _)| known == id)
                .map(|(name, ..)| name.clone());
            let name = found.ok_or_else(|| Refusal::not_found("package", id))?;
            one(ctx, &name, id, rest)
        }
    }
}

fn shown_source(ctx: &Context<'_>, name: &str, source: &Source, packages: bool) -> Value {
    let href = format!("{}/replication/sources/{name}", ctx.base("storage"));
    let mut shown_here = json!({"name": name, "asn": source.asn, "href": href});
    if packages {
        shown_here["packages"] = source
            .packages
            .iter()
            .map(|(id, p)| shown(ctx, name, id, p))
            .collect();
    }
    shown_here
}

fn shown(ctx: &Context<'_>, source: &str, id: &str, package: &Package) -> Value {
    let base = ctx.base("storage");
    let href = if ctx.knobs.release == Release::Os88 {
        format!("{base}/replication/packages/{id}")
    } else {
        format!("{base}/replication/sources/{source}/packages/{id}")
    };
    json!({
        "id": id, "project": package.project, "pool": package.pool, "source_name": source,
        "source_asn": ctx.state.replication.sources[source].asn, "enabled": package.enabled,
        "state": "idle", "last_result": if package.complete { "success" } else { "<unknown>" }, "href": href,
    })
}

fn one(ctx: &mut Context<'_>, source: &str, id: &str, rest: &[&str]) -> Answer {
    let Some(package) = ctx.state.replication.sources[source].packages.get(id) else {
        return Err(Refusal::not_found("package", id));
    };
    match (rest, ctx.method.as_str()) {
        ([], "GET") => Reply::ok("package", &shown(ctx, source, id, package)),
        ([], "PUT") => {
            let value = ctx
                .take("enabled")
                .ok_or_else(|| Refusal::missing("enabled"))?;
            let enabled = flag("enabled", &value)?;
            ctx.nothing_left()?;
            if let Some(package) = package_mut(ctx, source, id) {
                package.enabled = enabled;
            }
            Reply::accepted(
                "package",
                &shown(
                    ctx,
                    source,
                    id,
                    &ctx.state.replication.sources[source].packages[id],
                ),
            )
        }
        ([], "DELETE") => {
            if let Some(package) = take(ctx, source, id) {
                package
                    .luns
                    .iter()
                    .for_each(|replica| discard(ctx, replica));
            }
            Reply::no_content()
        }
        (["sever"], "PUT") => sever(ctx, source, id),
        (["reverse" | "pkgreverse"], "PUT") => reverse(ctx, source, id),
        (["clone"], "PUT") => copy(ctx, source, id),
        (["clone", "conflicts"], "GET") => Reply::ok("conflicts", &json!([])),
        (["cancelupdate"], "PUT") => Err(Refusal::other(
            409,
            BAD_STATE,
            "operation illegal for state",
        )),
        (
            []
            | ["sever" | "reverse" | "pkgreverse" | "clone" | "cancelupdate"]
            | ["clone", "conflicts"],
            _,
        ) => Err(Refusal::method()),
        _ => Err(Refusal::no_path()),
    }
}

fn package_mut<'a>(ctx: &'a mut Context<'_>, source: &str, id: &str) -> Option<&'a mut Package> {
    ctx.state
        .replication
        .sources
        .get_mut(source)?
        .packages
        .get_mut(id)
}
