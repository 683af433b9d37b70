package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const password = "CANARY-password-fleet-2"

// asAgent in the environment makes the test's executable the agent.
const asAgent = "ZFSSA_FLEET_AS_AGENT"

func TestMain(m *testing.M) {
	if os.Getenv(asAgent) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// start starts a program that the end of the test kills, and returns what closes when it has ended.
func start(t *testing.T, command *exec.Cmd) <-chan struct{} {
	t.Helper()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait()
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	return ended
}

// startAppliance returns the options of a backend on a simulated appliance.
func startAppliance(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	ca := filepath.Join(folder, "ca.pem")
	process := exec.Command(os.Getenv("ZFSSA_APPLIANCE"), "--ca-file", ca, "--password-env", "SIMULATOR_PASSWORD")
	process.Env = append(os.Environ(), "SIMULATOR_PASSWORD="+password)
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, process)
	var ready struct{ Port int }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("the simulator said %q: %v", line, err)
	}
	groups := map[string][]map[string]string{}
	for _, host := range hosts {
		groups[host] = []map[string]string{{"iqn": iqn(host)}}
	}
	table, err := json.Marshal(groups)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"san_ip": "127.0.0.1", "san_api_port": strconv.Itoa(ready.Port), "san_login": "root", "san_password": password,
		"zfssa_pool": "pool-0", "zfssa_project": "fleet",
		"zfssa_target_portal": "127.0.0.1:3260", "zfssa_target_interfaces": "ixgbe0",
		"zfssa_tls_mode": "ca", "zfssa_tls_ca_file": ca, "zfssa_initiator_config": string(table),
		// Nothing but etcd connects the agents, as if each ran on a machine of its own.
		"zfssa_lock_dir": "none",
	}
}

// startEtcd returns the address of an etcd with one member.
func startEtcd(t *testing.T) string {
	t.Helper()
	for {
		clients, peers := freeAddress(t), freeAddress(t)
		ended := start(t, exec.Command("etcd", "--data-dir", t.TempDir(),
			"--listen-client-urls", "http://"+clients, "--advertise-client-urls", "http://"+clients,
			"--listen-peer-urls", "http://"+peers, "--initial-advertise-peer-urls", "http://"+peers,
			"--initial-cluster", "default=http://"+peers))
		for begin := time.Now(); ; time.Sleep(time.Millisecond) {
			response, err := http.Get("http://" + clients + "/health")
			if err == nil {
				response.Body.Close()
				if response.StatusCode == http.StatusOK {
					return clients
				}
			}
			if time.Since(begin) > time.Minute {
				t.Fatal("etcd does not serve")
			}
			select {
			case <-ended:
			default:
				continue
			}
			// Another process took a port meanwhile.
			break
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

var hosts = []string{"host-a", "host-b", "host-c"}

func iqn(host string) string { return "iqn.2004-10.org.example:" + host }

// Three agents work on one volume at the same moment. Each keeps its attachment in each round, and in
// the end the volume is presented to all three.
func TestThreeAgents(t *testing.T) {
	options := startAppliance(t)
	options["zfssa_coordination_url"] = "etcd://" + startEtcd(t)
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "options.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	const rounds = 15
	said := make(chan string, len(hosts))
	for _, host := range hosts {
		go func() {
			command := exec.Command(os.Args[0], file, "volume-1", iqn(host), strconv.Itoa(rounds))
			command.Env = append(os.Environ(), asAgent+"=1")
			output, err := command.CombinedOutput()
			if err != nil {
				output = fmt.Appendf(output, "%v", err)
			}
			said <- string(output)
		}()
	}
	for range hosts {
		if text := <-said; text != fmt.Sprintf("attached %d times, and never lost it\n", rounds) {
			t.Error(text)
		}
	}
	driver, err := zfssa.Open(context.Background(), zfssa.Config{Options: options})
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	volume, err := driver.GetVolume(context.Background(), zfssa.GetVolumeRequest{Name: "volume-1"})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(volume.InitiatorGroups))
	if !slices.Equal(got, hosts) {
		t.Errorf("presented to %s, not to %s", strings.Join(got, ", "), strings.Join(hosts, ", "))
	}
}
