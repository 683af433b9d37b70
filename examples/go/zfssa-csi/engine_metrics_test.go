package main

import (
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// The samples of several drivers follow the one head of their metric, each with its labels.
func TestMetricsOfSeveralDrivers(t *testing.T) {
	var drivers []meteredDriver
	for _, labels := range []string{`driver="1"`, `driver="2"`, `driver="3"`} {
		driver, err := zfssa.New(zfssa.Config{Options: map[string]string{
			"san_ip": "127.0.0.1", "san_api_port": "1", "san_login": "root", "san_password": "none",
			"zfssa_pool": "pool-0", "zfssa_project": "csi", "zfssa_target_portal": "127.0.0.1:3260",
			"zfssa_target_interfaces": "ixgbe0", "zfssa_initiator_group": "group-0", "zfssa_tls_mode": "insecure"}})
		if err != nil {
			t.Fatal(err)
		}
		defer driver.Close()
		drivers = append(drivers, meteredDriver{driver, labels})
	}
	// A driver that is closed meanwhile has no metrics.
	if err := drivers[1].driver.Close(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	writeEngineMetrics(&text, drivers)
	family, seen := "", map[string]int{}
	for line := range strings.Lines(text.String()) {
		if head, ok := strings.CutPrefix(line, "# HELP "); ok {
			family, _, _ = strings.Cut(head, " ")
			if seen[family]++; seen[family] > 1 {
				t.Errorf("a second %s", line)
			}
			continue
		}
		if !strings.HasPrefix(strings.TrimPrefix(line, "# TYPE "), family) {
			t.Errorf("%s among the samples of %s", line, family)
		}
	}
	for _, line := range []string{
		"# TYPE zfssa_logins_total counter\nzfssa_logins_total{driver=\"1\"} 0\nzfssa_logins_total{driver=\"3\"} 0\n",
		"zfssa_operations_total{driver=\"3\",result=\"success\"} 0\n",
	} {
		if !strings.Contains(text.String(), line) {
			t.Errorf("no %s in\n%s", line, text.String())
		}
	}
	if strings.Contains(text.String(), `driver="2"`) || len(seen) < 10 {
		t.Error(text.String())
	}
}
