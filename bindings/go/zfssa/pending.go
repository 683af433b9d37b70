package zfssa

/*
#include <stdlib.h>
#include "zfssa.h"
*/
import "C"

import (
	"context"
	"strings"
	"unsafe"
)

// Progress is how far an operation is.
type Progress struct {
	// Step is what the operation is at, such as transfer. New ones may come in any version.
	Step string
	// Done is how much of the step is done, in parts of Total.
	Done uint64
	// Total is what Done will be at the step's end; 0 while that is not known.
	Total uint64
}

// A Transfer writes an image onto a LUN: the whole image through the connection. When it returns
// nil, every byte is on the LUN and the host has let go of it. Its context ends when the operation
// does not wait for it any more; what was written by then does not count.
type Transfer func(context.Context, *Connection) error

// maxReason is the longest reason of a transfer that failed, in bytes.
const maxReason = 4096

type progressKey struct{}

type transferKey struct{}

// WithProgress has the operations that run with the context tell how far they are. The function
// is called in the goroutine of the operation's caller, before the operation returns; it sees the
// latest, not each step.
func WithProgress(ctx context.Context, onProgress func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, onProgress)
}

// CloneImageWith is [Driver.CloneImage] with an image that the caller writes, if it is not in the
// cache yet. It returns when the operation ended and transfer, which it runs in a goroutine of its
// own, has returned.
func (d *Driver) CloneImageWith(ctx context.Context, req CloneImageRequest, transfer Transfer) (*ClonedImage, error) {
	if req.ImagePath != "" {
		return nil, newError(ErrInvalidArgument, "clone_image", "both ImagePath and a transfer are given")
	}
	return d.CloneImage(context.WithValue(ctx, transferKey{}, transfer), req)
}

// A flight is an operation between its submission and the moment when its caller has the result.
// The goroutine of the queue puts in what comes and never waits for anybody.
type pendingOperation struct {
	done chan *C.zfssa_result_t
	// The latest progress that was not told yet.
	progress  chan Progress
	transfers chan transferRequest

	onProgress func(Progress)
	transfer   Transfer
	// Ends the transfer, and what is closed when it has ended.
	cancelTransfer context.CancelFunc
	transferEnded  chan struct{}
}

// transferRequest is a transfer that the engine asks for.
type transferRequest struct {
	ticket     C.zfssa_ticket_t
	connection *Connection
}

func newPendingOperation(ctx context.Context) *pendingOperation {
	f := &pendingOperation{done: make(chan *C.zfssa_result_t, 1)}
	if f.onProgress, _ = ctx.Value(progressKey{}).(func(Progress)); f.onProgress != nil {
		f.progress = make(chan Progress, 1)
	}
	if f.transfer, _ = ctx.Value(transferKey{}).(Transfer); f.transfer != nil {
		f.transfers = make(chan transferRequest, 1)
	}
	return f
}

// told passes progress on, in the place of an older one. For the goroutine of the queue.
func (f *pendingOperation) storeProgress(result *C.zfssa_result_t) {
	defer C.zfssa_result_free(result)
	v := C.zfssa_result_progress(result)
	if f == nil || f.progress == nil || v == nil {
		return
	}
	select {
	case <-f.progress:
	default:
	}
	f.progress <- Progress{Step: C.GoString(v.step), Done: uint64(v.done), Total: uint64(v.total)}
}

// offer passes a transfer on; one that nobody would do is refused. For the goroutine of the queue.
func (f *pendingOperation) requestTransfer(ticket C.zfssa_ticket_t, result *C.zfssa_result_t) {
	defer C.zfssa_result_free(result)
	v := C.zfssa_result_connection(result)
	if f == nil || f.transfers == nil || v == nil {
		finishTransfer(ticket, C.ZFSSA_E_CANCELLED, "nobody is there to transfer the image")
		return
	}
	f.transfers <- transferRequest{ticket, connectionOf(v)}
}

// attend does what the operation asks for until it completed; false when the context ended first.
func (f *pendingOperation) await(ctx context.Context) (*C.zfssa_result_t, bool) {
	for {
		select {
		case result := <-f.done:
			f.flushProgress()
			return result, true
		case progress := <-f.progress:
			f.onProgress(progress)
		case request := <-f.transfers:
			f.startTransfer(ctx, request)
		case <-ctx.Done():
			return nil, false
		}
	}
}

// last tells the progress that came right before the end.
func (f *pendingOperation) flushProgress() {
	select {
	case progress := <-f.progress:
		f.onProgress(progress)
	default:
	}
}

func (f *pendingOperation) startTransfer(ctx context.Context, request transferRequest) {
	// Not ended by the caller's context: the engine must know of the cancellation first, or it
	// would take the transfer's end for a failure of its own.
	transferCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f.cancelTransfer, f.transferEnded = cancel, make(chan struct{})
	go func() {
		defer close(f.transferEnded)
		if err := f.transfer(transferCtx, request.connection); err != nil {
			finishTransfer(request.ticket, C.ZFSSA_E_TRANSFER, err.Error())
		} else {
			finishTransfer(request.ticket, C.ZFSSA_OK, "")
		}
	}()
}

// halt tells the transfer to end.
func (f *pendingOperation) stopTransfer() {
	if f.cancelTransfer != nil {
		f.cancelTransfer()
	}
}

// land waits for a transfer that goes on although the operation has ended.
func (f *pendingOperation) finish() {
	f.stopTransfer()
	if f.transferEnded != nil {
		<-f.transferEnded
	}
}

// finishTransfer gives the word. That nobody waits for it any more is the operation's to tell.
func finishTransfer(ticket C.zfssa_ticket_t, status C.zfssa_status_t, reason string) {
	// Whatever an error says: a text of C is UTF-8, ends with a NUL, and has a longest size.
	reason = strings.ReplaceAll(strings.ToValidUTF8(reason, "\uFFFD"), "\x00", "\uFFFD")
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	text := C.CString(reason)
	defer C.free(unsafe.Pointer(text))
	C.zfssa_transfer_finish(ticket, status, text, nil)
}
