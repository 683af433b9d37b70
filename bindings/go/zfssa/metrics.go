// Metrics of a driver: a snapshot as numbers and as Prometheus text.

package zfssa

/*
#include "zfssa.h"
*/
import "C"

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
	"unsafe"
)

// Metrics are the metrics of a driver at one moment. Counts are since the driver was created.
// Requests include those to the destination of a migration.
type Metrics struct {
	// Requests counts the requests sent, with repetitions, logins and logouts.
	Requests uint64
	// RequestsUnanswered counts the requests that ended without a complete answer.
	RequestsUnanswered uint64
	// RequestsInFlight is the number of requests that wait for their answer.
	RequestsInFlight uint64
	// RequestsWaiting is the number of requests that wait for a connection.
	RequestsWaiting uint64
	// Retries counts the requests sent again after a failure.
	Retries uint64
	// Logins counts the logins sent.
	Logins uint64
	// Logouts counts the logouts sent.
	Logouts uint64
	// ConnectionsOpened counts the TLS connections made.
	ConnectionsOpened uint64
	// ConnectionsOpen is the number of TLS connections that are open.
	ConnectionsOpen uint64
	// ConnectionsLimit is the number of connections that may be in use. It is lower while the
	// appliance is busy or slow.
	ConnectionsLimit uint64
	// ConnectionsMax is the option zfssa_max_connections.
	ConnectionsMax uint64
	// ChangesInDoubt counts the changes that the appliance did not answer clearly.
	ChangesInDoubt uint64
	// OperationsInFlight is the number of operations that run.
	OperationsInFlight uint64
	// UnknownOutcomes counts the operations that ended with [OutcomeUnknown].
	UnknownOutcomes uint64
	// Rollbacks counts the operations that rolled steps back, completely or not.
	Rollbacks uint64
	// Operations counts the ended operations by result: success, or the outcome of the error in
	// lower case, such as rolled_back.
	Operations map[string]uint64
	// Durations has an element for each kind of resource and HTTP method that were used.
	Durations []RequestDurations
	// LockWaits has the waits for locks, in the queue of the process and beyond.
	LockWaits LockWaits
	// LeaseRemaining is the time for which the lease in etcd lasts if it is not renewed any more. It
	// is 0 without a lease, and without the option zfssa_coordination_url.
	LeaseRemaining time.Duration
	// LeasesLost counts the leases in etcd that ended before the driver ended them.
	LeasesLost uint64
	// CoordinationRequests counts the requests sent to etcd.
	CoordinationRequests uint64
	// CoordinationRequestsFailed counts the requests that etcd did not answer, or answered with an
	// error.
	CoordinationRequestsFailed uint64
	// ConnectionsShare is the number of connections that the hosts of the backend leave to this
	// process. It is ConnectionsMax without the option zfssa_max_connections_total.
	ConnectionsShare uint64
	// ConnectionsWanted is the number of connections that the requests of this process could use, at
	// most ConnectionsMax.
	ConnectionsWanted uint64

	text string
}

// RequestDurations is a histogram of the durations of requests with one HTTP method to one kind of
// resource.
type RequestDurations struct {
	// Resource is the kind of the resource, such as lun or snapshot: one of a fixed set, never a
	// name.
	Resource string
	// Verb is the HTTP method.
	Verb string
	// Count is the number of requests.
	Count uint64
	// Sum is the sum of the durations.
	Sum time.Duration
	// Buckets have ascending bounds. Each includes the requests of those before it.
	Buckets []Bucket
}

// LockWaits is a histogram of the waits for locks, until the lock is held or the wait ends without
// it. Locks that were free count, too.
type LockWaits struct {
	// Count is the number of waits.
	Count uint64
	// Sum is the sum of their durations.
	Sum time.Duration
	// Buckets have ascending bounds. Each includes the waits of those before it.
	Buckets []Bucket
	// Contended counts the locks that were not free when they were asked for: another operation,
	// process or host had them.
	Contended uint64
}

// A Bucket is a part of a histogram.
type Bucket struct {
	// Bound is the longest duration in the bucket.
	Bound time.Duration
	// Count is the number of requests or waits that took at most as long.
	Count uint64
}

// Metrics takes a snapshot of the metrics. It does not block. It fails with [ErrClosed] after
// [Driver.Close].
func (d *Driver) Metrics() (*Metrics, error) {
	var snapshot *C.zfssa_metrics_t
	var e *C.zfssa_error_t
	status := C.zfssa_status_t(C.ZFSSA_E_CLOSED)
	d.handleLock.RLock()
	if d.handle != nil {
		status = C.zfssa_driver_metrics(d.handle, &snapshot, &e)
	}
	d.handleLock.RUnlock()
	if status != C.ZFSSA_OK {
		if e == nil {
			return nil, errClosed("metrics")
		}
		return nil, takeError(e, status)
	}
	defer C.zfssa_metrics_free(snapshot)
	v := C.zfssa_metrics_values(snapshot)
	m := &Metrics{
		Requests:                   uint64(v.requests),
		RequestsUnanswered:         uint64(v.requests_unanswered),
		RequestsInFlight:           uint64(v.requests_in_flight),
		RequestsWaiting:            uint64(v.requests_waiting),
		Retries:                    uint64(v.retries),
		Logins:                     uint64(v.logins),
		Logouts:                    uint64(v.logouts),
		ConnectionsOpened:          uint64(v.connections_opened),
		ConnectionsOpen:            uint64(v.connections_open),
		ConnectionsLimit:           uint64(v.connections_limit),
		ConnectionsMax:             uint64(v.connections_max),
		ChangesInDoubt:             uint64(v.changes_in_doubt),
		OperationsInFlight:         uint64(v.operations_in_flight),
		UnknownOutcomes:            uint64(v.unknown_outcomes),
		Rollbacks:                  uint64(v.rollbacks),
		Operations:                 make(map[string]uint64, int(v.operations_count)),
		LockWaits:                  lockWaits(v.lock_waits),
		LeaseRemaining:             time.Duration(v.lease_remaining_us) * time.Microsecond,
		LeasesLost:                 uint64(v.leases_lost),
		CoordinationRequests:       uint64(v.coordination_requests),
		CoordinationRequestsFailed: uint64(v.coordination_requests_failed),
		ConnectionsShare:           uint64(v.connections_share),
		ConnectionsWanted:          uint64(v.connections_wanted),
		text:                       C.GoString(C.zfssa_metrics_prometheus(snapshot, nil)),
	}
	for _, one := range unsafe.Slice(v.operations, v.operations_count) {
		m.Operations[C.GoString(one.result)] = uint64(one.count)
	}
	for _, one := range unsafe.Slice(v.durations, v.durations_count) {
		m.Durations = append(m.Durations, requestDurations(one))
	}
	return m, nil
}

func requestDurations(v *C.zfssa_request_durations_t) RequestDurations {
	return RequestDurations{
		Resource: C.GoString(v.resource),
		Verb:     C.GoString(v.verb),
		Count:    uint64(v.count),
		Sum:      time.Duration(v.sum_us) * time.Microsecond,
		Buckets:  buckets(v.bounds_us, v.buckets, v.buckets_count),
	}
}

func lockWaits(v *C.zfssa_lock_waits_t) LockWaits {
	return LockWaits{
		Count:     uint64(v.count),
		Sum:       time.Duration(v.sum_us) * time.Microsecond,
		Buckets:   buckets(v.bounds_us, v.buckets, v.buckets_count),
		Contended: uint64(v.contended),
	}
}

func buckets(boundsUs, counts *C.uint64_t, number C.uint32_t) []Bucket {
	out := make([]Bucket, number)
	for i, bound := range unsafe.Slice(boundsUs, number) {
		count := unsafe.Slice(counts, number)[i]
		out[i] = Bucket{time.Duration(bound) * time.Microsecond, uint64(count)}
	}
	return out
}

// WriteTo writes the snapshot in the Prometheus text format, version 0.0.4.
func (m *Metrics) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, m.text)
	return int64(n), err
}

// MetricsHandler returns a handler that answers each request with the metrics of that moment in the
// Prometheus text format, and with 503 after [Driver.Close].
func (d *Driver) MetricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		m, err := d.Metrics()
		if err != nil {
			code := http.StatusInternalServerError
			if errors.Is(err, ErrClosed) {
				code = http.StatusServiceUnavailable
			}
			http.Error(w, err.Error(), code)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(m.text)))
		_, _ = m.WriteTo(w)
	})
}
