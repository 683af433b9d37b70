package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const laterNode = "iqn.2004-10.org.example:node-c"

// A journal takes log records.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(text []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(text)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A rotating is a controller whose files the test changes.
type rotating struct {
	*controller
	appliance *simulator
	path      string
	folder    string
	log       *journal
}

func startRotating(t *testing.T) *rotating {
	t.Helper()
	appliance := startSimulator(t)
	r := &rotating{appliance: appliance, path: appliance.settings(t, 0), folder: mountedSecret(t, password), log: &journal{}}
	logger := slog.New(slog.NewTextHandler(r.log, nil))
	file, err := openSettings(r.path, logger)
	if err != nil {
		t.Fatal(err)
	}
	r.controller = newController(newBackends(file, r.folder, logger, nil))
	r.backends.pause = 0
	t.Cleanup(func() {
		r.backends.close()
		if strings.Contains(r.log.String(), "CANARY") {
			t.Error("a secret is in the log")
		}
	})
	return r
}

// mountedSecret makes a directory as Kubernetes mounts a secret: the files are symbolic links into a
// directory that is replaced as a whole.
func mountedSecret(t testing.TB, word string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"san_login", "san_password"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	swapSecret(t, folder, word)
	return folder
}

// swapSecret replaces the content of a mounted secret.
func swapSecret(t testing.TB, folder, word string) {
	t.Helper()
	version, err := os.MkdirTemp(folder, "..version-")
	for name, value := range map[string]string{"san_login": "root", "san_password": word} {
		if err == nil {
			err = os.WriteFile(filepath.Join(version, name), []byte(value+"\n"), 0o600)
		}
	}
	if err == nil {
		err = os.Symlink(filepath.Base(version), filepath.Join(folder, "..data_next"))
	}
	if err == nil {
		err = os.Rename(filepath.Join(folder, "..data_next"), filepath.Join(folder, "..data"))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// driver returns the driver that a call gets now.
func (r *rotating) driver(t testing.TB) *zfssa.Driver {
	t.Helper()
	driver, done, err := r.backends.use(context.Background(), r.settings().home(defaultBackend), nil)
	if err != nil {
		t.Fatal(err)
	}
	done()
	return driver
}

func (r *rotating) logs(word string) func() bool {
	return func() bool { return strings.Contains(r.log.String(), word) }
}

// A new node and new options are in use without a restart; a call that is under way ends on the
// former driver.
func TestSettingsChange(t *testing.T) {
	r := startRotating(t)
	ctx := context.Background()
	_, err := r.CreateVolume(ctx, request("v", 1))
	if err != nil {
		t.Fatal(err)
	}
	former, done, err := r.backends.use(ctx, r.settings().home(defaultBackend), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, r.path)
	s.Nodes["node-c"] = laterNode
	s.Options["zfssa_lun_compression"] = "gzip"
	replace(t, r.path, s)
	eventually(t, "the new driver", func() bool { return r.driver(t) != former })
	if _, err := former.ListVolumes(ctx, zfssa.ListVolumesRequest{}); err != nil {
		t.Errorf("the former driver, in use: %v", err)
	}
	done()
	eventually(t, "the former driver is closed", func() bool {
		_, err := former.Echo(ctx, zfssa.EchoRequest{})
		return errors.Is(err, zfssa.ErrClosed)
	})
	if _, err := r.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: "csi-v", NodeId: laterNode, VolumeCapability: writer}); err != nil {
		t.Error(err)
	}
	if _, err := r.CreateVolume(ctx, request("w", 1)); err != nil {
		t.Fatal(err)
	}
	w, err := r.driver(t).GetVolume(ctx, zfssa.GetVolumeRequest{Name: "csi-w"})
	if err != nil || w.Compression != "gzip" {
		t.Errorf("%v %v", w, err)
	}
}

// Settings that are invalid change nothing, and the log names the file.
func TestInvalidSettingsAreNotUsed(t *testing.T) {
	r := startRotating(t)
	former := r.driver(t)
	before := read(t, r.path)
	for words, content := range map[string]any{
		"unexpected EOF": "{",
		"zfssa_lun_sparse": func() *settings {
			s := read(t, r.path)
			s.Options["zfssa_lun_sparse"] = "perhaps"
			return s
		}(),
		// The ids of existing volumes would lead to the other project.
		"existing volumes": func() *settings {
			s := read(t, r.path)
			s.Options["zfssa_project"], s.Projects = teamProject, []string{"csi"}
			return s
		}(),
	} {
		replace(t, r.path, content)
		eventually(t, words, func() bool { r.driver(t); return r.logs(words)() })
		if r.driver(t) != former {
			t.Errorf("%s: another driver is in use", words)
		}
		if !strings.Contains(r.log.String(), r.path) {
			t.Errorf("%s: the log does not name the file:\n%s", words, r.log)
		}
	}
	// Once for each problem, however often the file is read.
	replace(t, r.path, "[]")
	for range 3 {
		r.backends.file.mu.Lock()
		r.backends.file.checked = time.Time{}
		r.backends.file.mu.Unlock()
		r.driver(t)
	}
	if count := strings.Count(r.log.String(), "cannot unmarshal array"); count != 1 {
		t.Errorf("logged %d times:\n%s", count, r.log)
	}
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the absence is logged", func() bool { r.driver(t); return r.logs("no such file")() })
	before.Nodes["node-c"] = laterNode
	replace(t, r.path, before)
	eventually(t, "the valid settings", func() bool { return r.driver(t) != former })
}

// An appliance that refuses the new configuration keeps the former one in use.
func TestConfigurationThatFailsIsNotUsed(t *testing.T) {
	r := startRotating(t)
	former := r.driver(t)
	good, bad := read(t, r.path), read(t, r.path)
	bad.Options["san_api_port"] = "1"
	replace(t, r.path, bad)
	eventually(t, "the failure is logged", func() bool { r.driver(t); return r.logs("new configuration not used")() })
	if r.driver(t) != former || !strings.Contains(r.log.String(), r.path) {
		t.Errorf("another driver is in use, or the log does not name the file:\n%s", r.log)
	}
	good.Options["zfssa_lun_compression"] = "gzip"
	replace(t, r.path, good)
	eventually(t, "the good one", func() bool { return r.driver(t) != former })
}

// Credentials that the appliance does not accept keep the former ones in use. The same ones are
// tried again, because the appliance may not know them yet.
func TestMountedSecretChanges(t *testing.T) {
	r := startRotating(t)
	former := r.driver(t)
	var mu sync.Mutex
	var tried []string
	accepted := ""
	r.backends.opener = func(ctx context.Context, config zfssa.Config) (*zfssa.Driver, error) {
		mu.Lock()
		defer mu.Unlock()
		tried = append(tried, config.Options["san_password"])
		if config.Options["san_password"] == accepted {
			config.Options["san_password"] = password
		}
		return zfssa.Open(ctx, config)
	}
	seen := func(word string) func() bool {
		return func() bool {
			r.driver(t)
			mu.Lock()
			defer mu.Unlock()
			return slices.Contains(tried, word)
		}
	}
	swapSecret(t, r.folder, "CANARY-next")
	eventually(t, "the new credentials are tried", seen("CANARY-next"))
	eventually(t, "their failure is logged", r.logs("new configuration not used"))
	if r.driver(t) != former || !strings.Contains(r.log.String(), r.folder) {
		t.Errorf("another driver is in use, or the log does not name the directory:\n%s", r.log)
	}
	mu.Lock()
	accepted = "CANARY-next"
	mu.Unlock()
	eventually(t, "the new driver", func() bool { return r.driver(t) != former })
	if err := os.Remove(filepath.Join(r.folder, "..data")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the absence is logged", func() bool { r.driver(t); return r.logs("cannot be read")() })
}

// The credentials of one backend are never sent to the appliance of another.
func TestCredentialsStayWithTheirBackend(t *testing.T) {
	first, second := startSimulator(t), startSimulator(t)
	path := first.settings(t, 0)
	s := read(t, path)
	s.Backends = map[string]*backendSettings{"fast": {Options: read(t, second.settings(t, 0)).Options}}
	replace(t, path, s)
	file, err := openSettings(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := newController(newBackends(file, "", slog.New(slog.DiscardHandler), nil))
	defer c.backends.close()
	r := request("v", 1)
	r.Secrets = secretsOf(password)
	if _, err := c.CreateVolume(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	_, err = c.ListVolumes(context.Background(), &csi.ListVolumesRequest{})
	if err == nil || !strings.Contains(err.Error(), "fast: no credentials") {
		t.Errorf("%v", err)
	}
	_, err = c.ListSnapshots(context.Background(), &csi.ListSnapshotsRequest{Secrets: secretsOf(password)})
	if err == nil || !strings.Contains(err.Error(), "fast: no credentials") {
		t.Errorf("%v", err)
	}
	if trace := second.trace(t); len(trace) > 0 {
		t.Errorf("%v", trace)
	}
}

// A place that the settings no longer have loses its driver.
func TestRemovedPlacesAreClosed(t *testing.T) {
	r := startRotating(t)
	s := read(t, r.path)
	s.Projects = []string{teamProject}
	replace(t, r.path, s)
	at := place{defaultBackend, "pool-0", teamProject}
	eventually(t, "the new place", func() bool { return r.settings().places[at.mark()] == at })
	driver, done, err := r.backends.use(context.Background(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Projects = nil
	replace(t, r.path, s)
	eventually(t, "the place is gone", func() bool { r.driver(t); return r.settings().places[at.mark()] != at })
	r.driver(t)
	if _, err := driver.ListVolumes(context.Background(), zfssa.ListVolumesRequest{}); err != nil {
		t.Errorf("in use: %v", err)
	}
	done()
	eventually(t, "the driver is closed", func() bool {
		_, err := driver.Echo(context.Background(), zfssa.EchoRequest{})
		return errors.Is(err, zfssa.ErrClosed)
	})
}

// The engine reads the CA file again when the appliance shows a certificate of another authority.
func TestCertificateChanges(t *testing.T) {
	r := startRotating(t)
	driver := r.driver(t)
	r.appliance.ask(t, "POST", "/certificate/rotate", map[string]any{})
	eventually(t, "the new certificate is trusted", func() bool {
		_, err := r.GetCapacity(context.Background(), &csi.GetCapacityRequest{})
		return err == nil
	})
	if r.driver(t) != driver {
		t.Error("the driver was replaced")
	}
}
