package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// An etcd is a process of etcd with one member, without authentication.
type etcd struct{ address string }

// startEtcd starts it in a directory of its own and waits until it serves.
func startEtcd(t testing.TB) *etcd {
	t.Helper()
	for {
		clients, peers := freeAddress(t), freeAddress(t)
		process := exec.Command("etcd", "--data-dir", t.TempDir(),
			"--listen-client-urls", "http://"+clients, "--advertise-client-urls", "http://"+clients,
			"--listen-peer-urls", "http://"+peers, "--initial-advertise-peer-urls", "http://"+peers,
			"--initial-cluster", "default=http://"+peers, "--unsafe-no-fsync")
		if err := process.Start(); err != nil {
			t.Fatalf("%v: .ci/setup installs etcd", err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = process.Wait()
		}()
		t.Cleanup(func() {
			_ = process.Process.Kill()
			<-ended
		})
		if serves(t, "http://"+clients+"/health", ended) {
			return &etcd{clients}
		}
		// Another process took a port meanwhile.
	}
}

// serves waits until a page answers. It returns false if the process ended before.
func serves(t testing.TB, page string, ended <-chan struct{}) bool {
	t.Helper()
	up, over := false, false
	eventually(t, "etcd serves", func() bool {
		select {
		case <-ended:
			over = true
			return true
		default:
		}
		response, err := http.Get(page)
		if err == nil {
			response.Body.Close()
			up = response.StatusCode == http.StatusOK
		}
		return up
	})
	return up && !over
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// options are those of a controller that shares its locks with others. Nothing but etcd connects
// the controllers, as if each ran on a machine of its own.
func (e *etcd) options() map[string]string {
	options := alone()
	options[coordinationURL] = "etcd://" + e.address
	// The least time for the other two.
	options["zfssa_coordination_ttl"] = "6"
	return options
}

// alone are the options of a controller that shares no locks with others.
func alone() map[string]string {
	return map[string]string{"zfssa_lock_dir": "none", "zfssa_rest_timeout": "2", "zfssa_late_request_timeout": "1"}
}

// claims returns how many hosts hold the lock of an object or wait for it.
func (e *etcd) claims(t testing.TB, object string) int {
	t.Helper()
	body := fmt.Sprintf(`{"key": %q, "range_end": %q, "keys_only": true}`,
		base64.StdEncoding.EncodeToString([]byte("zfssa/")), base64.StdEncoding.EncodeToString([]byte("zfssa0")))
	response, err := (&http.Client{Timeout: time.Minute}).Post("http://"+e.address+"/v3/kv/range", "application/json",
		bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	var found struct{ Kvs []struct{ Key []byte } }
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	count := 0
	for _, kv := range found.Kvs {
		if strings.Contains(string(kv.Key), "/"+object+"/") {
			count++
		}
	}
	return count
}
