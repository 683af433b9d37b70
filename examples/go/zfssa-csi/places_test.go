package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

const (
	secondPool  = "pool-1"
	teamProject = "team"
	otherGroup  = "tg-other"
	otherPortal = "127.0.0.2:3260"
)

// read returns the settings of a file, to be changed.
func read(t testing.TB, path string) *settings {
	t.Helper()
	text, err := os.ReadFile(path)
	s := &settings{}
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// replace writes settings or a text to a file, as a whole.
func replace(t testing.TB, path string, content any) {
	t.Helper()
	text, ok := content.(string)
	if !ok {
		encoded, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	next := filepath.Join(filepath.Dir(path), ".next")
	err := os.WriteFile(next, []byte(text), 0o600)
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// startPlaces runs a driver with two appliances. The default backend has two pools, two projects and
// two target groups; the backend fast has another appliance and its own mounted secret.
func startPlaces(t testing.TB, adjust ...func(*settings)) (c client, first, second *simulator) {
	t.Helper()
	first = startSimulator(t, "--pool", "pool-0", "--pool", secondPool)
	second = startSimulator(t)
	path := first.settings(t, 0)
	s := read(t, path)
	s.Pools, s.Projects = []string{secondPool}, []string{teamProject}
	s.TargetGroups = map[string]portals{otherGroup: {Portal: otherPortal, Interfaces: "ixgbe1"}}
	fast := read(t, second.settings(t, 0))
	s.Backends = map[string]*backendSettings{"fast": {Options: fast.Options, Credentials: credentialsFolder(t)}}
	for _, change := range adjust {
		change(s)
	}
	replace(t, path, s)
	return dial(t, startDriver(t, arguments{config: path, credentials: credentialsFolder(t), nodeID: nodeA, transport: "userspace-unchecked"})), first, second
}

func classed(name string, parameters map[string]string) *csi.CreateVolumeRequest {
	r := request(name, 1)
	r.Parameters = parameters
	return r
}

// where lists the LUNs of this driver on an appliance as pool/project/name.
func (s *simulator) where(t testing.TB) []string {
	t.Helper()
	var state struct {
		Pools map[string]struct {
			Projects map[string]struct{ Luns map[string]any }
		}
	}
	if err := json.Unmarshal(s.ask(t, "GET", "/state", nil), &state); err != nil {
		t.Fatal(err)
	}
	var all []string
	for pool, p := range state.Pools {
		for project, j := range p.Projects {
			for lun := range j.Luns {
				all = append(all, pool+"/"+project+"/"+lun)
			}
		}
	}
	slices.Sort(all)
	return all
}

// The volumes of a class are where it says, each with its whole life, although their names are the
// same; ids of before are those of the default place.
func TestClassesChooseThePlace(t *testing.T) {
	c, first, second := startPlaces(t)
	ctx := context.Background()
	classes := []map[string]string{
		nil,
		{"pool": secondPool},
		{"project": teamProject, "compression": "gzip"},
		{"pool": secondPool, "project": teamProject},
		{"backend": "fast"},
	}
	var ids, listed []string
	for i, class := range classes {
		made := c.create(t, classed("v", class))
		if again := c.create(t, classed("v", class)); again.GetVolumeId() != made.GetVolumeId() {
			t.Errorf("%v: %s, then %s", class, made.GetVolumeId(), again.GetVolumeId())
		}
		if (made.GetVolumeId() == "csi-v") != (i == 0) {
			t.Errorf("%v: %s", class, made.GetVolumeId())
		}
		ids = append(ids, made.GetVolumeId())
	}
	if got, want := first.where(t), []string{"pool-0/csi/csi-v", "pool-0/team/csi-v", "pool-1/csi/csi-v", "pool-1/team/csi-v"}; !slices.Equal(got, want) {
		t.Errorf("on the first appliance: %v", got)
	}
	if got := second.where(t); !slices.Equal(got, []string{"pool-0/csi/csi-v"}) {
		t.Errorf("on the second appliance: %v", got)
	}
	for i, id := range ids {
		if _, err := c.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: id, CapacityRange: &csi.CapacityRange{RequiredBytes: int64(i+2) * gib}}); err != nil {
			t.Error(err)
		}
		if _, err := c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: id, MutableParameters: map[string]string{"logbias": "throughput"}}); err != nil {
			t.Error(err)
		}
		if _, err := c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: nodeB, VolumeCapability: writer}); err != nil {
			t.Error(err)
		}
		valid, err := c.ValidateVolumeCapabilities(ctx, &csi.ValidateVolumeCapabilitiesRequest{VolumeId: id, VolumeCapabilities: []*csi.VolumeCapability{writer}})
		if err != nil || valid.GetConfirmed() == nil {
			t.Errorf("%s: %v %v", id, valid, err)
		}
	}
	for token := ""; ; {
		list, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{MaxEntries: 2, StartingToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range list.GetEntries() {
			i := slices.Index(ids, entry.GetVolume().GetVolumeId())
			if i < 0 || entry.GetVolume().GetCapacityBytes() != int64(i+2)*gib || !slices.Equal(entry.GetStatus().GetPublishedNodeIds(), []string{nodeB}) {
				t.Errorf("listed: %v", entry)
			}
			listed = append(listed, entry.GetVolume().GetVolumeId())
		}
		if token = list.GetNextToken(); token == "" {
			break
		}
	}
	sorted := slices.Sorted(slices.Values(ids))
	if !slices.Equal(listed, sorted) {
		t.Errorf("listed %v, not %v", listed, sorted)
	}
	for i, id := range ids {
		if _, err := c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: id, NodeId: nodeB}); err != nil {
			t.Error(err)
		}
		if _, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: id}); err != nil {
			t.Error(err)
		}
		if left := len(first.where(t)) + len(second.where(t)); left != len(ids)-i-1 {
			t.Errorf("%d are left after %s was deleted", left, id)
		}
	}
}

// What the settings file does not allow is refused by its name, and nothing is made.
func TestClassesCannotLeaveTheirPlaces(t *testing.T) {
	c, first, second := startPlaces(t)
	for parameter, value := range map[string]string{"pool": "pool-9", "project": "default", "targetGroup": "tg-none", "backend": "slow"} {
		_, err := c.CreateVolume(context.Background(), classed("v", map[string]string{parameter: value}))
		expect(t, err, codes.InvalidArgument, parameter, value)
		_, err = c.GetCapacity(context.Background(), &csi.GetCapacityRequest{Parameters: map[string]string{parameter: value}})
		if parameter != "targetGroup" {
			expect(t, err, codes.InvalidArgument, parameter, value)
		}
	}
	// The backend fast allows what its options name, and not what the default backend allows.
	_, err := c.CreateVolume(context.Background(), classed("v", map[string]string{"backend": "fast", "project": teamProject}))
	expect(t, err, codes.InvalidArgument, "project", teamProject, "fast")
	if left := append(first.where(t), second.where(t)...); len(left) > 0 {
		t.Errorf("made: %v", left)
	}
}

// A clone is in the place of its source; snapshots have ids that lead to their place.
func TestSnapshotsAndClonesInPlaces(t *testing.T) {
	c, _, _ := startPlaces(t)
	ctx := context.Background()
	there := map[string]string{"pool": secondPool}
	id := c.create(t, classed("v", there)).GetVolumeId()
	c.create(t, classed("v", nil))
	made, err := c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: id})
	if err != nil {
		t.Fatal(err)
	}
	snapshot := made.GetSnapshot()
	if snapshot.GetSourceVolumeId() != id || !strings.HasPrefix(snapshot.GetSnapshotId(), id+"@") {
		t.Errorf("%v", snapshot)
	}
	// The same name in another place is another snapshot.
	if _, err = c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: "csi-v"}); err != nil {
		t.Error(err)
	}
	for _, r := range []*csi.CreateVolumeRequest{fromSnapshot("from-snapshot", 1, snapshot.GetSnapshotId()), fromVolume("from-volume", 1, id)} {
		for _, elsewhere := range []map[string]string{nil, {"pool": secondPool, "project": teamProject}, {"backend": "fast"}} {
			r.Parameters = elsewhere
			_, err := c.CreateVolume(ctx, r)
			expect(t, err, codes.InvalidArgument, secondPool, "source")
		}
		r.Parameters = there
		clone := c.create(t, r)
		shown, err := c.ControllerGetVolume(ctx, &csi.ControllerGetVolumeRequest{VolumeId: clone.GetVolumeId()})
		if err != nil || shown.GetVolume().GetContentSource().String() != r.GetVolumeContentSource().String() {
			t.Errorf("%v %v", shown, err)
		}
		if again := c.create(t, r); again.GetVolumeId() != clone.GetVolumeId() {
			t.Errorf("again: %v", again)
		}
		if _, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: clone.GetVolumeId()}); err != nil {
			t.Error(err)
		}
	}
	want := []string{"csi-v@csi-s", snapshot.GetSnapshotId()}
	var listed []string
	for token := ""; ; {
		list, err := c.ListSnapshots(ctx, &csi.ListSnapshotsRequest{MaxEntries: 1, StartingToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range list.GetEntries() {
			listed = append(listed, entry.GetSnapshot().GetSnapshotId())
		}
		if token = list.GetNextToken(); token == "" {
			break
		}
	}
	if slices.Sort(want); !slices.Equal(listed, want) {
		t.Errorf("listed %v, not %v", listed, want)
	}
	of, err := c.ListSnapshots(ctx, &csi.ListSnapshotsRequest{SourceVolumeId: id})
	if err != nil || len(of.GetEntries()) != 1 || of.GetEntries()[0].GetSnapshot().GetSnapshotId() != snapshot.GetSnapshotId() {
		t.Errorf("%v %v", of, err)
	}
	got, err := c.GetSnapshot(ctx, &csi.GetSnapshotRequest{SnapshotId: snapshot.GetSnapshotId()})
	if err != nil || got.GetSnapshot().GetSourceVolumeId() != id {
		t.Errorf("%v %v", got, err)
	}
	if _, err := c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshot.GetSnapshotId()}); err != nil {
		t.Error(err)
	}
	if left, err := c.ListSnapshots(ctx, &csi.ListSnapshotsRequest{}); err != nil || len(left.GetEntries()) != 1 || left.GetEntries()[0].GetSnapshot().GetSnapshotId() != "csi-v@csi-s" {
		t.Errorf("left: %v %v", left, err)
	}
}

func TestGroupSnapshotsInPlaces(t *testing.T) {
	c, _, _ := startPlaces(t)
	ctx := context.Background()
	there := map[string]string{"pool": secondPool}
	ids := []string{c.create(t, classed("one", there)).GetVolumeId(), c.create(t, classed("two", there)).GetVolumeId()}
	here := c.create(t, classed("one", nil)).GetVolumeId()
	_, err := c.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: "g", SourceVolumeIds: append([]string{here}, ids...)})
	expect(t, err, codes.InvalidArgument, secondPool, "pool-0")
	made, err := c.CreateVolumeGroupSnapshot(ctx, &csi.CreateVolumeGroupSnapshotRequest{Name: "g", SourceVolumeIds: ids})
	if err != nil {
		t.Fatal(err)
	}
	group := made.GetGroupSnapshot()
	for _, member := range group.GetSnapshots() {
		if !slices.Contains(ids, member.GetSourceVolumeId()) || member.GetGroupSnapshotId() != group.GetGroupSnapshotId() {
			t.Errorf("%v", member)
		}
	}
	shown, err := c.GetVolumeGroupSnapshot(ctx, &csi.GetVolumeGroupSnapshotRequest{GroupSnapshotId: group.GetGroupSnapshotId()})
	if err != nil || shown.GetGroupSnapshot().String() != group.String() {
		t.Errorf("%v %v", shown, err)
	}
	if _, err := c.DeleteVolumeGroupSnapshot(ctx, &csi.DeleteVolumeGroupSnapshotRequest{GroupSnapshotId: group.GetGroupSnapshotId()}); err != nil {
		t.Error(err)
	}
	if left, err := c.ListSnapshots(ctx, &csi.ListSnapshotsRequest{}); err != nil || len(left.GetEntries()) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// The node gets the target and the portals of the target group that the class chose.
func TestTargetGroupOfAClass(t *testing.T) {
	c, _, _ := startPlaces(t)
	ctx := context.Background()
	published := map[string]map[string]string{}
	for name, class := range map[string]map[string]string{"usual": nil, "other": {"targetGroup": otherGroup}} {
		id := c.create(t, classed(name, class)).GetVolumeId()
		if id != "csi-"+name {
			t.Errorf("a target group is no place: %s", id)
		}
		got, err := c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: nodeA, VolumeCapability: writer})
		if err != nil {
			t.Fatal(err)
		}
		published[name] = got.GetPublishContext()
	}
	if published["other"][keyPortals] != otherPortal || published["usual"][keyPortals] == otherPortal || published["other"][keyTarget] == published["usual"][keyTarget] {
		t.Errorf("%v", published)
	}
	_, err := c.CreateVolume(ctx, classed("usual", map[string]string{"targetGroup": otherGroup}))
	expect(t, err, codes.AlreadyExists, otherGroup)
	// The target group of a clone is that of its class.
	clone := fromVolume("clone", 1, "csi-usual")
	clone.Parameters = map[string]string{"targetGroup": otherGroup}
	c.create(t, clone)
}

// A volume whose place is no longer in the settings is not taken for absent.
func TestPlaceThatWasRemoved(t *testing.T) {
	c, _, _ := startPlaces(t)
	ctx := context.Background()
	gone := []string{place{"slow", "pool-0", "csi"}.mark() + "csi-v", place{defaultBackend, "pool-9", "csi"}.mark() + "csi-v"}
	for _, id := range gone {
		_, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: id})
		expect(t, err, codes.FailedPrecondition, id, "settings")
		_, err = c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: id + "@csi-s"})
		expect(t, err, codes.FailedPrecondition, id, "settings")
		_, err = c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: id})
		expect(t, err, codes.FailedPrecondition, id, "settings")
		_, err = c.ControllerGetVolume(ctx, &csi.ControllerGetVolumeRequest{VolumeId: id})
		expect(t, err, codes.FailedPrecondition, id, "settings")
	}
	// And without a default backend, neither is a volume of it.
	only, _, _ := startPlaces(t, func(s *settings) { s.Options, s.Pools, s.Projects, s.TargetGroups = nil, nil, nil, nil })
	_, err := only.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: "csi-v"})
	expect(t, err, codes.FailedPrecondition, "csi-v", "default backend")
	_, err = only.CreateVolume(ctx, classed("v", nil))
	expect(t, err, codes.InvalidArgument, "backend", "fast")
	only.create(t, classed("v", map[string]string{"backend": "fast"}))
}

// A list with a part of the volumes would tell an orchestrator that the others are gone.
func TestListWithAnApplianceThatIsDown(t *testing.T) {
	c, _, second := startPlaces(t)
	ctx := context.Background()
	c.create(t, classed("v", nil))
	if _, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{}); err != nil {
		t.Fatal(err)
	}
	second.ask(t, "POST", "/faults", map[string]any{"kind": map[string]any{"status": map[string]any{"status": 403, "name": "ERR_DENIED"}}, "times": nil})
	_, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{})
	expect(t, err, codes.PermissionDenied)
	// One appliance that is down does not restart the driver for the other.
	if ready, err := c.Probe(ctx, &csi.ProbeRequest{}); err != nil || !ready.GetReady().GetValue() {
		t.Errorf("%v %v", ready, err)
	}
	if _, err := c.GetCapacity(ctx, &csi.GetCapacityRequest{}); err != nil {
		t.Error(err)
	}
	_, err = c.GetCapacity(ctx, &csi.GetCapacityRequest{Parameters: map[string]string{"backend": "fast"}})
	expect(t, err, codes.PermissionDenied)
}

// The longest names give ids that CSI allows.
func TestLengthOfIds(t *testing.T) {
	long := strings.Repeat("n", 128)
	at := place{strings.Repeat("b", 14), strings.Repeat("p", 64), strings.Repeat("j", 64)}
	id := snapshotID(at.mark()+objectName(long), objectName(long))
	if len(id) > 128 {
		t.Errorf("%d bytes: %s", len(id), id)
	}
	if mark, name := splitID(at.mark() + objectName(long)); mark != at.mark() || name != objectName(long) {
		t.Errorf("%s %s", mark, name)
	}
	// Names of before may look like a mark.
	for _, name := range []string{"csi-a.0123456789.csi-b", "csi-v", "a.b", "fast.012345678.csi-v", "fast.0123456789"} {
		if mark, _ := splitID(name); mark != "" {
			t.Errorf("%s has the mark %s", name, mark)
		}
	}
}

func TestBackendsThatAreRefused(t *testing.T) {
	appliance := startSimulator(t)
	path := appliance.settings(t, 0)
	many := make([]string, mostPlaces)
	for i := range many {
		many[i] = fmt.Sprint("p-", i)
	}
	for words, change := range map[string]func(*settings){
		"csi-x":    func(s *settings) { s.Backends = map[string]*backendSettings{"csi-x": {Options: s.Options}} },
		"Fast":     func(s *settings) { s.Backends = map[string]*backendSettings{"Fast": {Options: s.Options}} },
		"default":  func(s *settings) { s.Backends = map[string]*backendSettings{"default": {Options: s.Options}} },
		"at most":  func(s *settings) { s.Pools = many },
		"a/b":      func(s *settings) { s.Projects = []string{"a/b"} },
		"tg/x":     func(s *settings) { s.TargetGroups = map[string]portals{"tg/x": {}} },
		"nowhere:": func(s *settings) { s.TargetGroups = map[string]portals{"tg-x": {Portal: "nowhere:"}} },
		"null":     func(s *settings) { s.Backends = map[string]*backendSettings{"fast": nil} },
		"zfssa_late_request_timeout": func(s *settings) {
			s.Options["zfssa_late_request_timeout"] = "soon"
		},
	} {
		s := read(t, path)
		change(s)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseSettings("settings.json", text); err == nil || !strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "settings.json") {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// Drivers are opened when they are needed, once for each place, and closed in the end.
func TestDriversAreOpenedOnce(t *testing.T) {
	appliance := startSimulator(t, "--pool", "pool-0", "--pool", secondPool)
	path := appliance.settings(t, 0)
	s := read(t, path)
	s.Pools = []string{secondPool}
	replace(t, path, s)
	file, err := openSettings(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := newBackends(file, credentialsFolder(t), slog.New(slog.DiscardHandler), nil)
	logins := func() int {
		var stats struct{ Logins int }
		if err := json.Unmarshal(appliance.ask(t, "GET", "/stats", nil), &stats); err != nil {
			t.Fatal(err)
		}
		return stats.Logins
	}
	if got := logins(); got != 0 {
		t.Errorf("%d logins without a call", got)
	}
	ctx := context.Background()
	for range 3 {
		for _, pool := range []string{"pool-0", secondPool} {
			for _, secrets := range []map[string]string{nil, secretsOf(password)} {
				_, done, err := b.use(ctx, place{defaultBackend, pool, "csi"}, secrets)
				if err != nil {
					t.Fatal(err)
				}
				done()
			}
		}
	}
	if got := logins(); got != 2 {
		t.Errorf("%d logins for two places", got)
	}
	b.close()
	if len(b.slots) != 0 {
		t.Errorf("%d drivers are left", len(b.slots))
	}
}
