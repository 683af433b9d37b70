package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Faults are handed out for so many requests at a time, one for a hundred of them.
const faultBatch = 2000

// faultCounts are numbers of faults by their kind.
type faultCounts map[string]int

func (f faultCounts) total() (all int) {
	for _, count := range f {
		all += count
	}
	return all
}

func (f faultCounts) String() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%s %d", kind, f[kind]))
	}
	return strings.Join(parts, ", ")
}

// A faultScript makes requests to an appliance fail until it is stopped.
type faultScript struct {
	appliance *simulator
	choice    *rand.Rand
	names     map[uint64]string
	fired     faultCounts
	over      chan struct{}
	ended     chan struct{}
}

func startFaults(t *testing.T, appliance *simulator, seed uint64) *faultScript {
	f := &faultScript{appliance: appliance, choice: rand.New(rand.NewPCG(seed, 0)), names: map[uint64]string{}, fired: faultCounts{},
		over: make(chan struct{}), ended: make(chan struct{})}
	end := appliance.requests(t) + faultBatch
	f.batch(t)
	go func() {
		defer close(f.ended)
		ticks := time.NewTicker(50 * time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-f.over:
				return
			case <-ticks.C:
			}
			if requests := appliance.requests(t); requests >= end {
				f.count(t)
				f.batch(t)
				end = requests + faultBatch
			}
		}
	}()
	return f
}

// batch hands out the faults of the next requests: in any order, each at a request of its own.
func (f *faultScript) batch(t *testing.T) {
	var faults []any
	var names []string
	for _, at := range f.choice.Perm(faultBatch)[:faultBatch/100] {
		wait := 1 + f.choice.IntN(1000)
		kinds := []struct {
			name string
			kind any
			// The appliance may have done the work.
			either bool
		}{
			{"answers lost", "reply_lost", true},
			{"connections reset", "reset", true},
			{"503", map[string]any{"busy": map[string]any{"retry_after": nil}}, false},
			{"carried out late", map[string]any{"late": map[string]any{"requests": 1 + f.choice.IntN(60), "ms": wait}}, false},
			{"hanging", hang(wait), true},
		}
		chosen := kinds[f.choice.IntN(len(kinds))]
		when := before
		if chosen.either && f.choice.IntN(2) == 1 {
			when = after
		}
		faults = append(faults, map[string]any{"path": worked, "nth": at + 1, "when": when, "kind": chosen.kind})
		names = append(names, chosen.name)
	}
	var given struct{ Faults []uint64 }
	if err := json.Unmarshal(f.appliance.ask(t, "POST", "/faults", faults), &given); err != nil || len(given.Faults) != len(names) {
		t.Errorf("%d faults: %v", len(given.Faults), err)
		return
	}
	for i, id := range given.Faults {
		f.names[id] = names[i]
	}
}

// count counts the faults that struck, and removes all.
func (f *faultScript) count(t *testing.T) {
	var reports []struct {
		ID    uint64
		Fired int
	}
	if err := json.Unmarshal(f.appliance.ask(t, "GET", "/faults", nil), &reports); err != nil {
		t.Error(err)
	}
	for _, report := range reports {
		f.fired[f.names[report.ID]] += report.Fired
	}
	f.appliance.ask(t, "DELETE", "/faults", nil)
}

// stop ends the faults, and waits until no request is carried out late any more.
func (f *faultScript) stop(t *testing.T) faultCounts {
	close(f.over)
	<-f.ended
	f.count(t)
	f.appliance.ask(t, "POST", "/release", nil)
	return f.fired
}

// requests is the number of requests that the appliance got.
func (s *simulator) requests(t testing.TB) int {
	t.Helper()
	var stats struct{ Requests int }
	if err := json.Unmarshal(s.ask(t, "GET", "/stats", nil), &stats); err != nil {
		t.Fatal(err)
	}
	return stats.Requests
}
