package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// objects are what is on the appliance, without the identities that every object gets anew.
func (s *simulator) objects(t testing.TB) string {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal(s.ask(t, "GET", "/state", nil), &state); err != nil {
		t.Fatal(err)
	}
	strip(state)
	text, _ := json.MarshalIndent(state["pools"], "", " ")
	return string(text)
}

func strip(value any) {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "id")
		delete(v, "lunguid")
		// Each call marks what it makes with its own attempt.
		delete(v, "zfssa_since")
		delete(v, "zfssa_operation")
		for key := range v {
			strip(v[key])
		}
	case []any:
		for _, one := range v {
			strip(one)
		}
		name := func(v any) string {
			named, _ := v.(map[string]any)
			text, _ := named["name"].(string)
			return text
		}
		slices.SortStableFunc(v, func(a, b any) int { return strings.Compare(name(a), name(b)) })
	}
}

// An exchange is a request that the appliance got.
type exchange struct {
	Method      string
	Path        string
	Fault       *uint64
	Traceparent string
}

func (s *simulator) trace(t testing.TB) (all []exchange) {
	t.Helper()
	if err := json.Unmarshal(s.ask(t, "GET", "/trace", nil), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// A step is a call that changes the appliance.
type step struct {
	name string
	call func(context.Context, client) (proto.Message, error)
}

func creation(r *csi.CreateVolumeRequest) step {
	return step{"create " + r.Name, func(ctx context.Context, c client) (proto.Message, error) { return c.CreateVolume(ctx, r) }}
}

func deletion(volume string) step {
	return step{"delete " + volume, func(ctx context.Context, c client) (proto.Message, error) {
		return c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: volume})
	}}
}

func fromSnapshot(name string, gibs int64, id string) *csi.CreateVolumeRequest {
	r := request(name, gibs)
	r.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{
		Snapshot: &csi.VolumeContentSource_SnapshotSource{SnapshotId: id}}}
	return r
}

func fromVolume(name string, gibs int64, id string) *csi.CreateVolumeRequest {
	r := request(name, gibs)
	r.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{
		Volume: &csi.VolumeContentSource_VolumeSource{VolumeId: id}}}
	return r
}

// life is every call that changes something, in an order in which all of them succeed and nothing
// is left in the end.
func life() []step {
	const v, snapshot = "csi-v", "csi-v@csi-s"
	group := groupName("g")
	return []step{
		creation(request("v", 1)),
		{"publish", func(ctx context.Context, c client) (proto.Message, error) {
			published, err := c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: v, NodeId: nodeA, VolumeCapability: writer})
			if err == nil {
				// Each simulator has another name for its target, and each LUN a GUID of its own.
				delete(published.PublishContext, keyTarget)
				delete(published.PublishContext, keyGUID)
			}
			return published, err
		}},
		{"unpublish", func(ctx context.Context, c client) (proto.Message, error) {
			return c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: v, NodeId: nodeA})
		}},
		{"expand", func(ctx context.Context, c client) (proto.Message, error) {
			return c.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: v, CapacityRange: &csi.CapacityRange{RequiredBytes: 2 * gib}})
		}},
		{"modify", func(ctx context.Context, c client) (proto.Message, error) {
			return c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: v,
				MutableParameters: map[string]string{"compression": "lzjb", "logbias": "throughput"}})
		}},
		{"snapshot", func(ctx context.Context, c client) (proto.Message, error) {
			made, err := c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: v})
			if err == nil {
				made.Snapshot.CreationTime = nil
			}
			return made, err
		}},
		creation(fromSnapshot("restored", 3, snapshot)),
		creation(fromVolume("clone", 3, v)),
		{"group snapshot", func(ctx context.Context, c client) (proto.Message, error) {
			made, err := c.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: "g", SourceVolumeIds: []string{v, "csi-clone"}})
			if err == nil {
				made.GroupSnapshot.CreationTime = nil
				for _, member := range made.GroupSnapshot.Snapshots {
					member.CreationTime = nil
				}
			}
			return made, err
		}},
		{"delete the group snapshot", func(ctx context.Context, c client) (proto.Message, error) {
			return c.DeleteVolumeGroupSnapshot(ctx, &csi.DeleteVolumeGroupSnapshotRequest{GroupSnapshotId: group})
		}},
		deletion("csi-clone"),
		deletion("csi-restored"),
		{"delete the snapshot", func(ctx context.Context, c client) (proto.Message, error) {
			return c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshot})
		}},
		deletion(v),
	}
}

// A change is a request of a step that changes something: the how many-th of its method.
type change struct {
	method string
	nth    int
}

// expected is what a step gives when nothing disturbs it.
type expected struct {
	answer  proto.Message
	objects string
	changes []change
}

const worked = "/api/(storage|san)/"

// undisturbed lives a life and notes what each step gives.
func undisturbed(t *testing.T) []expected {
	c, appliance := start(t)
	if _, err := c.Probe(context.Background(), &csi.ProbeRequest{}); err != nil {
		t.Fatal(err)
	}
	var all []expected
	before := appliance.objects(t)
	for _, s := range life() {
		appliance.ask(t, "POST", "/trace/clear", nil)
		answer, err := s.call(context.Background(), c)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		e := expected{answer: answer, objects: appliance.objects(t)}
		counts := map[string]int{}
		for _, sent := range appliance.trace(t) {
			if sent.Method != "GET" {
				counts[sent.Method]++
				e.changes = append(e.changes, change{sent.Method, counts[sent.Method]})
			}
		}
		if len(e.changes) == 0 {
			t.Errorf("%s changes nothing", s.name)
		}
		all = append(all, e)
	}
	if after := appliance.objects(t); after != before {
		t.Fatalf("left:\n%s\nbefore:\n%s", after, before)
	}
	return all
}

// Every call, cut off at each of its requests that change something, in every way, and made once
// more: it then gives what it gives when nothing comes in between, the appliance looks the same,
// and nothing is left in the end.
func TestCallsThatAreCutOffConverge(t *testing.T) {
	wanted := undisturbed(t)
	most := 0
	for _, e := range wanted {
		most = max(most, len(e.changes))
	}
	if most < 3 {
		t.Fatalf("no call sends more than %d requests", most)
	}
	for _, way := range []struct {
		name, when, kind string
		// What is done to the call while its request hangs.
		cancelled, killed bool
	}{
		{name: "the request is lost", when: "before_commit", kind: "reply_lost"},
		{name: "the reply is lost", when: "after_commit", kind: "reply_lost"},
		{name: "cancelled before the appliance acts", when: "before_commit", kind: "hang", cancelled: true},
		{name: "cancelled after the appliance acted", when: "after_commit", kind: "hang", cancelled: true},
		{name: "killed before the appliance acts", when: "before_commit", kind: "hang", killed: true},
		{name: "killed after the appliance acted", when: "after_commit", kind: "hang", killed: true},
	} {
		t.Run(way.name, func(t *testing.T) {
			cut := 0
			for nth := range most {
				appliance := startSimulator(t)
				config, mounted := appliance.settings(t, 0), credentialsFolder(t)
				var c client
				var controller *process
				begin := func() {
					if way.killed {
						controller, c = controllerProcess(t, config, mounted)
					} else {
						c = dial(t, startDriver(t, arguments{config: config, credentials: mounted}))
					}
					// Sets up what is missing, and logs in.
					if _, err := c.Probe(context.Background(), &csi.ProbeRequest{}); err != nil {
						t.Fatal(err)
					}
				}
				begin()
				before := appliance.objects(t)
				for i, s := range life() {
					if nth < len(wanted[i].changes) {
						change := wanted[i].changes[nth]
						var kind any = way.kind
						if kind == "hang" {
							kind = map[string]any{"hang": map[string]any{"ms": nil}}
						}
						appliance.ask(t, "POST", "/faults", map[string]any{"method": change.method, "path": worked,
							"nth": change.nth, "when": way.when, "kind": kind})
						ctx, cancel := context.WithCancel(context.Background())
						ended := make(chan error, 1)
						go func() {
							_, err := s.call(ctx, c)
							ended <- err
						}()
						if way.cancelled || way.killed {
							eventually(t, s.name+" is at its request", func() bool { return appliance.struck(t) })
							if way.killed {
								controller.kill()
							} else {
								cancel()
							}
							if err := receive(t, ended, s.name); err == nil {
								t.Errorf("%s, cut off: no error", s.name)
							}
						} else if err := receive(t, ended, s.name); err != nil && status.Code(err) == codes.Internal {
							t.Errorf("%s: %v", s.name, err)
						}
						cancel()
						// What the appliance had begun, it ends, whoever waits for it. It lets go on what hangs
						// at the moment, and a request is struck right before it does.
						eventually(t, s.name+" is over for the appliance", func() bool {
							appliance.ask(t, "POST", "/release", nil)
							return slices.ContainsFunc(appliance.trace(t), func(e exchange) bool { return e.Fault != nil })
						})
						appliance.ask(t, "DELETE", "/faults", nil)
						appliance.ask(t, "POST", "/trace/clear", nil)
						cut++
						if way.killed {
							begin()
						}
					}
					answer, err := s.call(context.Background(), c)
					if err != nil {
						t.Fatalf("%s, again after request %d: %v", s.name, nth+1, err)
					}
					if !agrees(way.killed)(answer, wanted[i].answer) {
						t.Errorf("%s, again after request %d: %v, not %v", s.name, nth+1, answer, wanted[i].answer)
					}
					if objects := appliance.objects(t); objects != wanted[i].objects {
						t.Fatalf("%s, again after request %d: the appliance has\n%s\nnot\n%s", s.name, nth+1, objects, wanted[i].objects)
					}
				}
				if after := appliance.objects(t); after != before {
					t.Errorf("left:\n%s", after)
				}
			}
			t.Logf("%d calls were cut off", cut)
		})
	}
}

// struck tells whether a request met the fault.
func (s *simulator) struck(t testing.TB) bool {
	t.Helper()
	var faults []struct{ Fired int }
	if err := json.Unmarshal(s.ask(t, "GET", "/faults", nil), &faults); err != nil {
		t.Fatal(err)
	}
	return len(faults) == 1 && faults[0].Fired == 1
}

// look asks a controller for all that it can tell.
func look(t *testing.T, c client) []proto.Message {
	t.Helper()
	ctx := context.Background()
	var all []proto.Message
	take := func(answer proto.Message, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, answer)
	}
	volumes, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{})
	take(volumes, err)
	for _, entry := range volumes.GetEntries() {
		take(c.ControllerGetVolume(ctx, &csi.ControllerGetVolumeRequest{VolumeId: entry.GetVolume().GetVolumeId()}))
	}
	snapshots, err := c.ListSnapshots(ctx, &csi.ListSnapshotsRequest{})
	take(snapshots, err)
	for _, entry := range snapshots.GetEntries() {
		take(c.GetSnapshot(ctx, &csi.GetSnapshotRequest{SnapshotId: entry.GetSnapshot().GetSnapshotId()}))
		if group := entry.GetSnapshot().GetGroupSnapshotId(); group != "" {
			take(c.GetVolumeGroupSnapshot(ctx, &csi.GetVolumeGroupSnapshotRequest{GroupSnapshotId: group}))
		}
	}
	take(c.GetCapacity(ctx, &csi.GetCapacityRequest{}))
	return all
}

// Two controllers, and one started after another ended, tell the same and go on with each other's
// work: all there is to know is on the appliance, but the sizes of snapshots.
func TestControllersKeepNoState(t *testing.T) {
	appliance := startSimulator(t)
	config, mounted := appliance.settings(t, 0), credentialsFolder(t)
	ctx := context.Background()
	first, a := controllerProcess(t, config, mounted)
	empty := look(t, a)
	volume := a.create(t, request("v", 1)).GetVolumeId()
	a.create(t, request("w", 2))
	published, err := a.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: volume, NodeId: nodeA, VolumeCapability: writer})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := a.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: volume})
	if err != nil {
		t.Fatal(err)
	}
	restored := a.create(t, fromSnapshot("restored", 3, snapshot.GetSnapshot().GetSnapshotId()))
	a.create(t, fromVolume("clone", 2, volume))
	group, err := a.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: "g", SourceVolumeIds: []string{volume, "csi-w"}})
	if err != nil {
		t.Fatal(err)
	}
	page, err := a.ListVolumes(ctx, &csi.ListVolumesRequest{MaxEntries: 2})
	if err != nil || page.GetNextToken() == "" {
		t.Fatal(page, err)
	}
	told := look(t, a)
	same := func(who string, answers, wanted []proto.Message) {
		t.Helper()
		if !slices.EqualFunc(answers, wanted, agrees(true)) {
			t.Errorf("%s tells\n%v\nnot\n%v", who, answers, wanted)
		}
	}
	if len(told) < 12 {
		t.Errorf("only %d answers", len(told))
	}
	_, b := controllerProcess(t, config, mounted)
	same("the second controller", look(t, b), told)
	// A page of the one, and the next one of the other.
	rest, err := b.ListVolumes(ctx, &csi.ListVolumesRequest{StartingToken: page.GetNextToken()})
	if err != nil || len(page.GetEntries())+len(rest.GetEntries()) != 4 || rest.GetEntries()[0].GetVolume().GetVolumeId() != "csi-v" {
		t.Errorf("%v, then %v %v", page, rest, err)
	}

	first.terminate(t)
	_, c := controllerProcess(t, config, mounted)
	same("the controller started again", look(t, c), told)
	// The calls of the first, made again of the others, change nothing and give the same.
	for _, other := range []client{b, c} {
		if again := other.create(t, fromSnapshot("restored", 3, snapshot.GetSnapshot().GetSnapshotId())); !proto.Equal(again, restored) {
			t.Errorf("%v, not %v", again, restored)
		}
		again, err := other.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: volume, NodeId: nodeA, VolumeCapability: writer})
		if err != nil || !proto.Equal(again, published) {
			t.Errorf("%v %v, not %v", again, err, published)
		}
		_, err = other.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: volume, NodeId: nodeB, VolumeCapability: writer})
		expect(t, err, codes.FailedPrecondition, "node-a")
		groupAgain, err := other.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: "g", SourceVolumeIds: []string{volume, "csi-w"}})
		if err != nil || !agrees(true)(groupAgain, group) {
			t.Errorf("%v %v, not %v", groupAgain, err, group)
		}
		_, err = other.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: volume})
		expect(t, err, codes.FailedPrecondition)
	}
	same("the second controller", look(t, b), told)

	// The same volumes of both at once: each is there once, and then gone.
	var all sync.WaitGroup
	for i := range 20 {
		for _, one := range []client{b, c} {
			all.Go(func() {
				if _, err := one.CreateVolume(ctx, request(fmt.Sprint("both-", i/2), 1)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	same("the second controller", look(t, b), look(t, c))
	for i := range 10 {
		for _, one := range []client{b, c} {
			all.Go(func() {
				if _, err := one.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: fmt.Sprint("csi-both-", i)}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	same("the controller started again", look(t, c), told)

	// What the first made, the others take away.
	if _, err := c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: volume, NodeId: nodeA}); err != nil {
		t.Error(err)
	}
	if _, err := b.DeleteVolumeGroupSnapshot(ctx, &csi.DeleteVolumeGroupSnapshotRequest{GroupSnapshotId: group.GetGroupSnapshot().GetGroupSnapshotId()}); err != nil {
		t.Error(err)
	}
	steps := []step{deletion("csi-clone"), deletion("csi-restored"), {"snapshot", func(ctx context.Context, c client) (proto.Message, error) {
		return c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshot.GetSnapshot().GetSnapshotId()})
	}}, deletion(volume), deletion("csi-w")}
	for i, s := range steps {
		if _, err := s.call(ctx, []client{b, c}[i%2]); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	same("the second controller", look(t, b), empty)
	same("the controller started again", look(t, c), empty)
	if left := appliance.luns(t); left != "" {
		t.Errorf("left: %s", left)
	}
}
