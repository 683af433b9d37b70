//! W3C trace context: the header `traceparent` of the requests of a call.

use std::collections::HashSet;

use support::matrix::{ID, PREPARED};
use support::{Fixture, volume};
use zfssa::driver::{
    Call, CreateClonedVolume, DeleteVolume, DoSetup, GetVolume, ListVolumes, Operation, Recover,
};
use zfssa::error::Result;
use zfssa_appliance::{Exchange, Fault, FaultKind, Options};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "00f067aa0ba902b7";

/// Runs an operation in a trace.
async fn traced<O: Operation>(bench: &Fixture, trace: &str, operation: O) -> Result<O::Output> {
    let scope = bench.driver.scope(Call {
        traceparent: Some(format!("00-{trace}-{CALLER}-01").parse().unwrap()),
        ..Call::default()
    });
    bench.driver.run(operation, &scope).await
}

fn look() -> GetVolume {
    GetVolume {
        name: "volume-1".to_owned(),
    }
}

/// The span ids of the requests, all of which must be in the trace.
fn spans(exchanges: &[Exchange], trace: &str) -> HashSet<String> {
    let of = |exchange: &Exchange| {
        let header = exchange.traceparent.as_deref();
        let header = header.unwrap_or_else(|| panic!("no trace: {exchange:?}"));
        let fields: Vec<&str> = header.split('-').collect();
        let [version, trace_id, span, flags] = fields[..] else {
            panic!("{header}")
        };
        assert_eq!((version, trace_id, flags), ("00", trace, "01"), "{header}");
        assert_eq!(span.len(), 16, "{header}");
        assert_ne!(span, CALLER);
        span.to_owned()
    };
    exchanges.iter().map(of).collect()
}

fn in_no_trace(exchanges: &[Exchange]) {
    assert!(!exchanges.is_empty());
    for exchange in exchanges {
        assert_eq!(exchange.traceparent, None, "{exchange:?}");
    }
}

#[tokio::test]
async fn each_request_of_a_call_is_a_span_of_its_trace() {
    let bench = Fixture::ready().await;
    in_no_trace(&bench.appliance.trace());
    bench.appliance.clear_trace();
    // With an attempt that is repeated, and a rollback.
    for kind in [FaultKind::Busy { retry_after: None }, FaultKind::Reset] {
        let fault = Fault::new(kind).on("POST", "/luns$");
        bench.appliance.faults().push(fault);
    }
    traced(&bench, TRACE, volume("volume-1")).await.unwrap();
    let refused = Fault::new(FaultKind::denied()).on("PUT", "/clone$");
    bench.appliance.faults().push(refused.forever());
    let clone = CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 1,
        source_volume: "volume-1".to_owned(),
        ..CreateClonedVolume::default()
    };
    traced(&bench, TRACE, clone).await.unwrap_err();
    traced(&bench, TRACE, ListVolumes::default()).await.unwrap();
    let exchanges = bench.appliance.trace();
    let rolled_back = |one: &Exchange| one.method == "DELETE" && one.path.contains("/snapshots/");
    assert!(exchanges.iter().any(rolled_back), "{exchanges:?}");
    assert_eq!(spans(&exchanges, TRACE).len(), exchanges.len());
    // The next call without a trace has none.
    bench.appliance.clear_trace();
    bench.driver.call(look()).await.unwrap();
    in_no_trace(&bench.appliance.trace());
}

/// Two calls need the login that one of them causes.
#[tokio::test]
async fn a_login_is_in_the_trace_of_the_call_that_caused_it() {
    let bench = Fixture::ready().await;
    bench.driver.call(volume("volume-1")).await.unwrap();
    bench.appliance.expire_sessions();
    bench.appliance.clear_trace();
    let (one, other) = tokio::join!(
        traced(&bench, TRACE, look()),
        traced(&bench, OTHER_TRACE, look())
    );
    one.unwrap();
    other.unwrap();
    let exchanges = bench.appliance.trace();
    let logins: Vec<Exchange> = exchanges
        .iter()
        .filter(|one| one.path.contains("/api/access/") && one.method == "POST")
        .cloned()
        .collect();
    assert_eq!(logins.len(), 1);
    let header = logins[0].traceparent.as_deref().unwrap();
    let cause = [TRACE, OTHER_TRACE].map(|trace| header.contains(trace));
    assert_ne!(cause[0], cause[1], "{header}");
    for trace in [TRACE, OTHER_TRACE] {
        let own = |one: &&Exchange| {
            let header = one.traceparent.as_deref();
            header.is_some_and(|header| header.contains(trace))
        };
        assert!(exchanges.iter().filter(own).count() > 0, "{exchanges:?}");
    }
}

/// The migration logs out at the destination when it is over, which is in no trace.
#[tokio::test]
async fn a_migration_is_in_one_trace_on_both_appliances() {
    let bench = Fixture::pair_with_volume(|_| {}).await;
    for appliance in bench.appliances() {
        appliance.clear_trace();
    }
    let migration = bench.migration("volume-1");
    let migrated = traced(&bench, TRACE, migration).await.unwrap();
    assert!(migrated.migrated, "{}", migrated.reason);
    for appliance in bench.appliances() {
        let mut exchanges = appliance.trace();
        let is_logout = |one: &Exchange| one.method == "DELETE" && one.path.contains("/access/");
        exchanges.retain(|one| !is_logout(one));
        assert!(exchanges.len() > 1, "{exchanges:?}");
        assert_eq!(spans(&exchanges, TRACE).len(), exchanges.len());
    }
}

#[tokio::test]
async fn the_logout_is_in_no_trace() {
    let bench = Fixture::raw(Options::default(), |_| {}).await;
    traced(&bench, TRACE, DoSetup {}).await.unwrap();
    bench.appliance.clear_trace();
    bench.driver.log_out(support::SOON).await;
    in_no_trace(&bench.appliance.trace());
}

#[tokio::test]
async fn the_recovery_of_a_journal_is_in_no_trace() {
    let bench = Fixture::ready().await;
    bench.call_as(PREPARED, volume("volume-1")).await.unwrap();
    let before = bench.state();
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("PUT", "/clone$");
    bench.appliance.faults().push(hang.after_commit());
    let clone = CreateClonedVolume {
        name: "volume-2".to_owned(),
        size_gib: 2,
        source_volume: "volume-1".to_owned(),
        ..CreateClonedVolume::default()
    };
    bench.dies_held(ID, clone).await;
    bench.appliance.release();
    bench.appliance.faults().clear();
    bench.appliance.clear_trace();
    traced(&bench, TRACE, Recover::default()).await.unwrap();
    assert_eq!(bench.state(), before);
    let of_recovery: Vec<Exchange> = bench
        .appliance
        .trace()
        .into_iter()
        .filter(|one| one.path.contains("volume-2"))
        .collect();
    in_no_trace(&of_recovery);
    // An operation of the same caller afterwards is in its trace again.
    bench.appliance.clear_trace();
    let delete = DeleteVolume {
        name: "volume-1".to_owned(),
    };
    traced(&bench, TRACE, delete).await.unwrap();
    let exchanges = bench.appliance.trace();
    assert_eq!(spans(&exchanges, TRACE).len(), exchanges.len());
}
