package zfssa_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// traceparents returns the headers of all requests since the last call.
func (s *simulator) traceparents(t *testing.T) (headers []string) {
	t.Helper()
	var exchanges []struct{ Traceparent string }
	if err := json.Unmarshal(s.ask(t, "GET", "/trace", nil), &exchanges); err != nil {
		t.Fatal(err)
	}
	s.ask(t, "POST", "/trace/clear", nil)
	for _, one := range exchanges {
		headers = append(headers, one.Traceparent)
	}
	if len(headers) == 0 {
		t.Fatal("no request")
	}
	return headers
}

// The requests of an operation are in the trace of its context. Config.Traceparent is asked where
// the context names none.
func TestTraceparent(t *testing.T) {
	own := fresh(t)
	other := strings.Replace(parent, "4bf92f", "000001", 1)
	type key struct{}
	var completed []zfssa.Completion
	var driver *zfssa.Driver
	open := func(ask func(context.Context) string) {
		t.Helper()
		config := own.config()
		config.Traceparent = ask
		config.Observer = func(c zfssa.Completion) { completed = append(completed, c) }
		var err error
		if driver, err = zfssa.Open(context.Background(), config); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { driver.Close() })
		own.traceparents(t)
	}
	sends := func(ctx context.Context, trace string) {
		t.Helper()
		if _, err := driver.GetVolumeStats(ctx); err != nil {
			t.Fatal(err)
		}
		if last := completed[len(completed)-1]; last.Traceparent != trace {
			t.Errorf("the completion has %q, not %q", last.Traceparent, trace)
		}
		for _, header := range own.traceparents(t) {
			if trace == "" && header != "" || trace != "" && (!strings.HasPrefix(header, trace[:36]) || header == trace) {
				t.Errorf("%q in %q", header, trace)
			}
		}
	}
	open(nil)
	plain := context.Background()
	sends(plain, "")
	sends(zfssa.WithTraceparent(plain, parent), parent)
	open(func(ctx context.Context) string {
		value, _ := ctx.Value(key{}).(string)
		return value
	})
	asked := context.WithValue(plain, key{}, other)
	sends(plain, "")
	sends(asked, other)
	sends(zfssa.WithTraceparent(asked, parent), parent)
	sends(zfssa.WithTraceparent(asked, ""), "")

	// Nothing is sent with a wrong value.
	_, err := driver.GetVolumeStats(zfssa.WithTraceparent(plain, "rubbish"))
	if !errors.Is(err, zfssa.ErrInvalidArgument) || !strings.Contains(err.Error(), `traceparent is "rubbish"`) {
		t.Errorf("%v", err)
	}
	if left := own.ask(t, "GET", "/trace", nil); string(left) != "[]" {
		t.Errorf("it sent %s", left)
	}
}
