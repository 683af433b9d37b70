// Tests of the Helm chart and the plain manifests: the driver accepts what they give it.

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"go.yaml.in/yaml/v3"
)

// A manifest is an object of Kubernetes, with the members that the tests read.
type manifest struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name, Namespace string }
	Data       map[string]string
	Rules      []struct {
		APIGroups []string `yaml:"apiGroups"`
		Resources []string
		Verbs     []string
	}
	Provisioner, Driver string
	Parameters          map[string]string
	Spec                struct {
		Template            struct{ Spec pod }
		PodMetricsEndpoints []struct{ Port string } `yaml:"podMetricsEndpoints"`
	}
}

type pod struct {
	Containers []container
	Volumes    []struct {
		Name     string
		HostPath struct{ Path string } `yaml:"hostPath"`
		Secret   struct {
			SecretName string `yaml:"secretName"`
		}
	}
}

type container struct {
	Name            string
	Image           string
	Args            []string
	Ports           []struct{ Name string }
	SecurityContext struct {
		Privileged             bool
		ReadOnlyRootFilesystem bool `yaml:"readOnlyRootFilesystem"`
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

// mounted returns whether a path is in a volume of the container.
func (c container) mounted(file string) bool {
	for _, mount := range c.VolumeMounts {
		if file == mount.MountPath || strings.HasPrefix(file, mount.MountPath+"/") {
			return true
		}
	}
	return false
}

// deployments returns the objects of each deployment by the name of its file: those of the plain
// manifests, and those that deploy/check-chart.sh rendered into the directory ZFSSA_CSI_RENDERED.
func deployments(t *testing.T) map[string][]manifest {
	t.Helper()
	files := []string{filepath.Join("deploy", "manifests", "driver.yaml")}
	if rendered := os.Getenv("ZFSSA_CSI_RENDERED"); rendered != "" {
		more, err := filepath.Glob(filepath.Join(rendered, "*.yaml"))
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: %d files, error %v", rendered, len(more), err)
		}
		files = append(files, more...)
	}
	all := map[string][]manifest{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
			var m manifest
			err := decoder.Decode(&m)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if m.Kind != "" {
				all[file] = append(all[file], m)
			}
		}
	}
	return all
}

// eachDeployment runs a test with the objects of each deployment by kind.
func eachDeployment(t *testing.T, test func(t *testing.T, kinds map[string][]manifest)) {
	for file, objects := range deployments(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			kinds := map[string][]manifest{}
			for _, m := range objects {
				kinds[m.Kind] = append(kinds[m.Kind], m)
			}
			test(t, kinds)
		})
	}
}

// settingsIn returns the settings of the ConfigMap.
func settingsIn(t *testing.T, kinds map[string][]manifest) *settings {
	t.Helper()
	if len(kinds["ConfigMap"]) != 1 {
		t.Fatalf("%d ConfigMaps", len(kinds["ConfigMap"]))
	}
	s, err := parseSettings("settings.json", []byte(kinds["ConfigMap"][0].Data["settings.json"]))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The driver accepts the settings file, its command lines, and the parameters of the classes.
func TestChartSettings(t *testing.T) {
	known := map[string]bool{}
	for _, option := range zfssa.Options() {
		known[option.Name] = true
	}
	eachDeployment(t, func(t *testing.T, kinds map[string][]manifest) {
		s := settingsIn(t, kinds)
		for _, name := range s.backendNames() {
			for option := range s.backend(name).Options {
				if !known[option] {
					t.Errorf("option %s is unknown", option)
				}
			}
		}
		for _, class := range kinds["StorageClass"] {
			if class.Provisioner != driverName {
				t.Errorf("class %s: provisioner %s", class.Metadata.Name, class.Provisioner)
			}
			if _, _, err := s.class(class.Parameters); err != nil {
				t.Errorf("class %s: %v", class.Metadata.Name, err)
			}
			if _, err := specsOf(withoutPlace(class.Parameters)); err != nil {
				t.Errorf("class %s: %v", class.Metadata.Name, err)
			}
		}
		for _, class := range slices.Concat(kinds["VolumeSnapshotClass"], kinds["VolumeGroupSnapshotClass"]) {
			if class.Driver != driverName {
				t.Errorf("%s %s: driver %s", class.Kind, class.Metadata.Name, class.Driver)
			}
		}
		if name := kinds["CSIDriver"][0].Metadata.Name; name != driverName {
			t.Errorf("CSIDriver %s", name)
		}
	})
}

func TestChartCommandLines(t *testing.T) {
	eachDeployment(t, func(t *testing.T, kinds map[string][]manifest) {
		s := settingsIn(t, kinds)
		for _, m := range slices.Concat(kinds["Deployment"], kinds["DaemonSet"]) {
			c := m.Spec.Template.Spec.Containers[0]
			if c.Name != "driver" || !strings.HasPrefix(c.Image, "registry.example.org/storage/zfssa-csi:") {
				t.Fatalf("%s: container %s with image %s", m.Kind, c.Name, c.Image)
			}
			var a arguments
			if err := a.flags().Parse(c.Args); err != nil {
				t.Fatalf("%s: %v", m.Kind, err)
			}
			if _, err := parseTopology(a.topology); err != nil {
				t.Errorf("%s: %v", m.Kind, err)
			}
			files := []string{strings.TrimPrefix(a.endpoint, "unix://")}
			if m.Kind == "Deployment" {
				files = append(files, a.config)
				if s.Coordination != "" {
					files = append(files, s.Coordination)
				}
				for _, name := range s.backendNames() {
					if name == defaultBackend {
						files = append(files, a.credentials)
					} else {
						files = append(files, s.backend(name).Credentials)
					}
					if ca := s.backend(name).Options["zfssa_tls_ca_file"]; ca != "" {
						files = append(files, ca)
					}
				}
			} else if a.nodeName == "" || a.config != "" {
				t.Errorf("DaemonSet: node name %q, settings %q", a.nodeName, a.config)
			} else {
				files = append(files, a.initiators)
			}
			for _, file := range files {
				if !path.IsAbs(file) || !c.mounted(file) {
					t.Errorf("%s: %q is in no volume", m.Kind, file)
				}
			}
		}
	})
}

// The right to read Secrets, and wildcards, are never given.
func TestChartRights(t *testing.T) {
	eachDeployment(t, func(t *testing.T, kinds map[string][]manifest) {
		roles := slices.Concat(kinds["ClusterRole"], kinds["Role"])
		if len(roles) != 5 {
			t.Errorf("%d roles", len(roles))
		}
		for _, role := range roles {
			for _, rule := range role.Rules {
				for _, word := range slices.Concat(rule.APIGroups, rule.Resources, rule.Verbs) {
					if slices.Contains([]string{"secrets", "escalate", "bind", "impersonate"}, word) || strings.Contains(word, "*") {
						t.Errorf("%s %s: %s", role.Kind, role.Metadata.Name, word)
					}
				}
			}
		}
		for _, m := range slices.Concat(kinds["Deployment"], kinds["DaemonSet"]) {
			for _, c := range m.Spec.Template.Spec.Containers {
				privileged := m.Kind == "DaemonSet" && c.Name == "driver"
				if c.SecurityContext.Privileged != privileged || c.SecurityContext.ReadOnlyRootFilesystem == privileged {
					t.Errorf("%s: container %s: %+v", m.Kind, c.Name, c.SecurityContext)
				}
			}
		}
	})
}

// Secrets are mounted by name. The values that hold one are refused, and no Secret is rendered.
func TestChartSecrets(t *testing.T) {
	eachDeployment(t, func(t *testing.T, kinds map[string][]manifest) {
		if len(kinds["Secret"]) > 0 {
			t.Errorf("%d Secrets", len(kinds["Secret"]))
		}
		named := 0
		for _, volume := range kinds["Deployment"][0].Spec.Template.Spec.Volumes {
			if volume.Secret.SecretName != "" {
				named++
			}
		}
		s := settingsIn(t, kinds)
		want := len(s.backendNames())
		if s.Coordination != "" {
			want++
		}
		if named != want {
			t.Errorf("%d Secrets are mounted, not %d: one for each backend, and that for etcd", named, want)
		}
	})
	var schema struct {
		Defs struct {
			SecretOptions struct{ Enum []string } `json:"secretOptions"`
		} `json:"$defs"`
	}
	text, err := os.ReadFile(filepath.Join("deploy", "chart", "values.schema.json"))
	if err == nil {
		err = json.Unmarshal(text, &schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	// The login is no secret, but a part of the credentials.
	secret := map[string]bool{"san_login": true}
	for _, option := range zfssa.Options() {
		if option.Secret {
			secret[option.Name] = true
		}
	}
	refused := slices.Sorted(slices.Values(schema.Defs.SecretOptions.Enum))
	if want := slices.Sorted(maps.Keys(secret)); !slices.Equal(refused, want) {
		t.Errorf("values.schema.json refuses %v, and the secret options are %v", refused, want)
	}
}

// Each mount has its volume, each volume a mount, and each monitored port a container.
func TestChartPods(t *testing.T) {
	eachDeployment(t, func(t *testing.T, kinds map[string][]manifest) {
		ports := map[string]bool{}
		for _, m := range slices.Concat(kinds["Deployment"], kinds["DaemonSet"]) {
			used := map[string]bool{}
			for _, c := range m.Spec.Template.Spec.Containers {
				for _, mount := range c.VolumeMounts {
					used[mount.Name] = true
				}
				for _, port := range c.Ports {
					if ports[port.Name] {
						t.Errorf("%s: two ports %s", m.Kind, port.Name)
					}
					ports[port.Name] = true
				}
			}
			has := map[string]bool{}
			for _, volume := range m.Spec.Template.Spec.Volumes {
				has[volume.Name] = true
			}
			if !maps.Equal(used, has) {
				t.Errorf("%s: volumes %v, mounts %v", m.Kind, has, used)
			}
		}
		for _, monitor := range kinds["PodMonitor"] {
			if len(monitor.Spec.PodMetricsEndpoints) == 0 {
				t.Error("PodMonitor: no endpoints")
			}
			for _, endpoint := range monitor.Spec.PodMetricsEndpoints {
				if !ports[endpoint.Port] {
					t.Errorf("PodMonitor: no container has the port %s", endpoint.Port)
				}
			}
		}
	})
}

// The chart and the image have the version of the driver and of the library, and the image is built
// with the oldest Rust that the library accepts.
func TestChartVersion(t *testing.T) {
	var chart struct {
		Version    string
		AppVersion string `yaml:"appVersion"`
	}
	text, err := os.ReadFile(filepath.Join("deploy", "chart", "Chart.yaml"))
	if err == nil {
		err = yaml.Unmarshal(text, &chart)
	}
	if err != nil {
		t.Fatal(err)
	}
	if chart.Version != version || chart.AppVersion != version || zfssa.Version() != version {
		t.Errorf("chart %s of %s, driver %s, library %s", chart.Version, chart.AppVersion, version, zfssa.Version())
	}
	containerfile, err := os.ReadFile(filepath.Join("deploy", "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	workspace, err := os.ReadFile(filepath.Join("..", "..", "..", "Cargo.toml"))
	if err != nil {
		t.Fatal(err)
	}
	rust := regexp.MustCompile(`(?m)^rust-version = "(.*)"$`).FindSubmatch(workspace)
	if rust == nil {
		t.Fatal("Cargo.toml has no rust-version")
	}
	for _, line := range []string{"ARG VERSION=" + version + "\n", "/rust:" + string(rust[1]) + "-"} {
		if !strings.Contains(string(containerfile), line) {
			t.Errorf("Containerfile has no %q", line)
		}
	}
}
