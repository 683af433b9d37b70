package main

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent  = "00-" + traceID + "-00f067aa0ba902b7-01"
)

// The requests of a call are in the trace of its metadata, and those of the next call are not.
func TestTraceOfACall(t *testing.T) {
	controller, appliance := start(t)
	controller.create(t, request("warm", 1))
	ask := func(values ...string) []exchange {
		t.Helper()
		appliance.ask(t, "POST", "/trace/clear", nil)
		ctx := context.Background()
		for _, value := range values {
			ctx = metadata.AppendToOutgoingContext(ctx, "traceparent", value)
		}
		if _, err := controller.CreateVolume(ctx, request("traced", 1)); err != nil {
			t.Fatal(err)
		}
		sent := appliance.trace(t)
		if len(sent) == 0 {
			t.Fatal("no request")
		}
		return sent
	}
	spans := map[string]bool{}
	sent := ask(parent)
	for _, one := range sent {
		if !strings.HasPrefix(one.Traceparent, parent[:36]) || !strings.HasSuffix(one.Traceparent, "-01") {
			t.Errorf("%s %s: %q", one.Method, one.Path, one.Traceparent)
		}
		spans[one.Traceparent] = true
	}
	if len(spans) != len(sent) || spans[parent] {
		t.Errorf("%d requests have the spans %v", len(sent), spans)
	}
	// A caller whose value is not valid gets its volume, without a trace.
	for _, values := range [][]string{nil, {""}, {"rubbish"}, {parent, parent}, {strings.ToUpper(parent)}} {
		for _, one := range ask(values...) {
			if one.Traceparent != "" {
				t.Errorf("%q: %s %s: %q", values, one.Method, one.Path, one.Traceparent)
			}
		}
	}
}

func TestValidTraceparent(t *testing.T) {
	zero := strings.Repeat("0", 32)
	for value, want := range map[string]bool{
		parent:                          true,
		"01" + parent[2:]:               true,
		"cc" + parent[2:] + "-later":    true,
		"cc" + parent[2:] + "later":     false,
		"ff" + parent[2:]:               false,
		parent + "-later":               false,
		parent + "-":                    false,
		parent[:54]:                     false,
		"00-" + zero + parent[35:]:      false,
		parent[:36] + zero[:16] + "-01": false,
		"00-" + strings.ToUpper(traceID) + parent[35:]: false,
		"": false,
	} {
		if got := valid(value); got != want {
			t.Errorf("%q: %t", value, got)
		}
	}
}
