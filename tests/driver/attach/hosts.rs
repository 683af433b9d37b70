//! What the tests of registered hosts share.

use serde_json::Value;
use support::{Fixture, HOST_C, HOST_CHAP, TARGET_CHAP, volume};
use zfssa::config::ConfigBuilder;
use zfssa::driver::{DoSetup, InitializeConnection, TerminateConnection};
use zfssa_appliance::Options;

/// The group of the host C: its name and `support::HOST_C_DIGEST`.
pub const NODE_C: &str = "zfssa-host-node-c.example-99a0d894ab";

pub fn registering(config: &mut ConfigBuilder) {
    config.set("zfssa_register_hosts", "true");
}

pub fn unregistering(config: &mut ConfigBuilder) {
    registering(config);
    config.set("zfssa_unregister_hosts", "true");
}

/// With an account of registered hosts.
pub fn with_chap(config: &mut ConfigBuilder) {
    registering(config);
    config.set("zfssa_initiator_user", "hosts");
    config.set("zfssa_initiator_password", HOST_CHAP);
    config.set("zfssa_target_user", "target");
    config.set("zfssa_target_password", TARGET_CHAP);
}

/// A set-up appliance with three volumes.
pub async fn bench_with(adjust: impl FnOnce(&mut ConfigBuilder)) -> Fixture {
    let bench = Fixture::raw(Options::default(), adjust).await;
    bench.driver.call(DoSetup {}).await.unwrap();
    for name in ["volume-1", "volume-2", "volume-3"] {
        bench.driver.call(volume(name)).await.unwrap();
    }
    bench
}

pub fn attach(volume: &str) -> InitializeConnection {
    attach_as(volume, "node-c.example")
}

/// Of the host C under a name.
pub fn attach_as(volume: &str, host_name: &str) -> InitializeConnection {
    InitializeConnection {
        volume: volume.to_owned(),
        initiator: HOST_C.to_owned(),
        host_name: host_name.to_owned(),
        ..InitializeConnection::default()
    }
}

pub fn detach(volume: &str) -> TerminateConnection {
    TerminateConnection {
        volume: volume.to_owned(),
        initiator: HOST_C.into(),
        still_attached: None,
    }
}

pub fn groups(bench: &Fixture) -> Value {
    bench.appliance.state()["initiator_groups"].clone()
}

pub fn initiators(bench: &Fixture) -> Value {
    bench.appliance.state()["initiators"].clone()
}

/// The groups that an initiator is in.
pub fn group_of(bench: &Fixture, iqn: &str) -> Vec<String> {
    let groups = groups(bench);
    let holds = |members: &Value| members.as_array().unwrap().iter().any(|one| one == iqn);
    let groups = groups.as_object().unwrap().iter();
    let of = groups.filter(|(_, members)| holds(members));
    of.map(|(name, _)| name.clone()).collect()
}
