package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A stand is a simulated appliance and a driver in front of it, for the cases of one scenario. Every
// case ends with the appliance as it was at the beginning.
type stand struct {
	*scenario
	appliance       *simulator
	config, secrets string
	killable        bool
	process         *process // nil unless the driver is a process of its own
	client          client
	// Serves the same backend, and its process is the one that goes on when the other is killed. Empty
	// unless the stand is of two controllers.
	standby standby
	cases   int
	current string // what the case is
	unmet   int    // cases whose call ended without the request
	empty   string
}

// newStand starts both. A killable driver is a process of its own.
func newStand(t *testing.T, s *scenario, killable bool) *stand {
	t.Helper()
	appliance := startSimulator(t)
	stand := &stand{scenario: s, appliance: appliance, config: appliance.settingsWith(t, s.options),
		secrets: credentialsFolder(t), killable: killable}
	stand.begin(t)
	stand.empty = stand.objects(t, "")
	return stand
}

// A standby is a controller that serves in addition to the one that is killed.
type standby struct {
	process *process
	client  client
}

// newPair starts an appliance and two controllers that serve it, with their locks in etcd.
func newPair(t *testing.T, s *scenario, locks *etcd) *stand {
	t.Helper()
	appliance := startSimulator(t)
	options := maps.Clone(s.options)
	if options == nil {
		options = map[string]string{}
	}
	maps.Copy(options, locks.options())
	stand := &stand{scenario: s, appliance: appliance, config: appliance.settingsWith(t, options),
		secrets: credentialsFolder(t), killable: true}
	stand.pair(t)
	stand.empty = stand.objects(t, "")
	return stand
}

// pair starts the controllers that are missing of two.
func (s *stand) pair(t *testing.T) {
	t.Helper()
	if s.process == nil {
		s.begin(t)
	}
	if s.standby.process == nil {
		serving := standby{s.process, s.client}
		s.begin(t)
		s.standby = standby{s.process, s.client}
		s.process, s.client = serving.process, serving.client
	}
}

// goOn makes the next calls to another process than the one that was killed: to the standby, or to a
// new one.
func (s *stand) goOn(t *testing.T) {
	t.Helper()
	if s.standby.process == nil {
		s.begin(t)
		return
	}
	s.process, s.client = s.standby.process, s.standby.client
	s.standby = standby{}
}

// begin starts a driver, which sets the appliance up and logs in.
func (s *stand) begin(t *testing.T) {
	t.Helper()
	if s.killable {
		s.process, s.client = controllerProcess(t, s.config, s.secrets)
	} else {
		s.client = dial(t, startDriver(t, arguments{config: s.config, credentials: s.secrets}))
	}
	// The first use of a place sets it up and opens its sessions.
	for _, first := range []step{creation(request("first", 1)), controllerPublication("csi-first", nodeA), controllerUnpublication("csi-first", nodeA), deletion("csi-first")} {
		s.succeed(t, first, "first")
	}
}

// settingsWith writes settings with more options and other changes.
func (s *simulator) settingsWith(t testing.TB, options map[string]string, changes ...func(*settings)) string {
	t.Helper()
	path := s.settings(t, 0)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parseSettings(path, text)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(parsed.Options, options)
	for _, change := range changes {
		change(parsed)
	}
	if text, err = json.Marshal(parsed); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// nextTag returns the tag of the next case.
func (s *stand) nextTag() string {
	s.cases++
	return fmt.Sprintf("t%04d", s.cases)
}

var (
	guidPattern = regexp.MustCompile(`(?i)600144f0[0-9a-f]{24}`)
	// A registered initiator group has a digest of the node's iSCSI name in its name.
	registeredPattern = regexp.MustCompile(`zfssa-host-[\w-]+-[0-9a-f]{10}`)
	// A deferred object has a digest of its GUID or of its time in its name.
	deferredPattern = regexp.MustCompile(`deleted-[0-9a-f]{10}-`)
)

// untagged replaces what differs from case to case: the tag, and what the appliance chose.
func untagged(text, tag string) string {
	if tag != "" {
		text = strings.ReplaceAll(text, groupName(groupOf(tag)), "csi-g-of-the-case")
		text = strings.ReplaceAll(text, tag, "TAG")
	}
	text = registeredPattern.ReplaceAllString(text, "zfssa-host-DIGEST")
	return deferredPattern.ReplaceAllString(guidPattern.ReplaceAllString(text, "GUID"), "deleted-DIGEST-")
}

// objects returns all that is on the appliance as text, without what differs from case to case.
func (s *stand) objects(t *testing.T, tag string) string {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal(s.appliance.ask(t, "GET", "/state", nil), &state); err != nil {
		t.Fatal(err)
	}
	strip(state)
	if s.scenario != nil {
		without(state, s.ignored)
	}
	text, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return untagged(string(text), tag)
}

// anyRequest matches the paths of all requests but logins.
const anyRequest = "/api/(storage|san|hardware)/"

// without deletes members of objects, at any depth.
func without(value any, names []string) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range names {
			delete(v, name)
		}
		for _, inner := range v {
			without(inner, names)
		}
	case []any:
		for _, inner := range v {
			without(inner, names)
		}
	}
}

// attempts is the number of calls after which a repetition is given up.
const attempts = 20

// repeatable returns whether an orchestrator calls again after a code and forgets nothing. Every
// other code tells external-provisioner that no volume was made, and it would never delete it.
func repeatable(code codes.Code) bool {
	return slices.Contains([]codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Aborted, codes.Canceled}, code)
}

// succeed makes a call until it succeeds, and returns its answer as text.
func (s *stand) succeed(t *testing.T, call step, tag string) string {
	t.Helper()
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		answer, err := call.call(ctx, s.client)
		cancel()
		if err == nil {
			return untagged(fmt.Sprint(answer), tag)
		}
		// Orchestrators repeat a deletion after every error.
		again := repeatable(status.Code(err)) || strings.HasPrefix(call.name, "delete")
		if !again || attempt == attempts {
			t.Fatalf("%s: %s: %s: call %d: %v", tag, s.current, call.name, attempt, err)
		}
	}
}

// A record is what a scenario does if nothing interrupts it.
type record struct {
	answer string
	// All that is on the appliance before the call, after it, and after its opposite.
	prepared, called, undone string
	// The methods of the requests of the call.
	methods []string
}

// undisturbed makes the calls of a case without a fault.
func (s *stand) undisturbed(t *testing.T) record {
	t.Helper()
	var r record
	for _, opposite := range []bool{false, true} {
		tag := s.nextTag()
		c := s.calls(tag)
		for _, before := range c.before {
			s.succeed(t, before, tag)
		}
		r.prepared = s.objects(t, tag)
		s.appliance.ask(t, "POST", "/trace/clear", nil)
		r.answer = s.succeed(t, c.call, tag)
		r.methods = nil
		for _, sent := range s.appliance.trace(t) {
			if !strings.HasPrefix(sent.Path, "/api/access") && !regexp.MustCompile(anyRequest).MatchString(sent.Path) {
				t.Fatalf("%s sends %s %s, which no fault meets", s.name, sent.Method, sent.Path)
			}
			r.methods = append(r.methods, sent.Method)
		}
		r.called = s.objects(t, tag)
		if opposite && c.opposite.call != nil {
			s.succeed(t, c.opposite, tag)
			r.undone = s.objects(t, tag)
		}
		s.finish(t, c, tag)
	}
	if len(r.changes()) == 0 {
		t.Fatalf("%s changes nothing", s.name)
	}
	return r
}

// changes are the numbers of the requests that change something, from 1.
func (r *record) changes() (all []int) {
	for at, method := range r.methods {
		if method != "GET" {
			all = append(all, at+1)
		}
	}
	return all
}

// finish deletes what is left of a case, and compares the appliance with what it was before.
func (s *stand) finish(t *testing.T, c calls, tag string) {
	t.Helper()
	for _, after := range c.after {
		s.succeed(t, after, tag)
	}
	if left := s.objects(t, tag); left != s.empty {
		t.Fatalf("%s: left on the appliance:\n%s", tag, difference(left, s.empty))
	}
}

// difference returns the lines of a text that another does not have, and the reverse.
func difference(has, want string) string {
	var text strings.Builder
	lacks := func(sign, one, other string) {
		lines := map[string]int{}
		for line := range strings.Lines(other) {
			lines[line]++
		}
		for line := range strings.Lines(one) {
			if lines[line]--; lines[line] < 0 {
				text.WriteString(sign + line)
			}
		}
	}
	lacks("+", has, want)
	lacks("-", want, has)
	return text.String()
}

// A cut is a fault at one request of a call, and what happens to the call then.
type cut struct {
	way
	request int
	// The opposite is called after it, in place of the same call.
	opposite bool
}

func (c cut) String() string {
	then := "called again"
	if c.opposite {
		then = "then its opposite"
	}
	return fmt.Sprintf("%s at request %d, %s", c.way.name, c.request, then)
}

// run runs a case. It returns false if a deadline ended before the request was reached.
func (s *stand) run(t *testing.T, r *record, c cut, limit time.Duration) bool {
	t.Helper()
	tag := s.nextTag()
	calls := s.calls(tag)
	s.current = c.String()
	for _, before := range calls.before {
		s.succeed(t, before, tag)
	}
	s.appliance.ask(t, "POST", "/trace/clear", nil)
	kind := c.kind
	if c.ending == deadline {
		// A request that the driver sends at the last moment goes on by itself.
		kind = hang(4 * limit.Milliseconds())
	}
	s.appliance.ask(t, "POST", "/faults", map[string]any{"path": anyRequest, "nth": c.request, "when": c.when, "kind": kind})
	err := s.interrupted(t, calls.call, c, limit)
	if code := status.Code(err); err != nil && !repeatable(code) {
		t.Errorf("%s: %s: %v: not a code after which an orchestrator calls again", tag, c, err)
	}
	met := s.appliance.struck(t)
	over := func() {
		eventually(t, "the end of the request", func() bool {
			s.appliance.ask(t, "POST", "/release", nil)
			return slices.ContainsFunc(s.appliance.trace(t), func(e exchange) bool { return e.Fault != nil })
		})
	}
	switch {
	case !met:
		// The deadline ended earlier, or the call needed fewer requests than the undisturbed one.
		s.appliance.ask(t, "DELETE", "/faults", nil)
	case !c.later:
		over()
	}
	if c.ending == killed {
		s.goOn(t)
	}
	answer, wanted := r.answer, []string{r.called}
	if c.opposite {
		s.succeed(t, calls.opposite, tag)
		// If the call changed nothing, its opposite had nothing to do.
		wanted = []string{r.undone, r.prepared}
	} else {
		answer = s.succeed(t, calls.call, tag)
	}
	if met {
		over()
	}
	s.appliance.ask(t, "DELETE", "/faults", nil)
	if answer != r.answer {
		t.Errorf("%s: %s: %s, not %s", tag, c, answer, r.answer)
	}
	onceMore := s.takenOnceMore && c.ending == killed && c.later && c.request == r.changes()[0]
	if has := s.objects(t, tag); !slices.Contains(wanted, has) && !onceMore {
		t.Errorf("%s: %s: the appliance differs:\n%s", tag, c, difference(has, wanted[0]))
	}
	s.finish(t, calls, tag)
	if !met && c.ending != deadline {
		s.unmet++
	}
	return met || c.ending != deadline
}

// interrupted makes the call that meets the fault.
func (s *stand) interrupted(t *testing.T, call step, c cut, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := call.call(ctx, s.client)
		ended <- err
	}()
	if c.ending == cancelled || c.ending == killed {
		eventually(t, c.String(), func() bool { return s.appliance.struck(t) || len(ended) > 0 })
		if c.ending == killed {
			s.process.kill()
		} else {
			cancel()
		}
	}
	err := receive(t, ended, c.String())
	if err == nil && (c.ending == cancelled || c.ending == killed) && s.appliance.struck(t) {
		t.Errorf("%s: no error", c)
	}
	return err
}
