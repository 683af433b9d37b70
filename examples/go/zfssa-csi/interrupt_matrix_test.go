package main

import (
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// wholeMatrix in the environment runs every case; otherwise those that chosen selects.
const wholeMatrix = "ZFSSA_CSI_MATRIX_ALL"

// An ending is what ends a call whose request hangs.
type ending int

const (
	none ending = iota
	cancelled
	deadline
	killed
)

// A way is one way to interrupt a call at a request.
type way struct {
	name   string
	when   string
	kind   any
	ending ending
	// The request is carried out while or after the next call is made, or never before it.
	later bool
	// It is of use at requests that change nothing.
	reads bool
}

const (
	before = "before_commit"
	after  = "after_commit"
)

// hang lets a request hang for a number of milliseconds, or until it is released.
func hang(ms any) any { return map[string]any{"hang": map[string]any{"ms": ms}} }

// late is carried out after a number of other requests, or 300 ms later: less than the time for which
// the settings of the tests let the appliance be late.
func late(requests any) any {
	return map[string]any{"late": map[string]any{"requests": requests, "ms": 300}}
}

var ways = []way{
	{name: "answer lost", when: after, kind: "reply_lost", reads: true},
	{name: "request lost", when: before, kind: "reset"},
	{name: "carried out after the next request", when: before, kind: late(1), later: true},
	{name: "carried out after the fourth request", when: before, kind: late(4), later: true},
	{name: "carried out 300 ms later", when: before, kind: late(nil), later: true},
	{name: "deadline ends before it is carried out", when: before, kind: hang(nil), ending: deadline},
	{name: "deadline ends after it was carried out", when: after, kind: hang(nil), ending: deadline, reads: true},
	{name: "cancelled before it is carried out", when: before, kind: hang(nil), ending: cancelled},
	{name: "cancelled after it was carried out", when: after, kind: hang(nil), ending: cancelled, reads: true},
	{name: "killed before it is carried out", when: before, kind: hang(nil), ending: killed},
	{name: "killed after it was carried out", when: after, kind: hang(nil), ending: killed, reads: true},
	{name: "killed, and it is carried out after the next call", when: before, kind: hang(nil), ending: killed, later: true},
}

// cuts are the cases of a scenario, with a driver that is killed or not.
//
// Without wholeMatrix it leaves out deadlines at requests that only read, and kills at other requests
// than the first change, the last one and the request before that.
func cuts(s *scenario, r *record, kills, all bool) (chosen []cut) {
	hasOpposite := s.calls("").opposite.call != nil
	changes := r.changes()
	for _, w := range ways {
		if kills != (w.ending == killed) {
			continue
		}
		for request := 1; request <= len(r.methods); request++ {
			change := slices.Contains(changes, request)
			last := changes[len(changes)-1]
			// After the request before the last change, the last change is never sent.
			outermost := request == changes[0] || request == last || request == last-1
			switch {
			case !change && !w.reads:
				// The appliance is the same, whether it served a request that only reads or not.
				continue
			case !all && w.ending == deadline && !change:
				continue
			case !all && w.ending == killed && !outermost:
				continue
			}
			for _, opposite := range []bool{false, true} {
				// A process that starts knows nothing of what a killed one had sent. An orchestrator calls
				// again until it gets an answer, before it takes anything back.
				if opposite && (w.ending == killed && w.later || !hasOpposite) {
					continue
				}
				chosen = append(chosen, cut{way: w, request: request, opposite: opposite})
			}
		}
	}
	return chosen
}

// Every call that changes something, interrupted at each of its requests in every way. The same call
// again gives what it gives if nothing interrupts it, and the appliance looks the same; the opposite
// call in its place leaves nothing of it. In the end nothing is left.
func TestInterruptedCalls(t *testing.T) {
	all := os.Getenv(wholeMatrix) != ""
	var total atomic.Int64
	t.Run("all", func(t *testing.T) {
		for _, s := range scenarios() {
			for _, kills := range []bool{false, true} {
				name := s.name + ", the driver goes on"
				if kills {
					name = s.name + ", the driver is killed"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					begin := time.Now()
					stand := newStand(t, &s, kills)
					r := stand.undisturbed(t)
					chosen := cuts(&s, &r, kills, all)
					for _, c := range chosen {
						limit := soon
						if c.ending == deadline {
							limit = 250 * time.Millisecond
						}
						// A machine that is too slow for the deadline gets a longer one.
						for !stand.run(t, &r, c, limit) {
							limit *= 2
						}
					}
					total.Add(int64(len(chosen) - stand.unmet))
					if stand.unmet > len(chosen)/4 {
						t.Errorf("%d of %d cases did not meet their request", stand.unmet, len(chosen))
					}
					t.Logf("%d requests, %d of them changes: %d cases in %v", len(r.methods), len(r.changes()), len(chosen), time.Since(begin).Round(time.Millisecond))
				})
			}
		}
	})
	t.Logf("interrupted calls of the controller: %d cases", total.Load())
	if total.Load() < 500 {
		t.Error("the matrix has lost cases")
	}
}
