//! Tests of steps that the appliance carries out late.

use super::*;

/// Longer than any test.
const LATE: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn what_may_come_late_is_not_called_rolled_back() {
    for number in [0, 1] {
        let directory = tempfile::tempdir().unwrap();
        for at in [None, Some(directory.path())] {
            let (flows, toy) = (flows_with(at, LATE), toy());
            *toy.fate.lock().unwrap() = Some((number, Fate::LostLate));
            let journal = begin(&flows).await;
            let result = flows.run(&toy, &scope(), flow(), journal).await;
            let error = result.unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
            assert!(error.left_behind().is_empty(), "{error:?}");
            let remedy = at.map_or("set zfssa_state_dir", |_| "recover settles it");
            assert!(error.to_string().contains(remedy), "{error}");
            // The visible steps are rolled back, and the late request arrives.
            assert_eq!(toy.things(), BEFORE);
            toy.arrive();
            assert_eq!(toy.things().len(), 3);
            assert_eq!(files(directory.path()).len(), usize::from(at.is_some()));
            if at.is_some() {
                let verdict = recover_all(&flows, &toy).await;
                assert!(matches!(verdict[..], [Verdict::InDoubt { wait }] if wait <= LATE));
                assert_eq!(files(directory.path()).len(), 1);
                let over = flows_with(at, Duration::ZERO);
                assert_eq!(recover_all(&over, &toy).await, [Verdict::RolledBack]);
                assert_eq!(toy.things(), BEFORE);
                assert!(files(directory.path()).is_empty());
            }
        }
    }
}

#[tokio::test]
async fn what_a_dead_process_had_sent_is_looked_for_again() {
    for number in [0, 1] {
        // It arrives before the first recovery, between the two, or never.
        for arrives in [0, 1, 2] {
            let directory = tempfile::tempdir().unwrap();
            let at = Some(directory.path());
            let (early, toy) = (flows_with(at, LATE), toy());
            *toy.fate.lock().unwrap() = Some((number, Fate::DiesLate));
            until_death(&toy, async {
                let journal = begin(&early).await;
                early.run(&toy, &scope(), flow(), journal).await.unwrap();
            })
            .await;
            if arrives == 0 {
                toy.arrive();
            }
            for _ in 0..2 {
                let verdict = recover_all(&early, &toy).await;
                assert!(matches!(verdict[..], [Verdict::InDoubt { .. }]));
                assert_eq!(toy.things(), BEFORE);
            }
            // The time counts from the first recovery.
            let text = fs::read_to_string(early.path_of("v")).unwrap();
            assert_eq!(text.matches("in_doubt").count(), 1, "{text}");
            if arrives == 1 {
                toy.arrive();
            }
            let over = flows_with(at, Duration::ZERO);
            assert_eq!(recover_all(&over, &toy).await, [Verdict::RolledBack]);
            assert_eq!(toy.things(), BEFORE);
            assert!(files(directory.path()).is_empty());
        }
    }
}

#[tokio::test]
async fn nothing_is_undone_while_the_point_of_no_return_may_be_passed() {
    for arrives in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let at = Some(directory.path());
        let (early, toy) = (flows_with(at, LATE), toy());
        *toy.fate.lock().unwrap() = Some((2, Fate::DiesLate));
        until_death(&toy, async {
            let journal = begin(&early).await;
            early.run(&toy, &scope(), flow(), journal).await.unwrap();
        })
        .await;
        let verdict = recover_all(&early, &toy).await;
        assert!(matches!(verdict[..], [Verdict::InDoubt { .. }]));
        assert_eq!(toy.things().len(), 4, "{:?}", toy.things());
        if arrives {
            toy.arrive();
        }
        let over = flows_with(at, Duration::ZERO);
        let verdict = recover_all(&over, &toy).await;
        if arrives {
            assert_eq!(verdict, [Verdict::Finished]);
            assert_eq!(toy.things(), AFTER);
        } else {
            assert_eq!(verdict, [Verdict::RolledBack]);
            assert_eq!(toy.things(), BEFORE);
        }
        assert!(files(directory.path()).is_empty());
    }
}

#[tokio::test]
async fn a_journal_in_doubt_makes_room_and_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let at = Some(directory.path());
    let (early, toy) = (flows_with(at, LATE), toy());
    *toy.fate.lock().unwrap() = Some((0, Fate::LostLate));
    let journal = begin(&early).await;
    let first = early.run(&toy, &scope(), flow(), journal).await;
    assert_eq!(first.unwrap_err().outcome(), Outcome::Unknown);
    early.step_aside(&scope(), "v").await.unwrap();
    assert!(matches!(
        early.left_on(&scope(), "v").await.unwrap(),
        LeftOn::Nothing
    ));
    let second = begin(&early).await;
    assert!(matches!(
        early.left_on(&scope(), "v").await.unwrap(),
        LeftOn::Busy
    ));
    assert_eq!(files(directory.path()).len(), 2);
    drop(second);
    let left = early.left_on(&scope(), "v").await.unwrap();
    assert!(matches!(left, LeftOn::Flow(_)), "{left:?}");
    drop(left);

    toy.arrive();
    let over = flows_with(at, Duration::ZERO);
    assert_eq!(recover_all(&over, &toy).await.len(), 2);
    assert_eq!(toy.things(), BEFORE);
    assert!(files(directory.path()).is_empty());
}

/// Writes the times of doubt of a journal again, each as a boot and the milliseconds since then.
fn set_doubts(path: &Path, doubts: &[(&str, u64)]) {
    let text = record::read(&fs::read(path).unwrap()).unwrap();
    let (mut whole, mut sum) = record::line("", &text.header).unwrap();
    let is_doubt = |event: &serde_json::Value| event["event"] == "in_doubt";
    let kept = text.events.into_iter().filter(|event| !is_doubt(event));
    let doubts = doubts.iter().map(
        |(boot, at)| serde_json::json!({"event": "in_doubt", "since": {"boot": boot, "at": at}}),
    );
    for event in kept.chain(doubts) {
        let (line, next) = record::line(&sum, &event).unwrap();
        whole.push_str(&line);
        sum = next;
    }
    fs::write(path, whole).unwrap();
}

/// Another host recovers, or this one after a boot: the wait begins again there, and it ends.
#[tokio::test]
async fn a_wait_of_another_boot_begins_again_once_and_ends() {
    let directory = tempfile::tempdir().unwrap();
    let at = Some(directory.path());
    let (early, toy) = (flows_with(at, LATE), toy());
    *toy.fate.lock().unwrap() = Some((0, Fate::LostLate));
    let journal = begin(&early).await;
    let error = early.run(&toy, &scope(), flow(), journal).await;
    assert_eq!(error.unwrap_err().outcome(), Outcome::Unknown);
    let path = early.path_of("v");
    set_doubts(&path, &[("another boot", 1)]);
    for _ in 0..2 {
        let verdict = recover_all(&early, &toy).await;
        assert!(matches!(verdict[..], [Verdict::InDoubt { .. }]));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("in_doubt").count(), 2, "{text}");
    }
    // The time counts from the record of this boot, although another host looked at it later.
    let now = serde_json::to_value(moment::Moment::now()).unwrap();
    let boot = now["boot"].as_str().unwrap();
    set_doubts(&path, &[(boot, 0), ("another boot", 1)]);
    let soon = flows_with(at, Duration::from_millis(1));
    assert_eq!(recover_all(&soon, &toy).await, [Verdict::RolledBack]);
    assert!(files(directory.path()).is_empty());
    assert_eq!(toy.things(), BEFORE);
}
