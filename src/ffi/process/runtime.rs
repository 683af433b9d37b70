//! Runtime and threads of the engine, shared by every backend of the process.
//!
//! They start with the first backend and end with the last. Rust hosts that use [`crate::driver`]
//! directly use their own runtime and not this one.
//!
//! Each thread drives a separate runtime, and operations are distributed among them in turn. A
//! multi-threaded runtime would start its threads itself and panic if one cannot be started; here
//! that is an error.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result, Status};
use crate::local::{Local, no_thread};
use crate::sync;

/// A running engine. Dropping it ends its threads without waiting for them.
pub(crate) struct Runtime {
    workers: Vec<Handle>,
    turn: AtomicUsize,
    stop: CancellationToken,
    alive: Arc<Alive>,
    local: Local,
}

/// Number of threads that have not ended.
#[derive(Default)]
struct Alive {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Runtime {
    /// Starts `workers` threads named `zfssa-io-N`. `on_thread_start` runs first on each of them.
    ///
    /// # Errors
    ///
    /// `LocalIo` if a thread or its event descriptor cannot be created; threads that were started
    /// end.
    pub(crate) fn start(
        workers: usize,
        on_thread_start: impl Fn() + Send + Sync + 'static,
    ) -> Result<Runtime> {
        let mut runtime = Runtime {
            workers: Vec::with_capacity(workers),
            turn: AtomicUsize::new(0),
            stop: CancellationToken::new(),
            alive: Arc::default(),
            local: Local::default(),
        };
        let on_thread_start = Arc::new(on_thread_start);
        for number in 0..workers.max(1) {
            let start = on_thread_start.clone();
            runtime.add(number, move || start())?;
        }
        Ok(runtime)
    }

    fn add(&mut self, number: usize, begin: impl FnOnce() + Send + 'static) -> Result<()> {
        let name = format!("zfssa-io-{number}");
        let worker = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| no_events(&name, &error))?;
        let handle = worker.handle().clone();
        let stop = self.stop.clone();
        let living = Living::new(&self.alive);
        std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || {
                let _living = living;
                begin();
                worker.block_on(stop.cancelled());
                // Here and not on another thread: the objects of its tasks are dropped with it.
                worker.shutdown_background();
            })
            .map_err(|error| no_thread(&name, &error))?;
        self.workers.push(handle);
        Ok(())
    }

    /// Where the next task is spawned.
    #[expect(clippy::indexing_slicing, reason = "`start` makes at least one worker")]
    pub(crate) fn handle(&self) -> &Handle {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.workers[turn % self.workers.len()]
    }

    /// The threads for files and names.
    pub(crate) fn local(&self) -> &Local {
        &self.local
    }

    /// Ends the engine. Waits at most `patience` for its threads; a thread in a blocking call ends
    /// by itself afterwards.
    pub(crate) fn stop(self, patience: Duration) {
        self.stop.cancel();
        let alive = Arc::clone(&self.alive);
        let count = sync::lock(&alive.count);
        let _ = alive
            .changed
            .wait_timeout_while(count, patience, |count| *count > 0);
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Counts a thread from before its start to its end.
struct Living(Arc<Alive>);

impl Living {
    fn new(alive: &Arc<Alive>) -> Living {
        *sync::lock(&alive.count) += 1;
        Living(Arc::clone(alive))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        let mut count = sync::lock(&self.0.count);
        *count -= 1;
        self.0.changed.notify_all();
    }
}

fn no_events(name: &str, error: &io::Error) -> Error {
    Error::new(
        Status::LocalIo,
        format!(
            "the thread {name} cannot wait for events: {error}; allow this process more open files"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn operations_take_turns_and_the_threads_end() {
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = begun.clone();
        let runtime = Runtime::start(2, move || {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
        let (tell, told) = mpsc::channel();
        for _ in 0..4 {
            let tell = tell.clone();
            runtime.handle().spawn(async move {
                let name = std::thread::current().name().map(str::to_owned);
                tell.send(name).unwrap();
            });
        }
        let mut names: Vec<_> = told.iter().take(4).flatten().collect();
        names.sort();
        assert_eq!(
            names,
            ["zfssa-io-0", "zfssa-io-0", "zfssa-io-1", "zfssa-io-1"]
        );
        // Objects of a task that never ends are dropped before the threads count as ended.
        let held = Arc::new(());
        let holds = held.clone();
        runtime.handle().spawn(async move {
            let _holds = holds;
            std::future::pending::<()>().await;
        });
        let alive = runtime.alive.clone();
        runtime.stop(LONG);
        assert_eq!(*alive.count.lock().unwrap(), 0);
        assert_eq!(begun.load(Ordering::SeqCst), 2);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
