package zfssaprometheus_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"github.com/libzfssa/libzfssa/bindings/go/zfssaprometheus"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const password = "CANARY-password-go-prometheus"

// An appliance is a process of the simulated appliance.
type appliance struct {
	Port   int    `json:"port"`
	Admin  string `json:"admin"`
	CAFile string `json:"ca_file"`
}

func start(t *testing.T) *appliance {
	t.Helper()
	program := os.Getenv("ZFSSA_APPLIANCE")
	if program == "" {
		t.Fatal("ZFSSA_APPLIANCE does not name the simulator; run bindings/go/test.sh")
	}
	process := exec.Command(program, "--ca-file", filepath.Join(t.TempDir(), "ca.pem"), "--password-env", "SIMULATOR_PASSWORD")
	process.Env = append(os.Environ(), "SIMULATOR_PASSWORD="+password)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Signal(os.Interrupt)
		_ = process.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	a := new(appliance)
	if err := json.Unmarshal(line, a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *appliance) open(t *testing.T, project string) *zfssa.Driver {
	t.Helper()
	driver, err := zfssa.Open(context.Background(), zfssa.Config{Options: map[string]string{
		"san_ip":                  "127.0.0.1",
		"san_api_port":            strconv.Itoa(a.Port),
		"san_login":               "root",
		"san_password":            password,
		"zfssa_pool":              "pool-0",
		"zfssa_project":           project,
		"zfssa_target_portal":     "127.0.0.1:3260",
		"zfssa_target_interfaces": "ixgbe0",
		"zfssa_initiator_config":  `{"host-a": [{"iqn": "iqn.2004-10.org.example:host-a"}]}`,
		"zfssa_tls_mode":          "ca",
		"zfssa_tls_ca_file":       a.CAFile,
		"zfssa_lun_sparse":        "true",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = driver.Close() })
	return driver
}

// requests returns the number of requests that the appliance saw.
func (a *appliance) requests(t *testing.T) int {
	t.Helper()
	response, err := http.Get(a.Admin + "/trace")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var trace []struct{ Method string }
	if err := json.NewDecoder(response.Body).Decode(&trace); err != nil {
		t.Fatal(err)
	}
	return len(trace)
}

func createVolume(t *testing.T, driver *zfssa.Driver, name string) {
	t.Helper()
	request := zfssa.CreateVolumeRequest{Name: name, SizeGiB: 1}
	if _, err := driver.CreateVolume(context.Background(), request); err != nil {
		t.Fatal(err)
	}
}

// A scrape over HTTP has the numbers of the appliance and passes the linter of Prometheus.
func TestScrape(t *testing.T) {
	a := start(t)
	driver := a.open(t, "scrape")
	createVolume(t, driver, "volume-1")
	createVolume(t, driver, "volume-2")
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(zfssaprometheus.NewCollector(driver))
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) != 0 {
		t.Error(problems, err)
	}
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	requests := families["zfssa_requests_total"]
	if got := requests.GetMetric()[0].GetCounter().GetValue(); got != float64(a.requests(t)) {
		t.Errorf("%v requests of %d", got, a.requests(t))
	}
	if requests.GetType() != dto.MetricType_COUNTER || !strings.HasPrefix(requests.GetHelp(), "Requests sent") {
		t.Error(requests)
	}
	sum, creations := uint64(0), uint64(0)
	for _, metric := range families["zfssa_request_duration_seconds"].GetMetric() {
		histogram := metric.GetHistogram()
		sum += histogram.GetSampleCount()
		labels := map[string]string{}
		for _, pair := range metric.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		if labels["resource"] == "lun" && labels["verb"] == "POST" {
			creations = histogram.GetSampleCount()
		}
		if histogram.GetSampleSum() <= 0 || len(histogram.GetBucket()) < 10 {
			t.Error(metric)
		}
	}
	if sum != uint64(a.requests(t)) || creations != 2 {
		t.Errorf("%d requests and %d creations in the histograms", sum, creations)
	}
	limit := families["zfssa_connections_limit"]
	if limit.GetType() != dto.MetricType_GAUGE || limit.GetMetric()[0].GetGauge().GetValue() < 1 {
		t.Error(limit)
	}
}

// Several drivers share a registry by a label, and a closed one has no metrics.
func TestSeveralDrivers(t *testing.T) {
	a := start(t)
	registry := prometheus.NewPedanticRegistry()
	one, two := a.open(t, "one"), a.open(t, "two")
	for backend, driver := range map[string]*zfssa.Driver{"one": one, "two": two} {
		labels := prometheus.Labels{"backend": backend}
		prometheus.WrapRegistererWith(labels, registry).MustRegister(zfssaprometheus.NewCollector(driver))
	}
	const head = "# HELP zfssa_logins_total Logins sent.\n# TYPE zfssa_logins_total counter\n"
	both := head + "zfssa_logins_total{backend=\"one\"} 1\nzfssa_logins_total{backend=\"two\"} 1\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(both), "zfssa_logins_total"); err != nil {
		t.Error(err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	left := head + "zfssa_logins_total{backend=\"two\"} 1\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(left), "zfssa_logins_total"); err != nil {
		t.Error(err)
	}
}
