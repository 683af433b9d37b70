//! Random trees of volumes, snapshots and clones, deleted in any order: an object that is in use
//! never goes, its name is free at once, and everything goes with the last clone.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use support::Fixture;
use tokio::task::JoinSet;
use zfssa::error::Status;

use super::*;

/// Trees that are tried.
const TREES: u32 = 24;
/// Steps of one.
const STEPS: usize = 24;
/// Names of volumes, and of snapshots of each. Few, so that names are used again.
const NAMES: usize = 6;

#[derive(Clone, Copy, Debug)]
enum Step {
    Create(usize),
    Clone(usize, usize),
    Take(usize, usize),
    FromSnapshot(usize, usize),
    Delete(usize),
    DeleteSnapshot(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (name, pick) = (0..NAMES, any::<usize>());
    prop_oneof![
        1 => name.clone().prop_map(Step::Create),
        4 => (name.clone(), pick).prop_map(|(name, from)| Step::Clone(name, from)),
        3 => (pick, 0..3usize).prop_map(|(of, name)| Step::Take(of, name)),
        4 => (name, pick).prop_map(|(name, from)| Step::FromSnapshot(name, from)),
        3 => pick.prop_map(Step::Delete),
        2 => pick.prop_map(Step::DeleteSnapshot),
    ]
}

/// The volumes with the GUIDs of their LUNs, and the snapshots, that the host knows.
#[derive(Default)]
struct Known {
    volumes: BTreeMap<String, String>,
    snapshots: BTreeSet<(String, String)>,
}

impl Known {
    fn volume(&self, pick: usize) -> Option<String> {
        let count = self.volumes.len().max(1);
        self.volumes.keys().nth(pick % count).cloned()
    }

    fn snapshot(&self, pick: usize) -> Option<(String, String)> {
        let count = self.snapshots.len().max(1);
        self.snapshots.iter().nth(pick % count).cloned()
    }

    fn has_snapshots(&self, volume: &str) -> bool {
        self.snapshots.iter().any(|(of, _)| of == volume)
    }

    async fn play(&mut self, bench: &Fixture, step: Step) {
        let free = |name: usize| {
            let name = format!("volume-{name}");
            (!self.volumes.contains_key(&name)).then_some(name)
        };
        match step {
            Step::Create(name) => {
                let Some(name) = free(name) else { return };
                make(bench, &name).await;
                self.see(bench, name);
            }
            Step::Clone(name, from) => {
                let (Some(name), Some(source)) = (free(name), self.volume(from)) else {
                    return;
                };
                clone(bench, &name, &source).await;
                self.see(bench, name);
            }
            Step::FromSnapshot(name, from) => {
                let (Some(name), Some((source, snapshot))) = (free(name), self.snapshot(from))
                else {
                    return;
                };
                let from = from_snapshot(&name, &source, &snapshot);
                bench.driver.call(from).await.unwrap();
                self.see(bench, name);
            }
            Step::Take(of, name) => {
                let Some(volume) = self.volume(of) else {
                    return;
                };
                let name = format!("snapshot-{name}");
                take(bench, &volume, &name).await;
                self.snapshots.insert((volume, name));
            }
            Step::Delete(pick) => {
                let Some(name) = self.volume(pick) else {
                    return;
                };
                let deleted = delete(bench, &name).await;
                if self.has_snapshots(&name) {
                    assert_eq!(deleted.unwrap_err().status(), Status::VolumeBusy, "{name}");
                } else {
                    assert!(deleted.unwrap().existed, "{name}");
                    self.volumes.remove(&name);
                }
            }
            Step::DeleteSnapshot(pick) => {
                let Some((volume, name)) = self.snapshot(pick) else {
                    return;
                };
                assert!(
                    delete_snapshot(bench, &volume, &name)
                        .await
                        .unwrap()
                        .existed
                );
                self.snapshots.remove(&(volume, name));
            }
        }
    }

    fn see(&mut self, bench: &Fixture, name: String) {
        let guid = bench.lun(&name)["lunguid"]
            .as_str()
            .expect("it exists")
            .to_owned();
        self.volumes.insert(name, guid);
    }

    /// The appliance has all of it, and the driver lists nothing else.
    async fn check(&self, bench: &Fixture) -> Result<(), TestCaseError> {
        for (name, guid) in &self.volumes {
            let shown = bench.lun(name);
            prop_assert_eq!(shown["lunguid"].as_str(), Some(guid.as_str()), "{}", name);
        }
        let names: Vec<String> = self.volumes.keys().cloned().collect();
        prop_assert_eq!(volumes(bench).await, names);
        let known = self.snapshots.iter();
        let known: Vec<String> = known.map(|(of, name)| format!("{of}@{name}")).collect();
        prop_assert_eq!(snapshots(bench).await, known);
        Ok(())
    }
}

async fn tree(steps: &[Step], order: &[usize]) -> Result<(), TestCaseError> {
    let bench = deferring().await;
    let before = bench.state();
    let mut known = Known::default();
    for step in steps {
        known.play(&bench, *step).await;
        known.check(&bench).await?;
    }
    let mut order = order.iter().copied().cycle();
    while !known.volumes.is_empty() {
        let pick = order.next().unwrap_or_default();
        let step = match pick % 3 {
            0 if !known.snapshots.is_empty() => Step::DeleteSnapshot(pick / 3),
            _ if known.volumes.keys().all(|name| known.has_snapshots(name)) => {
                Step::DeleteSnapshot(pick / 3)
            }
            _ => {
                let without = known.volumes.keys();
                let mut without = without.enumerate().filter(|(_, n)| !known.has_snapshots(n));
                let count = without.clone().count();
                let (at, _) = without.nth(pick / 3 % count).expect("one of them");
                Step::Delete(at)
            }
        };
        known.play(&bench, step).await;
        known.check(&bench).await?;
    }
    prop_assert_eq!(bench.state(), before);
    prop_assert!(bench.journals().is_empty());
    Ok(())
}

/// Deletes all snapshots of a tree at the same time, and then all its volumes, by two drivers that
/// share their locks.
async fn at_once(steps: &[Step]) -> Result<(), TestCaseError> {
    let bench = deferring().await;
    let sibling = bench.driver_with(defer);
    let before = bench.state();
    let mut known = Known::default();
    for step in steps {
        known.play(&bench, *step).await;
    }
    let mut drivers = [&bench.driver, &sibling].into_iter().cycle();
    let mut deletions = JoinSet::new();
    for (volume, name) in known.snapshots {
        let driver = drivers.next().expect("without end").clone();
        let delete = DeleteSnapshot { volume, name };
        deletions.spawn(async move { driver.call(delete).await.map(|gone| gone.existed) });
    }
    all_existed(&mut deletions).await?;
    for name in known.volumes.into_keys() {
        let driver = drivers.next().expect("without end").clone();
        let delete = DeleteVolume { name };
        deletions.spawn(async move { driver.call(delete).await.map(|gone| gone.existed) });
    }
    all_existed(&mut deletions).await?;
    prop_assert_eq!(bench.state(), before);
    prop_assert!(bench.journals().is_empty());
    Ok(())
}

async fn all_existed(deletions: &mut JoinSet<Result<bool, Error>>) -> Result<(), TestCaseError> {
    while let Some(deleted) = deletions.join_next().await {
        let existed = deleted.expect("no panic");
        prop_assert!(matches!(existed, Ok(true)), "{:?}", existed);
    }
    Ok(())
}

#[test]
fn any_tree_goes_in_any_order_and_what_is_in_use_stays() {
    let plans = (vec(step(), 1..STEPS), vec(any::<usize>(), STEPS));
    hold(
        plans,
        |(steps, order)| async move { tree(&steps, &order).await },
    );
}

#[test]
fn any_tree_that_is_deleted_at_once_leaves_nothing() {
    hold(vec(step(), 1..STEPS), |steps| async move {
        at_once(&steps).await
    });
}

/// Tries random plans.
fn hold<P: Strategy, F>(plans: P, play: impl Fn(P::Value) -> F)
where
    F: Future<Output = Result<(), TestCaseError>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases: TREES,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    });
    for _ in 0..TREES {
        let plan = plans.new_tree(&mut runner).unwrap();
        println!("{:?}", plan.current());
        let played = runner.run_one(plan, |plan| runtime.block_on(play(plan)));
        if let Err(TestError::Fail(reason, plan)) = played {
            panic!("{plan:?}: {reason}");
        }
    }
}
