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

// A queue brings completions to the goroutines that wait for them. Its goroutine is parked in
// the network poller while there are none.
type queue struct {
	handle *C.zfssa_queue_t
	file   *os.File
	events [64]C.zfssa_event_t
	ended  chan struct{}

	mu       sync.Mutex
	next     uint64
	waiting  map[uint64]*pendingOperation // nil where nobody waits any more
	idle     chan struct{}                // closed when nothing is in flight, where somebody waits for that
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
	// Ours to close, while the engine's own ends with the queue.
	own := C.zfssago_dup(C.int(fd))
	if own < 0 {
		C.zfssa_queue_free(q.handle)
		return nil, newError(ErrLocalIO, "open", "the file descriptor of the queue cannot be copied")
	}
	q.file = os.NewFile(uintptr(own), "zfssa-queue")
	if err := q.file.SetReadDeadline(time.Time{}); err != nil {
		q.file.Close()
		C.zfssa_queue_free(q.handle)
		return nil, newError(ErrLocalIO, "open", fmt.Sprintf("the queue cannot be polled: %v", err))
	}
	go q.run()
	return q, nil
}

// expect reserves a place for a completion. The number goes to the engine as user data.
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

// leave gives up a place. A result that comes later is freed; one that is there is returned.
func (q *queue) abandon(number uint64, f *pendingOperation) *C.zfssa_result_t {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, still := q.waiting[number]; still {
		q.waiting[number] = nil
		return nil
	}
	return <-f.done
}

// refused takes back the place of an operation that was not accepted.
func (q *queue) unregister(number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(number)
}

func (q *queue) remove(number uint64) {
	delete(q.waiting, number)
	if len(q.waiting) == 0 && q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
}

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

// flight is who waits for a number; nil where nobody does any more.
func (q *queue) lookup(number uint64) *pendingOperation {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting[number]
}

func (q *queue) run() {
	defer close(q.ended)
	connection, err := q.file.SyscallConn()
	if err == nil {
		// The function is called when there may be something, and once at the beginning.
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

// drain takes every event there is, and says whether it was the last time.
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

// stop ends the queue, when nothing is in flight or the context ends.
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
