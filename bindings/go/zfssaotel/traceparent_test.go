package zfssaotel_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/internal/simulator"
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

// headers returns the headers traceparent of all requests so far.
func headers(t *testing.T, appliance *simulator.Simulator) []string {
	t.Helper()
	var headers []string
	for _, one := range appliance.Trace(t) {
		headers = append(headers, one.Traceparent)
	}
	return headers
}

// A driver with the function of this package sends its requests in the trace of the span.
func TestDriver(t *testing.T) {
	appliance := simulator.StartFor(t, password)
	driver, err := zfssa.New(zfssa.Config{
		Options:     appliance.Options("otel"),
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
	traced := headers(t, appliance)
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
	all := headers(t, appliance)
	if len(all) == len(traced) {
		t.Fatal("no further request")
	}
	for _, header := range all[len(traced):] {
		if header != "" {
			t.Errorf("%q without a span", header)
		}
	}
}
