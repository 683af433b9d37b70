//! Carrying out a worker's plan, and writing down what was answered when.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zfssa::driver::{
    Call, CreateSnapshot, CreateVolume, DeleteSnapshot, DeleteVolume, Driver, ExtendVolume,
    GetVolume, InitializeConnection, Operation, TerminateConnection, Volume,
};
use zfssa::error::{Error, Outcome, Status};

use super::history::{Came, Event, Repeated};
use super::plan::{Action, Step};
use support::Fixture;

/// How often a call whose result is in doubt is made again.
const AGAIN: usize = 20;

pub const SNAPSHOT: &str = "snapshot-1";

pub fn host(worker: usize) -> String {
    format!("iqn.2004-10.org.example:host-{worker}")
}

pub fn volume(number: usize) -> String {
    format!("volume-{number}")
}

/// One worker.
pub struct Worker {
    pub bench: Arc<Fixture>,
    pub number: usize,
    pub driver: Driver,
    /// Numbers the moments of all workers.
    pub clock: Arc<AtomicU64>,
    /// Whether it may do this to a volume.
    pub may: fn(worker: usize, step: &Step) -> bool,
}

/// What a worker came to: events of each volume, and answers that cannot be.
#[derive(Default)]
pub struct Played {
    pub events: Vec<(usize, Event)>,
    pub wrong: Vec<String>,
}

impl Worker {
    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    pub async fn play(self, plan: Vec<Step>) -> Played {
        let mut played = Played::default();
        for (number, step) in plan.into_iter().enumerate() {
            match step.trouble.as_ref().map(|trouble| trouble.fault()) {
                Some(Some(fault)) => {
                    self.bench.appliance.faults().push(fault);
                }
                Some(None) if !self.bench.appliance.take_over() => {
                    self.bench.appliance.fail_back();
                }
                Some(None) | None => {}
            }
            if !(self.may)(self.number, &step) {
                continue;
            }
            let id = format!("{:04}-{number:04}", self.number);
            self.judge(&mut played, &id, &step).await;
        }
        played
    }

    async fn judge(&self, played: &mut Played, id: &str, step: &Step) {
        for _ in 0..AGAIN {
            let begun = self.now();
            let result = self.perform(id, step).await;
            let mut event = Event {
                worker: self.number,
                action: step.action.clone(),
                begun,
                ended: self.now(),
                came: Came::Done,
                repeated: Repeated::Not,
            };
            let error = match result {
                Ok(seen) => {
                    if let Some(seen) = seen {
                        event.came = Came::Saw(seen.size_bytes >> 30, hosts(&seen));
                    }
                    played.events.push((step.volume, event));
                    return;
                }
                Err(error) => error,
            };
            match error.outcome() {
                Outcome::None | Outcome::Rejected | Outcome::RolledBack => {
                    let reasons = [
                        Status::VolumeNotFound,
                        Status::VolumeExists,
                        Status::VolumeBusy,
                    ];
                    if reasons.contains(&error.status()) {
                        event.came = Came::Refused(error.status());
                        played.events.push((step.volume, event));
                    }
                    return;
                }
                Outcome::Applied => {
                    played.events.push((step.volume, event));
                    return;
                }
                Outcome::Unknown | Outcome::Partial => {
                    event.came = Came::Perhaps;
                    played.events.push((step.volume, event));
                }
            }
        }
        let text = format!("{step:?} of worker {} is in doubt for ever", self.number);
        played.wrong.push(text);
    }

    async fn call<O: Operation>(&self, id: &str, operation: O) -> Result<O::Output, Error> {
        let call = Call {
            operation_id: Some(id.to_owned()),
            ..Call::default()
        };
        self.driver.run(operation, &self.driver.scope(call)).await
    }

    async fn perform(&self, id: &str, step: &Step) -> Result<Option<Volume>, Error> {
        let name = volume(step.volume);
        match step.action {
            Action::Create { gib } => {
                let create = CreateVolume {
                    name,
                    size_gib: gib,
                    ..CreateVolume::default()
                };
                self.call(id, create).await.map(|_| None)
            }
            Action::Delete => self.call(id, DeleteVolume { name }).await.map(|_| None),
            Action::Attach => {
                let attach = InitializeConnection {
                    volume: name,
                    initiator: host(self.number),
                    ..InitializeConnection::default()
                };
                self.call(id, attach).await.map(|_| None)
            }
            Action::Detach => {
                let detach = TerminateConnection {
                    volume: name,
                    initiator: host(self.number).as_str().into(),
                    still_attached: None,
                };
                self.call(id, detach).await.map(|_| None)
            }
            Action::Extend { gib } => {
                let extend = ExtendVolume {
                    name,
                    size_gib: gib,
                };
                self.call(id, extend).await.map(|_| None)
            }
            Action::TakeSnapshot => {
                let take = CreateSnapshot {
                    volume: name,
                    name: SNAPSHOT.to_owned(),
                };
                self.call(id, take).await.map(|_| None)
            }
            Action::DeleteSnapshot => {
                let delete = DeleteSnapshot {
                    volume: name,
                    name: SNAPSHOT.to_owned(),
                };
                self.call(id, delete).await.map(|_| None)
            }
            Action::Look => self.call(id, GetVolume { name }).await.map(Some),
        }
    }
}

/// The workers whose hosts see a volume.
fn hosts(seen: &Volume) -> BTreeSet<usize> {
    let groups = seen.initiator_groups.iter();
    groups
        .filter_map(|group| group.strip_prefix("host-")?.parse().ok())
        .collect()
}
