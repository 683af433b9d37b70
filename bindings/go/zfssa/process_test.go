package zfssa_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// enginePrefix begins the names of the engine's threads. The dash sets them apart from the threads
// of Go, which have the name of the program: zfssa.test.
const enginePrefix = "zfssa-"

// threads counts the OS threads of the engine and all others of the process.
func threads(t testing.TB) (engine, others int) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil || len(files) == 0 {
		absent(t, "no /proc")
	}
	for _, file := range files {
		name, _ := os.ReadFile(file)
		if strings.HasPrefix(string(name), enginePrefix) {
			engine++
		} else {
			others++
		}
	}
	return engine, others
}

// Ten thousand operations in flight need hardly any additional OS threads. The bound is far below
// the number of operations, and above the number of threads that the schedulers of Go and of the
// engine may start. Threads of Go are counted by the system and by the runtime, which would also
// count a thread of the engine that runs Go code.
func TestTenThousandInFlight(t *testing.T) {
	const count, bound = 10_000, 64
	driver := idle(t)
	if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{}); err != nil {
		t.Fatal(err)
	}
	engineBefore, othersBefore := threads(t)
	created := pprof.Lookup("threadcreate").Count()

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, count)
	for range count {
		go func() {
			_, err := driver.Echo(ctx, zfssa.EchoRequest{Delay: time.Hour})
			ended <- err
		}()
	}
	eventually(t, "all are in flight", func() bool { return driver.InFlight() == count })
	engine, others := threads(t)
	made := pprof.Lookup("threadcreate").Count() - created
	cancel()
	for range count {
		if err := <-ended; !errors.Is(err, zfssa.ErrCancelled) {
			t.Fatalf("%v", err)
		}
	}
	t.Logf("%d operations; threads: engine %d then %d, others %d then %d, made by Go meanwhile %d", count,
		engineBefore, engine, othersBefore, others, made)
	if engine == 0 {
		t.Error("the engine's threads were not found")
	}
	if engine > bound {
		t.Errorf("%d threads of the engine", engine)
	}
	if others > othersBefore+bound {
		t.Errorf("%d other threads, %d before", others, othersBefore)
	}
	if made > bound {
		t.Errorf("Go made %d threads", made)
	}
}

// threadName returns the name of the current OS thread.
func threadName(t testing.TB) string {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	name, err := os.ReadFile("/proc/thread-self/comm")
	if err != nil {
		absent(t, "no /proc/thread-self")
	}
	return strings.TrimSpace(string(name))
}

// visits counts the calls of callbacks, and fails the test if one runs on a thread of the engine.
type visits struct {
	t      testing.TB
	mu     sync.Mutex
	counts map[string]int
}

func (v *visits) visit(where string) {
	name := threadName(v.t)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts[where]++
	if strings.HasPrefix(name, enginePrefix) {
		v.t.Errorf("%s runs on the engine's thread %s", where, name)
	}
}

type visitor struct {
	slog.Handler
	visits *visits
}

func (h visitor) Handle(context.Context, slog.Record) error {
	h.visits.visit("the log's handler")
	return nil
}

// All callbacks run on threads of Go, never on a thread of the engine.
func TestNoThreadOfTheEngineIsInGo(t *testing.T) {
	v := &visits{t: t, counts: map[string]int{}}
	driver := ready(t, func(c *zfssa.Config) {
		c.Logger = slog.New(visitor{slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: zfssa.LevelTrace}), v})
		c.Observer = func(zfssa.Completion) { v.visit("the observer") }
	})
	ctx := zfssa.WithProgress(context.Background(), func(zfssa.Progress) { v.visit("progress") })
	write := func(context.Context, *zfssa.Connection) error {
		v.visit("the transfer")
		return nil
	}
	must[*zfssa.ClonedImage](t)(driver.CloneImageWith(ctx, image("go-threads", "volume-threads"), write))
	must[*zfssa.DeleteReport](t)(driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: "volume-threads"}))
	if err := driver.Close(); err != nil {
		t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, where := range []string{"the log's handler", "the observer", "progress", "the transfer"} {
		if v.counts[where] == 0 {
			t.Errorf("%s was never called", where)
		}
	}
}

// The check above detects a thread with a name of the engine.
func TestAThreadOfTheEngineWouldBeSeen(t *testing.T) {
	seen := make(chan string)
	go func() {
		// Not unlocked, so that the renamed thread ends with the goroutine.
		runtime.LockOSThread()
		name := []byte("zfssa-imitation\x00")
		const setName = 15 // PR_SET_NAME
		_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setName, uintptr(unsafe.Pointer(&name[0])), 0)
		seen <- threadName(t)
	}()
	if name := <-seen; name != "zfssa-imitation" {
		t.Errorf("the thread is %q", name)
	}
}

// The package exports no function to C.
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
	eventually(t, "all are in flight", func() bool { return driver.InFlight() == count })
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

// Close races with submissions.
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
		_, err := driver.Echo(context.Background(), zfssa.EchoRequest{Delay: 2 * time.Second})
		ended <- err
	}()
	eventually(t, "it is in flight", func() bool { return driver.InFlight() == 1 })
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

// A keeper is a handler that stores records.
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

	// No record is below the level of the logger.
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

// A repeated call with the same operation id finds the object, but does not report it as created by
// this call.
func TestOperationID(t *testing.T) {
	config := appliance.config()
	first := ready(t, func(c *zfssa.Config) { *c = config })
	second := ready(t, func(c *zfssa.Config) { *c = config })
	ctx := zfssa.WithOperationID(context.Background(), "job-17")
	request := zfssa.CreateVolumeRequest{Name: "volume-17", SizeGiB: 1}
	must[*zfssa.Volume](t)(first.CreateVolume(ctx, request))
	if found := must[*zfssa.Volume](t)(second.CreateVolume(ctx, request)); found.Created {
		t.Error("it took the work of an earlier call for its own")
	}
	if other := must[*zfssa.Volume](t)(second.CreateVolume(context.Background(), request)); other.Created {
		t.Error("it took another's volume for its own")
	}
}

// collected creates a driver, passes it to a function, and returns after it and a second, later
// driver were garbage collected. The cleanup of the first one has run by then.
func collected(t *testing.T, use func(*zfssa.Driver)) {
	for range 2 {
		gone := make(chan struct{})
		func() {
			driver, err := zfssa.New(appliance.config())
			if err != nil {
				t.Fatal(err)
			}
			runtime.AddCleanup(driver, func(gone chan struct{}) { close(gone) }, gone)
			if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{}); err != nil {
				t.Error(err)
			}
			use(driver)
		}()
		eventually(t, "the driver is garbage", func() bool {
			runtime.GC()
			select {
			case <-gone:
				return true
			default:
				return false
			}
		})
	}
}

// The package logs an error for a driver that becomes garbage without Close, and none after Close.
// The test uses processes of its own, because such a driver stays open.
func TestLeakAlarm(t *testing.T) {
	const variable = "ZFSSA_GO_LEAK"
	if how := os.Getenv(variable); how != "" {
		slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, nil)))
		collected(t, func(driver *zfssa.Driver) {
			if how == "closed" {
				if err := driver.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		return
	}
	for _, how := range []string{"thrown away", "closed"} {
		child := exec.Command(os.Args[0], "-test.run=^TestLeakAlarm$", "-test.v")
		child.Env = append(os.Environ(), variable+"="+how)
		out, err := child.CombinedOutput()
		told := strings.Contains(string(out), "without Close") && strings.Contains(string(out), "process_test.go")
		if err != nil || !strings.Contains(string(out), "--- PASS: TestLeakAlarm") || told != (how == "thrown away") {
			t.Errorf("%s: %v\n%s", how, err, out)
		}
	}
}
