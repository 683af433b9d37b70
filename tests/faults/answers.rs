//! Pairs and triples of answers to one change: whatever its first, second and third sending meet,
//! the promises hold.
//!
//! Each change of each operation is answered in every way, and where the engine sends it again, in
//! every way again, up to the third time. A sending that does not come ends the enumeration of
//! that branch: what would have answered it makes no difference. All pairs are tried, and of the
//! triples for creations, deletions, presentations and a migration's deletion of its source one in
//! [`SAMPLE`]. What is under way is carried out when the operation has ended; what is done
//! afterwards, and in which order, takes turns. `ZFSSA_ANSWERS_ALL` asks for all triples, each with
//! every order. `ZFSSA_ANSWERS_ONLY` chooses changes by a part of their label.

use std::collections::VecDeque;
use std::sync::Arc;

use support::case::{Case, Expected, Then, expected};
use support::matrix::{Scenario, late};
use support::{shared_turn, untraced};
use tokio::task::JoinSet;
use zfssa_appliance::{Fault, FaultKind};

use crate::{image, keeping, life, migration};

/// Of the triples one in so many is tried.
const SAMPLE: usize = 3;
/// Cases at a time. They wait most of the time.
const AT_ONCE: usize = 128;

/// Seconds; nothing hangs.
const REST_TIMEOUT: &str = "60";

/// One way to answer a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// No answer, and it is carried out when the operation has ended.
    Late,
    /// No answer, and it never arrived.
    NeverSent,
    /// No answer, and it was carried out.
    Lost,
    FailedBefore,
    FailedAfter,
    Denied,
    /// As a head answers that does not serve the pool any more, or not yet.
    NotFound,
    Exists,
    StateChanged,
    Confirm,
    /// Carried out, and the answer makes no sense.
    Unreadable,
}

impl Answer {
    const ALL: [Answer; 11] = [
        Answer::Late,
        Answer::NeverSent,
        Answer::Lost,
        Answer::FailedBefore,
        Answer::FailedAfter,
        Answer::Denied,
        Answer::NotFound,
        Answer::Exists,
        Answer::StateChanged,
        Answer::Confirm,
        Answer::Unreadable,
    ];

    /// Whether the appliance says that it did not carry the request out.
    fn refuses(self) -> bool {
        use Answer::{Confirm, Denied, Exists, NotFound, StateChanged};
        matches!(self, Denied | NotFound | Exists | StateChanged | Confirm)
    }

    fn fault(self) -> Fault {
        let before = Fault::new;
        let after = |kind| Fault::new(kind).after_commit();
        match self {
            Answer::Late => before(late(None)),
            Answer::NeverSent => before(FaultKind::Reset),
            Answer::Lost => after(FaultKind::Reset),
            Answer::FailedBefore => before(FaultKind::internal()),
            Answer::FailedAfter => after(FaultKind::internal()),
            Answer::Denied => before(FaultKind::denied()),
            Answer::NotFound => before(FaultKind::not_found()),
            Answer::Exists => before(FaultKind::object_exists()),
            Answer::StateChanged => before(FaultKind::state_changed()),
            Answer::Confirm => before(FaultKind::confirm_required()),
            Answer::Unreadable => after(FaultKind::Garbage),
        }
    }
}

/// One change of a scenario.
#[derive(Clone)]
struct Change<S> {
    scenario: S,
    expected: Arc<Expected>,
    side: usize,
    method: String,
    path: String,
    /// How many requests of this method and path go before it.
    earlier: u64,
}

impl<S: Scenario> Change<S> {
    /// Those of a scenario.
    fn all(scenario: S, expected: &Arc<Expected>) -> Vec<Change<S>> {
        let mut changes = Vec::new();
        for (side, requests) in expected.requests.iter().enumerate() {
            for (at, (method, path)) in requests.iter().enumerate() {
                // A session is no change of the appliance's objects.
                if method == "GET" || path.starts_with("/api/access/") {
                    continue;
                }
                let same = |(other, at): &&(String, String)| {
                    other == method && pattern(at) == pattern(path)
                };
                changes.push(Change {
                    scenario,
                    expected: expected.clone(),
                    side,
                    method: method.clone(),
                    path: path.clone(),
                    earlier: requests[..at].iter().filter(same).count() as u64,
                });
            }
        }
        changes
    }

    /// How many sendings are answered.
    fn depth(&self) -> usize {
        let presents = self.method == "PUT" && self.path.contains("/luns/");
        if self.method != "PUT" || presents {
            3
        } else {
            2
        }
    }

    fn case(&self, answers: &[Answer], then: Then) -> Case<S> {
        let path = pattern(&self.path);
        let fault = |(number, answer): (usize, &Answer)| {
            let nth = self.earlier + number as u64 + 1;
            answer.fault().on(&self.method, &path).nth(nth)
        };
        Case {
            scenario: self.scenario,
            expected: self.expected.clone(),
            side: self.side,
            path: self.path.clone(),
            faults: answers.iter().enumerate().map(fault).collect(),
            then,
            label: format!("{}, answered {answers:?}", self.label()),
        }
    }

    fn label(&self) -> String {
        format!(
            "{:?}, {} {} ({} before it) of appliance {}",
            self.scenario, self.method, self.path, self.earlier, self.side
        )
    }
}

/// A regular expression for a path of which ids that the appliance makes up are no part.
fn pattern(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        let made_up = segment.len() == 36 && segment.matches('-').count() == 4;
        if made_up {
            return "[^/]+".to_owned();
        }
        let escaped = segment.chars().map(|letter| {
            let plain = letter.is_ascii_alphanumeric() || "-_%".contains(letter);
            if plain {
                letter.to_string()
            } else {
                format!("\\{letter}")
            }
        });
        escaped.collect()
    });
    format!("^{}$", segments.collect::<Vec<String>>().join("/"))
}

/// What is to be tried: a change and how its sendings are answered.
struct Branch<S> {
    change: Change<S>,
    answers: Vec<Answer>,
}

impl<S: Scenario> Branch<S> {
    /// What is done after the operation; in every order if `all`.
    fn orders(&self, turn: usize, all: bool) -> Vec<Then> {
        let mut orders = vec![Then::Again, Then::Recover];
        if self.answers.contains(&Answer::Late) {
            // What undoing sends after a refusal may reach a LUN that the same call makes anew
            // meanwhile: a LUN is addressed by its name alone.
            let undoes = self.answers[0].refuses();
            if !undoes {
                orders.push(Then::AgainMeanwhile);
            }
            orders.push(Then::RecoverMeanwhile);
        }
        match all {
            true => orders,
            false => vec![orders[turn % orders.len()]],
        }
    }

    /// Runs it in these orders.
    async fn run(self, orders: Vec<Then>) -> Done<S> {
        let mut done = Done {
            cases: orders.len(),
            sent: 0,
            violations: Vec::new(),
            branch: self,
        };
        for then in orders {
            let Branch { change, answers } = &done.branch;
            let seen = change.case(answers, then).run().await;
            done.sent = done.sent.max(seen.sent.saturating_sub(change.earlier));
            done.violations.extend(seen.violations);
        }
        done
    }
}

struct Done<S> {
    branch: Branch<S>,
    cases: usize,
    /// How often the change was sent.
    sent: u64,
    violations: Vec<String>,
}

impl<S: Scenario> Done<S> {
    /// All ways to answer the sending that came after those that were answered.
    fn longer(self) -> Vec<Branch<S>> {
        let Branch { change, answers } = self.branch;
        let ends = answers.len() == change.depth() || self.sent <= answers.len() as u64;
        if ends {
            return Vec::new();
        }
        let longer = |answer| Branch {
            change: change.clone(),
            answers: answers.iter().copied().chain([answer]).collect(),
        };
        Answer::ALL.map(longer).into()
    }
}

/// Tries all answers to all changes of the scenarios.
async fn hold<S: Scenario>(scenarios: &[S], least: usize) {
    let _turn = shared_turn().await;
    let only = std::env::var("ZFSSA_ANSWERS_ONLY").ok();
    let all = std::env::var_os("ZFSSA_ANSWERS_ALL").is_some();
    let mut open = VecDeque::new();
    for &scenario in scenarios {
        let expected = Arc::new(expected(scenario, REST_TIMEOUT).await);
        for change in Change::all(scenario, &expected) {
            let chosen = |only: &String| change.label().contains(only);
            if !only.as_ref().is_none_or(chosen) {
                continue;
            }
            let first = |answer| Branch {
                change: change.clone(),
                answers: vec![answer],
            };
            open.extend(Answer::ALL.map(first));
        }
    }
    let (mut cases, mut turn) = ([0; 3], 0);
    let mut violations = Vec::new();
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(branch) = open.pop_front()
        {
            turn += 1;
            if branch.answers.len() == 3 && !all && turn % SAMPLE != 0 {
                continue;
            }
            let orders = branch.orders(turn / SAMPLE, all);
            running.spawn(branch.run(orders));
        }
        let Some(done) = running.join_next().await else {
            break;
        };
        let mut done: Done<S> = done.unwrap();
        cases[done.branch.answers.len() - 1] += done.cases;
        violations.append(&mut done.violations);
        open.extend(done.longer());
    }
    let [single, pairs, triples] = cases;
    println!(
        "{single} answers, {pairs} pairs, {triples} triples, {} violations",
        violations.len()
    );
    assert!(
        only.is_some() || pairs + triples > least,
        "only {pairs} pairs and {triples} triples were tried"
    );
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn any_answers_to_a_change_of_a_volume_s_life_keep_the_promises() {
    let looks = |life: &life::Life| !life.only_looks();
    let changes: Vec<life::Life> = life::SCENARIOS.iter().copied().filter(looks).collect();
    untraced(hold(&changes, 1_000));
}

#[test]
fn any_answers_to_a_change_for_an_image_keep_the_promises() {
    untraced(hold(image::SCENARIOS, 300));
}

#[test]
fn any_answers_to_a_change_of_a_volume_s_keeping_keep_the_promises() {
    untraced(hold(keeping::SCENARIOS, 300));
}

#[test]
fn any_answers_to_a_change_of_a_migration_keep_the_promises() {
    untraced(hold(migration::SCENARIOS, 1_000));
}
