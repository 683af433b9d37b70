//! What the REST server, the admin port and the caller's handle have in common.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};

use crate::access::Access;
use crate::dialect::{Api, Dialect};
use crate::faults::FaultTable;
use crate::late::Late;
use crate::latency::LatencyTable;
use crate::odd::Oddities;
use crate::options::{Knobs, Options};
use crate::replication::Peer;
use crate::request::{Context, Later, Query};
use crate::state::{Head, State, epoch};
use crate::storage::{DataPlane, NoDataPlane, Presentation};
use crate::table::Visits;
use crate::tls::{self, Identity};
use crate::trace::Trace;
use crate::views;

/// Everything about one appliance.
pub(crate) struct Core {
    pub options: Options,
    pub heads: [Head; 2],
    state: Mutex<State>,
    knobs: RwLock<Arc<Knobs>>,
    pub access: Mutex<Access>,
    pub faults: FaultTable,
    pub latency: LatencyTable,
    /// Objects that are shown otherwise than they are.
    pub odd: Oddities,
    pub trace: Trace,
    pub stats: Counters,
    pub gate: Gate,
    pub plane: Arc<dyn DataPlane>,
    presented: Mutex<Presentation>,
    pub identity: Mutex<Arc<Identity>>,
    /// Counts releases of hanging requests.
    pub released: watch::Sender<u64>,
    /// How many requests a fault holds now.
    pub held: AtomicUsize,
    /// Requests that were not answered and are carried out late.
    pub late: Late,
    /// Counts how often the requests that were held were forgotten.
    pub forgotten: watch::Sender<u64>,
    /// Counts the times that the connections of the moving address were reset.
    pub severed: watch::Sender<u64>,
    /// Until when new connections of the moving address are reset.
    pub outage: Mutex<Option<Instant>>,
    pub peers: Mutex<HashMap<String, Peer>>,
}

/// Numbers of one appliance since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// TCP connections accepted.
    pub connections: u64,
    /// TLS handshakes in full.
    pub handshakes_full: u64,
    /// TLS handshakes that resumed a session.
    pub handshakes_resumed: u64,
    /// TLS handshakes that failed.
    pub handshakes_failed: u64,
    /// Requests received.
    pub requests: u64,
    /// Logins that succeeded.
    pub logins: u64,
    /// The most requests that were in the appliance at one time.
    pub most_in_flight: u64,
    /// LUNs, initiators and groups that requests looked at, in tables and in lists.
    pub objects_visited: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    pub connections: AtomicU64,
    pub handshakes_full: AtomicU64,
    pub handshakes_resumed: AtomicU64,
    pub handshakes_failed: AtomicU64,
    pub requests: AtomicU64,
    pub logins: AtomicU64,
    pub most_in_flight: AtomicU64,
    pub objects_visited: Visits,
}

impl Counters {
    pub fn read(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            connections: get(&self.connections),
            handshakes_full: get(&self.handshakes_full),
            handshakes_resumed: get(&self.handshakes_resumed),
            handshakes_failed: get(&self.handshakes_failed),
            requests: get(&self.requests),
            logins: get(&self.logins),
            most_in_flight: get(&self.most_in_flight),
            objects_visited: self.objects_visited.count(),
        }
    }
}

/// How many requests are in the appliance, and how many may be worked on.
#[derive(Default)]
pub(crate) struct Gate {
    pub in_flight: AtomicUsize,
    pub workers: Mutex<Option<Arc<Semaphore>>>,
}

pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of one request must not silence the appliance for all others.
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl Core {
    pub fn new(options: Options) -> std::io::Result<Core> {
        let asn = |given: Option<&String>| {
            given
                .cloned()
                .unwrap_or_else(|| uuid::Uuid::new_v4().to_string())
        };
        let cluster = options.cluster.clone();
        let peer = cluster.unwrap_or_default();
        let heads = [
            Head {
                nodename: options.nodename.clone(),
                asn: asn(options.asn.as_ref()),
            },
            Head {
                nodename: peer.peer_nodename,
                asn: asn(peer.peer_asn.as_ref()),
            },
        ];
        let stats = Counters::default();
        let core = Core {
            state: Mutex::new(begin(&options, &heads, &stats.objects_visited)),
            heads,
            knobs: RwLock::default(),
            access: Mutex::new(Access::new(&options)),
            faults: FaultTable::default(),
            latency: LatencyTable::default(),
            odd: Oddities::default(),
            trace: Trace::new(options.trace),
            stats,
            gate: Gate::default(),
            plane: options
                .data_plane
                .clone()
                .unwrap_or_else(|| Arc::new(NoDataPlane)),
            presented: Mutex::default(),
            identity: Mutex::new(Arc::new(tls::make(&options.tls)?)),
            released: watch::Sender::new(0),
            held: AtomicUsize::new(0),
            late: Late::default(),
            forgotten: watch::Sender::new(0),
            severed: watch::Sender::new(0),
            outage: Mutex::new(None),
            peers: Mutex::default(),
            options,
        };
        core.set_knobs(core.options.knobs.clone());
        core.write_certificates()?;
        core.present(&lock(&core.state));
        core.begin_fleet().map_err(std::io::Error::other)?;
        Ok(core)
    }

    pub fn knobs(&self) -> Arc<Knobs> {
        self.knobs.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    pub fn set_knobs(&self, knobs: Knobs) {
        let workers = (knobs.workers > 0).then(|| Arc::new(Semaphore::new(knobs.workers)));
        let mut state = lock(&self.state);
        state.set_written_percent(knobs.written_percent);
        *lock(&self.gate.workers) = workers;
        *self.knobs.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(knobs);
    }

    /// The state, to read it or to change it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Tells the data plane who sees what, if that has changed.
    pub fn present(&self, state: &State) {
        if self.options.data_plane.is_none() {
            return;
        }
        let presentation = views::presentation(state);
        let mut presented = lock(&self.presented);
        if *presented != presentation {
            self.plane.presentation_changed(&presentation);
            *presented = presentation;
        }
    }

    /// Works on the state from outside of a request, as a request would.
    pub fn within<T>(&self, work: impl FnOnce(&mut Context<'_>) -> T) -> (T, Vec<Later>) {
        let knobs = self.knobs();
        let mut state = self.state();
        let head = state.active_head();
        let method = hyper::Method::POST;
        let mut context = Context {
            state: &mut state,
            knobs: &knobs,
            core: self,
            plane: &*self.plane,
            dialect: Dialect {
                release: knobs.release,
                api: Api::V1,
                number_always_list: knobs.number_always_list,
            },
            head,
            now: epoch().saturating_sub(knobs.clock_behind_s),
            method: &method,
            query: Query::default(),
            body: serde_json::Map::new(),
            later: Vec::new(),
            contact: None,
        };
        let result = work(&mut context);
        let later = context.later;
        self.present(&state);
        (result, later)
    }

    fn begin_fleet(&self) -> Result<(), String> {
        match &self.options.fleet {
            Some(fleet) => self.add_fleet(fleet),
            None => Ok(()),
        }
    }

    pub fn write_certificates(&self) -> std::io::Result<()> {
        let identity = lock(&self.identity).clone();
        if let Some(path) = &self.options.ca_file {
            replace(path, &identity.ca_pem)?;
        }
        if let Some(path) = &self.options.certificate_file {
            replace(path, &identity.certificate_pem)?;
        }
        Ok(())
    }

    /// Back to the beginning: objects, sessions, faults, latency, knobs and trace.
    pub fn begin_again(&self) {
        self.faults.clear();
        let _ = self.latency.set(crate::Latency::default());
        self.odd.clear();
        self.set_knobs(self.options.knobs.clone());
        lock(&self.access).expire();
        let mut state = self.state();
        let old = std::mem::replace(
            &mut *state,
            begin(&self.options, &self.heads, &self.stats.objects_visited),
        );
        self.present(&state);
        for lun in old.luns() {
            for snapshot in lun.snapshots.iter().rev() {
                self.plane.snapshot_deleted(&snapshot.uuid);
            }
            self.plane.lun_deleted(&lun.guid);
        }
        for (guid, snapshots) in old.replication.stored() {
            snapshots
                .iter()
                .rev()
                .for_each(|snapshot| self.plane.snapshot_deleted(snapshot));
            self.plane.lun_deleted(guid);
        }
        drop(state);
        // It could be made at the start, with the same options.
        let _ = self.begin_fleet();
        self.released.send_modify(|count| *count += 1);
        self.trace.clear();
    }
}

fn begin(options: &Options, heads: &[Head; 2], visits: &Visits) -> State {
    State::new(
        heads.clone(),
        options.cluster.is_some(),
        &options.pools,
        options.interfaces.clone(),
        options.knobs.written_percent,
        visits,
    )
}

/// Writes a file so that a reader finds the old or the new text, never a part.
fn replace(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(std::path::Path::new(".")))?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
