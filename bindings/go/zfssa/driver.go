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

// A Driver is one backend. It may be used by any number of goroutines at a time, and must be
// closed.
type Driver struct {
	queue    *queue
	grace    time.Duration
	observer func(Completion)
	logs     *logs
	closed   *atomic.Bool

	// Held for reading while C uses the handle, and for writing when it is freed.
	handleLock sync.RWMutex
	handle     *C.zfssa_driver_t
}

// A Completion is what an operation cost, for metrics.
type Completion struct {
	// Operation is its name, such as create_volume.
	Operation string
	// Err is nil or an [*Error].
	Err error
	// Elapsed is the time from submission to completion, on the engine's clock.
	Elapsed time.Duration
	// Requests is how many requests were sent to the appliance, those for undoing included.
	Requests int
}

// New makes a driver and sends nothing. An invalid configuration is an [ErrConfig] with every
// problem among the causes of the error.
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

// Open makes a driver, sets up what it needs on the appliance, and checks that all is there.
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

// Close stops the operations in flight, which undo what they began and return [ErrCancelled] or
// [ErrShutdown], waits for them for up to [Config.CancelGrace], and logs out. A second call does
// nothing.
func (d *Driver) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), d.grace)
	defer cancel()
	err := d.closeEngine(ctx, C.ZFSSA_CLOSE_CANCEL)
	d.free(ctx)
	if err != nil && ctx.Err() != nil {
		// Freeing goes on without us.
		return newError(ErrTimedOut, "close", "operations were still being undone when the time for it was over")
	}
	return err
}

// Shutdown takes no more operations and waits until those in flight have ended by themselves,
// then closes the driver. When the context ends first, its error is returned and the driver is
// still to be closed with [Driver.Close].
func (d *Driver) Shutdown(ctx context.Context) error {
	if err := d.closeEngine(ctx, C.ZFSSA_CLOSE_DRAIN); err != nil {
		return err
	}
	return d.Close()
}

// end closes the driver in steps that are short enough to look at the context between them.
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

// run submits an operation and waits for it. The arena is freed; read gets the result of an
// operation that succeeded.
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
		return contextError(ctx, operation, OutcomeNone, "the context had ended before the operation began")
	}
	var call C.zfssa_call_t
	call.size = C.uint32_t(unsafe.Sizeof(call))
	call.operation_id = a.text("operation id", operationID(ctx))
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
		// The engine has the same deadline and ends by itself, with the truer status.
		if !timed || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			C.zfssa_cancel(ticket, nil)
			f.stopTransfer()
		}
		grace := time.NewTimer(d.grace)
		select {
		case result = <-f.done:
		case <-grace.C:
			if result = d.queue.abandon(number, f); result == nil {
				return contextError(ctx, operation, OutcomeUnknown,
					"the operation was told to stop and was still at it when the time for that was over; look the object up")
			}
		}
		grace.Stop()
	}
	if result == nil {
		lost := newError(ErrShutdown, operation, "the driver was closed before the operation ended; look the object up")
		lost.Outcome = OutcomeUnknown
		return lost
	}
	return d.complete(ctx, operation, result, read)
}

// conclude reads a result and frees it.
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
		Operation: operation,
		Elapsed:   time.Duration(C.zfssa_result_elapsed_us(result)) * time.Microsecond,
		Requests:  int(C.zfssa_result_requests(result)),
	}
}

// ended is the error of an operation that the end of its context ended.
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

// WithOperationID gives the operations that run with the context an id of up to 128 bytes, which
// the engine writes on what it creates. When the same call is made again, even by another
// process, it knows its own work by it. Use one id for one operation.
func WithOperationID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, operationIDKey{}, id)
}

func operationID(ctx context.Context) string {
	id, _ := ctx.Value(operationIDKey{}).(string)
	return id
}

// leak is what remains of a driver that was thrown away.
type leakReport struct {
	closed    *atomic.Bool
	logger    *slog.Logger
	createdAt string
}

// reportLeak tells of a driver that nobody closed. It frees nothing: a finalizer cannot know what is
// still in flight.
func reportLeak(l leakReport) {
	if l.closed.Load() {
		return
	}
	logger := l.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Error("zfssa: a Driver was thrown away without Close; its threads and its session stay", "made", l.createdAt)
}

// caller is the place outside of this package where the driver was made.
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
