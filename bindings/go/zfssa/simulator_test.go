package zfssa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	simulated "github.com/libzfssa/libzfssa/bindings/go/internal/simulator"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const (
	password = "CANARY-password-go-51"
	hostA    = "iqn.2004-10.org.example:host-a"
	hostB    = "iqn.2004-10.org.example:host-b"
)

// A simulator is a process of the simulated appliance.
type simulator struct{ *simulated.Simulator }

// appliance is shared by all tests, each of which uses its own project.
var appliance *simulator

func TestMain(m *testing.M) {
	if os.Getenv("ZFSSA_GO_LEAVE") != "" {
		os.Exit(leaveInFlight())
	}
	if os.Getenv("ZFSSA_GO_LOAD") != "" {
		os.Exit(whatIsLoaded())
	}
	os.Exit(func() int {
		started, err := simulated.Start(password)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		appliance = &simulator{started}
		defer appliance.Stop()
		if os.Getenv("ZFSSA_GO_GC_STRESS") != "" {
			var stop atomic.Bool
			defer stop.Store(true)
			go func() {
				for !stop.Load() {
					runtime.GC()
				}
			}()
		}
		return m.Run()
	}())
}

// fresh starts a simulator for one test.
func fresh(t testing.TB) *simulator {
	t.Helper()
	return &simulator{simulated.StartFor(t, password)}
}

// ask sends a request to the admin port of the simulator.
func (s *simulator) ask(t testing.TB, method, path string, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, s.Admin+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body)
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, answer)
	}
	return answer
}

// strikes waits until a fault was injected into a request with the method.
func (s *simulator) strikes(t testing.TB, method string) {
	t.Helper()
	eventually(t, "a fault strikes a "+method, func() bool {
		var faults []struct {
			Fault struct{ Method string }
			Fired int
		}
		if err := json.Unmarshal(s.ask(t, "GET", "/faults", nil), &faults); err != nil {
			t.Fatal(err)
		}
		for _, one := range faults {
			if one.Fault.Method == method && one.Fired > 0 {
				return true
			}
		}
		return false
	})
}

var projects atomic.Int64

// config returns a valid configuration with a new project.
func (s *simulator) config() zfssa.Config {
	options := s.Options(fmt.Sprintf("go-%d", projects.Add(1)))
	options["zfssa_initiator_config"] = fmt.Sprintf(`{"host-a": [{"iqn": %q}], "host-b": [{"iqn": %q}]}`, hostA, hostB)
	// Shorter than for a real appliance.
	options["zfssa_late_request_timeout"] = "1"
	return zfssa.Config{Options: options}
}

// ready opens a driver, which is closed at the end of the test.
func ready(t testing.TB, adjust ...func(*zfssa.Config)) *zfssa.Driver {
	t.Helper()
	config := appliance.config()
	for _, a := range adjust {
		a(&config)
	}
	driver, err := zfssa.Open(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := driver.Close(); err != nil {
			t.Error(err)
		}
	})
	return driver
}

// idle creates a driver that has sent no request yet.
func idle(t testing.TB, adjust ...func(*zfssa.Config)) *zfssa.Driver {
	t.Helper()
	config := appliance.config()
	for _, a := range adjust {
		a(&config)
	}
	driver, err := zfssa.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := driver.Close(); err != nil {
			t.Error(err)
		}
	})
	return driver
}

// absent skips a test without its prerequisites. It fails the test in the scripts, which install
// them.
func absent(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("ZFSSA_REQUIRE_ALL") != "" {
		t.Fatalf("%s, and ZFSSA_REQUIRE_ALL is set", what)
	}
	t.Skip(what)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
