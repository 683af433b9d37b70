package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// control runs etcdctl as root.
func (e *etcd) control(t testing.TB, words ...string) {
	t.Helper()
	command := exec.Command("etcdctl", append([]string{"--endpoints", e.address}, words...)...)
	command.Env = append(os.Environ(), "ETCDCTL_API=3")
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("etcdctl %s: %v: %s", words[0], err, said)
	}
}

const etcdPassword = "CANARY-etcd-csi-3"

// protect lets the account csi with a password read and write the keys of the engine, and no other client.
func (e *etcd) protect(t testing.TB) {
	t.Helper()
	e.control(t, "user", "add", "root", "--new-user-password", etcdPassword)
	e.control(t, "user", "grant-role", "root", "root")
	e.control(t, "role", "add", "zfssa")
	e.control(t, "role", "grant-permission", "zfssa", "--prefix=true", "readwrite", "zfssa/")
	e.control(t, "user", "add", "csi", "--new-user-password", etcdPassword)
	e.control(t, "user", "grant-role", "csi", "zfssa")
	e.control(t, "auth", "enable")
}

func writeFile(t testing.TB, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The account of etcd comes from the mounted secret. Without it, or with a wrong password, no volume
// is made; a password that was corrected is used by the next call.
func TestAccountOfEtcd(t *testing.T) {
	t.Parallel()
	appliance, locks := startSimulator(t), startEtcd(t)
	locks.protect(t)
	folder := t.TempDir()
	config := appliance.settingsWith(t, locks.options(), func(s *settings) { s.Coordination = folder })
	_, c := controllerProcess(t, config, credentialsFolder(t))
	refused := func(code codes.Code, words ...string) {
		t.Helper()
		_, err := c.CreateVolume(context.Background(), request("v", 1))
		expect(t, err, code, words...)
		if left := appliance.luns(t); left != "" {
			t.Errorf("made without etcd: %s", left)
		}
	}
	refused(codes.FailedPrecondition, "none of user, password")
	writeFile(t, folder, "user", "csi\n")
	writeFile(t, folder, "password", "CANARY-wrong\n")
	refused(codes.Unavailable, "zfssa_coordination_password")
	writeFile(t, folder, "password", etcdPassword+"\n")
	id := c.create(t, request("v", 1)).GetVolumeId()
	if err := c.publish(id, nodeA, writer); err != nil {
		t.Error(err)
	}
}

func TestOptionsOfTheSecretForEtcd(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"user", "password", "ca.crt", "tls.crt", "tls.key"} {
		writeFile(t, folder, name, "text of "+name+"\n")
	}
	got, err := coordinationOptions(folder)
	if err != nil {
		t.Fatal(err)
	}
	for option, want := range map[string]string{
		"zfssa_coordination_user":      "text of user",
		"zfssa_coordination_password":  "text of password",
		"zfssa_coordination_ca_file":   filepath.Join(folder, "ca.crt"),
		"zfssa_coordination_cert_file": filepath.Join(folder, "tls.crt"),
		"zfssa_coordination_key_file":  filepath.Join(folder, "tls.key"),
	} {
		if got[option] != want {
			t.Errorf("%s is %q, not %q", option, got[option], want)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d options", len(got))
	}
}

// A secret without etcd would leave an operator in the assumption that controllers share their locks.
func TestCoordinationWithoutEtcdIsRefused(t *testing.T) {
	text := `{"coordination": "/etc/zfssa-coordination", "options": {"san_ip": "192.0.2.10", "zfssa_pool": "pool-0",
		"zfssa_project": "csi", "zfssa_target_portal": "198.51.100.1:3260", "zfssa_target_interfaces": "ixgbe0"}}`
	if _, err := parseSettings("settings", []byte(text)); err == nil || !strings.Contains(err.Error(), "zfssa_coordination_url") {
		t.Errorf("error %v", err)
	}
}
