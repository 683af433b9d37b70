package zfssa_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const soon = 20 * time.Second

func TestContext(t *testing.T) {
	driver := idle(t)
	long := zfssa.EchoRequest{Delay: time.Hour}
	var failure *zfssa.Error

	// The context ends before the submission.
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("the shop is closed")
	cancel(why)
	_, err := driver.Echo(ctx, long)
	if !errors.Is(err, zfssa.ErrCancelled) || !errors.Is(err, context.Canceled) || !errors.Is(err, why) ||
		!errors.As(err, &failure) || failure.Outcome != zfssa.OutcomeNone {
		t.Errorf("%v", err)
	}

	// The operation is cancelled in flight.
	ctx, cancel = context.WithCancelCause(context.Background())
	go func() {
		eventually(t, "it is in flight", func() bool { return driver.InFlight() == 1 })
		cancel(why)
	}()
	begin := time.Now()
	_, err = driver.Echo(ctx, long)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, why) || time.Since(begin) > soon {
		t.Errorf("%v after %v", err, time.Since(begin))
	}

	// The engine enforces the deadline.
	timed, stop := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer stop()
	begin = time.Now()
	_, err = driver.Echo(timed, long)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, zfssa.ErrDeadline) || errors.Is(err, context.Canceled) ||
		time.Since(begin) > soon || !errors.As(err, &failure) || failure.Operation != "echo" {
		t.Errorf("%v after %v", err, time.Since(begin))
	}

	// The operation completes before the deadline.
	timed, stop = context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if _, err = driver.Echo(timed, zfssa.EchoRequest{Delay: time.Millisecond}); err != nil {
		t.Error(err)
	}
}

// A creation without a response is cancelled: the method waits until the engine has determined the
// outcome.
func TestCancelledCreationTellsItsOutcome(t *testing.T) {
	driver := ready(t)
	appliance.ask(t, "POST", "/faults", map[string]any{
		"method": "POST", "path": "/luns$", "when": "after_commit", "kind": map[string]any{"hang": map[string]any{"ms": 60000}}})
	defer appliance.ask(t, "POST", "/release", nil)
	defer appliance.ask(t, "DELETE", "/faults", nil)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		appliance.strikes(t, "POST")
	}()
	_, err := driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-cancelled", SizeGiB: 1})
	outcome := zfssa.OutcomeApplied
	if err != nil {
		var failure *zfssa.Error
		if !errors.Is(err, context.Canceled) || !errors.As(err, &failure) {
			t.Fatalf("%v", err)
		}
		outcome = failure.Outcome
	}
	_, err = driver.GetVolume(context.Background(), zfssa.GetVolumeRequest{Name: "volume-cancelled"})
	exists := err == nil
	switch outcome {
	case zfssa.OutcomeApplied, zfssa.OutcomePartial:
		if !exists {
			t.Errorf("outcome %v, and no volume: %v", outcome, err)
		}
	case zfssa.OutcomeNone, zfssa.OutcomeRolledBack, zfssa.OutcomeRejected:
		if exists {
			t.Errorf("outcome %v, and the volume is there", outcome)
		}
	default:
		t.Errorf("outcome %v: the engine could have looked", outcome)
	}
	t.Logf("outcome %v, volume there: %v", outcome, exists)
}

// The wait for an operation that cannot be stopped ends after CancelGrace.
func TestWaitingAfterCancelIsBounded(t *testing.T) {
	before := zfssa.ObjectsAlive()
	driver := ready(t, func(c *zfssa.Config) { c.CancelGrace = 100 * time.Millisecond })
	appliance.ask(t, "POST", "/faults", map[string]any{
		"method": "DELETE", "path": "/snapshots/", "times": nil, "kind": map[string]any{"hang": map[string]any{"ms": 3000}}})
	appliance.ask(t, "POST", "/faults", map[string]any{
		"method": "PUT", "path": "/clone$", "kind": map[string]any{"hang": map[string]any{"ms": 3000}}})
	defer appliance.ask(t, "POST", "/release", nil)
	defer appliance.ask(t, "DELETE", "/faults", nil)
	must[*zfssa.Volume](t)(driver.CreateVolume(context.Background(), zfssa.CreateVolumeRequest{Name: "v", SizeGiB: 1}))
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		appliance.strikes(t, "PUT")
	}()
	begin := time.Now()
	_, err := driver.CreateClonedVolume(ctx, zfssa.CreateClonedVolumeRequest{Name: "w", SizeGiB: 1, SourceVolume: "v"})
	var failure *zfssa.Error
	if !errors.Is(err, context.Canceled) || !errors.As(err, &failure) || time.Since(begin) > 2500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
	if failure.Outcome != zfssa.OutcomeUnknown {
		t.Errorf("outcome %v", failure.Outcome)
	}
	appliance.ask(t, "DELETE", "/faults", nil)
	appliance.ask(t, "POST", "/release", nil)
	// Wait for the engine, so that no operation is in flight when the driver is closed.
	done, stop := context.WithTimeout(context.Background(), soon)
	defer stop()
	if err := driver.Shutdown(done); err != nil {
		t.Error(err)
	}
	// The result of the abandoned operation is freed too.
	eventually(t, "objects of the library", func() bool { return zfssa.ObjectsAlive() <= before })
}

// Thousands of operations are cancelled at random times: each completes exactly once, without
// leaks.
func TestCancelStorm(t *testing.T) {
	const count = 3000
	before := zfssa.ObjectsAlive()
	driver := idle(t)
	var done, cancelled, late, timed atomic.Int64
	var all sync.WaitGroup
	for range count {
		all.Add(1)
		go func() {
			defer all.Done()
			var ctx context.Context
			var cancel context.CancelFunc
			if rand.IntN(4) == 0 {
				ctx, cancel = context.WithTimeout(context.Background(), time.Duration(rand.IntN(8))*time.Millisecond)
			} else {
				ctx, cancel = context.WithCancel(context.Background())
				time.AfterFunc(time.Duration(rand.IntN(8000))*time.Microsecond, cancel)
			}
			defer cancel()
			echoed, err := driver.Echo(ctx, zfssa.EchoRequest{Message: "x", Delay: time.Duration(rand.IntN(8)) * time.Millisecond})
			switch {
			case err == nil && echoed.Message == "x":
				done.Add(1)
			case errors.Is(err, context.Canceled):
				cancelled.Add(1)
			case errors.Is(err, context.DeadlineExceeded):
				timed.Add(1)
			default:
				t.Errorf("%v", err)
				late.Add(1)
			}
		}()
	}
	all.Wait()
	t.Logf("%d done, %d cancelled, %d out of time", done.Load(), cancelled.Load(), timed.Load())
	if done.Load()+cancelled.Load()+timed.Load() != count || done.Load() == 0 || cancelled.Load() == 0 {
		t.Error("the storm did not hit everything")
	}
	if err := driver.Close(); err != nil {
		t.Error(err)
	}
	eventually(t, "objects of the library", func() bool { return zfssa.ObjectsAlive() <= before })
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < soon; time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Errorf("%s: not in %v", what, soon)
}
