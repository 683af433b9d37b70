//! Tests of flows on a toy appliance, which is a set of names.

mod late;

use std::collections::BTreeSet;
use std::fs;
use std::future::pending;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::error::{Error, Outcome, Status};

/// What happens at a change of the toy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Refused,
    LostBefore,
    LostAfter,
    DiesBefore,
    DiesAfter,
    /// Not answered, and carried out when the toy arrives.
    LostLate,
    /// The same, of a process that dies.
    DiesLate,
}

#[derive(Default)]
struct Toy {
    /// What the n-th change cancels when it is done.
    cancels: Mutex<Option<(usize, CancellationToken)>>,
    things: Mutex<BTreeSet<String>>,
    changes: AtomicUsize,
    /// What strikes the n-th change, counted from 0.
    fate: Mutex<Option<(usize, Fate)>>,
    dead: Notify,
    /// Changes that were not answered and are still to be done.
    late: Mutex<Vec<(String, bool)>>,
}

impl Toy {
    fn things(&self) -> Vec<String> {
        self.things.lock().unwrap().iter().cloned().collect()
    }

    fn has(&self, name: &str) -> bool {
        self.things.lock().unwrap().contains(name)
    }

    async fn change(&self, name: &str, present: bool) -> Result<Effect> {
        let number = self.changes.fetch_add(1, Ordering::SeqCst);
        let fate = self.fate.lock().unwrap().filter(|(at, _)| *at == number);
        let lost = || Error::new(Status::ConnectionLost, "lost").with_outcome(Outcome::Unknown);
        match fate {
            Some((_, Fate::Refused)) => {
                return Err(Error::new(Status::Denied, "no").with_outcome(Outcome::Rejected));
            }
            Some((_, Fate::LostBefore)) => return Err(lost()),
            Some((_, Fate::DiesBefore)) => self.die().await,
            Some((_, Fate::LostLate | Fate::DiesLate)) => {
                self.late.lock().unwrap().push((name.to_owned(), present));
                if fate.is_some_and(|(_, fate)| fate == Fate::DiesLate) {
                    self.die().await
                }
                return Err(lost());
            }
            _ => {}
        }
        let changed = self.set(name, present);
        if let Some((at, cancel)) = &*self.cancels.lock().unwrap()
            && *at == number
        {
            cancel.cancel();
        }
        match fate {
            Some((_, Fate::LostAfter)) => Err(lost()),
            Some((_, Fate::DiesAfter)) => self.die().await,
            _ if changed => Ok(Effect::Made),
            _ => Ok(Effect::Found),
        }
    }

    fn set(&self, name: &str, present: bool) -> bool {
        let mut things = self.things.lock().unwrap();
        if present {
            things.insert(name.to_owned())
        } else {
            things.remove(name)
        }
    }

    /// Does what was not answered.
    fn arrive(&self) {
        for (name, present) in self.late.lock().unwrap().drain(..) {
            self.set(&name, present);
        }
    }

    async fn die<T>(&self) -> T {
        self.dead.notify_one();
        pending().await
    }
}

/// Moves an object: the copy, its marker, then the deletion of the source as the point of no
/// return, then a remainder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Move {
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum MoveStep {
    MakeCopy,
    MarkCopy,
    Skipped,
    DeleteSource,
    Sweep,
}

impl Move {
    fn touches(&self, step: MoveStep) -> (String, bool) {
        let name = &self.name;
        match step {
            MoveStep::MakeCopy => (format!("{name} copy"), true),
            MoveStep::MarkCopy => (format!("{name} mark"), true),
            MoveStep::Skipped => (format!("{name} skipped"), true),
            MoveStep::DeleteSource => (name.clone(), false),
            MoveStep::Sweep => (format!("{name} remainder"), false),
        }
    }
}

impl Flow<Toy> for Move {
    type Step = MoveStep;
    const KIND: &'static str = "move";

    fn object(&self) -> &str {
        &self.name
    }

    fn steps(&self) -> Vec<MoveStep> {
        use MoveStep::*;
        vec![MakeCopy, MarkCopy, Skipped, DeleteSource, Sweep]
    }

    fn point_of_no_return(&self) -> Option<MoveStep> {
        Some(MoveStep::DeleteSource)
    }

    fn needed(&self, step: MoveStep) -> bool {
        step != MoveStep::Skipped
    }

    fn left_behind(&self, step: MoveStep) -> String {
        self.touches(step).0
    }

    async fn run(&mut self, toy: &Toy, _: &Scope, step: MoveStep) -> Result<Effect> {
        let (name, present) = self.touches(step);
        toy.change(&name, present).await
    }

    async fn verify(&mut self, toy: &Toy, _: &Scope, step: MoveStep) -> Result<bool> {
        let (name, present) = self.touches(step);
        Ok(toy.has(&name) == present)
    }

    async fn roll_back(&mut self, toy: &Toy, _: &Scope, step: MoveStep) -> Result<()> {
        let (name, present) = self.touches(step);
        if toy.has(&name) == present {
            toy.change(&name, !present).await?;
        }
        Ok(())
    }
}

fn backend() -> Backend {
    Backend {
        appliance: "a:215".into(),
        pool: "p".into(),
        project: "c".into(),
    }
}

fn flows(directory: Option<&Path>) -> Flows {
    flows_with(directory, Duration::ZERO)
}

fn flows_with(directory: Option<&Path>, late: Duration) -> Flows {
    Flows::new(
        directory.map(Path::to_owned),
        backend(),
        late,
        Local::default(),
    )
}

fn scope() -> Scope {
    let token = CancellationToken::new;
    let second = Duration::from_secs(1);
    Scope::new("op-1", None, second, token(), token())
}

fn toy() -> Toy {
    let toy = Toy::default();
    *toy.things.lock().unwrap() = BTreeSet::from(["v".into(), "v remainder".into()]);
    toy
}

fn flow() -> Move {
    Move { name: "v".into() }
}

const BEFORE: &[&str] = &["v", "v remainder"];
const AFTER: &[&str] = &["v copy", "v mark"];

async fn begin(flows: &Flows) -> Journal {
    match flows.begin::<Toy, _>(&scope(), &flow()).await.unwrap() {
        Begun::Ready(journal) => journal,
        Begun::Left(left) => panic!("{left:?}"),
    }
}

fn files(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_flow_that_succeeds_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for at in [Some(directory.path()), None] {
        let (flows, toy) = (flows(at), toy());
        let journal = begin(&flows).await;
        flows.run(&toy, &scope(), flow(), journal).await.unwrap();
        assert_eq!(toy.things(), AFTER);
        assert!(files(directory.path()).is_empty());
    }
}

#[tokio::test]
async fn every_failure_ends_before_or_after_and_says_which() {
    let directory = tempfile::tempdir().unwrap();
    for at in [Some(directory.path()), None] {
        for number in 0..4 {
            for fate in [Fate::Refused, Fate::LostBefore, Fate::LostAfter] {
                let (flows, toy) = (flows(at), toy());
                *toy.fate.lock().unwrap() = Some((number, fate));
                let journal = begin(&flows).await;
                let result = flows.run(&toy, &scope(), flow(), journal).await;
                let label = format!("{fate:?} at {number}: {result:?}");
                let things = toy.things();
                match (number, fate) {
                    (2, Fate::LostAfter) => {
                        assert!(result.is_ok(), "{label}");
                        assert_eq!(things, AFTER, "{label}");
                    }
                    (2, Fate::LostBefore) => {
                        // The deletion may still happen, so nothing was rolled back.
                        assert_eq!(result.unwrap_err().outcome(), Outcome::Unknown, "{label}");
                        assert_eq!(things.len(), 4, "{label}");
                        assert_eq!(files(directory.path()).len(), usize::from(at.is_some()));
                    }
                    (3, _) => {
                        let error = result.unwrap_err();
                        // A step in doubt stays in doubt, and is named.
                        let outcome = match fate {
                            Fate::Refused => Outcome::Partial,
                            _ => Outcome::Unknown,
                        };
                        assert_eq!(error.outcome(), outcome, "{label}");
                        assert_eq!(error.left_behind(), ["v remainder"], "{label}");
                    }
                    (0, Fate::Refused) => {
                        assert_eq!(result.unwrap_err().outcome(), Outcome::Rejected, "{label}");
                        assert_eq!(things, BEFORE, "{label}");
                    }
                    _ => {
                        assert_eq!(
                            result.unwrap_err().outcome(),
                            Outcome::RolledBack,
                            "{label}"
                        );
                        assert_eq!(things, BEFORE, "{label}");
                    }
                }
                recover_all(&flows, &toy).await;
                let things = toy.things();
                let settled = things == BEFORE || things == AFTER;
                assert!(settled || at.is_none(), "{label}: {things:?}");
                assert!(files(directory.path()).is_empty(), "{label}");
            }
        }
    }
}

async fn recover_all(flows: &Flows, toy: &Toy) -> Vec<Verdict> {
    let (left, findings) = flows.left(&scope()).await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let mut verdicts = Vec::new();
    for left in left {
        assert_eq!(
            (left.kind(), left.object(), left.operation()),
            ("move", "v", "op-1")
        );
        verdicts.push(flows.recover::<_, Move>(toy, &scope(), left).await.unwrap());
    }
    verdicts
}

/// Runs until the toy's fate kills the process: the future is dropped, as a death would.
async fn until_death(toy: &Toy, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = toy.dead.notified() => {}
    }
}

#[tokio::test]
async fn every_death_is_recovered_and_every_death_of_recovery_too() {
    let deaths = [Fate::DiesBefore, Fate::DiesAfter];
    let mut cases = 0;
    for first in (0..4).flat_map(|at| deaths.map(|fate| (at, fate))) {
        // The changes of recovery are counted on.
        for second in (0..8).flat_map(|at| deaths.map(|fate| (at, fate))) {
            let directory = tempfile::tempdir().unwrap();
            let (flows, toy) = (flows(Some(directory.path())), toy());
            *toy.fate.lock().unwrap() = Some(first);
            until_death(&toy, async {
                let journal = begin(&flows).await;
                flows.run(&toy, &scope(), flow(), journal).await.unwrap();
            })
            .await;
            assert_eq!(files(directory.path()).len(), 1);
            *toy.fate.lock().unwrap() = Some(second);
            until_death(&toy, async {
                recover_all(&flows, &toy).await;
            })
            .await;
            *toy.fate.lock().unwrap() = None;
            recover_all(&flows, &toy).await;
            let things = toy.things();
            let label = format!("{first:?}, then {second:?}: {things:?}");
            let gone = first.0 == 3 || first == (2, Fate::DiesAfter);
            assert_eq!(things, if gone { AFTER } else { BEFORE }, "{label}");
            assert!(files(directory.path()).is_empty(), "{label}");
            cases += 1;
        }
    }
    assert_eq!(cases, 128);
}

#[tokio::test]
async fn one_flow_at_a_time_works_on_an_object() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (flows(Some(directory.path())), flows(Some(directory.path())));
    let journal = begin(&one).await;
    let error = other.begin::<Toy, _>(&scope(), &flow()).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Busy, Outcome::None)
    );
    let (left, findings) = other.left(&scope()).await.unwrap();
    assert!(left.is_empty());
    assert!(matches!(findings.as_slice(), [Finding::Busy { .. }]));
    // Its process dies.
    drop(journal);
    let begun = other.begin::<Toy, _>(&scope(), &flow()).await.unwrap();
    let Begun::Left(left) = begun else {
        panic!("{begun:?}")
    };
    let verdict = other.recover::<_, Move>(&toy(), &scope(), *left).await;
    assert_eq!(verdict.unwrap(), Verdict::RolledBack);
    begin(&other).await;
}

#[tokio::test]
async fn what_is_no_journal_of_ours_stops_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::write(at("a.flow"), "not a journal\n").unwrap();
    fs::write(at("b.flow"), "").unwrap();
    fs::write(at("notes.txt"), "of no interest").unwrap();
    fs::create_dir(at("c.flow")).unwrap();
    let elsewhere = Backend {
        project: "other".into(),
        ..backend()
    };
    let directory_there = Some(directory.path().to_owned());
    let elsewhere = Flows::new(directory_there, elsewhere, Duration::ZERO, Local::default());
    drop(begin(&elsewhere).await);
    let own = flows(Some(directory.path()));
    drop(begin(&own).await);
    // A bit of the second of three journals is wrong.
    let broken = Move { name: "w".into() };
    drop(own.begin::<Toy, _>(&scope(), &broken).await.unwrap());
    let path = own.path_of("w");
    let text = fs::read_to_string(&path).unwrap().replace("op-1", "op-2");
    fs::write(&path, text).unwrap();

    let (left, findings) = own.left(&scope()).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].object(), "v");
    assert_eq!(findings.len(), 3, "{findings:?}");
    let aside = |finding: &&Finding| matches!(finding, Finding::SetAside { .. });
    assert_eq!(findings.iter().filter(aside).count(), 2, "{findings:?}");
    let foreign = |finding: &&Finding| matches!(finding, Finding::OtherBackend { backend, .. } if backend == "a:215 p/other");
    assert_eq!(findings.iter().filter(foreign).count(), 1, "{findings:?}");
    assert!(at("a.flow.set-aside").exists() && !at("b.flow").exists());
    drop(left);
    let (_, findings) = own.left(&scope()).await.unwrap();
    assert_eq!(findings.len(), 1, "what was set aside is not found again");
}

#[tokio::test]
async fn without_a_place_for_the_journal_nothing_is_begun() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let flows = flows(Some(&file.join("below")));
    let error = flows.begin::<Toy, _>(&scope(), &flow()).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::LocalIo, Outcome::None)
    );
    assert!(error.message().contains("zfssa_state_dir"), "{error}");
}

#[tokio::test]
async fn a_cancellation_turns_a_flow_round_and_not_beyond_its_point_of_no_return() {
    let (flows, toy, cancel) = (flows(None), toy(), CancellationToken::new());
    let second = Duration::from_secs(1);
    let scope = Scope::new(
        "op-1",
        None,
        second,
        cancel.clone(),
        CancellationToken::new(),
    );
    cancel.cancel();
    let journal = begin(&flows).await;
    let error = flows.run(&toy, &scope, flow(), journal).await.unwrap_err();
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Cancelled, Outcome::None)
    );
    assert_eq!(toy.things(), BEFORE);
}

/// The third change is the point of no return.
#[tokio::test]
async fn a_cancellation_after_each_change_leads_back_or_to_the_end() {
    for at in 0..4 {
        let (flows, toy, cancel) = (flows(None), toy(), CancellationToken::new());
        let token = CancellationToken::new;
        let second = Duration::from_secs(1);
        let scope = Scope::new("op-1", None, second, cancel.clone(), token());
        *toy.cancels.lock().unwrap() = Some((at, cancel));
        let journal = begin(&flows).await;
        let ended = flows.run(&toy, &scope, flow(), journal).await;
        if at < 2 {
            let error = ended.unwrap_err();
            assert_eq!(error.status(), Status::Cancelled, "{at}");
            assert_eq!(error.outcome(), Outcome::RolledBack, "{at}");
            assert_eq!(toy.things(), BEFORE, "{at}");
        } else {
            ended.unwrap();
            assert_eq!(toy.things(), AFTER, "{at}");
        }
    }
}

#[tokio::test]
async fn a_journal_reads_well() {
    let directory = tempfile::tempdir().unwrap();
    let (flows, toy) = (flows(Some(directory.path())), toy());
    *toy.fate.lock().unwrap() = Some((1, Fate::DiesBefore));
    until_death(&toy, async {
        let journal = begin(&flows).await;
        flows.run(&toy, &scope(), flow(), journal).await.unwrap();
    })
    .await;
    let text = fs::read_to_string(flows.path_of("v")).unwrap();
    let lines: Vec<&str> = text.lines().map(|line| &line[17..]).collect();
    assert!(
        lines[0].starts_with(r#"{"zfssa_flow":1,"flow":"move","object":"v","operation":"op-1""#)
    );
    assert_eq!(lines[1], r#"{"event":"begin","step":"make_copy"}"#);
    assert_eq!(
        lines[2],
        r#"{"event":"done","step":"make_copy","effect":"made","state":{"name":"v"},"begin":"mark_copy"}"#
    );
    assert_eq!(lines.len(), 3);
}
