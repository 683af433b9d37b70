//! The fault matrix: every request of an operation × every kind of fault × before and after the
//! appliance made the change; then the invariants.
//!
//! - A success is one: the appliance shows the after-state, nothing else.
//! - An error tells the truth: refused, rolled back or never sent means the before-state,
//!   applied means the after-state, and unknown is said only where reading back cannot settle it.
//! - The same call again, under the same operation id, converges to the after-state.

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Appliance, Exchange, Fault, FaultKind, When};

use super::{Bench, answered_by};

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

    /// Whether one of its steps cannot be seen on the appliance, so that nothing settles a lost
    /// answer.
    fn leaves_no_trace(self) -> bool {
        false
    }

    /// Whether one of its steps takes back what an earlier one did. Then a request of the earlier
    /// one that is carried out late, when its repetition and all that follows are done, shows in
    /// the end, and nobody can tell before it does.
    fn takes_back(self) -> bool {
        false
    }

    /// Whether a state is as good as the one that is wanted.
    fn is_as_good(self, state: &Value, wanted: &Value) -> bool {
        let _ = (state, wanted);
        false
    }

    /// A bench on which it can run.
    fn prepare(self) -> impl Future<Output = Bench> + Send;

    /// Runs it, under [`ID`].
    fn run(self, bench: &Bench) -> impl Future<Output = Result<(), Error>> + Send;
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
    /// Of each appliance.
    requests: Vec<Vec<String>>,
}

async fn expected<S: Scenario>(scenario: S) -> Expected {
    let bench = scenario.prepare().await;
    let before = bench.state();
    for appliance in bench.appliances() {
        appliance.clear_trace();
    }
    scenario.run(&bench).await.unwrap();
    let requests = |appliance: &Appliance| {
        let trace = appliance.trace();
        let name = |exchange: &Exchange| format!("{} {}", exchange.method, exchange.path);
        trace.iter().map(name).collect()
    };
    let requests = bench.appliances().into_iter().map(requests).collect();
    Expected {
        before,
        after: bench.state(),
        requests,
    }
}

fn has_changed(error: &Error) -> bool {
    error.outcome() != Outcome::None
}

/// One case; the violations that it shows.
async fn case<S: Scenario>(
    scenario: S,
    expected: Arc<Expected>,
    (side, nth): (usize, usize),
    kind: FaultKind,
    when: When,
) -> Vec<String> {
    let bench = scenario.prepare().await;
    let appliance = bench.appliances()[side];
    let label = format!(
        "{scenario:?}, request {nth} of appliance {side} ({}), {kind:?} {when:?}",
        expected.requests[side][nth - 1]
    );
    let mut fault = Fault::new(kind.clone()).nth(nth as u64);
    fault.when = when;
    let fault = appliance.faults().push(fault);
    let result = scenario.run(&bench).await;
    let mut violations = Vec::new();
    let mut wrong = |text: String| violations.push(format!("{label}: {text}"));

    // A hang may strike before the work, which then happens late: what was sent must be over
    // before the appliance is looked at.
    if matches!(kind, FaultKind::Hang { .. }) {
        appliance.release();
        answered_by(appliance, fault).await;
    }
    appliance.faults().clear();
    let may_leave = |error: &Error| matches!(error.outcome(), Outcome::Unknown | Outcome::Partial);
    if !bench.journals().is_empty() && !result.as_ref().is_err_and(may_leave) {
        wrong(format!("{result:?}, and a journal stays"));
    }
    let state = bench.state();
    let good = |state: &Value, wanted: &Value| {
        let late = scenario.takes_back()
            && matches!(kind, FaultKind::Hang { .. })
            && when == When::BeforeCommit;
        state == wanted || late || scenario.is_as_good(state, wanted)
    };
    let (is_before, is_after) = (
        good(&state, &expected.before),
        good(&state, &expected.after),
    );
    match &result {
        Ok(()) if is_after => {}
        Ok(()) => wrong("success, and the appliance shows something else".to_owned()),
        Err(error) => match error.outcome() {
            Outcome::None | Outcome::Rejected | Outcome::RolledBack => {
                if !is_before {
                    wrong(format!("{error:?}, and the appliance was changed"));
                }
            }
            Outcome::Applied => {
                if !is_after {
                    wrong(format!("{error:?}, and the change is not there"));
                }
            }
            Outcome::Unknown => {
                let in_doubt = scenario.leaves_no_trace() && error.http_status().is_none();
                if !matches!(kind, FaultKind::Hang { .. }) && !in_doubt {
                    wrong(format!("{error:?}, though reading back settles it"));
                }
            }
            Outcome::Partial => {
                if error.left_behind().is_empty() {
                    wrong(format!("{error:?}, and nothing is named"));
                }
                if scenario.keeps_what_it_made() {
                    if is_before {
                        wrong(format!("{error:?}, and the appliance is as it was"));
                    }
                } else if !scenario.has_a_point_of_no_return() {
                    // Undoing meets no second fault.
                    wrong(format!("{error:?}, though all could be undone"));
                }
            }
        },
    }
    if scenario.only_looks() && (!is_before || result.as_ref().is_err_and(has_changed)) {
        wrong(format!("{result:?} of what only looks"));
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
    } else if !good(&bench.state(), &expected.after) {
        wrong(format!(
            "after {result:?} the same call again does not converge"
        ));
    }
    violations
}

/// Tries every case of the scenarios and fails with all violations.
pub async fn hold<S: Scenario>(scenarios: &[S], least: usize) {
    let mut tasks = JoinSet::new();
    let mut cases = 0;
    let mut violations = Vec::new();
    for &scenario in scenarios {
        let expected = Arc::new(expected(scenario).await);
        let counts = expected.requests.iter().map(Vec::len).enumerate();
        let all: Vec<(usize, usize)> = counts
            .flat_map(|(side, count)| (1..=count).map(move |nth| (side, nth)))
            .collect();
        assert!(!all.is_empty());
        for nth in all {
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
    assert!(cases > least, "only {cases} cases were tried");
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
