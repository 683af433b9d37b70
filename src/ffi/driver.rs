//! Driver objects: start, submission of operations, close and teardown.

use std::sync::{Arc, Condvar, Mutex, Weak};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

use super::call::CallArgs;
use super::guard::Out;
use super::log::{EndLog, LogEntrance, LogSink};
use super::types::{zfssa_driver_t, zfssa_ticket_t};
use crate::config::Config;
use crate::driver::{Call, Description, Driver, Metrics, Operation};
use crate::error::{Error, Result, Status};
use crate::ffi::completion::admission::{InFlightLimit, InFlightSlot, RunningOperation};
use crate::ffi::completion::in_flight::{Delivery, InFlight, TicketNumber};
use crate::ffi::completion::progress::ProgressReporter;
use crate::ffi::completion::result::Completion;
use crate::ffi::process::handle::Handle;
use crate::ffi::process::per_process::PerProcess;
use crate::ffi::process::runtime::Runtime;
use crate::ffi::process::wait::{WaitLimit, lock};
use crate::ffi::process::worker::{WorkerJob, WorkerLease};
use crate::ffi::process::{callback_thread, signals, teardown_thread};
use crate::scope::Scope;
use crate::telemetry;

/// Time limit of the log-out when a driver ends.
const LOG_OUT: Duration = Duration::from_secs(5);
/// Time for which the end of the last driver waits for threads in a blocking call.
const JOIN: Duration = Duration::from_secs(2);

/// The engine's threads, as long as a driver lives.
static RUNTIME: PerProcess<Mutex<Weak<Runtime>>> = PerProcess::new(|_| Mutex::default());

/// A driver object. When the last use of it ends, on any thread, it goes to the teardown thread.
pub(super) struct DriverObject(Option<Box<RunningDriver>>);

/// A driver, and the process-wide threads that it needs.
pub(super) struct RunningDriver {
    engine: Option<Driver>,
    rollback: Duration,
    in_flight: Arc<InFlightLimit>,
    log: Arc<LogSink>,
    dispatch: Dispatch,
    ending: Arc<CloseState>,
    runtime: Arc<Runtime>,
    callback_lease: WorkerLease,
    // Declared last, so that it is dropped last: its thread is the one that drops the others.
    _teardown_lease: WorkerLease,
}

impl Handle for zfssa_driver_t {
    type Object = DriverObject;
    const KIND: &'static str = "driver";
}

impl DriverObject {
    fn backend(&self) -> Result<&RunningDriver> {
        // Taken only by Drop.
        self.0
            .as_deref()
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

    /// The metrics now.
    pub(super) fn metrics(&self) -> Result<Metrics> {
        Ok(self.backend()?.engine()?.metrics())
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
        let admitted = backend.admit(O::NAME, call)?;
        bind(&mut operation, &admitted.flight);
        let (engine, scope) = (admitted.engine.clone(), admitted.scope.clone());
        let resource = operation.resource();
        let run = Box::pin(async move {
            let outcome = operation.run(&engine, &scope).await;
            outcome.map(|output| Box::new(output) as _)
        });
        backend.start(admitted, ticket, (Description::of::<O>(), resource, run));
        Ok(())
    }

    /// Takes no more operations, stops those in flight if `cancel`, and waits for their end and
    /// the log-out.
    pub(super) fn close(&self, cancel: bool, limit: WaitLimit) -> Result<()> {
        let backend = self.backend()?;
        backend.begin_end(cancel);
        backend.ending.wait(limit)
    }
}

impl Drop for DriverObject {
    fn drop(&mut self) {
        if let Some(backend) = self.0.take() {
            teardown_thread::push(backend);
        }
    }
}

impl RunningDriver {
    /// Prepares a driver, and the process-wide threads if it is the first.
    pub(super) fn begin(config: Config) -> Result<DriverObject> {
        let teardown_lease = teardown_thread::lease()?;
        let callback_lease = callback_thread::lease()?;
        let runtime = runtime(config.limits.worker_threads)?;
        let log = Arc::new(LogSink::default());
        let dispatch = telemetry::dispatch(Arc::new(LogEntrance(Arc::clone(&log))));
        // From here on the teardown thread cleans up, should anything fail.
        let mut object = DriverObject(Some(Box::new(RunningDriver {
            engine: None,
            rollback: config.timeouts.rollback,
            in_flight: InFlightLimit::new(config.limits.max_in_flight),
            log,
            dispatch,
            ending: Arc::default(),
            runtime,
            callback_lease,
            _teardown_lease: teardown_lease,
        })));
        if let Some(backend) = &mut object.0 {
            let _entered = backend.runtime.handle().enter();
            let local = backend.runtime.local().clone();
            // It may start threads for journals and names.
            let make = || signals::blocked(|| Driver::on(config, local));
            backend.engine = Some(tracing::dispatcher::with_default(&backend.dispatch, make)?);
        }
        Ok(object)
    }

    /// Reserves what a submission needs, and fails if the driver takes no more operations.
    fn admit(&self, operation: &'static str, call: CallArgs) -> Result<Admitted> {
        let engine = self.engine()?.clone();
        let slots = self.in_flight.admit()?;
        let place = call.place()?;
        let cancel = CancellationToken::new();
        let number = TicketNumber::new();
        let reporter = match &place {
            Delivery::Queue(seat) if call.progress => Some(ProgressReporter::new(
                Arc::clone(seat.queue()),
                number.ticket(),
                call.user_data,
                operation,
                call.traceparent.clone(),
            )),
            _ => None,
        };
        let scope = engine.scope(Call {
            timeout: call.timeout,
            cancel: cancel.clone(),
            operation_id: call.operation_id,
            traceparent: call.traceparent,
            progress: reporter
                .as_ref()
                .map(ProgressReporter::progress)
                .unwrap_or_default(),
        });
        let flight = InFlight::new(
            operation,
            number,
            place,
            call.user_data,
            cancel,
            reporter,
            scope.traceparent().cloned(),
        );
        Ok(Admitted {
            engine,
            scope,
            flight,
            number,
            slots,
        })
    }

    /// Starts an operation as a task. Apart from [`DriverObject::submit`], so that it is compiled
    /// once and not for each operation.
    fn start(
        &self,
        admitted: Admitted,
        ticket: &Out<zfssa_ticket_t>,
        (operation, resource, run): (Description, String, BoxFuture<'static, Completion>),
    ) {
        let (engine, scope) = (admitted.engine, admitted.scope.clone());
        let completer = admitted.flight.begin(admitted.slots, admitted.scope);
        ticket.set(admitted.number.ticket());
        self.spawn(Box::pin(async move {
            completer.finish(engine.observe(operation, resource, &scope, run).await);
        }));
    }

    fn spawn(&self, work: BoxFuture<'static, ()>) {
        self.runtime
            .handle()
            .spawn(work.with_subscriber(self.dispatch.clone()));
    }

    fn engine(&self) -> Result<&Driver> {
        self.engine
            .as_ref()
            .ok_or_else(|| Error::new(Status::Closed, "the driver was not made"))
    }

    /// Takes no more operations, and logs out when the last one ended.
    fn begin_end(&self, cancel: bool) {
        self.in_flight.close();
        if cancel && let Some(engine) = &self.engine {
            engine.shut_down();
        }
        if !self.ending.begin() {
            return;
        }
        let closed = ClosedOnDrop(Arc::clone(&self.ending));
        let in_flight = Arc::clone(&self.in_flight);
        let engine = self.engine.clone();
        let work = async move {
            in_flight.idle().await;
            if let Some(engine) = engine {
                engine.log_out(LOG_OUT).await;
            }
            drop(closed);
        };
        self.spawn(Box::pin(work));
    }
}

/// An operation that was accepted and does not run yet.
struct Admitted {
    engine: Driver,
    scope: Scope,
    flight: Arc<InFlight>,
    number: TicketNumber,
    slots: (RunningOperation, InFlightSlot),
}

/// Teardown: ends the driver, and the engine with the last one.
impl WorkerJob for RunningDriver {
    fn run(self: Box<Self>) {
        self.begin_end(true);
        // Rollback and log-out have separate limits; this one is for defects.
        let limit = Instant::now().checked_add(self.rollback + 2 * LOG_OUT);
        let _ = self
            .ending
            .wait(limit.map_or(WaitLimit::Unlimited, WaitLimit::Until));
        let RunningDriver {
            engine,
            runtime,
            log,
            dispatch,
            callback_lease,
            _teardown_lease,
            ..
        } = *self;
        drop((engine, dispatch));
        if let Some(last) = Arc::into_inner(runtime) {
            last.stop(JOIN);
        }
        callback_thread::push(Box::new(EndLog(log)));
        drop(callback_lease);
    }
}

/// The engine: the running one, or a new one.
fn runtime(workers: usize) -> Result<Arc<Runtime>> {
    let mut slot = lock(RUNTIME.get());
    if let Some(running) = slot.upgrade() {
        return Ok(running);
    }
    let started = signals::blocked(|| Runtime::start(workers, signals::block));
    let runtime = Arc::new(started?);
    *slot = Arc::downgrade(&runtime);
    Ok(runtime)
}

/// Progress of closing a driver.
#[derive(Default)]
struct CloseState {
    phase: Mutex<ClosePhase>,
    over: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum ClosePhase {
    #[default]
    Open,
    Closing,
    Closed,
}

impl CloseState {
    /// True for the first caller, who is to do it.
    fn begin(&self) -> bool {
        let mut phase = lock(&self.phase);
        let first = *phase == ClosePhase::Open;
        if first {
            *phase = ClosePhase::Closing;
        }
        first
    }

    fn wait(&self, limit: WaitLimit) -> Result<()> {
        let mut phase = lock(&self.phase);
        while *phase != ClosePhase::Closed {
            let (guard, in_time) = limit.wait(&self.over, phase);
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

/// Marks a driver as closed when it is dropped, also when the task that should is dropped.
struct ClosedOnDrop(Arc<CloseState>);

impl Drop for ClosedOnDrop {
    fn drop(&mut self) {
        *lock(&self.0.phase) = ClosePhase::Closed;
        self.0.over.notify_all();
    }
}
