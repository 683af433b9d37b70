//! Driver objects: start, submission of operations, close and teardown.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use super::call::CallArgs;
use super::guard::Out;
use super::log::{LogEntrance, LogSink};
use super::process::{per_process, signals};
use super::types::{zfssa_driver_t, zfssa_ticket_t};
use crate::config::Config;
use crate::driver::{Call, Driver, Operation};
use crate::error::{Error, Result, Status};
use crate::ffi::completion::admission::Gate;
use crate::ffi::completion::in_flight::{InFlight, Number, Place};
use crate::ffi::completion::progress::Teller;
use crate::ffi::process::callback_thread::Job;
use crate::ffi::process::handle::Handle;
use crate::ffi::process::per_process::Process;
use crate::ffi::process::wait::{Patience, lock};
use crate::ffi::process::worker::Lease;
use crate::runtime::Runtime;
use crate::telemetry;

/// How long the appliance may take to end the session when a driver ends.
const LOG_OUT: Duration = Duration::from_secs(5);
/// How long the last driver's end waits for threads in a blocking call.
const JOIN: Duration = Duration::from_secs(2);

/// A driver in the host's hands. When the last use of it ends, on whichever thread, the reaper
/// gets the rest.
pub(super) struct DriverObject(Option<Backend>);

/// A driver, and what it needs of the process.
pub(super) struct Backend {
    engine: Option<Driver>,
    undo: Duration,
    gate: Arc<Gate>,
    log: Arc<LogSink>,
    dispatch: Dispatch,
    ending: Arc<Ending>,
    runtime: Arc<Runtime>,
    dispatcher: Lease<Job>,
    // Declared last, so that it is dropped last: its thread is the one that drops the others.
    _reaper: Lease<Backend>,
}

impl Handle for zfssa_driver_t {
    type Object = DriverObject;
    const KIND: &'static str = "driver";
}

impl DriverObject {
    fn backend(&self) -> Result<&Backend> {
        // Taken only by Drop.
        self.0
            .as_ref()
            .ok_or_else(|| Error::new(Status::Closed, "the driver is gone"))
    }

    /// The engine's driver.
    #[cfg(test)]
    pub(super) fn engine(&self) -> &Driver {
        self.0
            .as_ref()
            .and_then(|backend| backend.engine.as_ref())
            .unwrap()
    }

    /// The driver's log.
    pub(super) fn log(&self) -> Result<&LogSink> {
        Ok(&self.backend()?.log)
    }

    /// Submits an operation. The ticket is written before the operation can complete. `bind`
    /// runs when it is accepted, for operations that refer to themselves.
    pub(super) fn submit<O: Operation>(
        &self,
        mut operation: O,
        call: CallArgs,
        ticket: &Out<zfssa_ticket_t>,
        bind: impl FnOnce(&mut O, &Arc<InFlight>),
    ) -> Result<()> {
        let backend = self.backend()?;
        let engine = backend.engine()?.clone();
        let admitted = backend.gate.admit()?;
        let place = call.place()?;
        let cancel = CancellationToken::new();
        let number = Number::new();
        let teller = match &place {
            Place::Queue(seat) if call.progress => Some(Teller::new(
                Arc::clone(seat.queue()),
                number.ticket(),
                call.user_data,
                O::NAME,
            )),
            _ => None,
        };
        let scope = engine.scope(Call {
            timeout: call.timeout,
            cancel: cancel.clone(),
            operation_id: call.operation_id,
            progress: teller.as_ref().map(Teller::progress).unwrap_or_default(),
        });
        let flight = InFlight::new::<O>(number, place, call.user_data, cancel, teller);
        bind(&mut operation, &flight);
        let completer = flight.begin(admitted, scope.clone());
        ticket.set(number.ticket());
        let work = async move {
            let outcome = engine.run(operation, &scope).await;
            completer.finish::<O>(outcome);
        };
        backend
            .runtime
            .handle()
            .spawn(work.with_subscriber(backend.dispatch.clone()));
        Ok(())
    }

    /// Takes no more operations, stops those in flight if `cancel`, and waits for their end and
    /// the log-out.
    pub(super) fn close(&self, cancel: bool, patience: Patience) -> Result<()> {
        let backend = self.backend()?;
        backend.begin_end(cancel);
        backend.ending.wait(patience)
    }
}

impl Drop for DriverObject {
    fn drop(&mut self) {
        if let Some(backend) = self.0.take() {
            per_process::current().reaper.push(backend);
        }
    }
}

impl Backend {
    /// Prepares a driver, and what it needs of the process if it is the first.
    pub(super) fn begin(config: Config) -> Result<DriverObject> {
        let process = per_process::current();
        let reaper = process.reaper.lease()?;
        let dispatcher = process.dispatcher.lease()?;
        let runtime = runtime(process, config.limits.worker_threads)?;
        let log = Arc::new(LogSink::default());
        let dispatch = telemetry::dispatch(Arc::new(LogEntrance(Arc::clone(&log))));
        // From here on the reaper cleans up, should anything fail.
        let mut object = DriverObject(Some(Backend {
            engine: None,
            undo: config.timeouts.undo,
            gate: Gate::new(config.limits.max_in_flight),
            log,
            dispatch,
            ending: Arc::default(),
            runtime,
            dispatcher,
            _reaper: reaper,
        }));
        if let Some(backend) = &mut object.0 {
            let _entered = backend.runtime.handle().enter();
            let local = backend.runtime.local().clone();
            // It may start threads for journals and names.
            let make = || signals::blocked(|| Driver::on(config, local));
            backend.engine = Some(tracing::dispatcher::with_default(&backend.dispatch, make)?);
        }
        Ok(object)
    }

    fn engine(&self) -> Result<&Driver> {
        self.engine
            .as_ref()
            .ok_or_else(|| Error::new(Status::Closed, "the driver was not made"))
    }

    /// Takes no more operations, and logs out when the last one ended.
    fn begin_end(&self, cancel: bool) {
        self.gate.close();
        if cancel && let Some(engine) = &self.engine {
            engine.shut_down();
        }
        if !self.ending.begin() {
            return;
        }
        let told = Told(Arc::clone(&self.ending));
        let gate = Arc::clone(&self.gate);
        let engine = self.engine.clone();
        let work = async move {
            gate.idle().await;
            if let Some(engine) = engine {
                engine.log_out(LOG_OUT).await;
            }
            drop(told);
        };
        self.runtime
            .handle()
            .spawn(work.with_subscriber(self.dispatch.clone()));
    }

    /// Ends the driver, and the engine with the last one. Runs on the reaper's thread.
    pub(super) fn end(self) {
        self.begin_end(true);
        // Undoing and logging out have limits of their own; this one is for defects.
        let limit = Instant::now().checked_add(self.undo + 2 * LOG_OUT);
        let _ = self
            .ending
            .wait(limit.map_or(Patience::Unlimited, Patience::Until));
        let Backend {
            engine,
            runtime,
            log,
            dispatch,
            dispatcher,
            _reaper,
            ..
        } = self;
        drop((engine, dispatch));
        if let Some(last) = Arc::into_inner(runtime) {
            last.stop(JOIN);
        }
        per_process::current().dispatcher.push(Job::EndLog(log));
        drop(dispatcher);
    }
}

/// The engine: the running one, or a new one.
fn runtime(process: &Process, workers: usize) -> Result<Arc<Runtime>> {
    let mut slot = lock(&process.runtime);
    if let Some(running) = slot.upgrade() {
        return Ok(running);
    }
    let started = signals::blocked(|| Runtime::start(workers, signals::block));
    let runtime = Arc::new(started?);
    *slot = Arc::downgrade(&runtime);
    Ok(runtime)
}

/// How far a driver's end has come.
#[derive(Default)]
struct Ending {
    phase: Mutex<Phase>,
    over: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Phase {
    #[default]
    Open,
    Closing,
    Closed,
}

impl Ending {
    /// True for the first caller, who is to do it.
    fn begin(&self) -> bool {
        let mut phase = lock(&self.phase);
        let first = *phase == Phase::Open;
        if first {
            *phase = Phase::Closing;
        }
        first
    }

    fn wait(&self, patience: Patience) -> Result<()> {
        let mut phase = lock(&self.phase);
        while *phase != Phase::Closed {
            let (guard, in_time) = patience.wait(&self.over, phase);
            phase = guard;
            if !in_time {
                let message =
                    "operations are still ending; they go on, and closing may be called again";
                return Err(Error::new(Status::TimedOut, message));
            }
        }
        Ok(())
    }
}

/// Tells that a driver has ended, also when the task that should is dropped.
struct Told(Arc<Ending>);

impl Drop for Told {
    fn drop(&mut self) {
        *lock(&self.0.phase) = Phase::Closed;
        self.0.over.notify_all();
    }
}
