package main

import (
	"context"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// agrees returns how answers are compared. Another process may not know the size of a snapshot, which
// the appliance does not show, but tells no other one; everything else is the same.
func agrees(otherProcess bool) func(answer, wanted proto.Message) bool {
	if !otherProcess {
		return proto.Equal
	}
	return func(answer, wanted proto.Message) bool {
		answer = proto.Clone(answer)
		known := snapshotsIn(wanted)
		for i, s := range snapshotsIn(answer) {
			if s.SizeBytes == 0 && i < len(known) {
				s.SizeBytes = known[i].SizeBytes
			}
		}
		return proto.Equal(answer, wanted)
	}
}

// snapshotsIn returns the snapshots of an answer.
func snapshotsIn(answer proto.Message) []*csi.Snapshot {
	switch of := answer.(type) {
	case *csi.CreateSnapshotResponse:
		return []*csi.Snapshot{of.GetSnapshot()}
	case *csi.GetSnapshotResponse:
		return []*csi.Snapshot{of.GetSnapshot()}
	case *csi.ListSnapshotsResponse:
		var all []*csi.Snapshot
		for _, entry := range of.GetEntries() {
			all = append(all, entry.GetSnapshot())
		}
		return all
	case *csi.CreateVolumeGroupSnapshotResponse:
		return of.GetGroupSnapshot().GetSnapshots()
	case *csi.GetVolumeGroupSnapshotResponse:
		return of.GetGroupSnapshot().GetSnapshots()
	}
	return nil
}

// sizeOf returns the size of a snapshot in all calls that show it.
func (c client) sizeOf(t *testing.T, id string) int64 {
	t.Helper()
	ctx := context.Background()
	one, err := c.GetSnapshot(ctx, &csi.GetSnapshotRequest{SnapshotId: id})
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []*csi.ListSnapshotsRequest{{SnapshotId: id}, {SourceVolumeId: one.GetSnapshot().GetSourceVolumeId()}, {}} {
		all, err := c.ListSnapshots(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		seen := false
		for _, entry := range all.GetEntries() {
			if s := entry.GetSnapshot(); s.GetSnapshotId() == id {
				seen = true
				if s.GetSizeBytes() != one.GetSnapshot().GetSizeBytes() {
					t.Errorf("%v in a list, and %v", s, one)
				}
			}
		}
		if !seen {
			t.Errorf("%s: not in the list %v", id, ask)
		}
	}
	return one.GetSnapshot().GetSizeBytes()
}

func (c client) snapshot(t *testing.T, name, volume string) *csi.Snapshot {
	t.Helper()
	made, err := c.CreateSnapshot(context.Background(), &csi.CreateSnapshotRequest{Name: name, SourceVolumeId: volume})
	if err != nil {
		t.Fatal(err)
	}
	return made.GetSnapshot()
}

func (c client) grow(t *testing.T, volume string, gibs int64) {
	t.Helper()
	_, err := c.ControllerExpandVolume(context.Background(), &csi.ControllerExpandVolumeRequest{VolumeId: volume,
		CapacityRange: &csi.CapacityRange{RequiredBytes: gibs * gib}})
	if err != nil {
		t.Fatal(err)
	}
}

// A snapshot keeps the size of its volume when it was taken: the least size of a volume that is made
// from it.
func TestSizesOfSnapshots(t *testing.T) {
	c, appliance := start(t)
	ctx := context.Background()
	id := c.create(t, request("v", 1)).GetVolumeId()
	small := c.snapshot(t, "small", id)
	c.grow(t, id, 3)
	large := c.snapshot(t, "large", id)
	for of, want := range map[*csi.Snapshot]int64{small: gib, large: 3 * gib} {
		if of.GetSizeBytes() != want {
			t.Errorf("%v", of)
		}
		if got := c.sizeOf(t, of.GetSnapshotId()); got != want {
			t.Errorf("%s has %d bytes", of.GetSnapshotId(), got)
		}
		from := request("from-"+of.GetSnapshotId(), 0)
		from.CapacityRange = &csi.CapacityRange{RequiredBytes: want, LimitBytes: want}
		from.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{
			Snapshot: &csi.VolumeContentSource_SnapshotSource{SnapshotId: of.GetSnapshotId()}}}
		c.create(t, from)
	}
	if again := c.snapshot(t, "small", id); again.String() != small.String() {
		t.Errorf("%v, then %v", small, again)
	}
	// A name that is used again, for a snapshot of another size.
	if _, err := c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: c.snapshot(t, "again", id).GetSnapshotId()}); err != nil {
		t.Fatal(err)
	}
	c.grow(t, id, 4)
	if again := c.snapshot(t, "again", id); again.GetSizeBytes() != 4*gib {
		t.Errorf("%v", again)
	}

	// Another process does not know the sizes, and does not guess.
	other := dial(t, startDriver(t, arguments{config: appliance.settings(t, 0), credentials: credentialsFolder(t)}))
	if again := other.snapshot(t, "small", id); again.GetSnapshotId() != small.GetSnapshotId() || again.GetSizeBytes() != 0 {
		t.Errorf("%v", again)
	}
	if got := other.sizeOf(t, small.GetSnapshotId()); got != 0 {
		t.Errorf("%d bytes", got)
	}
}

// A repeated call returns the size after one that failed, and 0 if the volume may have grown in
// between.
func TestSizesOfSnapshotsOfInterruptedCalls(t *testing.T) {
	c, appliance := start(t)
	ctx := context.Background()
	interrupted := func(name, volume string) {
		t.Helper()
		appliance.ask(t, "POST", "/faults", map[string]any{"method": "POST", "path": "/snapshots$", "when": "after_commit",
			"kind": map[string]any{"status": map[string]any{"status": 403, "name": "ERR_DENIED"}}})
		_, err := c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: name, SourceVolumeId: volume})
		expect(t, err, codes.PermissionDenied)
	}
	id := c.create(t, request("v", 1)).GetVolumeId()
	interrupted("one", id)
	if got := c.snapshot(t, "one", id); got.GetSizeBytes() != gib {
		t.Errorf("%v", got)
	}
	interrupted("two", id)
	c.grow(t, id, 2)
	for range 2 {
		if got := c.snapshot(t, "two", id); got.GetSizeBytes() != 0 {
			t.Errorf("%v", got)
		}
	}
	// A volume that cannot be read does not fail its snapshot.
	appliance.ask(t, "POST", "/faults", map[string]any{"method": "GET", "path": "/luns/csi-v$", "nth": 2, "times": nil,
		"kind": map[string]any{"status": map[string]any{"status": 403, "name": "ERR_DENIED"}}})
	if got := c.snapshot(t, "three", id); got.GetSizeBytes() != 0 {
		t.Errorf("%v", got)
	}
	appliance.ask(t, "DELETE", "/faults", nil)
	if got := c.snapshot(t, "three", id); got.GetSizeBytes() != 2*gib {
		t.Errorf("%v", got)
	}
}

// The members of a group snapshot have the sizes of their volumes.
func TestSizesOfGroupSnapshots(t *testing.T) {
	c, _ := start(t)
	ctx := context.Background()
	want := map[string]int64{c.create(t, request("one", 1)).GetVolumeId(): gib, c.create(t, request("two", 2)).GetVolumeId(): 2 * gib}
	ask := &csi.CreateVolumeGroupSnapshotRequest{Name: "group", SourceVolumeIds: []string{"csi-one", "csi-two"}}
	for range 2 {
		made, err := c.CreateVolumeGroupSnapshot(ctx, ask)
		if err != nil || len(made.GetGroupSnapshot().GetSnapshots()) != 2 {
			t.Fatalf("%v %v", made, err)
		}
		shown, err := c.GetVolumeGroupSnapshot(ctx, &csi.GetVolumeGroupSnapshotRequest{GroupSnapshotId: made.GetGroupSnapshot().GetGroupSnapshotId()})
		if err != nil || shown.GetGroupSnapshot().String() != made.GetGroupSnapshot().String() {
			t.Errorf("%v %v, made as %v", shown, err, made)
		}
		for _, member := range made.GetGroupSnapshot().GetSnapshots() {
			if size := want[member.GetSourceVolumeId()]; member.GetSizeBytes() != size || c.sizeOf(t, member.GetSnapshotId()) != size {
				t.Errorf("%v", member)
			}
		}
		c.grow(t, "csi-one", 3)
	}
}
