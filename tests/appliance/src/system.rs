//! `GET /api/system/v1/version` and the cluster under `/api/hardware/v1`.
//!
//! A pool's record keeps the `asn` and `owner` of the head that it belongs to, even while the other head serves it
//! after a takeover: the cluster's `peer_asn`, `peer_hostname` and `peer_state` say then why that is right.

use hyper::Method;
use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::request::{Answer, Context, Later, Reply};

pub(crate) fn route(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    match (path, ctx.method.as_str()) {
        (["version"], "GET") => version(ctx),
        (["version"], _) => Err(Refusal::method()),
        _ => Err(Refusal::no_path()),
    }
}

fn version(ctx: &Context<'_>) -> Answer {
    let head = &ctx.state.heads[ctx.head];
    let software = ctx.knobs.release.software_version();
    let booted = ctx.dialect.time(ctx.state.booted());
    Reply::ok(
        "version",
        &json!({
            "href": format!("{}/version", ctx.base("system")),
            "nodename": head.nodename,
            "mkt_product": "Oracle ZFS Storage Appliance Simulator",
            "product": "Simulator",
            "version": software,
            "install_time": booted,
            "update_time": booted,
            "boot_time": booted,
            "asn": head.asn,
            "csn": "unknown",
            "part": "unknown",
            "urn": format!("urn:uuid:{}", head.asn),
            "navname": "aksh",
            "navagent": "aksh",
            "http": "Apache",
            "ssl": "OpenSSL",
            "ak_version": format!("ak/SUNW,ak@{software}"),
            "os_version": "SunOS 5.11",
            "bios_version": "unknown",
            "sp_version": "unknown",
        }),
    )
}

pub(crate) fn hardware(ctx: &mut Context<'_>, path: &[&str]) -> Answer {
    match path {
        ["cluster"] => match *ctx.method {
            Method::GET => Reply::ok("cluster", &cluster(ctx)),
            _ => Err(Refusal::method()),
        },
        ["cluster", "takeover"] => move_heads(ctx, Some(ctx.head)),
        ["cluster", "failback"] => move_heads(ctx, None),
        ["cluster", "links"] if *ctx.method == Method::GET => Reply::ok("links", &json!([])),
        _ => Err(Refusal::no_path()),
    }
}

fn move_heads(ctx: &mut Context<'_>, to: Option<usize>) -> Answer {
    if *ctx.method != Method::PUT {
        return Err(Refusal::method());
    }
    if !ctx.state.clustered {
        return Err(Refusal::state("clustering is not configured"));
    }
    let now = ctx.state.taken_over_by;
    if now == to || (to.is_none() && now != Some(ctx.head)) {
        return Err(Refusal::state("the cluster is not in a state for this"));
    }
    ctx.state.taken_over_by = to;
    ctx.later.push(Later::HeadMoved);
    Ok(Reply {
        status: 202,
        body: Vec::new(),
        headers: Vec::new(),
    })
}

/// State and description of a head.
fn state_of(ctx: &Context<'_>, head: usize) -> (&'static str, &'static str) {
    match ctx.state.taken_over_by {
        None => ("AKCS_CLUSTERED", "Active"),
        Some(winner) if winner == head => ("AKCS_OWNER", "Active (takeover completed)"),
        Some(_) => ("AKCS_STRIPPED", "Ready (waiting for failback)"),
    }
}

fn cluster(ctx: &Context<'_>) -> Value {
    let href = format!("{}/cluster/resources", ctx.base("hardware"));
    let owner = &ctx.state.heads[0].nodename;
    let private = |interface: &String| {
        json!({"owner": owner, "type": "private", "user_label": "", "details": [],
               "href": format!("{href}/net/{interface}")})
    };
    let singleton = |(name, pool): (&String, &crate::state::Pool)| {
        json!({"owner": pool.owner.nodename, "type": "singleton", "user_label": "",
               "details": [format!("{:.2}T", pool.size as f64 / (1u64 << 40) as f64)],
               "href": format!("{href}/zfs/{name}")})
    };
    let resources: Vec<Value> = ctx
        .state
        .interfaces
        .iter()
        .map(private)
        .chain(ctx.state.pools.iter().map(singleton))
        .collect();
    if !ctx.state.clustered {
        return json!({
            "state": "AKCS_UNCONFIGURED", "description": "Clustering is not configured",
            "peer_asn": "", "peer_hostname": "", "peer_state": "", "peer_description": "",
            "resources": resources,
        });
    }
    let peer = 1 - ctx.head;
    let (state, description) = state_of(ctx, ctx.head);
    let (peer_state, peer_description) = state_of(ctx, peer);
    json!({
        "state": state, "description": description,
        "peer_asn": ctx.state.heads[peer].asn, "peer_hostname": ctx.state.heads[peer].nodename,
        "peer_state": peer_state, "peer_description": peer_description,
        "resources": resources,
    })
}
