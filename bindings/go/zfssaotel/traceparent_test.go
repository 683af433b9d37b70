package zfssaotel_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"github.com/libzfssa/libzfssa/bindings/go/zfssaotel"
	"go.opentelemetry.io/otel/sdk/trace"
)

const password = "CANARY-password-otel-17"

// span starts a span that the SDK samples or not.
func span(t *testing.T, sampler trace.Sampler) (context.Context, string) {
	t.Helper()
	provider := trace.NewTracerProvider(trace.WithSampler(sampler))
	ctx, span := provider.Tracer("test").Start(context.Background(), "request of a user")
	t.Cleanup(func() {
		span.End()
		if err := provider.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	of := span.SpanContext()
	return ctx, "00-" + of.TraceID().String() + "-" + of.SpanID().String() + "-" + of.TraceFlags().String()
}

func TestTraceparent(t *testing.T) {
	if value := zfssaotel.Traceparent(context.Background()); value != "" {
		t.Errorf("without a span: %q", value)
	}
	for name, sampler := range map[string]trace.Sampler{"sampled": trace.AlwaysSample(), "not sampled": trace.NeverSample()} {
		t.Run(name, func(t *testing.T) {
			ctx, want := span(t, sampler)
			if value := zfssaotel.Traceparent(ctx); value != want {
				t.Errorf("%q, not %q", value, want)
			}
		})
	}
}

type appliance struct {
	Port   int    `json:"port"`
	Admin  string `json:"admin"`
	CAFile string `json:"ca_file"`
}

// start runs the simulated appliance of the repository.
func start(t *testing.T) appliance {
	t.Helper()
	program := os.Getenv("ZFSSA_APPLIANCE")
	if program == "" {
		t.Fatal("ZFSSA_APPLIANCE does not name the simulator: run bindings/go/test.sh")
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
	var a appliance
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatalf("the simulator said %q: %v", line, err)
	}
	return a
}

// headers returns the headers traceparent of all requests so far.
func (a appliance) headers(t *testing.T) []string {
	t.Helper()
	response, err := http.Get(a.Admin + "/trace")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var exchanges []struct{ Traceparent string }
	if err := json.NewDecoder(response.Body).Decode(&exchanges); err != nil {
		t.Fatal(err)
	}
	var headers []string
	for _, one := range exchanges {
		headers = append(headers, one.Traceparent)
	}
	return headers
}

// A driver with the function of this package sends its requests in the trace of the span.
func TestDriver(t *testing.T) {
	appliance := start(t)
	driver, err := zfssa.New(zfssa.Config{
		Options: map[string]string{
			"san_ip":                  "127.0.0.1",
			"san_api_port":            strconv.Itoa(appliance.Port),
			"san_login":               "root",
			"san_password":            password,
			"zfssa_pool":              "pool-0",
			"zfssa_project":           "otel",
			"zfssa_target_portal":     "127.0.0.1:3260",
			"zfssa_target_interfaces": "ixgbe0",
			"zfssa_initiator_group":   "otel",
			"zfssa_tls_mode":          "ca",
			"zfssa_tls_ca_file":       appliance.CAFile,
		},
		Traceparent: zfssaotel.Traceparent,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	ctx, parent := span(t, trace.AlwaysSample())
	if _, err := driver.DoSetup(ctx); err != nil {
		t.Fatal(err)
	}
	traced := appliance.headers(t)
	if len(traced) == 0 {
		t.Fatal("no request")
	}
	pattern := regexp.MustCompile("^" + parent[:36] + "[0-9a-f]{16}-01$")
	for _, header := range traced {
		if !pattern.MatchString(header) || header == parent {
			t.Errorf("%q under %q", header, parent)
		}
	}
	// Without a span there is no trace.
	if _, err := driver.GetVolumeStats(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := appliance.headers(t)
	if len(all) == len(traced) {
		t.Fatal("no further request")
	}
	for _, header := range all[len(traced):] {
		if header != "" {
			t.Errorf("%q without a span", header)
		}
	}
}
