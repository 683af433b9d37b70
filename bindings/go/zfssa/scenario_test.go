package zfssa_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

type scenario struct {
	Options    map[string]string `json:"options"`
	Initiators map[string]string `json:"initiators"`
	Steps      []struct {
		Operation string          `json:"operation"`
		Args      json.RawMessage `json:"args"`
		Fault     json.RawMessage `json:"fault"`
		Clear     bool            `json:"clear"`
		Expect    struct {
			Status  string          `json:"status"`
			Outcome *string         `json:"outcome"`
			Fault   *string         `json:"fault"`
			Result  json.RawMessage `json:"result"`
		} `json:"expect"`
	} `json:"steps"`
}

// The scenario that all bindings run; see tests/scenario in the repository.
func TestScenario(t *testing.T) {
	const path = "../../../tests/scenario/volume.json"
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		absent(t, "outside of the repository")
	}
	var s scenario
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	appliance := fresh(t)
	driver := idle(t, func(c *zfssa.Config) {
		*c = appliance.config()
		groups := map[string][]map[string]string{}
		for name, iqn := range s.Initiators {
			groups[name] = []map[string]string{{"iqn": iqn}}
		}
		text, _ := json.Marshal(groups)
		c.Options["zfssa_initiator_config"] = string(text)
		for name, value := range s.Options {
			c.Options[name] = value
		}
	})
	calls := 0
	var transcript []answer
	for i, step := range s.Steps {
		switch {
		case step.Fault != nil:
			appliance.ask(t, "POST", "/faults", step.Fault)
			continue
		case step.Clear:
			appliance.ask(t, "DELETE", "/faults", nil)
			continue
		}
		calls++
		where := fmt.Sprintf("step %d, %s %s", i+1, step.Operation, step.Args)
		result, err := callByName(t, driver, step.Operation, step.Args)
		status, outcome, fault := "OK", "", ""
		var failure *zfssa.Error
		if errors.As(err, &failure) {
			result = nil
			status, outcome, fault = failure.Status.Name(), failure.Outcome.String(), failure.Fault
		}
		transcript = append(transcript, answer{step.Operation, status, outcome, fault, result})
		expected := step.Expect.Status
		if expected == "" {
			expected = "OK"
		}
		if status != expected {
			t.Fatalf("%s: %s, not %s: %v", where, status, expected, err)
		}
		if step.Expect.Outcome != nil && outcome != *step.Expect.Outcome {
			t.Errorf("%s: outcome %s, not %s", where, outcome, *step.Expect.Outcome)
		}
		if step.Expect.Fault != nil && fault != *step.Expect.Fault {
			t.Errorf("%s: fault %q, not %q", where, fault, *step.Expect.Fault)
		}
		if step.Expect.Result != nil {
			var want, got any
			shown, _ := json.Marshal(result)
			if json.Unmarshal(step.Expect.Result, &want) != nil || json.Unmarshal(shown, &got) != nil || !holds(want, got) {
				t.Errorf("%s: %s does not hold %s", where, shown, step.Expect.Result)
			}
		}
	}
	t.Logf("%d calls", calls)
	keep(t, transcript)
}

// answer is the result of one call.
type answer struct {
	Operation string `json:"operation"`
	Status    string `json:"status"`
	Outcome   string `json:"outcome"`
	Fault     string `json:"fault"`
	Result    any    `json:"result"`
}

// keep writes the transcript, for the comparison with the other languages.
func keep(t *testing.T, transcript []answer) {
	t.Helper()
	folder := os.Getenv("ZFSSA_SCENARIO_TRANSCRIPTS")
	if folder == "" {
		return
	}
	text, err := json.Marshal(transcript)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "go.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// callByName calls a method by the C name of its operation, with C names of arguments.
func callByName(t *testing.T, driver *zfssa.Driver, operation string, args json.RawMessage) (any, error) {
	t.Helper()
	var method reflect.Value
	for name := range reflect.TypeOf(driver).NumMethod() {
		candidate := reflect.TypeOf(driver).Method(name).Name
		if strings.EqualFold(candidate, strings.ReplaceAll(operation, "_", "")) {
			method = reflect.ValueOf(driver).MethodByName(candidate)
		}
	}
	if !method.IsValid() {
		t.Fatalf("there is no operation %s", operation)
	}
	in := []reflect.Value{reflect.ValueOf(context.Background())}
	if method.Type().NumIn() == 2 {
		request := reflect.New(method.Type().In(1))
		decoder := json.NewDecoder(strings.NewReader(string(args)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(request.Interface()); err != nil {
			t.Fatalf("%s: %v", operation, err)
		}
		// In the scenario a missing initiator selects every host, as NULL does in C.
		if detach, ok := request.Interface().(*zfssa.TerminateConnectionRequest); ok {
			detach.EveryHost = detach.Initiator == ""
		}
		in = append(in, request.Elem())
	}
	out := method.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	if len(out) == 1 {
		return nil, err
	}
	return out[0].Interface(), err
}

// holds returns whether a value contains all wanted values. A missing and an empty list are equal.
func holds(want, got any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for key, value := range w {
			has, there := g[key]
			ok = ok && there && holds(value, has)
		}
		return ok
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return false
		}
		for i := range w {
			if !holds(w[i], g[i]) {
				return false
			}
		}
		return true
	case nil:
		list, isList := got.([]any)
		return got == nil || isList && len(list) == 0
	}
	return reflect.DeepEqual(want, got)
}
