// Package simulator runs the simulated appliance of the repository, for the tests of the Go modules.
package simulator

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// A Simulator is a process of the simulated appliance.
type Simulator struct {
	Port   int    `json:"port"`
	Admin  string `json:"admin"`
	CAFile string `json:"ca_file"`

	password string
	process  *exec.Cmd
	folder   string
}

// Start starts the program that ZFSSA_APPLIANCE names, with the password of its user root. The
// caller stops it.
func Start(password string) (*Simulator, error) {
	program := os.Getenv("ZFSSA_APPLIANCE")
	if program == "" {
		return nil, errors.New("ZFSSA_APPLIANCE does not name the simulator; run bindings/go/test.sh")
	}
	folder, err := os.MkdirTemp("", "zfssa-go-")
	if err != nil {
		return nil, err
	}
	s := &Simulator{password: password, folder: folder}
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
		s.Stop()
		return nil, fmt.Errorf("the simulator said %q: %w", line, err)
	}
	return s, nil
}

// StartFor starts a simulator that stops at the end of the test.
func StartFor(t testing.TB, password string) *Simulator {
	t.Helper()
	s, err := Start(password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// Stop ends the process and removes its files.
func (s *Simulator) Stop() {
	_ = s.process.Process.Signal(os.Interrupt)
	_ = s.process.Wait()
	os.RemoveAll(s.folder)
}

// Options returns the options of a backend with one host, host-a.
func (s *Simulator) Options(project string) map[string]string {
	return map[string]string{
		"san_ip":                  "127.0.0.1",
		"san_api_port":            strconv.Itoa(s.Port),
		"san_login":               "root",
		"san_password":            s.password,
		"zfssa_pool":              "pool-0",
		"zfssa_project":           project,
		"zfssa_target_portal":     "127.0.0.1:3260",
		"zfssa_target_interfaces": "ixgbe0",
		"zfssa_initiator_config":  `{"host-a": [{"iqn": "iqn.2004-10.org.example:host-a"}]}`,
		"zfssa_tls_mode":          "ca",
		"zfssa_tls_ca_file":       s.CAFile,
		"zfssa_lun_sparse":        "true",
	}
}

// An Exchange is a request that the simulator received.
type Exchange struct {
	Method      string
	Traceparent string
}

// Trace returns all requests so far.
func (s *Simulator) Trace(t testing.TB) []Exchange {
	t.Helper()
	response, err := http.Get(s.Admin + "/trace")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var exchanges []Exchange
	if err := json.NewDecoder(response.Body).Decode(&exchanges); err != nil {
		t.Fatal(err)
	}
	return exchanges
}
