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
func WithProgress(ctx context.Context, tell func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
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
type flight struct {
	done chan *C.zfssa_result_t
	// The latest progress that was not told yet.
	progress chan Progress
	offers   chan offered

	tell     func(Progress)
	transfer Transfer
	// Ends the transfer, and what is closed when it has ended.
	stop  context.CancelFunc
	ended chan struct{}
}

// offered is a transfer that the engine asks for.
type offered struct {
	ticket     C.zfssa_ticket_t
	connection *Connection
}

func newFlight(ctx context.Context) *flight {
	f := &flight{done: make(chan *C.zfssa_result_t, 1)}
	if f.tell, _ = ctx.Value(progressKey{}).(func(Progress)); f.tell != nil {
		f.progress = make(chan Progress, 1)
	}
	if f.transfer, _ = ctx.Value(transferKey{}).(Transfer); f.transfer != nil {
		f.offers = make(chan offered, 1)
	}
	return f
}

// told passes progress on, in the place of an older one. For the goroutine of the queue.
func (f *flight) told(result *C.zfssa_result_t) {
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
func (f *flight) offer(ticket C.zfssa_ticket_t, result *C.zfssa_result_t) {
	defer C.zfssa_result_free(result)
	v := C.zfssa_result_connection(result)
	if f == nil || f.offers == nil || v == nil {
		finishTransfer(ticket, C.ZFSSA_E_CANCELLED, "nobody is there to transfer the image")
		return
	}
	f.offers <- offered{ticket, connectionOf(v)}
}

// attend does what the operation asks for until it completed; false when the context ended first.
func (f *flight) attend(ctx context.Context) (*C.zfssa_result_t, bool) {
	for {
		select {
		case result := <-f.done:
			f.last()
			return result, true
		case progress := <-f.progress:
			f.tell(progress)
		case offer := <-f.offers:
			f.begin(ctx, offer)
		case <-ctx.Done():
			return nil, false
		}
	}
}

// last tells the progress that came right before the end.
func (f *flight) last() {
	select {
	case progress := <-f.progress:
		f.tell(progress)
	default:
	}
}

func (f *flight) begin(ctx context.Context, offer offered) {
	// Not ended by the caller's context: the engine must know of the cancellation first, or it
	// would take the transfer's end for a failure of its own.
	within, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.stop, f.ended = stop, make(chan struct{})
	go func() {
		defer close(f.ended)
		if err := f.transfer(within, offer.connection); err != nil {
			finishTransfer(offer.ticket, C.ZFSSA_E_TRANSFER, err.Error())
		} else {
			finishTransfer(offer.ticket, C.ZFSSA_OK, "")
		}
	}()
}

// halt tells the transfer to end.
func (f *flight) halt() {
	if f.stop != nil {
		f.stop()
	}
}

// land waits for a transfer that goes on although the operation has ended.
func (f *flight) land() {
	f.halt()
	if f.ended != nil {
		<-f.ended
	}
}

// finishTransfer gives the word. That nobody waits for it any more is the operation's to tell.
func finishTransfer(ticket C.zfssa_ticket_t, status C.zfssa_status_t, words string) {
	// Whatever an error says: a text of C is UTF-8, ends with a NUL, and has a longest size.
	words = strings.ReplaceAll(strings.ToValidUTF8(words, "\uFFFD"), "\x00", "\uFFFD")
	if len(words) > maxReason {
		words = strings.ToValidUTF8(words[:maxReason], "")
	}
	text := C.CString(words)
	defer C.free(unsafe.Pointer(text))
	C.zfssa_transfer_finish(ticket, status, text, nil)
}
