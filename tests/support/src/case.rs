//! One operation that meets faults, from its first request to the state that it converges to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use zfssa::driver::Recover;
use zfssa::error::{Error, Outcome, Status};
use zfssa_appliance::{Appliance, Exchange, Fault, FaultKind, When};

use crate::matrix::{LATE_TIMEOUT, Scenario};
use crate::promises::{Kept, Met, untrue};
use crate::{Fixture, SOON, answered_by};

/// How often a case is run before the machine counts as too busy for it.
const ATTEMPTS: usize = 5;

/// What is done when the operation has ended, and when late requests are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// They are carried out; then the same call again; then recovery.
    Again,
    /// They are carried out; then recovery; then the same call again.
    Recover,
    /// The same call again while they are under way; then they are carried out; then recovery.
    AgainMeanwhile,
    /// Recovery while they are under way; then they are carried out; then recovery, and the same
    /// call again.
    RecoverMeanwhile,
}

/// What the appliance looks like before, after, and which requests lie between.
pub struct Expected {
    /// The timeout of requests in seconds, the same in every case.
    rest_timeout: &'static str,
    before: Value,
    after: Value,
    kept: Kept,
    /// Of each appliance: method and path.
    pub requests: Vec<Vec<(String, String)>>,
}

/// The appliances' whole state, volatile things included.
fn whole(bench: &Fixture) -> Value {
    match &bench.other {
        Some(other) => json!({
            "source": bench.appliance.state(), "other": other.appliance.state(),
        }),
        None => bench.appliance.state(),
    }
}

/// Runs a scenario without faults.
pub async fn expected<S: Scenario>(scenario: S, rest_timeout: &'static str) -> Expected {
    let bench = scenario.prepare(rest_timeout).await;
    let (before, whole_before) = (bench.state(), whole(&bench));
    for appliance in bench.appliances() {
        appliance.clear_trace();
    }
    scenario.run(&bench).await.unwrap();
    let requests = |appliance: &Appliance| {
        let trace = appliance.trace();
        let name = |exchange: &Exchange| (exchange.method.clone(), exchange.path.clone());
        trace.iter().map(name).collect()
    };
    let requests = bench.appliances().into_iter().map(requests).collect();
    Expected {
        rest_timeout,
        before,
        after: bench.state(),
        kept: Kept::between(&whole_before, &whole(&bench)),
        requests,
    }
}

/// Whether the appliance carried out each of these late requests within the time that the engine
/// allows.
fn were_in_time(appliance: &Appliance, late: &[u64]) -> bool {
    let allowed: u64 = LATE_TIMEOUT.parse().unwrap();
    let trace = appliance.trace();
    let is_late = |exchange: &&Exchange| exchange.fault.is_some_and(|id| late.contains(&id));
    let took = |exchange: &Exchange| exchange.ended_us - exchange.started_us;
    trace
        .iter()
        .filter(is_late)
        .all(|exchange| took(exchange) < allowed * 1_000_000)
}

/// One operation under faults.
pub struct Case<S> {
    pub scenario: S,
    pub expected: Arc<Expected>,
    /// Which appliance meets which faults.
    pub side: usize,
    /// The path of the request that is struck.
    pub path: String,
    pub faults: Vec<Fault>,
    pub then: Then,
    pub label: String,
}

/// What came of a case.
pub struct Seen {
    pub violations: Vec<String>,
    /// How many requests were like the one that the first fault is for.
    pub sent: u64,
}

impl<S: Scenario> Case<S> {
    /// Runs it, again if the appliance took longer for a late request than the engine expects of
    /// it: the engine promises nothing then, and a machine with much to do may delay the appliance.
    pub async fn run(self) -> Seen {
        for _ in 0..ATTEMPTS {
            if let Some(seen) = self.attempt().await {
                return seen;
            }
            println!("{}: the appliance was too slow", self.label);
        }
        panic!("{}: the appliance was too slow each time", self.label)
    }

    /// `None` where the appliance was too slow.
    async fn attempt(&self) -> Option<Seen> {
        let bench = &self.scenario.prepare(self.expected.rest_timeout).await;
        let appliance = bench.appliances()[self.side];
        let whole_before = whole(bench);
        let guarded = self.expected.kept.of(&whole_before);
        let mut violations = Vec::new();
        let faults: Vec<(u64, &Fault)> = self
            .faults
            .iter()
            .map(|fault| (appliance.faults().push(fault.clone()), fault))
            .collect();
        let result = self.scenario.run(bench).await;

        let struck: Vec<(u64, &Fault)> = faults
            .into_iter()
            .filter(|(id, _)| appliance.faults().fired(*id) > 0)
            .collect();
        let report = appliance.faults().report();
        let sent = report.first().map_or(0, |fault| fault.matched);
        // Nothing that follows is struck.
        appliance.faults().clear();
        let met = self.met(struck.iter().map(|(_, fault)| *fault));
        let good = |wanted: &Value| {
            let state = bench.state();
            state == *wanted || self.scenario.is_as_good(&state, wanted)
        };
        let look = |moment: &str, violations: &mut Vec<String>| {
            let shown = (good(&self.expected.before), good(&self.expected.after));
            let mut wrong = untrue(self.scenario, &result, met, shown);
            // What undoing could not hide is named.
            let named = match &result {
                Err(error) if met.several => error.left_behind(),
                _ => &[],
            };
            wrong.extend(guarded.broken(&whole(bench), named));
            violations.extend(wrong.into_iter().map(|text| format!("{moment}: {text}")));
        };
        let may_leave =
            |error: &Error| matches!(error.outcome(), Outcome::Unknown | Outcome::Partial);
        if !bench.journals().is_empty() && !result.as_ref().is_err_and(may_leave) {
            violations.push(format!("{result:?}, and a journal stays"));
        }
        look("at the answer", &mut violations);

        let carried_out = async {
            appliance.release();
            for (id, _) in &struck {
                answered_by(appliance, *id).await;
            }
        };
        let refused_login = |error: &Error| error.status() == Status::Unauthenticated;
        if result.as_ref().is_err_and(refused_login) {
            // A refused login is not tried again at once, so that no account is locked.
            return Some(self.seen(violations, sent));
        }
        let again = |violations: &mut Vec<String>, result: Result<(), Error>| {
            if let Err(error) = result {
                violations.push(format!("the same call again fails: {error:?}"));
            }
        };
        match self.then {
            Then::Again => {
                carried_out.await;
                look("when all is carried out", &mut violations);
                again(&mut violations, self.scenario.run(bench).await);
                recover(bench, &mut violations).await;
            }
            Then::Recover => {
                carried_out.await;
                look("when all is carried out", &mut violations);
                recover(bench, &mut violations).await;
                again(&mut violations, self.scenario.run(bench).await);
            }
            Then::AgainMeanwhile => {
                again(&mut violations, self.scenario.run(bench).await);
                carried_out.await;
                recover(bench, &mut violations).await;
            }
            Then::RecoverMeanwhile => {
                // It may have to be made again.
                let _ = bench.driver.call(Recover::default()).await;
                violations.extend(guarded.broken(&whole(bench), &[]));
                carried_out.await;
                recover(bench, &mut violations).await;
                violations.extend(guarded.broken(&whole(bench), &[]));
                again(&mut violations, self.scenario.run(bench).await);
            }
        }
        if !good(&self.expected.after) {
            violations.push("it does not converge".to_owned());
        }
        violations.extend(guarded.broken(&whole(bench), &[]));
        let journals = bench.journals();
        if !journals.is_empty() {
            violations.push(format!("in the end journals are left: {journals:?}"));
        }
        let told = match &result {
            Ok(()) => "success".to_owned(),
            Err(error) => format!("{} {error:?}", error.outcome().name()),
        };
        for violation in &mut violations {
            violation.push_str(&format!(" [answer: {told}]"));
        }
        let is_late = |fault: &Fault| matches!(fault.kind, FaultKind::Late { .. });
        let late = struck.iter().filter(|(_, fault)| is_late(fault));
        let late: Vec<u64> = late.map(|(id, _)| *id).collect();
        were_in_time(appliance, &late).then(|| self.seen(violations, sent))
    }

    fn met<'a>(&self, struck: impl Iterator<Item = &'a Fault>) -> Met {
        let struck: Vec<&Fault> = struck.collect();
        let is_late = |fault: &&Fault| match fault.kind {
            FaultKind::Late { .. } => true,
            FaultKind::Hang { .. } => fault.when == When::BeforeCommit,
            _ => false,
        };
        let is_unanswered = |fault: &&Fault| {
            is_late(fault) || matches!(fault.kind, FaultKind::Reset | FaultKind::ReplyLost)
        };
        let refuses = |fault: &&Fault| match &fault.kind {
            FaultKind::Status { status, .. } => *status < 500,
            FaultKind::Busy { .. } => true,
            _ => false,
        };
        let several = struck.len() > 1;
        let unseen = self.scenario.leaves_no_trace(&self.path) && !struck.iter().all(refuses);
        let mut faults = struck.iter();
        // A single one that is not answered is settled by a look and a repetition.
        let under_way = match several {
            true => faults.any(is_unanswered),
            false => faults.any(is_late),
        };
        Met {
            in_doubt: under_way || unseen,
            several,
        }
    }

    fn seen(&self, violations: Vec<String>, sent: u64) -> Seen {
        let label = |text| format!("{}, then {:?}: {text}", self.label, self.then);
        Seen {
            violations: violations.into_iter().map(label).collect(),
            sent,
        }
    }
}

/// Settles what the operation left. While something may still be carried out recovery leaves its
/// journal, and looks again when it is called again.
async fn recover(bench: &Fixture, violations: &mut Vec<String>) {
    let settled = async {
        let mut last = None;
        while !bench.journals().is_empty() {
            if last.is_some() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            match bench.driver.call(Recover::default()).await {
                Ok(report) => last = report.recovered.into_iter().next(),
                Err(error) => return Some(format!("recovery fails: {error:?}")),
            }
        }
        None
    };
    match tokio::time::timeout(SOON, settled).await {
        Ok(wrong) => violations.extend(wrong),
        Err(_) => violations.push("recovery does not settle what is left".to_owned()),
    }
}
