//! The fault matrix: every request of an operation × every kind of fault × the fates of the
//! request; then the invariants.
//!
//! A request is not carried out, is carried out before it seems to fail, or is not answered and
//! carried out later: after any number of the requests that follow, when the operation has ended,
//! when recovery has looked, or when the same call was made again.
//!
//! What must hold of the answer is in [`promises`](crate::promises). And the same call again,
//! under the same operation id, converges to the after-state, with recovery before or after it;
//! then no journal is left.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;
use zfssa::error::Error;
use zfssa_appliance::{Fault, FaultKind, When};

use crate::Fixture;
use crate::case::{Case, Expected, Seen, Then, expected};

/// The operation under test.
pub const ID: &str = "6a7b2a10-0000-4000-8000-000000000001";
/// The operations before it.
pub const PREPARED: &str = "6a7b2a10-0000-4000-8000-000000000000";

/// What is done under faults.
pub trait Scenario: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// Whether it deletes, so that a 404 made up by a fault is believed.
    fn deletes(self) -> bool {
        false
    }

    /// Whether it makes many things and undoes none, because it is called again: what stands is
    /// named.
    fn keeps_what_it_made(self) -> bool {
        false
    }

    /// Whether it only looks.
    fn only_looks(self) -> bool {
        false
    }

    /// Whether one of its steps cannot be undone, such as a deletion.
    fn has_a_point_of_no_return(self) -> bool {
        false
    }

    /// Whether what a request changes cannot be seen on the appliance, so that nothing settles a
    /// lost answer.
    fn leaves_no_trace(self, path: &str) -> bool {
        let _ = path;
        false
    }

    /// Whether a state is as good as the one that is wanted.
    fn is_as_good(self, state: &Value, wanted: &Value) -> bool {
        let _ = (state, wanted);
        false
    }

    /// A bench on which it can run, with a timeout of requests in seconds.
    fn prepare(self, rest_timeout: &str) -> impl Future<Output = Fixture> + Send;

    /// Runs it, under [`ID`].
    fn run(self, bench: &Fixture) -> impl Future<Output = Result<(), Error>> + Send;
}

/// The kinds of fault, each with the moments at which it can strike.
fn faults() -> Vec<(FaultKind, &'static [When])> {
    const BOTH: &[When] = &[When::BeforeCommit, When::AfterCommit];
    const BEFORE: &[When] = &[When::BeforeCommit];
    const AFTER: &[When] = &[When::AfterCommit];
    vec![
        (FaultKind::Reset, BOTH),
        (FaultKind::ReplyLost, BOTH),
        (FaultKind::Hang { ms: Some(1_600) }, BOTH),
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

/// The timeout of a request in seconds. A fault that hangs lasts longer.
const REST_TIMEOUT: &str = "1";

/// How many requests may arrive before a late one is carried out.
const LATEST: usize = 8;

/// What the engine takes for the longest time that the appliance takes for a late request, in
/// seconds.
pub const LATE_TIMEOUT: &str = "2";

/// The appliance never takes longer, in milliseconds. It is so much less that a machine with much
/// to do does not make it more.
pub const LONGEST: u64 = 600;

/// Unanswered, and carried out when so many other requests have arrived, or released.
pub fn late(requests: Option<u64>) -> FaultKind {
    FaultKind::Late {
        requests,
        ms: Some(LONGEST),
    }
}

/// The cases of one fault at each request.
fn cases<S: Scenario>(scenario: S, expected: &Arc<Expected>) -> Vec<Case<S>> {
    let mut cases = Vec::new();
    for (side, requests) in expected.requests.iter().enumerate() {
        for (before, (method, path)) in requests.iter().enumerate() {
            let nth = before + 1;
            let mut add = |kind: FaultKind, when, then| {
                let label = format!(
                    "{scenario:?}, request {nth} of appliance {side} ({method} {path}), {kind:?} {when:?}",
                );
                let mut fault = Fault::new(kind).nth(nth as u64);
                fault.when = when;
                cases.push(Case {
                    scenario,
                    expected: expected.clone(),
                    side,
                    path: path.clone(),
                    faults: vec![fault],
                    then,
                    label,
                });
            };
            for (kind, moments) in faults() {
                // An appliance that makes up a 404 is believed: nothing else says "absent".
                if kind == FaultKind::not_found() && scenario.deletes() {
                    continue;
                }
                for &when in moments {
                    add(kind.clone(), when, Then::Again);
                }
            }
            // A question that is answered late is one that is not answered.
            if method == "GET" {
                continue;
            }
            // A look and a repetition come between.
            let following = requests.len() - nth + 2;
            for later in 0..=following.min(LATEST) {
                let kind = late(Some(later as u64));
                add(kind, When::BeforeCommit, Then::Again);
            }
            for then in [
                Then::Again,
                Then::Recover,
                Then::AgainMeanwhile,
                Then::RecoverMeanwhile,
            ] {
                let kind = late(None);
                add(kind, When::BeforeCommit, then);
            }
        }
    }
    cases
}

/// Tries every case of the scenarios and fails with all violations.
pub async fn hold<S: Scenario>(scenarios: &[S], least: usize) {
    let _turn = crate::heavy_turn().await;
    let mut tasks = JoinSet::new();
    let (mut count, mut late) = (0, 0);
    let mut violations = Vec::new();
    let only = std::env::var("ZFSSA_MATRIX_ONLY").ok();
    for &scenario in scenarios {
        let expected = Arc::new(expected(scenario, REST_TIMEOUT).await);
        let all = cases(scenario, &expected);
        assert!(!all.is_empty());
        for case in all {
            let chosen = |only: &String| case.label.contains(only);
            if !only.as_ref().is_none_or(chosen) {
                continue;
            }
            count += 1;
            late += usize::from(matches!(case.faults[0].kind, FaultKind::Late { .. }));
            if tasks.len() >= 24 {
                let seen: Seen = tasks.join_next().await.unwrap().unwrap();
                violations.extend(seen.violations);
            }
            tasks.spawn(case.run());
        }
    }
    while let Some(seen) = tasks.join_next().await {
        violations.extend(seen.unwrap().violations);
    }
    println!(
        "{count} cases, {late} of them with a late request, {} violations",
        violations.len()
    );
    assert!(
        only.is_some() || count > least,
        "only {count} cases were tried"
    );
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
