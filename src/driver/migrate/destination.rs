//! Source backend and destination client of a migration.

use std::time::Duration;

use crate::appliance::Appliance;
use crate::config::{Endpoint, REST_PORT};
use crate::driver::backend::Driver;
use crate::driver::migrate::location_info::Account;
use crate::error::{Error, Result, Status};
use crate::rest::{self, Authentication, Rest};

/// Time limit of the log-out from the destination. No operation depends on it: sessions expire.
const LOGGING_OUT: Duration = Duration::from_secs(5);

/// The backend that a volume leaves and the appliance that it goes to. Each migration has a
/// separate client for the destination, so that migrations do not disturb each other.
pub(in crate::driver) struct MigrationEndpoints {
    pub(in crate::driver) source: Driver,
    /// Whether the destination is the appliance of the source.
    within: bool,
    /// The client, or why there is none.
    destination: Result<Appliance>,
}

impl MigrationEndpoints {
    /// The endpoints of a migration from this backend to `host`. The account there is the caller's,
    /// the one in `zfssa_migration_destinations`, this backend's own where it is the same
    /// appliance, or the one that an older peer reported of itself, in this order.
    pub(in crate::driver) fn new(
        driver: &Driver,
        host: &str,
        given: Option<Account>,
        told: Option<Account>,
    ) -> MigrationEndpoints {
        let config = driver.config();
        let same = |other: &Endpoint| same_host(&other.host, host);
        let listed = config
            .migration_destinations
            .iter()
            .find(|listed| same(&listed.appliance));
        let within = given.is_none() && listed.is_none() && same(&config.appliance);
        let destination = if within {
            Ok(driver.appliance().clone())
        } else {
            let port = listed.map_or(REST_PORT, |listed| listed.appliance.port);
            let account = given
                .or_else(|| {
                    listed.map(|listed| Account {
                        login: listed.login.clone(),
                        password: listed.password.clone(),
                    })
                })
                .or(told);
            match account {
                Some(account) => client_of(driver, host, port, account),
                None => Err(Error::new(
                    Status::Config,
                    format!(
                        "no account on {host} is known; name it in zfssa_migration_destinations"
                    ),
                )),
            }
        };
        MigrationEndpoints {
            source: driver.clone(),
            within,
            destination,
        }
    }

    /// The destination appliance. Without an account there, an error before any request.
    pub(in crate::driver) fn destination(&self) -> Result<&Appliance> {
        self.destination.as_ref().map_err(Error::clone)
    }

    /// Ends the session that the migration had on the destination. A failure is not reported.
    pub(in crate::driver) async fn log_out(&self) {
        if let Ok(destination) = &self.destination
            && !self.within
        {
            destination.log_out(LOGGING_OUT).await;
        }
    }
}

fn client_of(driver: &Driver, host: &str, port: u16, account: Account) -> Result<Appliance> {
    let settings = rest::Settings {
        host: host.to_owned(),
        port,
        login: account.login,
        authentication: Authentication::Session(account.password),
        ..driver.config().into()
    };
    let counters = driver.appliance().rest().counters().clone();
    let rest = Rest::on(settings, driver.0.local.clone(), counters)?;
    Ok(driver.appliance().behind(rest))
}

/// Whether two addresses are the same text.
pub(in crate::driver) fn same_host(one: &str, other: &str) -> bool {
    use std::net::IpAddr;
    match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.eq_ignore_ascii_case(other),
    }
}
