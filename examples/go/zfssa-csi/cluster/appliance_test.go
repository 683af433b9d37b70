// The simulated appliance: its start, its objects and its faults.

package cluster

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const password = secretWord + "-administrator"

// An appliance is the simulator as a process, with real iSCSI.
type appliance struct {
	Port   int    `json:"port"`
	Admin  string `json:"admin"`
	CAFile string `json:"ca_file"`
	Portal string `json:"portal"`
}

func startAppliance(t testing.TB) *appliance {
	t.Helper()
	command := exec.Command(variable(t, "ZFSSA_APPLIANCE"),
		"--ca-file", filepath.Join(t.TempDir(), "ca.pem"), "--password-env", "SIMULATOR_PASSWORD",
		"--data-plane", "--data-plane-dir", t.TempDir())
	command.Env = append(os.Environ(), "SIMULATOR_PASSWORD="+password)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("simulator: %v", err)
		}
	})
	a := &appliance{}
	line, err := bufio.NewReader(output).ReadBytes('\n')
	must(t, err)
	must(t, json.Unmarshal(line, a))
	return a
}

// settings writes the settings file of the controller, whose backend the nodes of one zone reach.
func (a *appliance) settings(t testing.TB) string {
	t.Helper()
	topology := []map[string]string{{"zone": zone}}
	text, err := json.Marshal(map[string]any{"topology": topology, "options": map[string]string{
		"san_ip":                  "127.0.0.1",
		"san_api_port":            strconv.Itoa(a.Port),
		"zfssa_pool":              "pool-0",
		"zfssa_project":           "csi",
		"zfssa_target_portal":     a.Portal,
		"zfssa_target_interfaces": "ixgbe0",
		"zfssa_tls_mode":          "ca",
		"zfssa_tls_ca_file":       a.CAFile,
		"zfssa_lun_sparse":        "true",
		"zfssa_online_extend":     "true",
		// Real appliances take longer.
		"zfssa_late_request_timeout": "1",
	}})
	must(t, err)
	return write(t, t.TempDir(), "settings.json", string(text))
}

// A lun is what the appliance has of a LUN.
type lun struct {
	Bytes      int64          `json:"volsize"`
	Properties map[string]any `json:"properties"`
	Views      []struct {
		Group string `json:"group"`
	} `json:"views"`
	Snapshots []struct {
		Name string `json:"name"`
	} `json:"snapshots"`
	Origin *struct {
		Share string `json:"share"`
	} `json:"origin"`
}

// state is the part of the simulator's state that the tests compare.
type state struct {
	Pools map[string]struct {
		Projects map[string]struct {
			LUNs map[string]lun `json:"luns"`
		} `json:"projects"`
	} `json:"pools"`
	Groups map[string][]string `json:"initiator_groups"`
}

func (a *appliance) state(t testing.TB) *state {
	t.Helper()
	s := &state{}
	must(t, json.Unmarshal(a.ask(t, http.MethodGet, "/state", nil), s))
	return s
}

// luns returns the LUNs of the driver by their names.
func (s *state) luns() map[string]lun { return s.Pools["pool-0"].Projects["csi"].LUNs }

// presented returns whether a LUN is presented to an initiator.
func (s *state) presented(name, iqn string) bool {
	for _, view := range s.luns()[name].Views {
		if slices.Contains(s.Groups[view.Group], iqn) {
			return true
		}
	}
	return false
}

// ask sends a request to the simulator's admin port, and returns the body of the answer.
func (a *appliance) ask(t testing.TB, method, path string, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, a.Admin+path,
		bytes.NewReader(text))
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	must(t, err)
	if response.StatusCode >= 300 {
		t.Fatalf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return answer
}

// A fault strikes one request of the driver.
type fault struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	When   string `json:"when"`
	Kind   any    `json:"kind"`
}

// hang makes the next matching request hang until release is called, before or after it is carried
// out.
func (a *appliance) hang(t testing.TB, method, path, when string) {
	t.Helper()
	a.ask(t, http.MethodDelete, "/faults", nil)
	a.ask(t, http.MethodPost, "/faults",
		fault{Method: method, Path: path, When: when, Kind: map[string]any{"hang": map[string]any{}}})
}

// hangs returns whether a request has met the fault.
func (a *appliance) hangs(t testing.TB) bool {
	t.Helper()
	var faults []struct {
		Fired int `json:"fired"`
	}
	must(t, json.Unmarshal(a.ask(t, http.MethodGet, "/faults", nil), &faults))
	return len(faults) == 1 && faults[0].Fired == 1
}

// release ends the hanging of all requests.
func (a *appliance) release(t testing.TB) {
	t.Helper()
	a.ask(t, http.MethodPost, "/release", nil)
}

// describe lists the LUNs and their snapshots, for failures.
func (s *state) describe() string {
	var lines []string
	for name, lun := range s.luns() {
		lines = append(lines, name)
		for _, snapshot := range lun.Snapshots {
			lines = append(lines, name+"@"+snapshot.Name)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}
