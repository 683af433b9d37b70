package zfssa_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	zfssa "github.com/libzfssa/libzfssa/bindings/go"
)

// threads counts the OS threads of the process by whether they are the engine's.
func threads(t testing.TB) (engine, others int) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil || len(files) == 0 {
		t.Skip("no /proc")
	}
	for _, file := range files {
		name, _ := os.ReadFile(file)
		if strings.HasPrefix(string(name), "zfssa") {
			engine++
		} else {
			others++
		}
	}
	return engine, others
}

// Ten thousand operations in flight: goroutines, and no more OS threads than for one. Threads of
// Go are counted twice, as the system and as the runtime sees them: a thread of the engine that
// came into Go would be one of the latter.
func TestTenThousandInFlight(t *testing.T) {
	count := 10_000
	driver := idle(t)
	if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{}); err != nil {
		t.Fatal(err)
	}
	// Threads that just began have no name yet, and some of a driver before may still be ending.
	time.Sleep(300 * time.Millisecond)
	engineBefore, othersBefore := threads(t)
	created := pprof.Lookup("threadcreate").Count()

	delay := 3 * time.Second
	begin := time.Now()
	var all sync.WaitGroup
	for range count {
		all.Add(1)
		go func() {
			defer all.Done()
			if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{Delay: delay}); err != nil {
				t.Error(err)
			}
		}()
	}
	var engine, others int
	for time.Since(begin) < delay {
		e, o := threads(t)
		engine, others = max(engine, e), max(others, o)
		time.Sleep(50 * time.Millisecond)
	}
	all.Wait()
	if took := time.Since(begin); took < delay {
		t.Errorf("all were done after %v: they were not in flight together", took)
	}
	t.Logf("%d operations in %v; threads: engine %d then %d, others %d then %d, made by Go meanwhile %d", count,
		time.Since(begin), engineBefore, engine, othersBefore, others, pprof.Lookup("threadcreate").Count()-created)
	if engine > engineBefore {
		t.Errorf("%d threads of the engine, %d before", engine, engineBefore)
	}
	if engineBefore == 0 {
		t.Error("the engine's threads were not found")
	}
	// What Go itself needs for its garbage collector and its scheduler.
	if spare := 4 + 2*runtime.GOMAXPROCS(0); others > othersBefore+spare {
		t.Errorf("%d other threads, %d before", others, othersBefore)
	}
}

// No function of Go can be called from C: there is none.
func TestNothingIsExportedToC(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("\n//export")) {
			t.Errorf("%s exports a function to C", file)
		}
	}
}

func TestGoroutinesEnd(t *testing.T) {
	runtime.GC()
	before := runtime.NumGoroutine()
	objects := zfssa.ObjectsAlive()
	for range 20 {
		config := appliance.config()
		config.Logger = slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))
		driver, err := zfssa.New(config)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{}); err != nil {
			t.Fatal(err)
		}
		if err := driver.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "goroutines", func() bool { return runtime.NumGoroutine() <= before })
	eventually(t, "objects", func() bool { return zfssa.ObjectsAlive() <= objects })
}

func TestCloseWithOperationsInFlight(t *testing.T) {
	const count = 500
	driver := idle(t)
	ended := make(chan error, count)
	for range count {
		go func() {
			_, err := driver.Echo(context.Background(), zfssa.EchoRequest{Delay: time.Hour})
			ended <- err
		}()
	}
	time.Sleep(100 * time.Millisecond)
	begin := time.Now()
	if err := driver.Close(); err != nil {
		t.Error(err)
	}
	for range count {
		err := <-ended
		if !errors.Is(err, zfssa.ErrShutdown) && !errors.Is(err, zfssa.ErrCancelled) && !errors.Is(err, zfssa.ErrClosed) {
			t.Fatalf("%v", err)
		}
	}
	if time.Since(begin) > soon {
		t.Errorf("it took %v", time.Since(begin))
	}
	if err := driver.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	_, err := driver.Echo(context.Background(), zfssa.EchoRequest{})
	var failure *zfssa.Error
	if !errors.Is(err, zfssa.ErrClosed) || !errors.As(err, &failure) || failure.Outcome != zfssa.OutcomeNone {
		t.Errorf("used after Close: %v", err)
	}
}

// Closing at the very moment of submissions, many times.
func TestCloseRaces(t *testing.T) {
	for range 50 {
		driver := idle(t)
		var all sync.WaitGroup
		for range 8 {
			all.Add(1)
			go func() {
				defer all.Done()
				for {
					if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{}); err != nil {
						if !errors.Is(err, zfssa.ErrClosed) && !errors.Is(err, zfssa.ErrShutdown) && !errors.Is(err, zfssa.ErrCancelled) {
							t.Error(err)
						}
						return
					}
				}
			}()
		}
		for range 2 {
			all.Add(1)
			go func() {
				defer all.Done()
				if err := driver.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
		all.Wait()
	}
}

func TestShutdown(t *testing.T) {
	driver := idle(t)
	ended := make(chan error, 1)
	go func() {
		_, err := driver.Echo(context.Background(), zfssa.EchoRequest{Delay: 400 * time.Millisecond})
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	impatient, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := driver.Shutdown(impatient); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("impatient: %v", err)
	}
	if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{}); !errors.Is(err, zfssa.ErrClosed) {
		t.Errorf("used while shutting down: %v", err)
	}
	if err := driver.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the operation in flight: %v", err)
	}
}

// A handler that keeps records.
type keeper struct {
	slog.Handler
	mu   *sync.Mutex
	kept *[]slog.Record
}

func (k keeper) Handle(_ context.Context, r slog.Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	*k.kept = append(*k.kept, r)
	return nil
}

func TestLogs(t *testing.T) {
	var text bytes.Buffer
	var mu sync.Mutex
	var kept []slog.Record
	base := slog.NewTextHandler(&text, &slog.HandlerOptions{Level: zfssa.LevelTrace})
	driver := ready(t, func(c *zfssa.Config) { c.Logger = slog.New(keeper{base, &mu, &kept}) })
	ctx := zfssa.WithOperationID(context.Background(), "an-id-of-mine")
	must[*zfssa.Volume](t)(driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-logged", SizeGiB: 1}))
	if err := driver.Close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	found := false
	for _, record := range kept {
		_ = base.Handle(context.Background(), record)
		attrs := map[string]string{}
		record.Attrs(func(a slog.Attr) bool {
			attrs[a.Key] = a.Value.String()
			return true
		})
		found = found || attrs["operation"] == "create_volume" && attrs["resource"] == "volume-logged" &&
			attrs["operation_id"] == "an-id-of-mine" && time.Since(record.Time) < time.Hour
	}
	if !found {
		t.Errorf("no record of the creation among %d:\n%s", len(kept), text.String())
	}
	if strings.Contains(text.String(), "CANARY") {
		t.Error("a secret is in the log")
	}

	// At the level that the logger asks for, and no finer.
	kept = nil
	base = slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelError})
	mu.Unlock()
	quiet := ready(t, func(c *zfssa.Config) { c.Logger = slog.New(keeper{base, &mu, &kept}) })
	quiet.Close()
	mu.Lock()
	for _, record := range kept {
		if record.Level < slog.LevelError {
			t.Errorf("%v %s", record.Level, record.Message)
		}
	}
}

// The same call under the same id knows its own work, made by another driver.
func TestOperationID(t *testing.T) {
	config := appliance.config()
	first := ready(t, func(c *zfssa.Config) { *c = config })
	second := ready(t, func(c *zfssa.Config) { *c = config })
	ctx := zfssa.WithOperationID(context.Background(), "job-17")
	request := zfssa.CreateVolumeRequest{Name: "volume-17", SizeGiB: 1}
	must[*zfssa.Volume](t)(first.CreateVolume(ctx, request))
	if own := must[*zfssa.Volume](t)(second.CreateVolume(ctx, request)); !own.Created {
		t.Error("it did not know its own volume")
	}
	if other := must[*zfssa.Volume](t)(second.CreateVolume(context.Background(), request)); other.Created {
		t.Error("it took another's volume for its own")
	}
}

// A driver that nobody closed is told of. It stays, so this has a process of its own.
func TestLeakAlarm(t *testing.T) {
	if os.Getenv("ZFSSA_GO_LEAK") != "" {
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, nil)))
		func() {
			driver, err := zfssa.New(appliance.config())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = driver.Echo(context.Background(), zfssa.EchoRequest{})
		}()
		for range 20 {
			runtime.GC()
			time.Sleep(10 * time.Millisecond)
		}
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestLeakAlarm$")
	child.Env = append(os.Environ(), "ZFSSA_GO_LEAK=1")
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "without Close") || !strings.Contains(string(out), "process_test.go") {
		t.Errorf("%v\n%s", err, out)
	}
}
