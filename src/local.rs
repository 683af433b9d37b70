//! Threads for blocking work: files, and the resolution of host names.
//!
//! They start before an operation needs them ([`Local::hold_files`], [`Local::hold_names`]),
//! because a thread that cannot be started in the middle of an operation would leave it without its
//! journal. A runtime's own threads for blocking work are started on demand, and a runtime panics
//! when that fails, so the engine never uses them.
//!
//! Files and names have separate threads: a name server that does not answer must not delay a
//! journal. Work that finds no free thread waits, and work whose caller has gone before it began is
//! not done.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use tokio::sync::oneshot;

use crate::error::{Error, Outcome, Result, Status};
use crate::scope::Scope;
use crate::sync;

/// Threads for files: the number of journals that can be written at the same time. Each write takes
/// the time of an `fsync`.
const FILES: usize = 4;
/// Threads for names. A lookup without an answer blocks one for some seconds.
const NAMES: usize = 4;

/// The threads for blocking work. Cheap to clone; clones share the threads, which end when the
/// last clone is dropped and the work in hand is done.
#[derive(Clone)]
pub struct Local(Arc<Pools>);

struct Pools {
    files: Pool,
    names: Pool,
}

impl Default for Local {
    /// No thread is started yet.
    fn default() -> Local {
        Local(Arc::new(Pools {
            files: Pool::new("zfssa-file", FILES),
            names: Pool::new("zfssa-name", NAMES),
        }))
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Local")
    }
}

impl Local {
    /// Starts the threads for files, as far as they do not run yet.
    ///
    /// # Errors
    ///
    /// `LocalIo` when one cannot be started.
    pub fn hold_files(&self) -> Result<()> {
        self.0.files.hold()
    }

    /// Starts the threads for names, as far as they do not run yet.
    ///
    /// # Errors
    ///
    /// `LocalIo` when one cannot be started.
    pub fn hold_names(&self) -> Result<()> {
        self.0.names.hold()
    }

    /// Runs work on files, until the scope ends. Work that has begun then continues without a
    /// caller, and its thread drops the result.
    ///
    /// # Errors
    ///
    /// Those of the scope, and `LocalIo` when there is no thread.
    pub async fn file<T: Send + 'static>(
        &self,
        scope: &Scope,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        scope
            .bound(self.0.files.run(work))
            .await
            .map_err(|stop| stop.error(Outcome::None))?
    }

    /// Addresses of a host. An IP address needs no lookup and no thread. The caller must limit the
    /// time: a name server may be slow.
    ///
    /// # Errors
    ///
    /// `Resolve` when the name has no address, and `LocalIo` when there is no thread.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>> {
        if let Some(address) = literal(host) {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let name = host.to_owned();
        let look = move || {
            (name.as_str(), port)
                .to_socket_addrs()
                .map(|found| found.collect::<Vec<_>>())
        };
        let fail = |cause: String| {
            Error::new(
                Status::Resolve,
                format!("the name {host} cannot be resolved"),
            )
            .with_cause(cause)
            .with_outcome(Outcome::None)
        };
        match self.0.names.run(look).await? {
            Ok(found) if found.is_empty() => Err(fail("it has no address".to_owned())),
            Ok(found) => Ok(found),
            Err(error) => Err(fail(error.to_string())),
        }
    }
}

/// Whether a host is given by name, which needs [`Local::hold_names`].
pub fn is_name(host: &str) -> bool {
    literal(host).is_none()
}

fn literal(host: &str) -> Option<std::net::IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok()
}

type Job = Box<dyn FnOnce() + Send>;

/// Some threads, and the work that waits for them.
struct Pool {
    name: &'static str,
    threads: usize,
    work: Arc<Work>,
}

#[derive(Default)]
struct Work {
    state: Mutex<PoolState>,
    changed: Condvar,
}

#[derive(Default)]
struct PoolState {
    jobs: VecDeque<Job>,
    /// Threads that were started.
    running: usize,
    /// No more work is accepted.
    over: bool,
}

impl Pool {
    fn new(name: &'static str, threads: usize) -> Pool {
        Pool {
            name,
            threads,
            work: Arc::default(),
        }
    }

    fn hold(&self) -> Result<()> {
        let mut state = self.work.lock();
        while state.running < self.threads {
            self.start(&mut state)?;
        }
        Ok(())
    }

    fn start(&self, state: &mut PoolState) -> Result<()> {
        let work = Arc::clone(&self.work);
        let name = format!("{}-{}", self.name, state.running);
        std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || work.run())
            .map_err(|error| no_thread(&name, &error))?;
        state.running += 1;
        Ok(())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (done, result) = oneshot::channel();
        let job = move || {
            if !done.is_closed() {
                // Without a caller the result is dropped here.
                let _ = done.send(work());
            }
        };
        {
            let mut state = self.work.lock();
            if state.running == 0 {
                // Not started in advance: if the start fails, this call fails.
                self.start(&mut state)?;
            }
            state.jobs.push_back(Box::new(job));
        }
        self.work.changed.notify_one();
        result.await.map_err(|_| {
            Error::new(
                Status::Internal,
                format!("work on a thread {} panicked; report it", self.name),
            )
        })
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.work.lock().over = true;
        self.work.changed.notify_all();
    }
}

impl Work {
    fn lock(&self) -> MutexGuard<'_, PoolState> {
        sync::lock(&self.state)
    }

    fn run(&self) {
        while let Some(job) = self.next() {
            // The missing result reports a panic to the caller; the thread continues.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.over {
                return None;
            }
            state = sync::wait(&self.changed, state);
        }
    }
}

/// The error of a thread that cannot be started.
pub(crate) fn no_thread(name: &str, error: &io::Error) -> Error {
    Error::new(
        Status::LocalIo,
        format!(
            "the thread {name} cannot be started: {error}; allow this process more threads \
             (RLIMIT_NPROC, the limit on tasks of its service or container)"
        ),
    )
    .with_outcome(Outcome::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    /// Time for what must happen soon.
    const SOON: Duration = Duration::from_secs(30);

    fn scope(time: Option<Duration>) -> (Scope, CancellationToken) {
        let cancel = CancellationToken::new();
        let shutdown = CancellationToken::new();
        (
            Scope::new("test", time, Duration::ZERO, cancel.clone(), shutdown),
            cancel,
        )
    }

    /// Occupies every thread for files until the sender is dropped.
    fn occupy(local: &Local) -> Vec<mpsc::Sender<()>> {
        (0..FILES)
            .map(|_| {
                let (free, wait) = mpsc::channel::<()>();
                let local = local.clone();
                tokio::spawn(async move {
                    let work = move || wait.recv().is_err();
                    assert!(local.file(&scope(None).0, work).await.unwrap());
                });
                free
            })
            .collect()
    }

    #[tokio::test]
    async fn a_wait_for_a_thread_ends_with_its_scope_and_the_work_is_not_done() {
        let local = Local::default();
        local.hold_files().unwrap();
        let busy = occupy(&local);
        // Behind the others, which were spawned before.
        tokio::task::yield_now().await;
        let (done, was_done) = mpsc::channel::<()>();
        let (bounds, cancel) = scope(None);
        let waiting = tokio::spawn({
            let local = local.clone();
            async move { local.file(&bounds, move || done.send(())).await }
        });
        tokio::task::yield_now().await;
        cancel.cancel();
        let waited = tokio::time::timeout(SOON, waiting).await;
        let error = waited.unwrap().unwrap().unwrap_err();
        assert_eq!(
            (error.status(), error.outcome()),
            (Status::Cancelled, Outcome::None)
        );
        let (short, _cancel) = scope(Some(Duration::from_millis(20)));
        let error = local.file(&short, || ()).await.unwrap_err();
        assert_eq!(error.status(), Status::Deadline);
        drop(busy);
        // Nothing was sent: the work went without having been begun.
        assert_eq!(was_done.recv(), Err(mpsc::RecvError));
        local.file(&scope(None).0, || ()).await.unwrap();
    }

    #[tokio::test]
    async fn names_do_not_wait_for_files() {
        let local = Local::default();
        let _busy = occupy(&local);
        tokio::task::yield_now().await;
        let found = local.addresses("localhost", 215).await.unwrap();
        assert!(found.iter().all(|found| found.port() == 215), "{found:?}");
        let error = local.addresses("host.invalid", 1).await.unwrap_err();
        assert_eq!(error.status(), Status::Resolve);
        assert!(error.message().contains("host.invalid"), "{error}");
    }

    #[tokio::test]
    async fn an_address_needs_no_thread() {
        let local = Local::default();
        for host in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]"] {
            assert!(!is_name(host));
            let found = local.addresses(host, 3260).await.unwrap();
            assert_eq!(found.len(), 1);
        }
        assert_eq!(local.0.names.work.lock().running, 0);
        assert!(is_name("zs.example.com"));
    }

    #[tokio::test]
    async fn a_panic_ends_no_thread_and_is_an_error() {
        let local = Local::default();
        for _ in 0..2 * FILES {
            let work = || assert!(std::hint::black_box(false), "the test wants it");
            let error = local.file(&scope(None).0, work).await.unwrap_err();
            assert_eq!(error.status(), Status::Internal);
        }
        assert_eq!(local.file(&scope(None).0, || 7).await.unwrap(), 7);
    }

    #[test]
    fn the_threads_end_with_the_last_clone() {
        let local = Local::default();
        local.hold_files().unwrap();
        let other = local.clone();
        let work = Arc::clone(&local.0.files.work);
        drop(local);
        assert_eq!(Arc::strong_count(&work), 2 + FILES);
        drop(other);
        let begun = std::time::Instant::now();
        while Arc::strong_count(&work) > 1 {
            assert!(begun.elapsed() < SOON, "a thread goes on");
            std::thread::yield_now();
        }
    }
}
