//! Every operation × every request it sends × every kind of fault × before and after the
//! appliance made the change; then the invariants.
//!
//! - A success is one: the appliance shows the after-state, nothing else.
//! - An error tells the truth: refused, rolled back or never sent means the before-state,
//!   applied means the after-state, and unknown is said only where reading back cannot settle it.
//! - The same call again, under the same operation id, converges to the after-state.

mod common;

use std::sync::Arc;

use common::{Bench, HOST_A, HOST_B};
use serde_json::Value;
use tokio::task::JoinSet;
use zfssa::driver::{
    CreateClonedVolume, CreateSnapshot, CreateVolume, CreateVolumeFromSnapshot, DeleteSnapshot,
    DeleteVolume, DoSetup, ExtendVolume, InitializeConnection, TerminateConnection,
};
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Fault, FaultKind, Options, When};

/// What is done under faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Setup,
    CreateVolume,
    CreateSnapshot,
    FromSnapshot,
    FromSnapshotLarger,
    Clone,
    CloneLarger,
    Extend,
    Attach,
    AttachSecond,
    Detach,
    DetachAll,
    DeleteVolume,
    DeleteClone,
    DeleteSnapshot,
}

const SCENARIOS: &[Scenario] = &[
    Scenario::Setup,
    Scenario::CreateVolume,
    Scenario::CreateSnapshot,
    Scenario::FromSnapshot,
    Scenario::FromSnapshotLarger,
    Scenario::Clone,
    Scenario::CloneLarger,
    Scenario::Extend,
    Scenario::Attach,
    Scenario::AttachSecond,
    Scenario::Detach,
    Scenario::DetachAll,
    Scenario::DeleteVolume,
    Scenario::DeleteClone,
    Scenario::DeleteSnapshot,
];

/// The operation under test, and those before it.
const ID: &str = "6a7b2a10-0000-4000-8000-000000000001";
const PREPARED: &str = "6a7b2a10-0000-4000-8000-000000000000";

fn own(text: &str) -> String {
    text.to_owned()
}

impl Scenario {
    /// Whether it deletes, so that a 404 made up by a fault is believed.
    fn deletes(self) -> bool {
        matches!(
            self,
            Scenario::DeleteVolume
                | Scenario::DeleteClone
                | Scenario::DeleteSnapshot
                | Scenario::Detach
                | Scenario::DetachAll
        )
    }

    /// A bench on which it can run.
    async fn prepare(self) -> Bench {
        let bench = Bench::raw(Options::default(), |config| {
            config.set("zfssa_rest_timeout", "1");
            config.set("zfssa_operation_timeout", "60");
        })
        .await;
        if self == Scenario::Setup {
            return bench;
        }
        bench.call_as(PREPARED, DoSetup {}).await.unwrap();
        if self == Scenario::CreateVolume {
            return bench;
        }
        let volume = CreateVolume {
            name: own("volume-1"),
            size_gib: 1,
            ..CreateVolume::default()
        };
        bench.call_as(PREPARED, volume).await.unwrap();
        let attach = |initiator: &str| InitializeConnection {
            volume: own("volume-1"),
            initiator: own(initiator),
            ..InitializeConnection::default()
        };
        match self {
            Scenario::FromSnapshot | Scenario::FromSnapshotLarger | Scenario::DeleteSnapshot => {
                let snapshot = CreateSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(PREPARED, snapshot).await.unwrap();
            }
            Scenario::DeleteClone => {
                let clone = CreateClonedVolume {
                    name: own("volume-2"),
                    size_gib: 1,
                    source_volume: own("volume-1"),
                    ..CreateClonedVolume::default()
                };
                bench.call_as(PREPARED, clone).await.unwrap();
            }
            Scenario::AttachSecond => {
                bench.call_as(PREPARED, attach(HOST_B)).await.unwrap();
            }
            Scenario::Detach | Scenario::DetachAll => {
                bench.call_as(PREPARED, attach(HOST_A)).await.unwrap();
                bench.call_as(PREPARED, attach(HOST_B)).await.unwrap();
            }
            _ => {}
        }
        bench
    }

    async fn run(self, bench: &Bench) -> Result<(), Error> {
        let from_snapshot = |size_gib| CreateVolumeFromSnapshot {
            name: own("volume-2"),
            size_gib,
            source_volume: own("volume-1"),
            snapshot: own("snapshot-1"),
            ..CreateVolumeFromSnapshot::default()
        };
        let clone = |size_gib| CreateClonedVolume {
            name: own("volume-2"),
            size_gib,
            source_volume: own("volume-1"),
            ..CreateClonedVolume::default()
        };
        let detach = |initiator: &str| TerminateConnection {
            volume: own("volume-1"),
            initiator: own(initiator),
            still_attached: None,
        };
        match self {
            Scenario::Setup => bench.call_as(ID, DoSetup {}).await.map(|_| ()),
            Scenario::CreateVolume => {
                let volume = CreateVolume {
                    name: own("volume-1"),
                    size_gib: 1,
                    ..CreateVolume::default()
                };
                bench.call_as(ID, volume).await.map(|_| ())
            }
            Scenario::CreateSnapshot => {
                let snapshot = CreateSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(ID, snapshot).await.map(|_| ())
            }
            Scenario::FromSnapshot => bench.call_as(ID, from_snapshot(1)).await.map(|_| ()),
            Scenario::FromSnapshotLarger => bench.call_as(ID, from_snapshot(3)).await.map(|_| ()),
            Scenario::Clone => bench.call_as(ID, clone(1)).await.map(|_| ()),
            Scenario::CloneLarger => bench.call_as(ID, clone(3)).await.map(|_| ()),
            Scenario::Extend => {
                let extend = ExtendVolume {
                    name: own("volume-1"),
                    size_gib: 4,
                };
                bench.call_as(ID, extend).await.map(|_| ())
            }
            Scenario::Attach | Scenario::AttachSecond => {
                let attach = InitializeConnection {
                    volume: own("volume-1"),
                    initiator: own(HOST_A),
                    ..InitializeConnection::default()
                };
                bench.call_as(ID, attach).await.map(|_| ())
            }
            Scenario::Detach => bench.call_as(ID, detach(HOST_A)).await.map(|_| ()),
            Scenario::DetachAll => bench.call_as(ID, detach("")).await.map(|_| ()),
            Scenario::DeleteVolume => {
                let delete = DeleteVolume {
                    name: own("volume-1"),
                };
                bench.call_as(ID, delete).await.map(|_| ())
            }
            Scenario::DeleteClone => {
                let delete = DeleteVolume {
                    name: own("volume-2"),
                };
                bench.call_as(ID, delete).await.map(|_| ())
            }
            Scenario::DeleteSnapshot => {
                let delete = DeleteSnapshot {
                    volume: own("volume-1"),
                    name: own("snapshot-1"),
                };
                bench.call_as(ID, delete).await.map(|_| ())
            }
        }
    }
}

/// The kinds of fault, each with the moments at which it can strike.
fn faults() -> Vec<(FaultKind, &'static [When])> {
    const BOTH: &[When] = &[When::BeforeCommit, When::AfterCommit];
    const BEFORE: &[When] = &[When::BeforeCommit];
    const AFTER: &[When] = &[When::AfterCommit];
    vec![
        (FaultKind::Reset, BOTH),
        (FaultKind::ReplyLost, BOTH),
        (FaultKind::Hang { ms: Some(2_500) }, BOTH),
        (FaultKind::unauthorized(), BEFORE),
        (FaultKind::denied(), BEFORE),
        (FaultKind::not_found(), BEFORE),
        (FaultKind::object_exists(), BEFORE),
        (FaultKind::confirm_required(), BEFORE),
        (FaultKind::state_changed(), BEFORE),
        (FaultKind::internal(), BOTH),
        (FaultKind::Busy { retry_after: None }, BEFORE),
        (FaultKind::status(502, "ERR_INTERNAL"), BOTH),
        (FaultKind::TruncatedHeaders, AFTER),
        (FaultKind::TruncatedBody, AFTER),
        (FaultKind::Garbage, AFTER),
        (FaultKind::Html { status: 500 }, BOTH),
        (
            FaultKind::ContentType {
                value: "text/plain".to_owned(),
            },
            AFTER,
        ),
        (FaultKind::UnknownKeys, AFTER),
        (FaultKind::Deep { levels: 10_000 }, AFTER),
        (FaultKind::Empty, AFTER),
    ]
}

/// What the appliance looks like before, after, and how many requests lie between.
struct Expected {
    before: Value,
    after: Value,
    requests: Vec<String>,
}

async fn expected(scenario: Scenario) -> Expected {
    let bench = scenario.prepare().await;
    let before = bench.state();
    bench.appliance.clear_trace();
    scenario.run(&bench).await.unwrap();
    let requests = bench
        .appliance
        .trace()
        .iter()
        .map(|exchange| format!("{} {}", exchange.method, exchange.path))
        .collect();
    Expected {
        before,
        after: bench.state(),
        requests,
    }
}

/// One case; the violations that it shows.
async fn case(
    scenario: Scenario,
    expected: Arc<Expected>,
    nth: usize,
    kind: FaultKind,
    when: When,
) -> Vec<String> {
    let bench = scenario.prepare().await;
    let label = format!(
        "{scenario:?}, request {nth} ({}), {kind:?} {when:?}",
        expected.requests[nth - 1]
    );
    let mut fault = Fault::new(kind.clone()).nth(nth as u64);
    fault.when = when;
    let fault = bench.appliance.faults().push(fault);
    let result = scenario.run(&bench).await;
    let mut violations = Vec::new();
    let mut wrong = |text: String| violations.push(format!("{label}: {text}"));

    // A hang may strike before the work, which then happens late: what was sent must be over
    // before the appliance is looked at.
    if matches!(kind, FaultKind::Hang { .. }) {
        bench.appliance.release();
        bench.answered(fault).await;
    }
    bench.appliance.faults().clear();
    let state = bench.state();
    let (is_before, is_after) = (state == expected.before, state == expected.after);
    // Set-up makes many things and undoes none: it is called again.
    let may_be_between = scenario == Scenario::Setup;
    match &result {
        Ok(()) if is_after => {}
        Ok(()) => wrong("success, and the appliance shows something else".to_owned()),
        Err(error) => match error.outcome() {
            Outcome::None | Outcome::Rejected | Outcome::RolledBack => {
                if !is_before && !may_be_between {
                    wrong(format!("{error:?}, and the appliance was changed"));
                }
            }
            Outcome::Applied => {
                if !is_after {
                    wrong(format!("{error:?}, and the change is not there"));
                }
            }
            Outcome::Unknown => {
                if !matches!(kind, FaultKind::Hang { .. }) {
                    wrong(format!("{error:?}, though reading back settles it"));
                }
            }
            Outcome::Partial => {
                if error.left_behind().is_empty() {
                    wrong(format!("{error:?}, and nothing is named"));
                }
                // Undoing meets no second fault. What is gone cannot be undone.
                if scenario != Scenario::DeleteClone {
                    wrong(format!("{error:?}, though all could be undone"));
                }
            }
        },
    }
    if let Err(error) = &result
        && error.status() == Status::Internal
    {
        wrong(format!("{error:?}"));
    }
    if let Err(error) = &result
        && error.status() == Status::Unauthenticated
    {
        // A refused login is not tried again at once, so that no account is locked.
        return violations;
    }
    if let Err(error) = scenario.run(&bench).await {
        wrong(format!(
            "after {result:?} the same call again fails: {error:?}"
        ));
    } else if bench.state() != expected.after {
        wrong(format!(
            "after {result:?} the same call again does not converge"
        ));
    }
    violations
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_keeps_the_promises() {
    let mut tasks = JoinSet::new();
    let mut cases = 0;
    let mut violations = Vec::new();
    for &scenario in SCENARIOS {
        let expected = Arc::new(expected(scenario).await);
        assert!(!expected.requests.is_empty());
        for nth in 1..=expected.requests.len() {
            for (kind, moments) in faults() {
                // An appliance that makes up a 404 is believed: nothing else says "absent".
                if kind == FaultKind::not_found() && scenario.deletes() {
                    continue;
                }
                for &when in moments {
                    cases += 1;
                    if tasks.len() >= 24 {
                        violations.extend(tasks.join_next().await.unwrap().unwrap());
                    }
                    tasks.spawn(case(scenario, expected.clone(), nth, kind.clone(), when));
                }
            }
        }
    }
    while let Some(done) = tasks.join_next().await {
        violations.extend(done.unwrap());
    }
    println!("{cases} cases, {} violations", violations.len());
    assert!(cases > 1_000, "only {cases} cases were tried");
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
