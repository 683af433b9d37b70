package zfssaprometheus_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/internal/simulator"
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

func open(t *testing.T, appliance *simulator.Simulator, project string) *zfssa.Driver {
	t.Helper()
	driver, err := zfssa.Open(context.Background(), zfssa.Config{Options: appliance.Options(project)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = driver.Close() })
	return driver
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
	a := simulator.StartFor(t, password)
	driver := open(t, a, "scrape")
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
	if got := requests.GetMetric()[0].GetCounter().GetValue(); got != float64(len(a.Trace(t))) {
		t.Errorf("%v requests of %d", got, len(a.Trace(t)))
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
	if sum != uint64(len(a.Trace(t))) || creations != 2 {
		t.Errorf("%d requests and %d creations in the histograms", sum, creations)
	}
	limit := families["zfssa_connections_limit"]
	if limit.GetType() != dto.MetricType_GAUGE || limit.GetMetric()[0].GetGauge().GetValue() < 1 {
		t.Error(limit)
	}
}

// Several drivers share a registry by a label, and a closed one has no metrics.
func TestSeveralDrivers(t *testing.T) {
	a := simulator.StartFor(t, password)
	registry := prometheus.NewPedanticRegistry()
	one, two := open(t, a, "one"), open(t, a, "two")
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
