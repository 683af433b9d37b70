//! Pools: read only. A pool of the other head is listed as `exported`, with its name and status and nothing more.

use hyper::Method;
use serde::Serialize;

use crate::dialect::Number;
use crate::refusal::Refusal;
use crate::request::{Answer, Context, Reply};
use crate::space;
use crate::state::Pool;

#[derive(Serialize)]
struct Shown<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asn: Option<&'a str>,
    href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageShown>,
}

#[derive(Serialize)]
struct UsageShown {
    available: Number,
    free: Number,
    used: Number,
    total: Number,
    usage_data: Number,
    usage_snapshots: Number,
    usage_total: Number,
    compression: u32,
    dedupratio: u32,
}

pub(crate) fn list(ctx: &mut Context<'_>) -> Answer {
    get_only(ctx)?;
    let pools: Vec<_> = ctx
        .state
        .pools
        .iter()
        .map(|(name, pool)| shown(ctx, name, pool))
        .collect();
    Reply::ok("pools", &pools)
}

pub(crate) fn one(ctx: &mut Context<'_>, name: &str) -> Answer {
    get_only(ctx)?;
    let pool = ctx.state.pool(name)?;
    Reply::ok("pool", &shown(ctx, name, pool))
}

fn get_only(ctx: &Context<'_>) -> Result<(), Refusal> {
    if *ctx.method == Method::GET {
        Ok(())
    } else {
        Err(Refusal::method())
    }
}

fn shown<'a>(ctx: &'a Context<'_>, name: &'a str, pool: &'a Pool) -> Shown<'a> {
    let href = format!("{}/pools/{name}", ctx.base("storage"));
    if !ctx.holds_pools() {
        return Shown {
            status: "exported",
            profile: None,
            name,
            peer: None,
            owner: None,
            asn: None,
            href,
            usage: None,
        };
    }
    let usage = space::of_pool(ctx.state, name, pool, ctx.knobs);
    let left = pool.size.saturating_sub(usage.total());
    let size = |bytes| ctx.dialect.size(bytes);
    let peer = if ctx.state.clustered {
        &*ctx.state.heads[1].asn
    } else {
        "00000000-0000-0000-0000-000000000000"
    };
    Shown {
        status: &ctx.knobs.pool_status,
        profile: Some("mirror"),
        name,
        peer: Some(peer),
        owner: Some(&pool.owner.nodename),
        asn: Some(&pool.owner.asn),
        href,
        usage: Some(UsageShown {
            available: size(left),
            free: size(left),
            used: size(usage.total()),
            total: size(pool.size),
            usage_data: size(usage.data),
            usage_snapshots: size(usage.snapshots),
            usage_total: size(usage.total()),
            compression: 1,
            dedupratio: 100,
        }),
    }
}
