package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
)

// figuresSocket in the environment is the socket at which a driver of the tests tells what it uses.
const figuresSocket = "ZFSSA_CSI_FIGURES"

// usage is what a process has in use.
type usage struct {
	Goroutines int
	// Objects of the library.
	Objects int
	// Descriptors: sockets, and all others.
	Sockets, Files int
	ResidentKiB    int
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines, %d objects of the library, %d sockets, %d other descriptors, RSS %d MiB",
		u.Goroutines, u.Objects, u.Sockets, u.Files, u.ResidentKiB>>10)
}

func (u usage) within(limits usage) bool {
	return u.Goroutines <= limits.Goroutines && u.Objects <= limits.Objects && u.Sockets <= limits.Sockets &&
		u.Files <= limits.Files && u.ResidentKiB <= limits.ResidentKiB
}

// serveFigures tells at the socket of the environment what this process uses. It does nothing without
// the variable.
func serveFigures() {
	path := os.Getenv(figuresSocket)
	if path == "" {
		return
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	go func() {
		panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			debug.FreeOSMemory()
			_ = json.NewEncoder(w).Encode(usage{Goroutines: runtime.NumGoroutine(), Objects: int(zfssa.ObjectsAlive())})
		})))
	}()
}

// usageOf asks a driver process what it uses, and the kernel for the rest.
func usageOf(t *testing.T, pid int, socket string) (u usage) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	response, err := (&http.Client{Transport: transport, Timeout: soon}).Get("http://driver/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&u); err != nil {
		t.Fatal(err)
	}
	u.count(t, strconv.Itoa(pid))
	return u
}

// usageOfTest is what the test's own process uses, without its memory.
func usageOfTest(t *testing.T) (u usage) {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	u.Goroutines = runtime.NumGoroutine()
	u.count(t, "self")
	u.ResidentKiB = 0
	return u
}

// count reads what the kernel knows of a process.
func (u *usage) count(t *testing.T, pid string) {
	t.Helper()
	links, err := filepath.Glob(filepath.Join("/proc", pid, "fd/*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		switch to, err := os.Readlink(link); {
		case err != nil:
		case strings.HasPrefix(to, "socket:"):
			u.Sockets++
		default:
			u.Files++
		}
	}
	text, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if size, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			u.ResidentKiB, err = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(size), " kB"))
		}
	}
	if err != nil || u.ResidentKiB == 0 {
		t.Fatalf("VmRSS of %s: %d, %v", pid, u.ResidentKiB, err)
	}
}

// figures are numbers and durations of calls.
type figures struct {
	mu    sync.Mutex
	took  map[string][]time.Duration
	codes map[string]map[codes.Code]int
}

func newFigures() *figures {
	return &figures{took: map[string][]time.Duration{}, codes: map[string]map[codes.Code]int{}}
}

func (f *figures) add(method string, took time.Duration, code codes.Code) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took[method] = append(f.took[method], took)
	if f.codes[method] == nil {
		f.codes[method] = map[codes.Code]int{}
	}
	f.codes[method][code]++
}

// total is the number of all calls.
func (f *figures) total() (all int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, took := range f.took {
		all += len(took)
	}
	return all
}

// String is a table with a line for each method: calls, calls again, and how long they took.
func (f *figures) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var text strings.Builder
	fmt.Fprintf(&text, "%-28s %7s %7s %9s %9s  %s\n", "call", "calls", "again", "p50", "p99", "errors")
	for _, method := range slices.Sorted(maps.Keys(f.took)) {
		took := slices.Sorted(slices.Values(f.took[method]))
		var failed []string
		again := 0
		for _, code := range slices.Sorted(maps.Keys(f.codes[method])) {
			if count := f.codes[method][code]; code != codes.OK {
				failed = append(failed, fmt.Sprintf("%v %d", code, count))
				again += count
			}
		}
		part := func(percent int) time.Duration { return took[(len(took)-1)*percent/100].Round(time.Millisecond) }
		fmt.Fprintf(&text, "%-28s %7d %7d %9v %9v  %s\n", method, len(took), again, part(50), part(99), strings.Join(failed, ", "))
	}
	return text.String()
}
