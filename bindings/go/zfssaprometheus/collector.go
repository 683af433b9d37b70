// Package zfssaprometheus gives the metrics of drivers of package zfssa to a registry of
// github.com/prometheus/client_golang.
//
//	registry.MustRegister(zfssaprometheus.NewCollector(driver))
//
// A process with several drivers tells them apart by a label:
//
//	backend := prometheus.Labels{"backend": "zfssa-1"}
//	prometheus.WrapRegistererWith(backend, registry).MustRegister(zfssaprometheus.NewCollector(driver))
//
// It is a module of its own, so that package zfssa depends only on the standard library.
package zfssaprometheus

import (
	"bytes"
	"errors"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// A Collector collects the metrics of a driver. Names, labels and help come from the library. A
// closed driver has no metrics.
type Collector struct {
	driver *zfssa.Driver
}

// NewCollector returns a collector of the metrics of a driver.
func NewCollector(driver *zfssa.Driver) *Collector {
	return &Collector{driver}
}

// Describe sends nothing, because the library decides which metrics there are.
func (c *Collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of this moment. It does not block.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	snapshot, err := c.driver.Metrics()
	if errors.Is(err, zfssa.ErrClosed) {
		return
	}
	var families map[string]*dto.MetricFamily
	if err == nil {
		families, err = parse(snapshot)
	}
	if err != nil {
		to <- prometheus.NewInvalidMetric(prometheus.NewInvalidDesc(err), err)
		return
	}
	for name, family := range families {
		for _, metric := range family.GetMetric() {
			send(to, name, family, metric)
		}
	}
}

func parse(snapshot *zfssa.Metrics) (map[string]*dto.MetricFamily, error) {
	var text bytes.Buffer
	if _, err := snapshot.WriteTo(&text); err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	return parser.TextToMetricFamilies(&text)
}

func send(to chan<- prometheus.Metric, name string, family *dto.MetricFamily, metric *dto.Metric) {
	labels := prometheus.Labels{}
	for _, pair := range metric.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	about := prometheus.NewDesc(name, family.GetHelp(), nil, labels)
	var made prometheus.Metric
	var err error
	switch family.GetType() {
	case dto.MetricType_COUNTER:
		made, err = prometheus.NewConstMetric(about, prometheus.CounterValue, metric.GetCounter().GetValue())
	case dto.MetricType_HISTOGRAM:
		histogram := metric.GetHistogram()
		buckets := map[float64]uint64{}
		for _, bucket := range histogram.GetBucket() {
			buckets[bucket.GetUpperBound()] = bucket.GetCumulativeCount()
		}
		made, err = prometheus.NewConstHistogram(about, histogram.GetSampleCount(), histogram.GetSampleSum(), buckets)
	case dto.MetricType_GAUGE:
		made, err = prometheus.NewConstMetric(about, prometheus.GaugeValue, metric.GetGauge().GetValue())
	default:
		made, err = prometheus.NewConstMetric(about, prometheus.UntypedValue, metric.GetUntyped().GetValue())
	}
	if err != nil {
		made = prometheus.NewInvalidMetric(about, err)
	}
	to <- made
}
