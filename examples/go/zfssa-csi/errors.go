// Conversion of libzfssa errors to gRPC status codes.

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// grpcError converts an error of the engine to the status code that CSI requires. The message
// includes the status and the outcome, which appear in the events of a volume claim.
func grpcError(err error) error {
	var failure *zfssa.Error
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	if !errors.As(err, &failure) {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return status.FromContextError(err).Err()
		}
		return status.Error(codes.Internal, err.Error())
	}
	return status.Error(codeOf(failure), fmt.Sprintf("%s (%s, outcome %s)", failure.Message, failure.Status.Name(), failure.Outcome))
}

func codeOf(failure *zfssa.Error) codes.Code {
	switch failure.Status {
	case zfssa.ErrVolumeNotFound, zfssa.ErrSnapshotNotFound, zfssa.ErrNotFound, zfssa.ErrInvalidConnector:
		return codes.NotFound
	case zfssa.ErrVolumeExists, zfssa.ErrSnapshotExists, zfssa.ErrExists:
		return codes.AlreadyExists
	case zfssa.ErrVolumeBusy, zfssa.ErrSnapshotBusy, zfssa.ErrConfirmRequired, zfssa.ErrSetupIncomplete, zfssa.ErrConfig:
		return codes.FailedPrecondition
	case zfssa.ErrInvalidSize:
		return codes.OutOfRange
	case zfssa.ErrInvalidArgument, zfssa.ErrInvalidValue, zfssa.ErrTypeMismatch:
		return codes.InvalidArgument
	case zfssa.ErrNoSpace, zfssa.ErrOverLimit:
		return codes.ResourceExhausted
	case zfssa.ErrStateChanged:
		return codes.Aborted
	case zfssa.ErrUnauthenticated:
		return codes.Unauthenticated
	case zfssa.ErrDenied:
		return codes.PermissionDenied
	case zfssa.ErrDeadline:
		return codes.DeadlineExceeded
	case zfssa.ErrCancelled:
		return codes.Canceled
	case zfssa.ErrNotImplemented, zfssa.ErrUnsupported:
		return codes.Unimplemented
	}
	if failure.Retryable || failure.Status.Class() == zfssa.ClassTransport ||
		failure.Status == zfssa.ErrShutdown || failure.Status == zfssa.ErrClosed {
		return codes.Unavailable
	}
	return codes.Internal
}

func invalid(format string, arguments ...any) error {
	return status.Errorf(codes.InvalidArgument, format, arguments...)
}

func notFound(format string, arguments ...any) error {
	return status.Errorf(codes.NotFound, format, arguments...)
}
