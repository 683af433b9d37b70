// Errors, statuses and outcomes.

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

// A Status is the stable number of a kind of failure. Compare an error with it:
//
//	if errors.Is(err, zfssa.ErrVolumeBusy) { … }
//
// [ErrCancelled] also matches context.Canceled, and [ErrDeadline] context.DeadlineExceeded.
type Status int32

// A Class is a group of statuses. Handle an unknown status by its class.
type Class int

// Classes of statuses.
const (
	// ClassOK is success.
	ClassOK Class = iota
	// ClassCaller covers errors of the caller or the library.
	ClassCaller
	// ClassTransport covers failures to connect to the appliance or to exchange messages with it.
	ClassTransport
	// ClassAppliance covers error responses of the appliance.
	ClassAppliance
	// ClassDriver covers failed operations on volumes, snapshots and other objects.
	ClassDriver
)

// Name returns the name of the status, such as VOLUME_BUSY; UNKNOWN for a status that this package
// does not know.
func (s Status) Name() string {
	if s == 0 {
		return "OK"
	}
	if text, ok := statusTexts[s]; ok {
		return text.name
	}
	return "UNKNOWN"
}

// Error returns a description of the status.
func (s Status) Error() string {
	if text, ok := statusTexts[s]; ok {
		return text.description
	}
	return fmt.Sprintf("status %d", int32(s))
}

// Is makes [ErrCancelled] match context.Canceled and [ErrDeadline] context.DeadlineExceeded, for
// errors.Is.
func (s Status) Is(target error) bool {
	switch target {
	case context.Canceled:
		return s == ErrCancelled
	case context.DeadlineExceeded:
		return s == ErrDeadline
	}
	return false
}

// Class returns the class of the status.
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

// An Outcome is the effect of a failed operation on the appliance.
type Outcome uint32

// String returns the name of the outcome, such as ROLLED_BACK.
func (o Outcome) String() string {
	if name, ok := outcomeNames[o]; ok {
		return name
	}
	return "INVALID"
}

// An Error describes a failed operation. It contains no secrets.
type Error struct {
	// Status is the kind of failure.
	Status Status
	// Outcome is the effect of the operation on the appliance.
	Outcome Outcome
	// Retryable is true if the same call may succeed later without any other change.
	Retryable bool
	// HTTPStatus is the HTTP status of the appliance's response; 0 if there was no response.
	HTTPStatus int
	// Attempts counts how often the failed request was sent.
	Attempts int
	// RetryAfter is the time that the appliance asked to wait before a retry; negative if it did
	// not ask.
	RetryAfter time.Duration
	// Message is what went wrong and what to do, in one sentence.
	Message string
	// Fault is the appliance's name for the fault, such as ERR_OBJECT_EXISTS; empty if there is
	// none.
	Fault string
	// Operation is the name of the operation, such as create_volume.
	Operation string
	// Resource is the name of the object that the operation was called for.
	Resource string
	// LeftBehind lists the objects that the operation created and could not delete again.
	LeftBehind []string
	// Causes lists the underlying messages, the outermost first. For [ErrConfig] it lists every
	// problem of the configuration, for [ErrSetupIncomplete] every finding.
	Causes []string

	text  string
	cause error
}

// Error returns the whole error in one line.
func (e *Error) Error() string {
	if e.text != "" {
		return "zfssa: " + e.text
	}
	if e.Operation != "" {
		return "zfssa: " + e.Operation + ": " + e.Message
	}
	return "zfssa: " + e.Message
}

// Is compares the status with target, for errors.Is.
func (e *Error) Is(target error) bool {
	if status, ok := target.(Status); ok {
		return e.Status == status
	}
	return e.Status.Is(target)
}

// Unwrap returns the cause of the context's end if that ended the operation; nil otherwise.
func (e *Error) Unwrap() error { return e.cause }

// LogValue returns the fields of the error as attributes of a structured log record.
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

// newError creates an error of this package, with the outcome NONE.
func newError(status Status, operation, message string) *Error {
	return &Error{Status: status, Outcome: OutcomeNone, RetryAfter: -1, Operation: operation, Message: message}
}

// copyError copies a C error. It does not free it.
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

// takeError copies a C error and frees it.
func takeError(e *C.zfssa_error_t, status C.zfssa_status_t) *Error {
	err := copyError(e, status)
	C.zfssa_error_free(e)
	return err
}
