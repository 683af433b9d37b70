// The simulated appliance and the controller, which run outside of the test machine.

package kernel

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	gib = 1 << 30
	// Secrets of tests have this word, by which they are searched for in logs.
	password   = "CANARY-administrator"
	chapSecret = "CANARYhost-04"
)

// An appliance is the simulator as a process, with real iSCSI.
type appliance struct {
	Port   int    `json:"port"`
	Admin  string `json:"admin"`
	CAFile string `json:"ca_file"`
	Portal string `json:"portal"`
}

// start starts a program that ends with the test. It returns its standard output or standard error.
func start(
	t testing.TB, command *exec.Cmd, output func(*exec.Cmd) (io.ReadCloser, error),
) *bufio.Reader {
	t.Helper()
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pipe, err := output(command)
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("%s: %v", command.Path, err)
		}
	})
	return bufio.NewReader(pipe)
}

func variable(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set; run kernel/test.sh", name)
	}
	return value
}

func startAppliance(t testing.TB) *appliance {
	t.Helper()
	command := exec.Command(variable(t, "ZFSSA_APPLIANCE"),
		"--ca-file", filepath.Join(t.TempDir(), "ca.pem"),
		"--password-env", "SIMULATOR_PASSWORD", "--data-plane", "--data-plane-dir", t.TempDir())
	command.Env = append(os.Environ(), "SIMULATOR_PASSWORD="+password)
	command.Stderr = os.Stderr
	line, err := start(t, command, (*exec.Cmd).StdoutPipe).ReadBytes('\n')
	a := &appliance{}
	if err == nil {
		err = json.Unmarshal(line, a)
	}
	if err != nil {
		t.Fatalf("the simulator said %q: %v", line, err)
	}
	return a
}

// addInitiator gives an initiator a CHAP account, as an operator does on the appliance.
func (a *appliance) addInitiator(t testing.TB, iqn string) {
	t.Helper()
	authority, err := os.ReadFile(a.CAFile)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	body, err := json.Marshal(map[string]string{"initiator": iqn, "alias": "node",
		"chapuser": account["chap_user"], "chapsecret": account["chap_password"]})
	must(t, err)
	address := fmt.Sprintf("https://127.0.0.1:%d/api/san/v1/iscsi/initiators", a.Port)
	request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	must(t, err)
	request.SetBasicAuth("root", password)
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	response, err := client.Do(request)
	must(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("the initiator: %s", response.Status)
	}
}

// settings writes the controller's settings file: the options of the backend, and the node.
func (a *appliance) settings(t testing.TB, node string, portals ...string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"options": map[string]string{
			"san_ip":                  "127.0.0.1",
			"san_api_port":            strconv.Itoa(a.Port),
			"zfssa_pool":              "pool-0",
			"zfssa_project":           "csi",
			"zfssa_target_portal":     strings.Join(portals, ","),
			"zfssa_target_interfaces": "ixgbe0,ixgbe1",
			"zfssa_tls_mode":          "ca",
			"zfssa_tls_ca_file":       a.CAFile,
			"zfssa_lun_sparse":        "true",
			"zfssa_online_extend":     "true",
			// With an account of its own, the target asks hosts for theirs.
			"zfssa_target_user":     "appliance",
			"zfssa_target_password": "CANARYtarget-4",
			// Real appliances take longer.
			"zfssa_late_request_timeout": "1",
		},
		"nodes": map[string]string{"node": node},
	})
	must(t, err)
	return write(t, t.TempDir(), "settings.json", string(text))
}

func write(t testing.TB, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// startController starts the driver as a controller, and waits until it serves.
func startController(t testing.TB, settings string) csi.ControllerClient {
	t.Helper()
	credentials := t.TempDir()
	write(t, credentials, "san_login", "root")
	write(t, credentials, "san_password", password)
	// Paths of sockets are short.
	folder, err := os.MkdirTemp("", "csi")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(folder) })
	endpoint := "unix://" + filepath.Join(folder, "csi.sock")
	command := exec.Command(variable(t, "ZFSSA_CSI_DRIVER"),
		"-endpoint", endpoint, "-config", settings, "-credentials", credentials)
	output := start(t, command, (*exec.Cmd).StderrPipe)
	var log strings.Builder
	for !strings.Contains(log.String(), `"msg":"serving"`) {
		line, err := output.ReadString('\n')
		log.WriteString(line)
		if err != nil {
			t.Fatalf("the controller ended: %s", log.String())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, output) }()
	connection, err := grpc.NewClient(endpoint,
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { connection.Close() })
	return csi.NewControllerClient(connection)
}
