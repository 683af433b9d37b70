//! Two appliances: volumes migrate from that of the bench to the other one.

use std::io::Write as _;

use zfssa::config::ConfigBuilder;
use zfssa::driver::{CreateVolume, DoSetup, Driver, GetVolumeStats, MigrateVolume};
use zfssa::rest::{Path, Request, Service};
use zfssa_appliance::{Appliance, Options};

use crate::matrix::PREPARED;
use crate::{Fixture, POOL, PROJECT, config_at, send};

/// Where the other appliance receives replication data, as it says.
pub const REPLICATION_IP: &str = "192.0.2.2";

/// The password of the other appliance.
pub const OTHER_PASSWORD: &str = "CANARY-password-other";

/// The appliance that volumes migrate to, and the backend on it.
pub struct Other {
    pub appliance: Appliance,
    pub driver: Driver,
    /// What the backend tells of where it is.
    pub location_info: String,
}

impl Fixture {
    /// Two appliances that know each other, and a driver for each, set up.
    pub async fn pair(adjust: impl FnOnce(&mut ConfigBuilder)) -> Fixture {
        Fixture::pair_with(Options::default(), Options::default(), adjust).await
    }

    /// The same, with a volume on the source that an earlier operation made.
    pub async fn pair_with_volume(adjust: impl FnOnce(&mut ConfigBuilder)) -> Fixture {
        let bench = Fixture::pair(adjust).await;
        let volume = CreateVolume {
            name: "volume-1".to_owned(),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.call_as(PREPARED, volume).await.expect("a volume");
        bench
    }

    /// Two appliances with options.
    pub async fn pair_with(
        source: Options,
        other: Options,
        adjust: impl FnOnce(&mut ConfigBuilder),
    ) -> Fixture {
        let other = start_other(other).await;
        let destinations = account_on(&other);
        let source = Options {
            nodename: "source".to_owned(),
            ..source
        };
        let mut bench = Fixture::raw(source, |config| {
            config.set("zfssa_migration_destinations", &destinations);
            adjust(config);
        })
        .await;
        bench.driver.call(DoSetup {}).await.expect("setup");
        bench.other = Some(bench.join(other, REPLICATION_IP).await);
        bench
    }

    /// Makes another appliance known as a destination, and sets a backend up on it.
    pub async fn join(&mut self, appliance: Appliance, replication_ip: &str) -> Other {
        self.ca
            .write_all(appliance.ca_pem().as_bytes())
            .expect("the CA");
        let mut config = config_at(appliance.port(), self.ca.path());
        config.set("san_password", OTHER_PASSWORD);
        config.set("zfssa_replication_ip", replication_ip);
        if appliance.host() != "127.0.0.1" {
            config.set("san_ip", &appliance.host());
        }
        let driver = Driver::new(config.build().expect("a configuration")).expect("a driver");
        driver.call(DoSetup {}).await.expect("setup");
        self.appliance.link(replication_ip, &appliance);
        self.register(replication_ip, OTHER_PASSWORD).await;
        let stats = driver.call(GetVolumeStats {}).await.expect("stats");
        Other {
            appliance,
            driver,
            location_info: stats.location_info,
        }
    }

    /// Makes an appliance a replication target of the source.
    pub async fn register(&self, hostname: &str, password: &str) {
        let label = format!("to {hostname}");
        let target = serde_json::json!({
            "hostname": hostname, "root_password": password, "label": label,
        });
        let path = Path::new(Service::Storage)
            .fixed("replication")
            .fixed("targets");
        send(&self.driver, &Request::post(path, &target)).await;
    }

    /// The other one of the pair.
    pub fn other(&self) -> &Other {
        self.other.as_ref().expect("two appliances")
    }

    /// The request that migrates a volume to the other appliance.
    pub fn migration(&self, name: &str) -> MigrateVolume {
        MigrateVolume {
            name: name.to_owned(),
            status: Some("available".to_owned()),
            vendor_name: Some("Oracle".to_owned()),
            storage_protocol: Some("iSCSI".to_owned()),
            ..self.migration_to(name, &self.other().location_info)
        }
    }

    /// The request that migrates a volume to where a backend says that it is.
    pub fn migration_to(&self, name: &str, location_info: &str) -> MigrateVolume {
        MigrateVolume {
            name: name.to_owned(),
            location_info: location_info.into(),
            ..MigrateVolume::default()
        }
    }

    /// Names of the LUNs of a project on the source (0) or the other appliance (1).
    pub fn luns(&self, side: usize) -> Vec<String> {
        let state = self.appliances()[side].state();
        let luns = &state["pools"][POOL]["projects"][PROJECT]["luns"];
        let names = luns.as_object().map(|luns| luns.keys().cloned().collect());
        names.unwrap_or_default()
    }
}

/// An appliance to migrate to.
pub async fn start_other(options: Options) -> Appliance {
    let options = Options {
        nodename: "other".to_owned(),
        password: OTHER_PASSWORD.to_owned(),
        ..options
    };
    Appliance::start(options)
        .await
        .expect("the simulator starts")
}

/// The account on an appliance, as `zfssa_migration_destinations` has it.
pub fn account_on(appliance: &Appliance) -> String {
    format!(
        "{{'{}:{}': {{'login': 'root', 'password': '{OTHER_PASSWORD}'}}}}",
        appliance.host(),
        appliance.port()
    )
}
