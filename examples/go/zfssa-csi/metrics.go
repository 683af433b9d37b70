// Prometheus metrics.

package main

import (
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// metrics counts CSI calls and operations, and serves the counters in the Prometheus text format.
type metrics struct {
	mu       sync.Mutex
	counters map[string]float64
}

var helpOf = map[string]string{
	"zfssa_csi_calls_total":                       "CSI calls, by method and gRPC code.",
	"zfssa_csi_call_seconds_total":                "Seconds spent in CSI calls, by method.",
	"zfssa_csi_operations_total":                  "Operations of the engine, by name, status and outcome.",
	"zfssa_csi_operation_seconds_total":           "Seconds spent in operations of the engine, by name.",
	"zfssa_csi_appliance_requests_total":          "Requests sent to the appliance, by operation.",
	"zfssa_csi_operations_of_unknown_fate_total":  "Operations with the outcome UNKNOWN: the appliance may have been changed.",
	"zfssa_csi_operations_that_left_things_total": "Operations with the outcome PARTIAL: created objects were not deleted again.",
}

func (m *metrics) add(name, labels string, value float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counters == nil {
		m.counters = map[string]float64{}
	}
	m.counters[name+"{"+labels+"}"] += value
}

func (m *metrics) call(method, code string, took time.Duration) {
	m.add("zfssa_csi_calls_total", fmt.Sprintf("method=%q,code=%q", method, code), 1)
	m.add("zfssa_csi_call_seconds_total", fmt.Sprintf("method=%q", method), took.Seconds())
}

// operation counts a completed operation of the engine.
func (m *metrics) operation(done zfssa.Completion) {
	result, outcome := "OK", "APPLIED"
	var failure *zfssa.Error
	if errors.As(done.Err, &failure) {
		result, outcome = failure.Status.Name(), failure.Outcome.String()
	}
	label := fmt.Sprintf("operation=%q", done.Operation)
	m.add("zfssa_csi_operations_total", fmt.Sprintf("%s,status=%q,outcome=%q", label, result, outcome), 1)
	m.add("zfssa_csi_operation_seconds_total", label, done.Elapsed.Seconds())
	m.add("zfssa_csi_appliance_requests_total", label, float64(done.Requests))
	switch outcome {
	case zfssa.OutcomeUnknown.String():
		m.add("zfssa_csi_operations_of_unknown_fate_total", label, 1)
	case zfssa.OutcomePartial.String():
		m.add("zfssa_csi_operations_that_left_things_total", label, 1)
	}
}

func (m *metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	lines := make([]string, 0, len(m.counters))
	for key, value := range m.counters {
		lines = append(lines, fmt.Sprintf("%s %g", key, value))
	}
	m.mu.Unlock()
	sort.Strings(lines)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	last := ""
	for _, line := range lines {
		if name, _, _ := strings.Cut(line, "{"); name != last {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s counter\n", name, helpOf[name], name)
			last = name
		}
		fmt.Fprintln(w, line)
	}
}
