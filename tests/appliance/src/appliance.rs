//! The handle of a running appliance.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::core::{Core, Stats, lock};
use crate::faults::{Fault, FaultReport};
use crate::fleet::Fleet;
use crate::latency::Latency;
use crate::odd::Odd;
use crate::options::{Knobs, Options, TlsOptions};
use crate::replication::Peer;
use crate::tokens::ShownToken;
use crate::trace::Exchange;
use crate::{admin, report, server, snapshots, tls};

/// A running appliance. Dropping it ends it.
pub struct Appliance {
    core: Arc<Core>,
    address: SocketAddr,
    peer_address: Option<SocketAddr>,
    admin_address: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    runtime: Option<Runtime>,
}

impl Appliance {
    /// Starts an appliance in the caller's tokio runtime. It answers when this returns.
    pub async fn start(options: Options) -> std::io::Result<Appliance> {
        let listener = TcpListener::bind(options.listen).await?;
        let peer = match &options.cluster {
            Some(cluster) => Some(TcpListener::bind(cluster.peer_listen).await?),
            None => None,
        };
        let admin = match options.admin {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        };
        let (stop, stopped) = watch::channel(false);
        let core = Arc::new(Core::new(options)?);
        core.plane.settled().await?;
        let address = listener.local_addr()?;
        let peer_address = peer.as_ref().map(TcpListener::local_addr).transpose()?;
        let admin_address = admin.as_ref().map(TcpListener::local_addr).transpose()?;
        let mut tasks = vec![tokio::spawn(server::serve(
            core.clone(),
            listener,
            false,
            stopped.clone(),
        ))];
        if let Some(peer) = peer {
            tasks.push(tokio::spawn(server::serve(
                core.clone(),
                peer,
                true,
                stopped.clone(),
            )));
        }
        if let Some(admin) = admin {
            tasks.push(tokio::spawn(admin::serve(core.clone(), admin, stopped)));
        }
        Ok(Appliance {
            core,
            address,
            peer_address,
            admin_address,
            stop,
            tasks,
            runtime: None,
        })
    }

    /// Starts an appliance with a runtime and threads of its own, for callers that are not asynchronous. It must not
    /// be called from within a runtime.
    pub fn start_blocking(options: Options) -> std::io::Result<Appliance> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads.max(1))
            .thread_name("appliance")
            .enable_all()
            .build()?;
        let mut appliance = runtime.block_on(Appliance::start(options))?;
        appliance.runtime = Some(runtime);
        Ok(appliance)
    }

    /// Ends the appliance. When this returns its ports are free and its connections closed.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            let _ = task.await;
        }
    }

    /// Where the REST service is, by name: `https://localhost:PORT`.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port())
    }

    /// In a cluster: where the peer head's own address is, which always answers from the peer.
    pub fn peer_url(&self) -> Option<String> {
        self.peer_address
            .map(|address| format!("https://localhost:{}", address.port()))
    }

    /// The address that the REST service is bound to, without the port.
    pub fn host(&self) -> String {
        self.address.ip().to_string()
    }

    /// The port of the REST service.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where the admin port is, if there is one: `http://127.0.0.1:PORT`.
    pub fn admin_url(&self) -> Option<String> {
        self.admin_address
            .map(|address| format!("http://{address}"))
    }

    /// The serial number of the first head.
    pub fn asn(&self) -> String {
        self.core.heads[0].asn.clone()
    }

    /// Where the certificate of the CA has been written, if [`Options::ca_file`] asked for it.
    pub fn ca_file(&self) -> Option<std::path::PathBuf> {
        self.core.options.ca_file.clone()
    }

    /// The certificate to trust: the CA's, or a self-signed one itself.
    pub fn ca_pem(&self) -> String {
        lock(&self.core.identity).ca_pem.clone()
    }

    /// The server's certificate.
    pub fn certificate_pem(&self) -> String {
        lock(&self.core.identity).certificate_pem.clone()
    }

    /// SHA-256 of the server's certificate (DER): pairs of upper-case hexadecimal digits with colons between.
    pub fn certificate_sha256(&self) -> String {
        lock(&self.core.identity).sha256.clone()
    }

    /// Makes a new CA and a new certificate, as [`Options::tls`] says. Connections that are open stay; new ones
    /// cannot resume old TLS sessions. The files of the options are written anew.
    pub fn rotate_certificate(&self) -> std::io::Result<()> {
        self.set_tls(&self.core.options.tls)
    }

    /// The same with another kind of certificate, or other versions of TLS.
    pub fn set_tls(&self, tls: &TlsOptions) -> std::io::Result<()> {
        self.core.set_tls(tls)
    }

    /// Every object of the appliance as JSON, in a stable order: equal before and after if nothing changed. Times,
    /// sessions and counters are not in it.
    pub fn state(&self) -> Value {
        report::state(&self.core.state(), &self.core.knobs())
    }

    /// How many sessions live.
    pub fn sessions(&self) -> usize {
        lock(&self.core.access).count(&self.core.knobs())
    }

    /// Every session is void from now on.
    pub fn expire_sessions(&self) {
        lock(&self.core.access).expire();
    }

    /// Makes a persistent token of a user that lives for so long, and gives its value.
    pub fn add_token(&self, user: &str, name: &str, life: std::time::Duration) -> String {
        lock(&self.core.access).add_token(user, name, life)
    }

    /// The persistent tokens that live.
    pub fn tokens(&self) -> Vec<ShownToken> {
        lock(&self.core.access).shown_tokens()
    }

    /// The persistent token of this value, if it lives.
    pub fn find_token(&self, value: &str) -> Option<ShownToken> {
        lock(&self.core.access).find_token(value)
    }

    /// Every persistent token has expired.
    pub fn expire_tokens(&self) {
        lock(&self.core.access).expire_tokens();
    }

    /// The exchanges so far, in the order of arrival.
    pub fn trace(&self) -> Vec<Exchange> {
        self.core.trace.all()
    }

    /// Forgets the exchanges so far.
    pub fn clear_trace(&self) {
        self.core.trace.clear();
    }

    /// How many exchanges are kept from now on; 0 switches the trace off.
    pub fn set_trace(&self, capacity: usize) {
        self.core.trace.resize(capacity);
    }

    /// The fault script.
    pub fn faults(&self) -> Faults<'_> {
        Faults(&self.core)
    }

    /// Lets every request go on that a fault holds.
    pub fn release(&self) {
        self.core.released.send_modify(|count| *count += 1);
    }

    /// How many requests a fault holds now. One that is held after its commit has been carried out.
    pub fn held(&self) -> usize {
        self.core.held.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Forgets every request that a fault holds before its commit: it is never carried out, as if it had been lost on
    /// its way.
    pub fn forget_held(&self) {
        self.core.forgotten.send_modify(|count| *count += 1);
    }

    /// How long requests take from now on. Panics if a path is not a regular expression.
    pub fn set_latency(&self, latency: Latency) {
        if let Err(error) = self.core.latency.set(latency) {
            panic!("{error}");
        }
    }

    /// Shows an object otherwise than it is from now on: with these properties instead of its own or beside them, or, if
    /// `set` is no object, with that in its place. The kinds and names are those of [`Odd`]. Panics if there is no such
    /// kind.
    pub fn show_odd(&self, kind: &str, name: &str, set: Value) {
        self.show(Odd {
            kind: kind.to_owned(),
            name: name.to_owned(),
            set,
            without: Vec::new(),
        });
    }

    /// Shows an object without these properties from now on.
    pub fn show_without(&self, kind: &str, name: &str, properties: &[&str]) {
        self.show(Odd {
            kind: kind.to_owned(),
            name: name.to_owned(),
            set: serde_json::json!({}),
            without: properties.iter().map(|name| (*name).to_owned()).collect(),
        });
    }

    /// Shows every object as it is.
    pub fn show_plain(&self) {
        self.core.odd.clear();
    }

    fn show(&self, odd: Odd) {
        if let Err(error) = self.core.odd.add(odd) {
            panic!("{error}");
        }
    }

    /// The knobs as they are.
    pub fn knobs(&self) -> Knobs {
        (*self.core.knobs()).clone()
    }

    /// Turns knobs.
    pub fn tune(&self, turn: impl FnOnce(&mut Knobs)) {
        let mut knobs = self.knobs();
        turn(&mut knobs);
        self.core.set_knobs(knobs);
    }

    /// The peer takes over: [`url`](Appliance::url) answers from it, the pools keep the name of their owner, and the
    /// sessions of the first head are lost. Returns whether anything changed: only a cluster can do it, once.
    pub fn take_over(&self) -> bool {
        self.core.move_to(Some(1))
    }

    /// The pools go back to the head that owns them.
    pub fn fail_back(&self) -> bool {
        self.core.move_to(None)
    }

    /// Makes another appliance of this process known by a host name, so that it can become a replication target.
    pub fn link(&self, hostname: &str, other: &Appliance) {
        let peer = Peer::Here(Arc::downgrade(&other.core));
        lock(&self.core.peers).insert(hostname.to_owned(), peer);
    }

    /// The same for an appliance behind an admin port, such as `http://127.0.0.1:8080`.
    pub fn link_admin(&self, hostname: &str, admin_url: &str) {
        let address = admin_url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        lock(&self.core.peers).insert(hostname.to_owned(), Peer::There(address));
    }

    /// Gives a project a fleet. Panics if it cannot be made: there is no such project, or no space.
    pub fn add_fleet(&self, fleet: &Fleet) {
        if let Err(error) = self.core.add_fleet(fleet) {
            panic!("{error}");
        }
    }

    /// Takes what a snapshot schedule of a project takes when it is due: a snapshot of every LUN, `.auto-<label>-<time>`.
    /// Returns its name; `None` where there is no LUN.
    pub fn run_schedule(&self, pool: &str, project: &str, label: &str) -> Option<String> {
        let (name, _) = self
            .core
            .within(|ctx| snapshots::run_schedule(ctx, pool, project, label));
        name
    }

    /// Takes the snapshot schedule of a project away and keeps its snapshots, which are manual ones from then on.
    pub fn keep_scheduled(&self, pool: &str, project: &str) {
        self.core
            .within(|ctx| snapshots::keep_scheduled(ctx, pool, project));
    }

    /// Numbers since the start.
    pub fn stats(&self) -> Stats {
        self.core.stats.read()
    }

    /// Back to the beginning: objects, sessions, faults, latency, knobs and trace. Port and certificate stay.
    pub fn reset(&self) {
        self.core.begin_again();
    }
}

impl Drop for Appliance {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in &self.tasks {
            task.abort();
        }
        if let Some(runtime) = self.runtime.take() {
            // Dropping a runtime waits for it, and may not be done within another.
            runtime.shutdown_background();
        }
    }
}

/// The fault script of an appliance.
pub struct Faults<'a>(&'a Core);

impl Faults<'_> {
    /// Adds a fault and returns its number. Panics if its path is not a regular expression.
    pub fn push(&self, fault: Fault) -> u64 {
        match self.0.faults.push(fault) {
            Ok(id) => id,
            Err(error) => panic!("{error}"),
        }
    }

    /// Removes one. Returns whether it was there.
    pub fn remove(&self, id: u64) -> bool {
        self.0.faults.remove(id)
    }

    /// Removes all.
    pub fn clear(&self) {
        self.0.faults.clear();
    }

    /// The faults, and how often each matched and fired.
    pub fn report(&self) -> Vec<FaultReport> {
        self.0.faults.report()
    }

    /// How often one has fired.
    pub fn fired(&self, id: u64) -> u64 {
        self.report()
            .iter()
            .find(|report| report.id == id)
            .map_or(0, |report| report.fired)
    }
}

impl Core {
    pub fn set_tls(&self, options: &TlsOptions) -> std::io::Result<()> {
        let identity = Arc::new(tls::make(options)?);
        *lock(&self.identity) = identity;
        self.write_certificates()
    }

    /// Moves the pools to a head, from outside of a request.
    pub fn move_to(&self, head: Option<usize>) -> bool {
        let mut state = self.state();
        if !state.clustered || state.taken_over_by == head {
            return false;
        }
        state.taken_over_by = head;
        drop(state);
        self.head_moved();
        true
    }

    /// What follows when the moving address has moved: the sessions of the head that went down are lost, and the
    /// connections are reset.
    pub fn head_moved(&self) {
        let knobs = self.knobs();
        if let Some(winner) = self.state().taken_over_by {
            lock(&self.access).head_down(1 - winner);
        }
        let outage = std::time::Duration::from_millis(knobs.takeover_outage_ms);
        *lock(&self.outage) = Some(std::time::Instant::now() + outage);
        if knobs.takeover_resets {
            self.severed.send_modify(|count| *count += 1);
        }
    }
}
