package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

const zone = driverName + "/zone"

func in(value string) *csi.Topology { return &csi.Topology{Segments: map[string]string{zone: value}} }

// need returns a requirement in which all topologies are requisite, and preferred in their order.
func need(values ...string) *csi.TopologyRequirement {
	r := &csi.TopologyRequirement{}
	for _, value := range values {
		r.Preferred = append(r.Preferred, in(value))
	}
	r.Requisite = slices.Clone(r.Preferred)
	slices.Reverse(r.Requisite)
	return r
}

func needing(name string, class map[string]string, values ...string) *csi.CreateVolumeRequest {
	r := classed(name, class)
	r.AccessibilityRequirements = need(values...)
	return r
}

// inZones returns the zones from which a volume is accessible.
func inZones(v *csi.Volume) []string {
	var all []string
	for _, t := range v.GetAccessibleTopology() {
		all = append(all, t.GetSegments()[zone])
	}
	return all
}

// startZones runs startPlaces with the default backend in zone a, its other target group in zone c,
// and the backend fast in zones b and d.
func startZones(t *testing.T, adjust ...func(*settings)) (c client, first, second *simulator) {
	return startPlaces(t, append([]func(*settings){func(s *settings) {
		s.Topology = []segments{{"zone": "a"}}
		other := s.TargetGroups[otherGroup]
		other.Topology = []segments{{"zone": "c"}}
		s.TargetGroups[otherGroup] = other
		s.Backends["fast"].Topology = []segments{{"zone": "b"}, {"zone": "d"}}
	}}, adjust...)...)
}

// A class without a backend gets the one that the topology of the call prefers, and every call shows
// from where the volume is accessible.
func TestTopologyChoosesTheBackend(t *testing.T) {
	c, first, second := startZones(t)
	ctx := context.Background()
	for i, of := range []struct {
		request *csi.CreateVolumeRequest
		zones   []string
	}{
		{needing("a", nil, "a"), []string{"a"}},
		{needing("b", nil, "b", "a"), []string{"b", "d"}},
		{needing("c", nil, "c", "b"), []string{"c"}},
		{needing("second", nil, "elsewhere", "d", "a"), []string{"b", "d"}},
		{needing("class", map[string]string{"backend": "fast"}, "a", "b"), []string{"b", "d"}},
		{classed("anywhere", nil), []string{"a"}},
	} {
		made := c.create(t, of.request)
		if got := inZones(made); !slices.Equal(got, of.zones) {
			t.Errorf("%d: accessible from %v", i, got)
		}
		shown, err := c.ControllerGetVolume(ctx, &csi.ControllerGetVolumeRequest{VolumeId: made.GetVolumeId()})
		if err != nil || !slices.Equal(inZones(shown.GetVolume()), of.zones) {
			t.Errorf("%d: shown as %v, %v", i, shown, err)
		}
	}
	requisite := classed("requisite", nil)
	requisite.AccessibilityRequirements = &csi.TopologyRequirement{Requisite: []*csi.Topology{in("d")}}
	c.create(t, requisite)
	all, err := c.ListVolumes(ctx, &csi.ListVolumesRequest{})
	if err != nil || len(all.GetEntries()) != 7 || slices.ContainsFunc(all.GetEntries(), func(e *csi.ListVolumesResponse_Entry) bool {
		return len(inZones(e.GetVolume())) == 0
	}) {
		t.Errorf("%v %v", all, err)
	}
	if got, want := first.where(t), []string{"pool-0/csi/csi-a", "pool-0/csi/csi-anywhere", "pool-0/csi/csi-c"}; !slices.Equal(got, want) {
		t.Errorf("in zones a and c: %v", got)
	}
	if got, want := second.where(t), []string{"pool-0/csi/csi-b", "pool-0/csi/csi-class", "pool-0/csi/csi-requisite", "pool-0/csi/csi-second"}; !slices.Equal(got, want) {
		t.Errorf("in zones b and d: %v", got)
	}
}

// A requirement that no backend of the class meets is refused, and nothing is created.
func TestTopologyThatIsNotReached(t *testing.T) {
	c, first, second := startZones(t)
	ctx := context.Background()
	_, err := c.CreateVolume(ctx, needing("v", nil, "elsewhere"))
	expect(t, err, codes.ResourceExhausted, "zone=elsewhere", "zone=a", "zone=b", "zone=c")
	_, err = c.CreateVolume(ctx, needing("v", map[string]string{"backend": "fast"}, "a"))
	expect(t, err, codes.ResourceExhausted, "backend fast", "zone=b")
	_, err = c.CreateVolume(ctx, needing("v", map[string]string{"targetGroup": otherGroup}, "a"))
	expect(t, err, codes.ResourceExhausted, otherGroup)
	_, err = c.CreateVolume(ctx, needing("v", map[string]string{"targetGroup": defaultTargetGroup()}, "c"))
	expect(t, err, codes.ResourceExhausted, defaultTargetGroup())
	empty := classed("v", nil)
	empty.AccessibilityRequirements = &csi.TopologyRequirement{}
	_, err = c.CreateVolume(ctx, empty)
	expect(t, err, codes.InvalidArgument, "requisite and preferred")
	loose := needing("v", nil, "a")
	loose.AccessibilityRequirements.Preferred = []*csi.Topology{in("b")}
	_, err = c.CreateVolume(ctx, loose)
	expect(t, err, codes.InvalidArgument, "zone=b is not in requisite")
	secret := needing("v", nil, "a")
	secret.Secrets = map[string]string{"san_login": "root", "san_password": password}
	_, err = c.CreateVolume(ctx, secret)
	expect(t, err, codes.InvalidArgument, "secrets", "backend")
	if left := append(first.where(t), second.where(t)...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A repeated call finds its volume wherever it is now preferred, and makes no other.
func TestTopologyOfARepeatedCall(t *testing.T) {
	c, first, second := startZones(t)
	ctx := context.Background()
	for _, zones := range [][]string{{"b", "a", "c"}, {"c", "a", "b"}} {
		name := "v-" + zones[0]
		made := c.create(t, needing(name, nil, zones...))
		slices.Reverse(zones)
		if again := c.create(t, needing(name, nil, zones...)); again.String() != made.String() {
			t.Errorf("%v, then %v", made, again)
		}
	}
	_, err := c.CreateVolume(ctx, needing("v-c", nil, "a"))
	expect(t, err, codes.AlreadyExists, otherGroup)
	if left := append(first.where(t), second.where(t)...); len(left) != 2 {
		t.Errorf("%v", left)
	}
	// A backend that does not answer may have the volume.
	second.ask(t, "POST", "/faults", map[string]any{"kind": map[string]any{"status": map[string]any{"status": 403, "name": "ERR_DENIED"}}, "times": nil})
	_, err = c.CreateVolume(ctx, needing("v", nil, "a", "b"))
	expect(t, err, codes.PermissionDenied)
	c.create(t, needing("v", nil, "a"))
}

// A creation that the appliance may still carry out is not begun in another backend.
func TestTopologyOfALateCreation(t *testing.T) {
	c, first, second := startZones(t, func(s *settings) { s.Options["zfssa_late_request_timeout"] = "60" })
	first.ask(t, "POST", "/faults", map[string]any{"method": "POST", "path": "/luns$", "kind": map[string]any{"hang": map[string]any{"ms": nil}}})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		_, err := c.CreateVolume(ctx, needing("v", nil, "a", "b"))
		ended <- err
	}()
	eventually(t, "the creation reaches the appliance", func() bool { return first.struck(t) })
	cancel()
	expect(t, <-ended, codes.Canceled)
	_, err := c.CreateVolume(context.Background(), needing("v", nil, "b"))
	expect(t, err, codes.Aborted, "pool-0", "repeat")
	first.ask(t, "POST", "/release", nil)
	if made := c.create(t, needing("v", nil, "b", "a")); !slices.Equal(inZones(made), []string{"a"}) {
		t.Errorf("%v", made)
	}
	if all := append(first.where(t), second.where(t)...); !slices.Equal(all, []string{"pool-0/csi/csi-v"}) {
		t.Errorf("%v", all)
	}
}

// A full backend gives way to the next one, unless the class names it.
func TestTopologyWithAFullBackend(t *testing.T) {
	c, first, second := startZones(t)
	ctx := context.Background()
	thick := map[string]string{"sparse": "false"}
	large := needing("v", thick, "a", "b")
	large.CapacityRange = &csi.CapacityRange{RequiredBytes: 8 << 40}
	if made := c.create(t, large); !slices.Equal(inZones(made), []string{"a"}) {
		t.Errorf("%v", made)
	}
	large.Name = "w"
	if made := c.create(t, large); !slices.Equal(inZones(made), []string{"b", "d"}) {
		t.Errorf("%v", made)
	}
	large.Name = "x"
	_, err := c.CreateVolume(ctx, large)
	expect(t, err, codes.ResourceExhausted)
	if left := append(first.where(t), second.where(t)...); len(left) != 2 {
		t.Errorf("%v", left)
	}
}

// A volume with a source is where its source is.
func TestTopologyOfASource(t *testing.T) {
	c, _, _ := startZones(t)
	ctx := context.Background()
	id := c.create(t, needing("v", nil, "b")).GetVolumeId()
	taken, err := c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: id})
	if err != nil {
		t.Fatal(err)
	}
	foreign := needing("from", nil, "d")
	foreign.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{
		Volume: &csi.VolumeContentSource_VolumeSource{VolumeId: "of-another-driver"}}}
	_, err = c.CreateVolume(ctx, foreign)
	expect(t, err, codes.NotFound, "of-another-driver")
	for _, source := range []*csi.VolumeContentSource{
		{Type: &csi.VolumeContentSource_Volume{Volume: &csi.VolumeContentSource_VolumeSource{VolumeId: id}}},
		{Type: &csi.VolumeContentSource_Snapshot{Snapshot: &csi.VolumeContentSource_SnapshotSource{
			SnapshotId: taken.GetSnapshot().GetSnapshotId()}}},
	} {
		of := needing("from", nil, "a", "d")
		of.VolumeContentSource = source
		made := c.create(t, of)
		if !slices.Equal(inZones(made), []string{"b", "d"}) {
			t.Errorf("%v", made)
		}
		of.Name, of.AccessibilityRequirements = "unreachable", need("a")
		_, err := c.CreateVolume(ctx, of)
		expect(t, err, codes.ResourceExhausted, "backend fast")
		if _, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: made.GetVolumeId()}); err != nil {
			t.Error(err)
		}
	}
}

// The capacity is that of the backends that the topology reaches.
func TestCapacityOfATopology(t *testing.T) {
	c, _, _ := startZones(t, func(s *settings) { s.Backends["fast"].Topology[1] = segments{"zone": "a"} })
	ctx := context.Background()
	capacity := func(of *csi.Topology, class map[string]string) (available, largest int64) {
		t.Helper()
		got, err := c.GetCapacity(ctx, &csi.GetCapacityRequest{AccessibleTopology: of, Parameters: class})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetAvailableCapacity(), got.GetMaximumVolumeSize().GetValue()
	}
	one, largest := capacity(in("b"), nil)
	if one <= 0 || largest != 0 {
		t.Errorf("in zone b: %d, %d", one, largest)
	}
	if two, largest := capacity(in("a"), nil); two <= one || largest < two/2 || largest >= two {
		t.Errorf("in zone a: %d, %d", two, largest)
	}
	if named, largest := capacity(in("a"), map[string]string{"backend": "fast"}); named != one || largest != 0 {
		t.Errorf("of a backend: %d, %d", named, largest)
	}
	if none, _ := capacity(in("elsewhere"), nil); none != 0 {
		t.Errorf("elsewhere: %d", none)
	}
	if home, largest := capacity(nil, nil); home <= 0 || largest != 0 {
		t.Errorf("of the class alone: %d, %d", home, largest)
	}
}

// A node reports its topology. Without topologies it reports none, and requirements change nothing.
func TestTopologyIsToldIfItIsSet(t *testing.T) {
	constrained := func(c client) bool {
		t.Helper()
		got, err := c.GetPluginCapabilities(context.Background(), &csi.GetPluginCapabilitiesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(got.String(), "VOLUME_ACCESSIBILITY_CONSTRAINTS")
	}
	where := func(c client) *csi.Topology {
		t.Helper()
		got, err := c.NodeGetInfo(context.Background(), &csi.NodeGetInfoRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetAccessibleTopology()
	}
	node := dial(t, startDriver(t, arguments{nodeID: nodeA, transport: "userspace-unchecked", topology: "zone=a,rack=r1"}))
	if got := where(node); !maps.Equal(got.GetSegments(), map[string]string{zone: "a", driverName + "/rack": "r1"}) || !constrained(node) {
		t.Errorf("the node is in %v", got)
	}
	zones, _, _ := startZones(t)
	if !constrained(zones) {
		t.Error("the settings have a topology")
	}
	plain, _, second := startPlaces(t)
	if constrained(plain) || where(plain) != nil {
		t.Error("there is no topology")
	}
	ignored := needing("v", nil, "b")
	ignored.Secrets = map[string]string{"san_login": "root", "san_password": password}
	if made := plain.create(t, ignored); len(made.GetAccessibleTopology()) > 0 || len(second.where(t)) > 0 {
		t.Errorf("%v", made)
	}
}

func TestTopologyIsChecked(t *testing.T) {
	for text, words := range map[string]string{
		"zone":                             "KEY=VALUE",
		"zone=a,zone=b":                    "each key once",
		"zone=a,Zone=b":                    "set twice",
		"zone=":                            "zone is",
		"zone=a b":                         "zone is",
		"=a":                               "topology key",
		"a/b/c=d":                          "topology key",
		"Upper.example/zone=a":             "topology key",
		"zone=a,kubernetes.io/rack=b":      "same prefix",
		strings.Repeat("k", 64) + "=value": "1 to 63",
	} {
		if _, err := parseTopology(text); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", text, err)
		}
	}
	got, err := parseTopology("topology.kubernetes.io/zone=a")
	if err != nil || got["topology.kubernetes.io/zone"] != "a" {
		t.Errorf("%v %v", got, err)
	}
	options := `"options": {"san_ip": "192.0.2.1", "zfssa_pool": "p", "zfssa_project": "q", "zfssa_target_portal": "192.0.2.2:3260"}`
	for text, words := range map[string]string{
		`"topology": [{}]`:                                "without a key",
		`"topology": [{"zone": "a"}, {"Zone": "b"}]`:      "in the same way",
		`"topology": [{"zone": "a"}, {"x.org/y": "b"}]`:   "same prefix",
		`"topology": [{"zone": "-"}]`:                     "zone is",
		`"targetGroups": {"g": {"topology": [{"": ""}]}}`: "topology key",
	} {
		if _, err := parseSettings("settings", []byte("{"+options+", "+text+"}")); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", text, err)
		}
	}
	// A topology with some of the keys is met by a backend that has the others, too.
	for _, of := range []struct {
		backend, call segments
		want          bool
	}{
		{segments{"z": "a", "r": "1"}, segments{"z": "a", "r": "1", "h": "x"}, true},
		{segments{"z": "a", "r": "1"}, segments{"z": "a", "r": "2"}, false},
		{segments{"z": "a", "r": "1"}, segments{"Z": "a"}, true},
		{segments{"z": "a"}, segments{"h": "x"}, false},
	} {
		if got := of.backend.reaches(of.call); got != of.want {
			t.Errorf("%v from %v: %v", of.backend, of.call, got)
		}
	}
}
