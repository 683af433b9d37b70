//! Rotation of a persistent API token: every fault at every request, and a process that is killed at
//! every request, for each fate of the request.
//!
//! Whatever happens, the token file holds a token that the appliance accepts, the outcome is true,
//! and the same call again leaves the one new token.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use support::kill::{self, DIR, Scenario};
use support::{Fixture, path_text, until};
use tokio::task::JoinSet;
use zfssa::driver::{CreateApiToken, DoSetup, Driver};
use zfssa::error::Outcome;
use zfssa::scope::Scope;
use zfssa_appliance::{Fault, FaultKind, Options, Release, When};

/// The requests of a rotation: the list, the creation, the proof, the revocation.
const REQUESTS: u64 = 4;

async fn ready() -> Fixture {
    let mut options = Options::default();
    options.knobs.release = Release::Os88;
    let bench = Fixture::raw(options, |config| {
        config.set("zfssa_rest_timeout", "1");
        config.set("zfssa_max_attempts", "2");
    })
    .await;
    bench.driver.call(DoSetup {}).await.unwrap();
    bench.driver.call(rotation(&bench)).await.unwrap();
    bench
}

fn rotation(bench: &Fixture) -> CreateApiToken {
    rotation_of(&bench.dir.path().join("token"))
}

fn rotation_of(file: &Path) -> CreateApiToken {
    CreateApiToken {
        name: "host-1".to_owned(),
        lifetime: Duration::from_secs(3600),
        token_file: path_text(file).to_owned(),
        ..CreateApiToken::default()
    }
}

/// The token in the file, which must be one that the appliance accepts.
fn in_file(bench: &Fixture, label: &str) -> String {
    let text = fs::read_to_string(bench.dir.path().join("token")).unwrap();
    let token = text.trim_end().to_owned();
    let known = bench.appliance.find_token(&token);
    assert!(
        known.is_some(),
        "{label}: the token in the file is not valid"
    );
    token
}

fn ids(bench: &Fixture) -> Vec<String> {
    bench
        .appliance
        .tokens()
        .into_iter()
        .map(|token| token.id)
        .collect()
}

/// Calls once more without faults: one token is left, that of the file.
async fn converges(bench: &Fixture, label: &str) {
    bench.appliance.faults().clear();
    bench.appliance.release();
    assert!(until(|| bench.appliance.held() == 0).await, "{label}");
    let made = bench.driver.call(rotation(bench)).await;
    let made = made.unwrap_or_else(|error| panic!("{label}: {error:?}"));
    in_file(bench, label);
    assert_eq!(ids(bench), [made.id], "{label}");
    assert!(!bench.dir.path().join("token.new").exists(), "{label}");
}

async fn fault(nth: u64, kind: FaultKind, when: When) {
    let label = format!("request {nth}, {kind:?} {when:?}");
    let bench = ready().await;
    let (former, known) = (in_file(&bench, &label), ids(&bench));
    let mut fault = Fault::new(kind).nth(nth);
    fault.when = when;
    bench.appliance.faults().push(fault);
    let result = bench.driver.call(rotation(&bench)).await;
    let now = in_file(&bench, &label);
    match result {
        Ok(made) => {
            assert_ne!(now, former, "{label}");
            assert!(ids(&bench).contains(&made.id), "{label}");
            assert!(!ids(&bench).contains(&known[0]), "{label}");
        }
        Err(error) => {
            let words = format!("{error} {error:?}");
            assert!(!words.contains("CANARY"), "{label}: {words}");
            match error.outcome() {
                Outcome::None | Outcome::Rejected | Outcome::RolledBack => {
                    assert_eq!((&now, ids(&bench)), (&former, known), "{label}: {words}");
                }
                Outcome::Partial | Outcome::Unknown => {
                    assert!(!error.left_behind().is_empty(), "{label}: {words}");
                }
                Outcome::Applied => panic!("{label}: {words}"),
            }
        }
    }
    converges(&bench, &label).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_keeps_a_valid_token_in_the_file() {
    const BOTH: &[When] = &[When::BeforeCommit, When::AfterCommit];
    let kinds: [(FaultKind, &[When]); 9] = [
        (FaultKind::Reset, BOTH),
        (FaultKind::ReplyLost, BOTH),
        (FaultKind::Hang { ms: Some(1_600) }, BOTH),
        (FaultKind::unauthorized(), &[When::BeforeCommit]),
        (FaultKind::denied(), &[When::BeforeCommit]),
        (FaultKind::not_found(), &[When::BeforeCommit]),
        (FaultKind::internal(), BOTH),
        (FaultKind::Garbage, &[When::AfterCommit]),
        (
            FaultKind::Late {
                requests: None,
                ms: None,
            },
            &[When::BeforeCommit],
        ),
    ];
    let mut cases = JoinSet::new();
    for nth in 1..=REQUESTS {
        for (kind, moments) in &kinds {
            for when in *moments {
                cases.spawn(fault(nth, kind.clone(), *when));
                if cases.len() >= 8 {
                    cases.join_next().await.unwrap().unwrap();
                }
            }
        }
    }
    while let Some(ended) = cases.join_next().await {
        ended.unwrap();
    }
}

/// A rotation in a process that is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rotation;

impl Scenario for Rotation {
    const MODULE: &'static str = module_path!();

    async fn prepare(self) -> Fixture {
        ready().await
    }

    async fn run(self, driver: &Driver, scope: &Scope) {
        let file = Path::new(&std::env::var(DIR).unwrap()).join("token");
        driver.run(rotation_of(&file), scope).await.unwrap();
    }
}

/// Not a test of its own: what a child does.
#[test]
fn child() {
    kill::child(&[Rotation]);
}

/// Every token on the appliance is one that the next rotation revokes: it has the name.
fn can_be_found(bench: &Fixture, label: &str) {
    for token in bench.appliance.tokens() {
        assert!(token.name.starts_with("host-1-"), "{label}: {}", token.name);
    }
    let draft = bench.dir.path().join("token.new");
    if let Ok(draft) = fs::metadata(draft) {
        assert_eq!(draft.permissions().mode() & 0o777, 0o600, "{label}");
    }
}

/// Whatever becomes of the request at which the process died, the file holds a valid token, and the
/// next rotation revokes what the dead one left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_at_any_request_leaves_a_valid_token_in_the_file() {
    for nth in 1..=REQUESTS {
        for (when, late) in [
            (When::BeforeCommit, false),
            (When::BeforeCommit, true),
            (When::AfterCommit, false),
        ] {
            let label = format!("killed at request {nth} {when:?}, late: {late}");
            let bench = ready().await;
            let former = in_file(&bench, &label);
            let mut hang = Fault::new(FaultKind::Hang { ms: None }).nth(nth);
            hang.when = when;
            drop(kill::working::<Rotation>(&bench, "Rotation", hang).await);
            let replaced = in_file(&bench, &label) != former;
            assert_eq!(replaced, nth == REQUESTS, "{label}");
            if !late {
                bench.appliance.forget_held();
            }
            can_be_found(&bench, &label);
            converges(&bench, &label).await;
        }
    }
}

/// The creation of a dead process is carried out after the next rotation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_made_after_the_death_of_its_process_goes_with_the_rotation_after() {
    let label = "a late creation";
    let bench = ready().await;
    let hang = Fault::new(FaultKind::Hang { ms: None }).on("POST", "/tokens$");
    drop(kill::working::<Rotation>(&bench, "Rotation", hang).await);
    let next = bench.driver.call(rotation(&bench)).await.unwrap();
    assert_eq!(ids(&bench), [next.id.as_str()]);
    bench.appliance.release();
    assert!(until(|| ids(&bench).len() == 2).await, "it is made");
    can_be_found(&bench, label);
    in_file(&bench, label);
    converges(&bench, label).await;
}
