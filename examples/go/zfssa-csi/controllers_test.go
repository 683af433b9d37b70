// Two controllers that serve one backend at the same time.

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

var sharedByNodes = block(csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER)

// twoControllers starts two controllers with the options, each in a process of its own.
func twoControllers(t *testing.T, appliance *simulator, options map[string]string) (one, other client) {
	t.Helper()
	config, secrets := appliance.settingsWith(t, options), credentialsFolder(t)
	_, one = controllerProcess(t, config, secrets)
	_, other = controllerProcess(t, config, secrets)
	return one, other
}

// nodesOf returns the nodes that a volume is published to, as a controller reads them from the appliance.
func (c client) nodesOf(t testing.TB, id string) []string {
	t.Helper()
	shown, err := c.ControllerGetVolume(context.Background(), &csi.ControllerGetVolumeRequest{VolumeId: id})
	if err != nil {
		t.Fatal(err)
	}
	ids := shown.GetStatus().GetPublishedNodeIds()
	slices.Sort(ids)
	return ids
}

// atOnce makes calls at the same moment and returns their errors as one.
func atOnce(calls ...func() error) error {
	failures := make([]error, len(calls))
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() {
			<-begin
			failures[i] = call()
		})
	}
	close(begin)
	all.Wait()
	return errors.Join(failures...)
}

// Two controllers publish and unpublish one volume for different nodes at the same moment, and no
// call loses the change of the other.
func TestTwoControllersPublishOneVolume(t *testing.T) {
	t.Parallel()
	appliance := startSimulator(t)
	one, other := twoControllers(t, appliance, startEtcd(t).options())
	id := one.create(t, request("v", 1)).GetVolumeId()
	publish := func(c client, node string) func() error {
		return func() error { return c.publish(id, node, sharedByNodes) }
	}
	unpublish := func(c client, node string) func() error {
		return func() error { return c.unpublish(id, node) }
	}
	const rounds = 25
	for round := range rounds {
		for _, step := range []struct {
			calls []func() error
			want  []string
		}{
			{[]func() error{publish(one, nodeA), publish(other, nodeB)}, []string{nodeA, nodeB}},
			{[]func() error{unpublish(one, nodeA), publish(other, nodeB)}, []string{nodeB}},
			{[]func() error{publish(one, nodeA), unpublish(other, nodeB)}, []string{nodeA}},
			{[]func() error{publish(one, nodeB), publish(other, nodeA)}, []string{nodeA, nodeB}},
			{[]func() error{unpublish(one, nodeB), unpublish(other, nodeA)}, nil},
		} {
			if err := atOnce(step.calls...); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			if got := one.nodesOf(t, id); !slices.Equal(got, step.want) {
				t.Fatalf("round %d: published to %v, not %v", round, got, step.want)
			}
		}
	}
	t.Logf("two controllers: %d calls at the same moment as another", rounds*10)
}

// overlapping has one controller publish a volume for node-a and stops its change of the LUN before
// the appliance carries it out; then the other controller publishes the volume for node-b. The change
// is carried out when the other call is over, or when waits returns true. Both calls succeed.
func overlapping(t *testing.T, appliance *simulator, one, other client, id string, waits func() bool) []string {
	t.Helper()
	// Both know the appliance and its groups.
	for _, c := range []client{one, other} {
		if err := errors.Join(c.publish(id, nodeA, sharedByNodes), c.unpublish(id, nodeA)); err != nil {
			t.Fatal(err)
		}
	}
	appliance.ask(t, "POST", "/faults", map[string]any{"method": "PUT", "path": "/luns/" + id + "$", "when": before, "kind": hang(nil)})
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- one.publish(id, nodeA, sharedByNodes) }()
	eventually(t, "the change of the first call", func() bool { return appliance.struck(t) })
	go func() { second <- other.publish(id, nodeB, sharedByNodes) }()
	eventually(t, "the second call is over or waits", func() bool { return len(second) > 0 || waits() })
	appliance.ask(t, "POST", "/release", nil)
	if err := errors.Join(receive(t, first, "the first call"), receive(t, second, "the second call")); err != nil {
		t.Fatal(err)
	}
	appliance.ask(t, "DELETE", "/faults", nil)
	return one.nodesOf(t, id)
}

// What etcd is for: the appliance takes the whole list of a LUN's groups, so a change that was
// computed before another one, and is carried out after it, takes it from the list again.
func TestControllersWithoutCoordinationLoseAMapping(t *testing.T) {
	t.Parallel()
	appliance := startSimulator(t)
	one, other := twoControllers(t, appliance, alone())
	id := one.create(t, request("v", 1)).GetVolumeId()
	never := func() bool { return false }
	if got := overlapping(t, appliance, one, other, id, never); !slices.Equal(got, []string{nodeA}) {
		t.Errorf("published to %v: the test with coordination may show nothing", got)
	}
}

func TestControllersWithCoordinationLoseNoMapping(t *testing.T) {
	t.Parallel()
	appliance := startSimulator(t)
	locks := startEtcd(t)
	one, other := twoControllers(t, appliance, locks.options())
	id := one.create(t, request("v", 1)).GetVolumeId()
	waits := func() bool { return locks.claims(t, id) == 2 }
	if got := overlapping(t, appliance, one, other, id, waits); !slices.Equal(got, []string{nodeA, nodeB}) {
		t.Errorf("published to %v", got)
	}
}

// A call that saw its node in the list does not give a volume of one node to it a second time, when
// another controller has given it to another node since.
func TestTwoControllersGiveAVolumeToOneNode(t *testing.T) {
	t.Parallel()
	appliance := startSimulator(t)
	one, other := twoControllers(t, appliance, startEtcd(t).options())
	id := one.create(t, request("v", 1)).GetVolumeId()
	if err := one.publish(id, nodeA, writer); err != nil {
		t.Fatal(err)
	}
	appliance.ask(t, "POST", "/faults", map[string]any{"method": "GET", "path": "/luns/" + id + "$", "when": after, "kind": hang(nil)})
	again := make(chan error, 1)
	go func() { again <- one.publish(id, nodeA, writer) }()
	eventually(t, "the first call has read the volume", func() bool { return appliance.struck(t) })
	if err := errors.Join(other.unpublish(id, nodeA), other.publish(id, nodeB, writer)); err != nil {
		t.Fatal(err)
	}
	appliance.ask(t, "POST", "/release", nil)
	expect(t, receive(t, again, "the first call"), codes.FailedPrecondition, "node-b")
	if got := other.nodesOf(t, id); !slices.Equal(got, []string{nodeB}) {
		t.Errorf("published to %v", got)
	}
}

// Calls for one volume, each repeated to both controllers at the same moment, are done once and
// leave nothing.
func TestTwoControllersServeOneCall(t *testing.T) {
	t.Parallel()
	appliance := startSimulator(t)
	one, other := twoControllers(t, appliance, startEtcd(t).options())
	empty := ""
	for round := range 5 {
		name := fmt.Sprintf("v-%d", round)
		id := prefix + name
		both := func(call step) {
			t.Helper()
			make := func(c client) func() error {
				return func() error {
					_, err := call.call(context.Background(), c)
					return err
				}
			}
			if err := atOnce(make(one), make(other)); err != nil {
				t.Fatalf("%s: %v", call.name, err)
			}
		}
		both(creation(request(name, 1)))
		both(snapshotCreation(id, "s-"+name))
		both(creation(fromSnapshot("w-"+name, 1, snapshotID(id, objectName("s-"+name)))))
		both(expansion(id, 2))
		both(modification(id, map[string]string{"compression": "lz4"}))
		both(controllerPublication(id, nodeA))
		both(controllerUnpublication(id, nodeA))
		both(deletion(prefix + "w-" + name))
		both(snapshotDeletion(id, "s-"+name))
		both(deletion(id))
		left := appliance.objects(t)
		if round > 0 && left != empty {
			t.Fatalf("left on the appliance:\n%s", difference(left, empty))
		}
		empty = left
	}
	if left := appliance.luns(t); left != "" {
		t.Errorf("left on the appliance: %s", left)
	}
}
