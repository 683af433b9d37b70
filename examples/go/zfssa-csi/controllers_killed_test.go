package main

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// deaths are the ways in which a controller is killed at a request, within the time for which an
// appliance may be late.
var deaths = []way{
	{name: "killed before it is carried out", when: before, kind: hang(nil), ending: killed},
	{name: "killed after it was carried out", when: after, kind: hang(nil), ending: killed},
	{name: "killed, and it is carried out 300 ms later", when: before, kind: late(nil), ending: killed, later: true},
}

// A controller dies in the middle of a call, and the call is made again to another one, which serves
// the same backend meanwhile. The answer is that of a call without an interruption, and nothing is left.
func TestOneOfTwoControllersIsKilled(t *testing.T) {
	t.Parallel()
	locks := startEtcd(t)
	chosen := []string{"CreateVolume", "CreateVolume from a snapshot", "CreateVolume from a volume", "DeleteVolume of a clone",
		"ControllerPublishVolume", "ControllerPublishVolume to a new node", "ControllerUnpublishVolume"}
	met := 0
	for _, s := range scenarios() {
		at := slices.Index(chosen, s.name)
		if at < 0 {
			continue
		}
		met++
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			stand := newPair(t, &s, locks)
			r := stand.undisturbed(t)
			changes := r.changes()
			requests := slices.Compact([]int{changes[0], changes[len(changes)-1]})
			cases := 0
			for _, death := range deaths {
				for _, request := range requests {
					stand.pair(t)
					stand.run(t, &r, cut{way: death, request: request}, soon)
					cases++
				}
			}
			if stand.unmet > 0 {
				t.Errorf("%d of %d cases did not meet their request", stand.unmet, cases)
			}
			t.Logf("%d cases in %v", cases, time.Since(begin).Round(time.Millisecond))
		})
	}
	if met != len(chosen) {
		t.Errorf("%d of the scenarios %v exist", met, chosen)
	}
}

// What a killed controller had sent is not carried out after calls that another one answered since:
// it would give the volume to a node that no longer has it, and take it from the one that has.
func TestLateRequestOfAKilledController(t *testing.T) {
	t.Parallel()
	appliance := startSimulator(t)
	config, secrets := appliance.settingsWith(t, startEtcd(t).options()), credentialsFolder(t)
	process, one := controllerProcess(t, config, secrets)
	_, other := controllerProcess(t, config, secrets)
	id := one.create(t, request("v", 1)).GetVolumeId()
	for _, c := range []client{one, other} {
		if err := errors.Join(c.publish(id, nodeA, writer), c.unpublish(id, nodeA)); err != nil {
			t.Fatal(err)
		}
	}
	appliance.ask(t, "POST", "/trace/clear", nil)
	// Less than zfssa_rest_timeout and zfssa_late_request_timeout together.
	appliance.ask(t, "POST", "/faults", map[string]any{"method": "PUT", "path": "/luns/" + id + "$", "when": before, "kind": hang(2500)})
	ended := make(chan error, 1)
	go func() { ended <- one.publish(id, nodeA, writer) }()
	eventually(t, "the change of the LUN", func() bool { return appliance.struck(t) })
	process.kill()
	if err := receive(t, ended, "the call of the killed controller"); err == nil {
		t.Fatal("it succeeded")
	}
	if err := errors.Join(other.publish(id, nodeA, writer), other.unpublish(id, nodeA), other.publish(id, nodeB, writer)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the request", func() bool {
		return slices.ContainsFunc(appliance.trace(t), func(e exchange) bool { return e.Fault != nil })
	})
	if got := other.nodesOf(t, id); !slices.Equal(got, []string{nodeB}) {
		t.Errorf("published to %v", got)
	}
}
