// Driver life cycle: creation, submission of operations, completion, and close.

package zfssa

/*
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// A Driver is one backend: an appliance, a pool and a project. Any number of goroutines may use it
// at the same time. The caller must close it with [Driver.Close] or [Driver.Shutdown].
type Driver struct {
	queue    *queue
	grace    time.Duration
	observer func(Completion)
	trace    func(context.Context) string
	logs     *logs
	closed   *atomic.Bool

	// Held for reading during C calls that use the handle, and for writing while the handle is
	// freed.
	handleLock sync.RWMutex
	handle     *C.zfssa_driver_t
}

// A Completion describes a completed operation, for metrics.
type Completion struct {
	// Operation is the name of the operation, such as create_volume.
	Operation string
	// Err is nil after success, otherwise an [*Error].
	Err error
	// Elapsed is the time from submission to completion, measured by the engine with a resolution
	// of 1 µs.
	Elapsed time.Duration
	// Requests counts the requests sent to the appliance, including those of a rollback.
	Requests int
	// Traceparent is the trace context that the operation was called with, or empty.
	Traceparent string
}

// New creates a driver. It sends no request to the appliance and does not wait for the network.
//
// It fails with [ErrConfig] if the configuration is invalid; [Error.Causes] lists every problem. It
// fails with [ErrABI] if libzfssa cannot be loaded or has an unsupported ABI version.
func New(config Config) (*Driver, error) {
	if err := load(); err != nil {
		return nil, err
	}
	options, err := config.build()
	if err != nil {
		return nil, err
	}
	defer C.zfssa_config_free(options)
	queue, err := newQueue()
	if err != nil {
		return nil, err
	}
	d := &Driver{
		queue:    queue,
		grace:    config.CancelGrace,
		observer: config.Observer,
		trace:    config.Traceparent,
		closed:   new(atomic.Bool),
	}
	if d.grace <= 0 {
		d.grace = DefaultCancelGrace
	}
	var e *C.zfssa_error_t
	if status := C.zfssa_driver_new(options, &d.handle, &e); status != C.ZFSSA_OK {
		queue.stop(context.Background())
		return nil, takeError(e, status)
	}
	if config.Logger != nil {
		if d.logs, err = startLogs(d.handle, config.Logger); err != nil {
			d.Close()
			return nil, err
		}
	}
	runtime.AddCleanup(d, reportLeak, leakReport{d.closed, config.Logger, callSite()})
	return d, nil
}

// Open creates a driver with [New], runs [Driver.DoSetup], and then [Driver.CheckForSetupError]. It
// blocks until all of them have completed or the context ends. On failure it closes the driver and
// returns the error of the failed call.
func Open(ctx context.Context, config Config) (*Driver, error) {
	d, err := New(config)
	if err != nil {
		return nil, err
	}
	if _, err = d.DoSetup(ctx); err == nil {
		_, err = d.CheckForSetupError(ctx)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close cancels the operations in flight, waits until they have rolled back, and logs out of the
// appliance. The cancelled operations return [ErrCancelled] or [ErrShutdown]. Close blocks for up
// to [Config.CancelGrace]; if an operation takes longer, Close returns [ErrTimedOut] and the
// rollback continues in the background. A second call does nothing and returns nil.
func (d *Driver) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), d.grace)
	defer cancel()
	err := d.closeEngine(ctx, C.ZFSSA_CLOSE_CANCEL)
	d.free(ctx)
	if err != nil && ctx.Err() != nil {
		// The engine completes the rollback and frees the driver on a thread of its own.
		return newError(ErrTimedOut, "close", "operations were still rolling back at the end of CancelGrace; the rollback continues")
	}
	return err
}

// Shutdown refuses new operations with [ErrClosed], waits until the operations in flight have
// completed, and closes the driver. It blocks until then or until the context ends. If the context
// ends first, Shutdown returns the cause of the context's end, and the caller must still call
// [Driver.Close].
func (d *Driver) Shutdown(ctx context.Context) error {
	if err := d.closeEngine(ctx, C.ZFSSA_CLOSE_DRAIN); err != nil {
		return err
	}
	return d.Close()
}

// closeEngine closes the C driver. It waits in steps of 1 to 100 ms and checks the context between
// them, because a C call cannot be interrupted.
func (d *Driver) closeEngine(ctx context.Context, how C.uint32_t) error {
	for wait := C.int64_t(1); ; wait = min(2*wait, 100) {
		d.handleLock.RLock()
		if d.handle == nil {
			d.handleLock.RUnlock()
			return nil
		}
		var e *C.zfssa_error_t
		status := C.zfssa_driver_close(d.handle, how, wait, &e)
		d.handleLock.RUnlock()
		if status == C.ZFSSA_OK {
			return nil
		}
		if err := takeError(e, status); !errors.Is(err, ErrTimedOut) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (d *Driver) free(ctx context.Context) {
	d.handleLock.Lock()
	if d.handle != nil {
		C.zfssa_driver_free(d.handle)
		d.handle = nil
	}
	d.handleLock.Unlock()
	d.closed.Store(true)
	d.queue.stop(ctx)
	d.logs.wait()
}

func errClosed(operation string) *Error {
	return newError(ErrClosed, operation, "the driver is closed")
}

type submission func(*C.zfssa_driver_t, *C.zfssa_call_t, *C.zfssa_ticket_t, **C.zfssa_error_t) C.zfssa_status_t

// run submits an operation and blocks until it completes or its context ends. It frees the arena.
// It calls read with the result of a successful operation.
func (d *Driver) run(ctx context.Context, operation string, a *arena, submit submission, read func(*C.zfssa_result_t)) error {
	err := d.submitAndWait(ctx, operation, a, submit, read)
	if err == nil {
		return nil
	}
	return err
}

func (d *Driver) submitAndWait(ctx context.Context, operation string, a *arena, submit submission, read func(*C.zfssa_result_t)) *Error {
	if ctx.Err() != nil {
		a.free()
		return contextError(ctx, operation, OutcomeNone, "the context ended before the operation was submitted")
	}
	var call C.zfssa_call_t
	call.size = C.uint32_t(unsafe.Sizeof(call))
	call.operation_id = a.text("operation id", operationID(ctx))
	call.traceparent = a.text("traceparent", d.traceparentOf(ctx))
	deadline, timed := ctx.Deadline()
	if timed {
		call.timeout_ms = C.int64_t(max(1, milliseconds(time.Until(deadline))))
	}
	if a.err != nil {
		a.free()
		a.err.Operation = operation
		return a.err
	}
	f := newPendingOperation(ctx)
	if f.progress != nil {
		call.flags |= C.ZFSSA_CALL_PROGRESS
	}
	number, err := d.queue.register(f)
	if err != nil {
		a.free()
		return errClosed(operation)
	}
	call.queue = d.queue.handle
	call.user_data = C.uint64_t(number)

	var ticket C.zfssa_ticket_t
	var e *C.zfssa_error_t
	status := C.zfssa_status_t(C.ZFSSA_E_CLOSED)
	d.handleLock.RLock()
	if d.handle != nil {
		status = submit(d.handle, &call, &ticket, &e)
	}
	d.handleLock.RUnlock()
	a.free()
	if status != C.ZFSSA_OK {
		d.queue.unregister(number)
		if e == nil {
			return errClosed(operation)
		}
		refused := takeError(e, status)
		refused.Operation = operation
		return refused
	}

	result, over := f.await(ctx)
	defer f.finish()
	if !over {
		// After a deadline no cancellation is needed: the engine has the same deadline and reports
		// a more exact status.
		if !timed || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			C.zfssa_ticket_cancel(ticket, nil)
			f.stopTransfer()
		}
		grace := time.NewTimer(d.grace)
		select {
		case result = <-f.done:
		case <-grace.C:
			if result = d.queue.abandon(number, f); result == nil {
				return contextError(ctx, operation, OutcomeUnknown,
					"the operation was still running at the end of CancelGrace; query the object to learn its state")
			}
		}
		grace.Stop()
	}
	if result == nil {
		lost := newError(ErrShutdown, operation, "the driver was closed before the operation completed; query the object to learn its state")
		lost.Outcome = OutcomeUnknown
		return lost
	}
	return d.complete(ctx, operation, result, read)
}

// complete reads and frees a result, and reports the completion to the observer.
func (d *Driver) complete(ctx context.Context, operation string, result *C.zfssa_result_t, read func(*C.zfssa_result_t)) *Error {
	failed, completion := readResult(ctx, operation, result, read)
	if d.observer != nil {
		if failed != nil {
			completion.Err = failed
		}
		d.observer(completion)
	}
	return failed
}

func readResult(ctx context.Context, operation string, result *C.zfssa_result_t, read func(*C.zfssa_result_t)) (*Error, Completion) {
	cgoSlots <- struct{}{}
	defer func() { <-cgoSlots }()
	defer C.zfssa_result_free(result)
	var failed *Error
	if status := C.zfssa_result_status(result); status != C.ZFSSA_OK {
		failed = copyError(C.zfssa_result_error(result), status)
		if ctx.Err() != nil && (failed.Status == ErrCancelled || failed.Status == ErrDeadline) {
			failed.cause = context.Cause(ctx)
		}
	} else if read != nil {
		read(result)
	}
	return failed, Completion{
		Operation:   operation,
		Elapsed:     time.Duration(C.zfssa_result_elapsed_us(result)) * time.Microsecond,
		Requests:    int(C.zfssa_result_requests(result)),
		Traceparent: C.GoString(C.zfssa_result_traceparent(result)),
	}
}

// contextError creates the error of an operation whose context ended.
func contextError(ctx context.Context, operation string, outcome Outcome, message string) *Error {
	status := ErrCancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		status = ErrDeadline
	}
	err := newError(status, operation, message)
	err.Outcome = outcome
	err.cause = context.Cause(ctx)
	return err
}

type operationIDKey struct{}

// WithOperationID returns a context whose operations use the given operation id of up to 128 bytes.
// The engine stores the id in the objects that it creates, so that a repeated call with the same id
// recognizes them, even from another process. Use each id for one operation only. An operation
// fails with [ErrInvalidArgument] if its id is too long.
func WithOperationID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, operationIDKey{}, id)
}

func operationID(ctx context.Context) string {
	id, _ := ctx.Value(operationIDKey{}).(string)
	return id
}

type traceparentKey struct{}

// WithTraceparent returns a context whose operations are in a trace. The value is that of the header
// traceparent of W3C Trace Context. Each request of an operation to the appliance has this header
// with the same trace id and a span id of its own, and the operation's log records have the
// attribute trace_id. An operation fails with [ErrInvalidArgument] if the value is not valid; an
// empty value ends the trace. It takes the place of [Config.Traceparent].
func WithTraceparent(ctx context.Context, value string) context.Context {
	return context.WithValue(ctx, traceparentKey{}, value)
}

func (d *Driver) traceparentOf(ctx context.Context) string {
	value, given := ctx.Value(traceparentKey{}).(string)
	if !given && d.trace != nil {
		value = d.trace(ctx)
	}
	return value
}

// A leakReport holds the data needed to report a driver that was garbage collected without Close.
type leakReport struct {
	closed    *atomic.Bool
	logger    *slog.Logger
	createdAt string
}

// reportLeak logs an error for a driver that was garbage collected without Close. It frees nothing,
// because a cleanup cannot know which operations are still in flight.
func reportLeak(l leakReport) {
	if l.closed.Load() {
		return
	}
	logger := l.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Error("zfssa: Driver was garbage collected without Close: its threads and its session stay open: call Close", "created_at", l.createdAt)
}

// callSite returns the file and line outside this package that created the driver.
func callSite() string {
	pcs := make([]uintptr, 8)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if !more || frame.Function != "github.com/libzfssa/libzfssa/bindings/go/zfssa.Open" {
			return frame.File + ":" + strconv.Itoa(frame.Line)
		}
	}
}
