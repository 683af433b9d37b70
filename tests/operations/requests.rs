//! What an operation sends, as the simulated appliance saw it.

use std::collections::BTreeMap;

use super::scenarios::{prepared_for, run};
use support::{POOL, PROJECT};
use zfssa::driver::OPERATIONS;
use zfssa_appliance::Appliance;

/// The requests of one call to one appliance.
#[derive(Default)]
pub struct Sent {
    /// What it reads, sorted: reads that do not need each other run side by side.
    pub reads: Vec<String>,
    /// What it changes, in the order in which it does.
    pub changes: Vec<String>,
}

/// What each operation sends to each appliance, by its name.
pub async fn of_each() -> BTreeMap<&'static str, Vec<Sent>> {
    let mut all = BTreeMap::new();
    for described in OPERATIONS {
        let bench = prepared_for(described.name).await;
        for appliance in bench.appliances() {
            appliance.clear_trace();
        }
        run(&bench, described.name).await;
        let mut sent: Vec<Sent> = bench.appliances().into_iter().map(sent_to).collect();
        if matches!(described.name, "do_setup" | "audit" | "recover") {
            // Set-up runs its parts side by side, and journals are recovered in any order.
            sent.iter_mut().for_each(|sent| sent.changes.sort());
        }
        all.insert(described.name, sent);
    }
    all
}

fn sent_to(appliance: &Appliance) -> Sent {
    let mut sent = Sent::default();
    for exchange in appliance.trace() {
        // Logging in is part of no operation, wherever it happens first.
        if exchange.path.contains("/access/") {
            continue;
        }
        let text = format!("`{} {}`", exchange.method, plain(&exchange.path));
        if exchange.method == "GET" {
            sent.reads.push(text);
        } else {
            sent.changes.push(text);
        }
    }
    sent.reads.sort();
    sent
}

/// A path without its beginning, which many have, and without what the appliance made up.
fn plain(path: &str) -> String {
    let path = path
        .replace("/api/storage/v1/", "")
        .replace("/api/", "")
        .replace(&format!("pools/{POOL}/projects/{PROJECT}"), "{volumes}")
        .replace(
            &format!("pools/{POOL}/projects/os-cinder-cache"),
            "{images}",
        );
    let made_up = |part: &str| uuid::Uuid::try_parse(part).is_ok() || part.starts_with("iqn.1986");
    let parts = path
        .split('/')
        .map(|part| if made_up(part) { "{id}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
