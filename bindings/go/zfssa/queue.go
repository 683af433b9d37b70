// Completion queue: a goroutine that dispatches the engine's events to waiting callers.

package zfssa

/*
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// A queue dispatches completion, progress and transfer events to the pending operations of a
// driver. Its goroutine waits in the network poller on the file descriptor of the C queue.
type queue struct {
	handle *C.zfssa_queue_t
	file   *os.File
	events [64]C.zfssa_event_t
	ended  chan struct{}

	mu       sync.Mutex
	next     uint64
	waiting  map[uint64]*pendingOperation // nil after abandon
	idle     chan struct{}                // closed when the last operation completes; nil unless stop waits
	stopping bool
	stopped  bool
}

func newQueue() (*queue, error) {
	q := &queue{waiting: map[uint64]*pendingOperation{}, ended: make(chan struct{})}
	var e *C.zfssa_error_t
	if status := C.zfssa_queue_new(&q.handle, &e); status != C.ZFSSA_OK {
		return nil, takeError(e, status)
	}
	var fd C.int32_t
	if status := C.zfssa_queue_fd(q.handle, &fd, &e); status != C.ZFSSA_OK {
		C.zfssa_queue_free(q.handle)
		return nil, takeError(e, status)
	}
	// os.File closes its file descriptor, so give it a duplicate; the C queue closes its own.
	own := C.zfssago_dup(C.int(fd))
	if own < 0 {
		C.zfssa_queue_free(q.handle)
		return nil, newError(ErrLocalIO, "open", "cannot duplicate the file descriptor of the completion queue")
	}
	q.file = os.NewFile(uintptr(own), "zfssa-queue")
	if err := q.file.SetReadDeadline(time.Time{}); err != nil {
		q.file.Close()
		C.zfssa_queue_free(q.handle)
		return nil, newError(ErrLocalIO, "open", fmt.Sprintf("cannot poll the completion queue: %v", err))
	}
	go q.run()
	return q, nil
}

// register adds a pending operation. It returns the number that identifies the operation in events;
// the engine carries it as user data. It fails with [ErrClosed] after the queue has stopped.
func (q *queue) register(f *pendingOperation) (uint64, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		return 0, errClosed("")
	}
	q.next++
	q.waiting[q.next] = f
	return q.next, nil
}

// abandon stops waiting for an operation. It returns the result if it has arrived already;
// otherwise it returns nil, and deliver frees the result when it arrives.
func (q *queue) abandon(number uint64, f *pendingOperation) *C.zfssa_result_t {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, still := q.waiting[number]; still {
		q.waiting[number] = nil
		return nil
	}
	return <-f.done
}

// unregister removes an operation that the engine did not accept.
func (q *queue) unregister(number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(number)
}

// remove deletes an operation and wakes stop after the last one. The caller holds mu.
func (q *queue) remove(number uint64) {
	delete(q.waiting, number)
	if len(q.waiting) == 0 && q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
}

// deliver passes a result to the waiting caller, or frees the result of an abandoned operation.
func (q *queue) deliver(number uint64, result *C.zfssa_result_t) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if f := q.waiting[number]; f == nil {
		C.zfssa_result_free(result)
	} else {
		f.done <- result
	}
	q.remove(number)
}

// lookup returns the pending operation with the given number; nil if it was abandoned.
func (q *queue) lookup(number uint64) *pendingOperation {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting[number]
}

// run dispatches events until stop, then frees the C queue and ends the operations still waiting.
func (q *queue) run() {
	defer close(q.ended)
	connection, err := q.file.SyscallConn()
	if err == nil {
		// Read calls the function once at the start and whenever the file descriptor is readable.
		_ = connection.Read(func(uintptr) bool { return q.drain() })
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.file.Close()
	C.zfssa_queue_free(q.handle)
	for number, f := range q.waiting {
		if f != nil {
			f.done <- nil
		}
		q.remove(number)
	}
}

// drain dispatches all available events. It returns true if the queue is to end.
func (q *queue) drain() bool {
	last := false
	for {
		var count C.uint32_t
		status := C.zfssa_queue_next(q.handle, &q.events[0], C.sizeof_zfssa_event_t,
			C.uint32_t(len(q.events)), 0, &count, nil)
		if status != C.ZFSSA_OK {
			return true
		}
		for i := range q.events[:count] {
			event := &q.events[i]
			switch event.kind {
			case C.ZFSSA_EV_COMPLETION:
				q.deliver(uint64(event.user_data), event.result)
				event.result = nil
			case C.ZFSSA_EV_PROGRESS:
				q.lookup(uint64(event.user_data)).storeProgress(event.result)
				event.result = nil
			case C.ZFSSA_EV_TRANSFER:
				q.lookup(uint64(event.user_data)).requestTransfer(event.ticket, event.result)
				event.result = nil
			case C.ZFSSA_EV_WAKE:
				q.mu.Lock()
				last = q.stopping
				q.mu.Unlock()
			}
		}
		if int(count) < len(q.events) {
			return last
		}
	}
}

// stop ends the queue once no operation is in flight or the context has ended. It blocks until the
// queue's goroutine has returned.
func (q *queue) stop(ctx context.Context) {
	q.mu.Lock()
	if q.stopping || q.stopped {
		q.mu.Unlock()
		<-q.ended
		return
	}
	q.stopping = true
	var idle chan struct{}
	if len(q.waiting) > 0 {
		idle = make(chan struct{})
		q.idle = idle
	}
	q.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
		}
	}
	C.zfssa_queue_wake(q.handle, nil)
	<-q.ended
}
