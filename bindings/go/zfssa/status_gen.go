// Code generated from docs/abi/zfssa.json by internal/gen; DO NOT EDIT.

package zfssa

// Statuses of failed calls and operations, as errors for errors.Is(err, zfssa.ErrVolumeBusy).
const (
	// An argument is missing, malformed or out of range.
	ErrInvalidArgument Status = -1
	// The ticket is unknown, already taken, or belongs to a queue or a callback.
	ErrStale Status = -2
	// The object was made before fork(); the child process must make its own.
	ErrForked Status = -3
	// The driver or queue is closed and takes no new operations.
	ErrClosed Status = -4
	// Too many operations are in flight or their results were not taken yet.
	ErrAgain Status = -5
	// A blocking function was called inside a callback, where it could wait for itself.
	ErrWouldDeadlock Status = -6
	// A flag, reserved member or structure tail is set that this version does not know.
	ErrUnsupported Status = -7
	// The caller was built for another major version of the ABI.
	ErrABI Status = -8
	// The configuration is not valid; the message lists every problem.
	ErrConfig Status = -9
	// A defect in the library; please report it. The process and the driver stay usable.
	ErrInternal Status = -10
	// The wait ended before the operation did; the operation goes on.
	ErrTimedOut Status = -11
	// The operation was cancelled at the caller's request.
	ErrCancelled Status = -12
	// The operation's deadline passed.
	ErrDeadline Status = -13
	// The driver was closed or freed while the operation was in flight.
	ErrShutdown Status = -14
	// A local file, directory or resource could not be used.
	ErrLocalIO Status = -15
	// The appliance's host name could not be resolved.
	ErrResolve Status = -100
	// No connection to the appliance could be made.
	ErrConnect Status = -101
	// The appliance's certificate or the TLS handshake was not acceptable.
	ErrTLS Status = -102
	// The appliance's certificate matches none of the configured pins.
	ErrTLSPin Status = -103
	// The connection broke before the answer arrived.
	ErrConnectionLost Status = -104
	// The appliance did not answer a request in time.
	ErrRequestTimeout Status = -105
	// The answer was not what the REST API promises.
	ErrProtocol Status = -106
	// The coordination service (etcd) could not be used, or this host's locks there may have ended.
	ErrCoordination Status = -107
	// The appliance refused the login.
	ErrUnauthenticated Status = -200
	// The user lacks an authorization, or the object is protected.
	ErrDenied Status = -201
	// The object, or the parent it should be in, does not exist.
	ErrNotFound Status = -202
	// An object of this name exists.
	ErrExists Status = -203
	// The appliance is busy (503) and stayed so for all attempts.
	ErrBusy Status = -204
	// The object changed while the appliance worked on the request.
	ErrStateChanged Status = -205
	// The appliance wants a confirmation, which is never sent unasked.
	ErrConfirmRequired Status = -206
	// A limit of the appliance is exceeded.
	ErrOverLimit Status = -207
	// The appliance refused a value or a property.
	ErrInvalidValue Status = -208
	// The appliance does not implement the request.
	ErrNotImplemented Status = -209
	// The REST service is disabled, or the appliance's software predates it.
	ErrRESTUnavailable Status = -210
	// The appliance reported an internal fault.
	ErrFault Status = -211
	// The pool or project has not enough space.
	ErrNoSpace Status = -212
	// The volume does not exist.
	ErrVolumeNotFound Status = -300
	// The snapshot does not exist.
	ErrSnapshotNotFound Status = -301
	// The volume has snapshots or clones that depend on it; the message names them.
	ErrVolumeBusy Status = -302
	// The snapshot has clones that depend on it; the message names them.
	ErrSnapshotBusy Status = -303
	// A volume of this name exists and differs from what was asked for.
	ErrVolumeExists Status = -304
	// A snapshot of this name exists and is not the one asked for.
	ErrSnapshotExists Status = -305
	// The size is smaller than the volume or its source.
	ErrInvalidSize Status = -306
	// The connector is incomplete, or its initiator belongs to no group.
	ErrInvalidConnector Status = -307
	// The backend is not set up; the message lists every finding.
	ErrSetupIncomplete Status = -308
	// The pool belongs to the other cluster head, which is alive.
	ErrPoolNotOwned Status = -309
	// The volume or snapshot belongs to Cinder already, here or elsewhere.
	ErrAlreadyManaged Status = -310
	// The reference names nothing that may be taken under management; the message says why.
	ErrInvalidReference Status = -311
	// The volume is not what its volume type asks for; the message lists the differences.
	ErrTypeMismatch Status = -312
	// Newer snapshots or their clones block the revert; the message names them.
	ErrRevertBlocked Status = -313
	// The host, or the program that writes images, did not write the image.
	ErrTransfer Status = -320
)

// Outcomes: how a failed operation left the appliance.
const (
	// Nothing that could change the appliance was sent.
	OutcomeNone Outcome = 0
	// The appliance refused and is as it was before.
	OutcomeRejected Outcome = 1
	// The change was made.
	OutcomeApplied Outcome = 2
	// A change was sent, its answer was lost, and reading back could not settle it.
	OutcomeUnknown Outcome = 3
	// Steps were made and all of them were rolled back.
	OutcomeRolledBack Outcome = 4
	// Steps were made and some are left; the error names the objects.
	OutcomePartial Outcome = 5
)

var statusTexts = map[Status]struct{ name, description string }{
	ErrInvalidArgument:  {"INVALID_ARGUMENT", "An argument is missing, malformed or out of range."},
	ErrStale:            {"STALE", "The ticket is unknown, already taken, or belongs to a queue or a callback."},
	ErrForked:           {"FORKED", "The object was made before fork(); the child process must make its own."},
	ErrClosed:           {"CLOSED", "The driver or queue is closed and takes no new operations."},
	ErrAgain:            {"AGAIN", "Too many operations are in flight or their results were not taken yet."},
	ErrWouldDeadlock:    {"WOULD_DEADLOCK", "A blocking function was called inside a callback, where it could wait for itself."},
	ErrUnsupported:      {"UNSUPPORTED", "A flag, reserved member or structure tail is set that this version does not know."},
	ErrABI:              {"ABI", "The caller was built for another major version of the ABI."},
	ErrConfig:           {"CONFIG", "The configuration is not valid; the message lists every problem."},
	ErrInternal:         {"INTERNAL", "A defect in the library; please report it. The process and the driver stay usable."},
	ErrTimedOut:         {"TIMED_OUT", "The wait ended before the operation did; the operation goes on."},
	ErrCancelled:        {"CANCELLED", "The operation was cancelled at the caller's request."},
	ErrDeadline:         {"DEADLINE", "The operation's deadline passed."},
	ErrShutdown:         {"SHUTDOWN", "The driver was closed or freed while the operation was in flight."},
	ErrLocalIO:          {"LOCAL_IO", "A local file, directory or resource could not be used."},
	ErrResolve:          {"RESOLVE", "The appliance's host name could not be resolved."},
	ErrConnect:          {"CONNECT", "No connection to the appliance could be made."},
	ErrTLS:              {"TLS", "The appliance's certificate or the TLS handshake was not acceptable."},
	ErrTLSPin:           {"TLS_PIN", "The appliance's certificate matches none of the configured pins."},
	ErrConnectionLost:   {"CONNECTION_LOST", "The connection broke before the answer arrived."},
	ErrRequestTimeout:   {"REQUEST_TIMEOUT", "The appliance did not answer a request in time."},
	ErrProtocol:         {"PROTOCOL", "The answer was not what the REST API promises."},
	ErrCoordination:     {"COORDINATION", "The coordination service (etcd) could not be used, or this host's locks there may have ended."},
	ErrUnauthenticated:  {"UNAUTHENTICATED", "The appliance refused the login."},
	ErrDenied:           {"DENIED", "The user lacks an authorization, or the object is protected."},
	ErrNotFound:         {"NOT_FOUND", "The object, or the parent it should be in, does not exist."},
	ErrExists:           {"EXISTS", "An object of this name exists."},
	ErrBusy:             {"BUSY", "The appliance is busy (503) and stayed so for all attempts."},
	ErrStateChanged:     {"STATE_CHANGED", "The object changed while the appliance worked on the request."},
	ErrConfirmRequired:  {"CONFIRM_REQUIRED", "The appliance wants a confirmation, which is never sent unasked."},
	ErrOverLimit:        {"OVER_LIMIT", "A limit of the appliance is exceeded."},
	ErrInvalidValue:     {"INVALID_VALUE", "The appliance refused a value or a property."},
	ErrNotImplemented:   {"NOT_IMPLEMENTED", "The appliance does not implement the request."},
	ErrRESTUnavailable:  {"REST_UNAVAILABLE", "The REST service is disabled, or the appliance's software predates it."},
	ErrFault:            {"FAULT", "The appliance reported an internal fault."},
	ErrNoSpace:          {"NO_SPACE", "The pool or project has not enough space."},
	ErrVolumeNotFound:   {"VOLUME_NOT_FOUND", "The volume does not exist."},
	ErrSnapshotNotFound: {"SNAPSHOT_NOT_FOUND", "The snapshot does not exist."},
	ErrVolumeBusy:       {"VOLUME_BUSY", "The volume has snapshots or clones that depend on it; the message names them."},
	ErrSnapshotBusy:     {"SNAPSHOT_BUSY", "The snapshot has clones that depend on it; the message names them."},
	ErrVolumeExists:     {"VOLUME_EXISTS", "A volume of this name exists and differs from what was asked for."},
	ErrSnapshotExists:   {"SNAPSHOT_EXISTS", "A snapshot of this name exists and is not the one asked for."},
	ErrInvalidSize:      {"INVALID_SIZE", "The size is smaller than the volume or its source."},
	ErrInvalidConnector: {"INVALID_CONNECTOR", "The connector is incomplete, or its initiator belongs to no group."},
	ErrSetupIncomplete:  {"SETUP_INCOMPLETE", "The backend is not set up; the message lists every finding."},
	ErrPoolNotOwned:     {"POOL_NOT_OWNED", "The pool belongs to the other cluster head, which is alive."},
	ErrAlreadyManaged:   {"ALREADY_MANAGED", "The volume or snapshot belongs to Cinder already, here or elsewhere."},
	ErrInvalidReference: {"INVALID_REFERENCE", "The reference names nothing that may be taken under management; the message says why."},
	ErrTypeMismatch:     {"TYPE_MISMATCH", "The volume is not what its volume type asks for; the message lists the differences."},
	ErrRevertBlocked:    {"REVERT_BLOCKED", "Newer snapshots or their clones block the revert; the message names them."},
	ErrTransfer:         {"TRANSFER", "The host, or the program that writes images, did not write the image."},
}

var outcomeNames = map[Outcome]string{
	OutcomeNone:       "NONE",
	OutcomeRejected:   "REJECTED",
	OutcomeApplied:    "APPLIED",
	OutcomeUnknown:    "UNKNOWN",
	OutcomeRolledBack: "ROLLED_BACK",
	OutcomePartial:    "PARTIAL",
}
