package zfssa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// The numbers of a snapshot are those of the appliance, and the text has them, too.
func TestMetrics(t *testing.T) {
	ctx := context.Background()
	own := fresh(t)
	driver := must[*zfssa.Driver](t)(zfssa.Open(ctx, own.config()))
	defer driver.Close()
	must[*zfssa.Volume](t)(driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 1}))
	if _, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: "volume-2"}); !errors.Is(err, zfssa.ErrVolumeNotFound) {
		t.Fatal(err)
	}
	m := must[*zfssa.Metrics](t)(driver.Metrics())

	var trace []struct{ Method, Path string }
	if err := json.Unmarshal(own.ask(t, "GET", "/trace", nil), &trace); err != nil {
		t.Fatal(err)
	}
	if m.Requests != uint64(len(trace)) || m.Logins != 1 || m.RequestsInFlight != 0 || m.ConnectionsOpen == 0 {
		t.Errorf("%d requests in the trace, %+v", len(trace), m)
	}
	// The setup, its check, and the volume.
	if m.Operations["success"] != 3 || m.Operations["none"] != 1 || m.Operations["unknown"] != 0 {
		t.Errorf("%+v", m.Operations)
	}
	verbs := map[string]uint64{}
	for _, one := range trace {
		verbs[one.Method]++
	}
	for _, one := range m.Durations {
		verbs[one.Verb] -= one.Count
		last := zfssa.Bucket{}
		for _, bucket := range one.Buckets {
			if bucket.Bound <= last.Bound || bucket.Count < last.Count || bucket.Count > one.Count {
				t.Errorf("%+v", one)
			}
			last = bucket
		}
		if one.Resource == "" || one.Sum <= 0 || len(one.Buckets) == 0 {
			t.Errorf("%+v", one)
		}
	}
	waits := m.LockWaits
	if waits.Count == 0 || waits.Contended > waits.Count || len(waits.Buckets) == 0 {
		t.Errorf("%+v", waits)
	}
	// Neither etcd nor a share of connections is configured.
	if m.LeaseRemaining != 0 || m.LeasesLost != 0 || m.CoordinationRequests != 0 || m.CoordinationRequestsFailed != 0 {
		t.Errorf("%+v", m)
	}
	if m.ConnectionsShare != m.ConnectionsMax || m.ConnectionsWanted != 0 {
		t.Errorf("%+v", m)
	}
	for verb, left := range verbs {
		if left != 0 {
			t.Errorf("%d requests with %s are in no histogram", int64(left), verb)
		}
	}

	var text bytes.Buffer
	if n, err := m.WriteTo(&text); err != nil || n != int64(text.Len()) {
		t.Error(n, err)
	}
	server := httptest.NewServer(driver.MetricsHandler())
	defer server.Close()
	served, kind := scrape(t, server.URL, http.StatusOK)
	if served != text.String() || !strings.HasPrefix(kind, "text/plain; version=0.0.4") {
		t.Errorf("%s: %s", kind, served)
	}
	if !strings.Contains(served, fmt.Sprintf("\nzfssa_lock_wait_seconds_count %d\n", waits.Count)) {
		t.Error(served)
	}
	if !strings.Contains(served, "\nzfssa_request_duration_seconds_count{resource=\"lun\",verb=\"POST\"} 1\n") {
		t.Error(served)
	}

	if err := driver.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Metrics(); !errors.Is(err, zfssa.ErrClosed) {
		t.Error(err)
	}
	scrape(t, server.URL, http.StatusServiceUnavailable)
}

func scrape(t *testing.T, url string, wanted int) (text, contentType string) {
	t.Helper()
	response := must[*http.Response](t)(http.Get(url))
	defer response.Body.Close()
	body := must[[]byte](t)(io.ReadAll(response.Body))
	if response.StatusCode != wanted {
		t.Errorf("%d: %s", response.StatusCode, body)
	}
	return string(body), response.Header.Get("Content-Type")
}
