package zfssa_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const (
	password = "CANARY-password-go-51"
	hostA    = "iqn.2004-10.org.example:host-a"
	hostB    = "iqn.2004-10.org.example:host-b"
)

// A simulator is a process of the simulated appliance.
type simulator struct {
	Port   int    `json:"port"`
	Admin  string `json:"admin"`
	CAFile string `json:"ca_file"`

	process *exec.Cmd
	folder  string
}

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
		program := os.Getenv("ZFSSA_APPLIANCE")
		if program == "" {
			fmt.Fprintln(os.Stderr, "ZFSSA_APPLIANCE does not name the simulator; run bindings/go/test.sh")
			return 1
		}
		var err error
		if appliance, err = startSimulator(program); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer appliance.stop()
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

func startSimulator(program string) (*simulator, error) {
	folder, err := os.MkdirTemp("", "zfssa-go-")
	if err != nil {
		return nil, err
	}
	s := &simulator{folder: folder}
	s.process = exec.Command(program, "--ca-file", filepath.Join(folder, "ca.pem"), "--password-env", "SIMULATOR_PASSWORD")
	s.process.Env = append(os.Environ(), "SIMULATOR_PASSWORD="+password)
	s.process.Stderr = os.Stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, s)
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the simulator said %q: %w", line, err)
	}
	return s, nil
}

// fresh starts a simulator for one test.
func fresh(t testing.TB) *simulator {
	t.Helper()
	s, err := startSimulator(os.Getenv("ZFSSA_APPLIANCE"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

func (s *simulator) stop() {
	_ = s.process.Process.Signal(os.Interrupt)
	_ = s.process.Wait()
	os.RemoveAll(s.folder)
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
	return zfssa.Config{Options: map[string]string{
		"san_ip":                  "127.0.0.1",
		"san_api_port":            strconv.Itoa(s.Port),
		"san_login":               "root",
		"san_password":            password,
		"zfssa_pool":              "pool-0",
		"zfssa_project":           fmt.Sprintf("go-%d", projects.Add(1)),
		"zfssa_target_portal":     "127.0.0.1:3260",
		"zfssa_target_interfaces": "ixgbe0",
		"zfssa_initiator_config":  fmt.Sprintf(`{"host-a": [{"iqn": %q}], "host-b": [{"iqn": %q}]}`, hostA, hostB),
		"zfssa_tls_mode":          "ca",
		"zfssa_tls_ca_file":       s.CAFile,
		"zfssa_lun_sparse":        "true",
		// Shorter than for a real appliance.
		"zfssa_late_request_timeout": "1",
	}}
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
