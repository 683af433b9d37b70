package zfssa

/*
#include "zfssa.h"
*/
import "C"

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// A Status says how a call failed, as a stable number. It is an error to compare with:
//
//	if errors.Is(err, zfssa.ErrVolumeBusy) { … }
//
// [ErrCancelled] is context.Canceled too, and [ErrDeadline] is context.DeadlineExceeded.
type Status int32

// A Class is a group of statuses. Treat a status that you do not know by its class.
type Class int

// Classes of statuses.
const (
	// ClassOK is success.
	ClassOK Class = iota
	// ClassCaller is about the caller and the library.
	ClassCaller
	// ClassTransport is about reaching the appliance.
	ClassTransport
	// ClassAppliance is the appliance's answer.
	ClassAppliance
	// ClassDriver is what the answer means to a driver.
	ClassDriver
)

// Name is the status in capitals, such as VOLUME_BUSY.
func (s Status) Name() string {
	if s == 0 {
		return "OK"
	}
	if text, ok := statusTexts[s]; ok {
		return text.name
	}
	return "UNKNOWN"
}

// Error says what the status means.
func (s Status) Error() string {
	if text, ok := statusTexts[s]; ok {
		return text.description
	}
	return fmt.Sprintf("status %d", int32(s))
}

// Is makes [ErrCancelled] and [ErrDeadline] what contexts call them.
func (s Status) Is(target error) bool {
	switch target {
	case context.Canceled:
		return s == ErrCancelled
	case context.DeadlineExceeded:
		return s == ErrDeadline
	}
	return false
}

// Class tells the class of the status.
func (s Status) Class() Class {
	switch {
	case s >= 0:
		return ClassOK
	case s > -100:
		return ClassCaller
	case s > -200:
		return ClassTransport
	case s > -300:
		return ClassAppliance
	default:
		return ClassDriver
	}
}

// An Outcome says what a failed operation did to the appliance.
type Outcome uint32

// String is the outcome in capitals, such as ROLLED_BACK.
func (o Outcome) String() string {
	if name, ok := outcomeNames[o]; ok {
		return name
	}
	return "INVALID"
}

// An Error is all that is known about an operation that failed. It holds no secrets.
type Error struct {
	// Status is what went wrong.
	Status Status
	// Outcome is whether the appliance was changed.
	Outcome Outcome
	// Retryable is whether the same call may succeed later without anybody changing anything.
	Retryable bool
	// HTTPStatus is the status of the appliance's answer; 0 when there was none.
	HTTPStatus int
	// Attempts is how often the request that failed was sent.
	Attempts int
	// RetryAfter is how long the appliance asked to wait; negative when it did not.
	RetryAfter time.Duration
	// Message is what went wrong and what to do, in one sentence.
	Message string
	// Fault is the appliance's own name of the fault, such as ERR_OBJECT_EXISTS.
	Fault string
	// Operation is the operation, such as create_volume.
	Operation string
	// Resource is the object that the operation was about.
	Resource string
	// LeftBehind are objects that the operation made and could not undo.
	LeftBehind []string
	// Causes are underlying messages, the outermost first. Of an invalid configuration, every
	// problem; of an incomplete setup, every finding.
	Causes []string

	text  string
	cause error
}

// Error is everything in one line.
func (e *Error) Error() string {
	if e.text != "" {
		return "zfssa: " + e.text
	}
	if e.Operation != "" {
		return "zfssa: " + e.Operation + ": " + e.Message
	}
	return "zfssa: " + e.Message
}

// Is compares the error's status.
func (e *Error) Is(target error) bool {
	if status, ok := target.(Status); ok {
		return e.Status == status
	}
	return e.Status.Is(target)
}

// Unwrap gives what ended the caller's context, where that ended the operation.
func (e *Error) Unwrap() error { return e.cause }

// LogValue gives the facts one by one to a structured log.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("status", e.Status.Name()),
		slog.String("outcome", e.Outcome.String()),
		slog.String("message", e.Message),
	}
	for _, optional := range [][2]string{{"operation", e.Operation}, {"resource", e.Resource}, {"fault", e.Fault},
		{"causes", strings.Join(e.Causes, "; ")}, {"left_behind", strings.Join(e.LeftBehind, ", ")}} {
		if optional[1] != "" {
			attrs = append(attrs, slog.String(optional[0], optional[1]))
		}
	}
	return slog.GroupValue(attrs...)
}

// newError makes an error of this package's own: nothing was sent.
func newError(status Status, operation, message string) *Error {
	return &Error{Status: status, Outcome: OutcomeNone, RetryAfter: -1, Operation: operation, Message: message}
}

// errorOf copies an error of the library, which stays the library's.
func copyError(e *C.zfssa_error_t, status C.zfssa_status_t) *Error {
	info := C.zfssa_error_info(e)
	if info == nil {
		return newError(Status(status), "", Status(status).Error())
	}
	retryAfter := time.Duration(-1)
	if info.retry_after_ms >= 0 {
		retryAfter = time.Duration(info.retry_after_ms) * time.Millisecond
	}
	return &Error{
		Status:     Status(info.status),
		Outcome:    Outcome(info.outcome),
		Retryable:  info.retryable != 0,
		HTTPStatus: int(info.http_status),
		Attempts:   int(info.attempts),
		RetryAfter: retryAfter,
		Message:    C.GoString(info.message),
		Fault:      C.GoString(info.fault),
		Operation:  C.GoString(info.operation),
		Resource:   C.GoString(info.resource),
		LeftBehind: texts(info.left_behind, info.left_behind_count),
		Causes:     texts(info.causes, info.causes_count),
		text:       C.GoString(info.text),
	}
}

// taken is errorOf for an error that the caller owns, and frees it.
func takeError(e *C.zfssa_error_t, status C.zfssa_status_t) *Error {
	err := copyError(e, status)
	C.zfssa_error_free(e)
	return err
}
