//! The life of a volume that the trace of the repository has: its calls and its configuration.

use std::net::SocketAddr;

use serde_json::{Value, json};
use zfssa::ops::{
    CreateSnapshot, CreateVolumeFromSnapshot, DeleteSnapshot, DeleteVolume, DoSetup,
    InitializeConnection, TerminateConnection,
};
use zfssa::{ConfigBuilder, Driver};

use crate::{HOST_A, HOST_B, HOST_CHAP, POOL, PROJECT, TARGET_CHAP, volume};

/// The trace, below the repository. `ZFSSA_BLESS=1 cargo test --features cli --test cli record`
/// writes it.
pub const TRACE: &str = "tests/appliance/traces/volume.jsonl";

/// A driver on what listens at an address with a certificate of this fingerprint. Hosts and target
/// have CHAP accounts.
pub fn driver_at(address: SocketAddr, sha256: &str, password: &str) -> Driver {
    let initiators = format!(
        r#"{{"host-a": [{{"iqn": "{HOST_A}", "user": "alice", "password": "{HOST_CHAP}"}}],
            "host-b": [{{"iqn": "{HOST_B}"}}]}}"#
    );
    let port = address.port().to_string();
    let config = ConfigBuilder::from_pairs([
        ("san_ip", "127.0.0.1"),
        ("san_api_port", &port),
        ("san_login", "root"),
        ("san_password", password),
        ("zfssa_pool", POOL),
        ("zfssa_project", PROJECT),
        ("zfssa_target_portal", "127.0.0.1:3260"),
        ("zfssa_target_interfaces", "ixgbe0"),
        ("zfssa_initiator_config", &initiators),
        ("zfssa_target_user", "target"),
        ("zfssa_target_password", TARGET_CHAP),
        ("zfssa_tls_mode", "pin"),
        ("zfssa_tls_pins", sha256),
        ("zfssa_lun_sparse", "true"),
    ]);
    let config = config.build().expect("a valid configuration");
    Driver::new(config).expect("a driver")
}

/// Set-up, a volume, its snapshot, a clone of that, an attachment and its end, and the deletion of
/// each; the results that a host relies on.
pub async fn life_of_a_volume(driver: &Driver) -> zfssa::Result<Value> {
    let (name, clone) = ("volume-1".to_owned(), "volume-2".to_owned());
    let snapshot = "snapshot-1".to_owned();
    driver.call(DoSetup {}).await?;
    let created = driver.call(volume(&name)).await?;
    let snap = CreateSnapshot {
        volume: name.clone(),
        name: snapshot.clone(),
    };
    driver.call(snap).await?;
    let copy = CreateVolumeFromSnapshot {
        name: clone.clone(),
        size_gib: 1,
        source_volume: name.clone(),
        snapshot: snapshot.clone(),
        ..CreateVolumeFromSnapshot::default()
    };
    let copied = driver.call(copy).await?;
    let attach = InitializeConnection {
        volume: clone.clone(),
        initiator: HOST_A.to_owned(),
        ..InitializeConnection::default()
    };
    let connection = driver.call(attach).await?;
    let detach = TerminateConnection {
        volume: clone.clone(),
        initiator: HOST_A.to_owned().into(),
        still_attached: None,
    };
    driver.call(detach).await?;
    let deleted_clone = driver.call(DeleteVolume { name: clone }).await?;
    let gone = DeleteSnapshot {
        volume: name.clone(),
        name: snapshot,
    };
    driver.call(gone).await?;
    let deleted = driver.call(DeleteVolume { name }).await?;
    driver.log_out(std::time::Duration::from_secs(10)).await;
    Ok(json!({
        "created": [created.created, created.size_bytes],
        "copied": [copied.created, copied.size_bytes],
        "connection": serde_json::to_value(&connection).expect("a result is JSON"),
        "deleted": [
            serde_json::to_value(&deleted_clone).expect("a result is JSON"),
            serde_json::to_value(&deleted).expect("a result is JSON"),
        ],
    }))
}
