// Pending operations: progress reports, image transfers, and the wait for a completion.

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

// Progress is a progress report of a running operation.
type Progress struct {
	// Step names the current step, such as transfer. A later version may add steps.
	Step string
	// Done counts the finished part of the step, in the same unit as Total.
	Done uint64
	// Total is the value of Done at the end of the step; 0 if it is not known yet.
	Total uint64
}

// A Transfer writes a whole image to the LUN that the connection describes. Before it returns nil,
// it must have flushed every byte to the LUN and logged the host out of it. It may block; it runs
// in a goroutine of its own. Its context is cancelled when the operation no longer waits for the
// transfer, for example after a cancellation or a timeout. The data written until then is
// discarded.
type Transfer func(context.Context, *Connection) error

// maxReason is the maximum length, in bytes, of the reason sent to the engine for a failed
// transfer.
const maxReason = 4096

type progressKey struct{}

type transferKey struct{}

// WithProgress returns a context whose operations report their progress to onProgress. The package
// calls onProgress in the goroutine that called the operation, before the operation returns. A
// newer report replaces one that was not delivered yet, so onProgress may miss steps. While
// onProgress blocks, the operation cannot return.
func WithProgress(ctx context.Context, onProgress func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, onProgress)
}

// CloneImageWith is [Driver.CloneImage] for an image that the caller writes. It calls transfer only
// if the image is not in the image cache yet, in a goroutine of its own. It blocks until the
// operation has completed and transfer has returned.
//
// It fails with [ErrInvalidArgument] if req.ImagePath is set too, with [ErrTransfer] if transfer
// returns an error, and with the errors of [Driver.CloneImage].
func (d *Driver) CloneImageWith(ctx context.Context, req CloneImageRequest, transfer Transfer) (*ClonedImage, error) {
	if req.ImagePath != "" {
		return nil, newError(ErrInvalidArgument, "clone_image", "ImagePath and a transfer function are both set: set one of them")
	}
	return d.CloneImage(context.WithValue(ctx, transferKey{}, transfer), req)
}

// A pendingOperation is an operation whose result its caller has not received yet. The queue's
// goroutine sends to its channels, which are buffered so that the sends never block.
type pendingOperation struct {
	done chan *C.zfssa_result_t
	// The latest progress report that was not delivered yet.
	progress  chan Progress
	transfers chan transferRequest

	onProgress func(Progress)
	transfer   Transfer
	// Both are nil until a transfer starts.
	cancelTransfer context.CancelFunc
	transferEnded  chan struct{} // closed when the transfer function has returned
}

// A transferRequest is the engine's request to write an image to a LUN.
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

// storeProgress replaces the undelivered progress report with a newer one and frees the result.
// Only the queue's goroutine may call it. The receiver may be nil.
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

// requestTransfer hands a transfer request to the waiting caller and frees the result. It ends the
// transfer with an error if the caller gave no transfer function. Only the queue's goroutine may
// call it. The receiver may be nil.
func (f *pendingOperation) requestTransfer(ticket C.zfssa_ticket_t, result *C.zfssa_result_t) {
	defer C.zfssa_result_free(result)
	v := C.zfssa_result_connection(result)
	if f == nil || f.transfers == nil || v == nil {
		finishTransfer(ticket, C.ZFSSA_E_CANCELLED, "no transfer function: call CloneImageWith, or set ImagePath")
		return
	}
	f.transfers <- transferRequest{ticket, connectionOf(v)}
}

// await delivers progress reports and starts a requested transfer until the operation completes. It
// returns false if the context ends first.
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

// flushProgress delivers a progress report that arrived just before the completion.
func (f *pendingOperation) flushProgress() {
	select {
	case progress := <-f.progress:
		f.onProgress(progress)
	default:
	}
}

func (f *pendingOperation) startTransfer(ctx context.Context, request transferRequest) {
	// The caller's context does not cancel the transfer directly. The engine must learn of the
	// cancellation first; otherwise it would report a failed transfer instead of a cancellation.
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

// stopTransfer cancels the context of a running transfer.
func (f *pendingOperation) stopTransfer() {
	if f.cancelTransfer != nil {
		f.cancelTransfer()
	}
}

// finish cancels a transfer that is still running and waits until it has returned.
func (f *pendingOperation) finish() {
	f.stopTransfer()
	if f.transferEnded != nil {
		<-f.transferEnded
	}
}

// finishTransfer reports the end of a transfer to the engine. It ignores the error for a transfer
// that is no longer awaited: the operation itself reports why it ended.
func finishTransfer(ticket C.zfssa_ticket_t, status C.zfssa_status_t, reason string) {
	// The C library accepts only valid UTF-8 without NUL characters, up to maxReason bytes.
	reason = strings.ReplaceAll(strings.ToValidUTF8(reason, "\uFFFD"), "\x00", "\uFFFD")
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "")
	}
	text := C.CString(reason)
	defer C.free(unsafe.Pointer(text))
	C.zfssa_transfer_finish(ticket, status, text, nil)
}
