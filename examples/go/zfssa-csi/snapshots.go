// Controller calls for snapshots.

package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// snapshotOf converts a snapshot of a place.
func (c *controller) snapshotOf(l *located, s *zfssa.Snapshot) *csi.Snapshot {
	volume := l.id(s.Volume)
	snapshot := &csi.Snapshot{SnapshotId: snapshotID(volume, s.Name), SourceVolumeId: volume,
		SizeBytes:    c.sizes.size(snapshotKey{l.at, s.Volume, s.Name}, s.CreatedAt),
		CreationTime: timestamp(s.CreatedAt), ReadyToUse: true}
	if isGroup(s.Name) {
		snapshot.GroupSnapshotId = l.id(s.Name)
	}
	return snapshot
}

// timestamp parses the time formats of the appliance. It returns nil for any other format.
func timestamp(text string) *timestamppb.Timestamp {
	for _, layout := range []string{"20060102T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "Mon Jan 02 2006 15:04:05 GMT-0700 (MST)"} {
		if at, err := time.Parse(layout, text); err == nil {
			return timestamppb.New(at)
		}
	}
	return nil
}

func (c *controller) CreateSnapshot(ctx context.Context, req *csi.CreateSnapshotRequest) (*csi.CreateSnapshotResponse, error) {
	if req.GetName() == "" {
		return nil, invalid("name is missing")
	}
	id := req.GetSourceVolumeId()
	if id == "" {
		return nil, invalid("source_volume_id is missing")
	}
	if err := noParameters(req.GetParameters()); err != nil {
		return nil, err
	}
	if foreign(id) {
		return nil, notFound("volume %q: not found", id)
	}
	in, done, err := c.open(ctx, id, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	driver, volume := in.driver, in.name
	name := objectName(req.GetName())
	free, err := c.locks.hold(ctx, "snapshot "+in.id(name))
	if err != nil {
		return nil, err
	}
	defer free()
	// Read before the list, so that the snapshot is younger if the list lacks it.
	of, err := c.volume(ctx, driver, volume)
	if err != nil {
		return nil, err
	}
	// CSI requires unique names of snapshots; on the appliance they are unique only per volume.
	all, err := c.snapshots(ctx, driver)
	if err != nil {
		return nil, err
	}
	for _, snapshot := range all {
		if snapshot.Name == name && snapshot.Volume != volume {
			return nil, status.Errorf(codes.AlreadyExists, "snapshot %s: already exists for volume %s", name, in.id(snapshot.Volume))
		}
	}
	if !slices.ContainsFunc(all, func(s *zfssa.Snapshot) bool { return s.Name == name }) {
		c.sizes.absent(snapshotKey{in.at, volume, name}, of)
	}
	snapshot, err := driver.CreateSnapshot(zfssa.WithOperationID(ctx, req.GetName()), zfssa.CreateSnapshotRequest{Volume: volume, Name: name})
	if err != nil {
		return nil, grpcError(err)
	}
	c.noteTaken(ctx, in, snapshot)
	return &csi.CreateSnapshotResponse{Snapshot: c.snapshotOf(in, snapshot)}, nil
}

func (c *controller) DeleteSnapshot(ctx context.Context, req *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	if req.GetSnapshotId() == "" {
		return nil, invalid("snapshot_id is missing")
	}
	at, volume, name, ok, err := c.settings().locateSnapshot(req.GetSnapshotId())
	if err != nil {
		return nil, err
	}
	if !ok {
		return &csi.DeleteSnapshotResponse{}, nil
	}
	if isGroup(name) {
		return nil, invalid("snapshot %s: member of group snapshot %s: delete the group snapshot", req.GetSnapshotId(), name)
	}
	driver, done, err := c.backends.use(ctx, at, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := driver.DeleteSnapshot(ctx, zfssa.DeleteSnapshotRequest{Volume: volume, Name: name}); err != nil {
		return nil, grpcError(err)
	}
	return &csi.DeleteSnapshotResponse{}, nil
}

// snapshots lists the snapshots of every volume of a place with one request.
func (c *controller) snapshots(ctx context.Context, driver *zfssa.Driver) ([]*zfssa.Snapshot, error) {
	found, err := driver.ListSnapshots(ctx, zfssa.ListSnapshotsRequest{EveryVolume: true})
	if err != nil {
		return nil, grpcError(err)
	}
	return own(found.Snapshots), nil
}

// own returns the snapshots that this driver has created.
func own(found []*zfssa.Snapshot) []*zfssa.Snapshot {
	return slices.DeleteFunc(found, func(s *zfssa.Snapshot) bool { return !ours(s.Volume) || !ours(s.Name) })
}

// snapshotsOf lists the snapshots of a volume that this driver has created; none if the volume does
// not exist.
func (c *controller) snapshotsOf(ctx context.Context, driver *zfssa.Driver, volume string) ([]*zfssa.Snapshot, error) {
	found, err := driver.ListSnapshots(ctx, zfssa.ListSnapshotsRequest{Volume: volume})
	if errors.Is(err, zfssa.ErrVolumeNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, grpcError(err)
	}
	return own(found.Snapshots), nil
}

// snapshot looks up a snapshot of a volume. It returns nil if the snapshot does not exist.
func (c *controller) snapshot(ctx context.Context, driver *zfssa.Driver, volume, name string) (*zfssa.Snapshot, error) {
	found, err := c.snapshotsOf(ctx, driver, volume)
	for _, snapshot := range found {
		if snapshot.Name == name {
			return snapshot, nil
		}
	}
	return nil, err
}

func (c *controller) ListSnapshots(ctx context.Context, req *csi.ListSnapshotsRequest) (*csi.ListSnapshotsResponse, error) {
	if _, err := keyOf(req.GetStartingToken()); err != nil {
		return nil, err
	}
	found, err := c.listed(ctx, req)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *csi.Snapshot) int { return strings.Compare(a.GetSnapshotId(), b.GetSnapshotId()) })
	entries, next, err := page(found, (*csi.Snapshot).GetSnapshotId, req.GetStartingToken(), req.GetMaxEntries())
	if err != nil {
		return nil, err
	}
	response := &csi.ListSnapshotsResponse{NextToken: next}
	for _, snapshot := range entries {
		response.Entries = append(response.Entries, &csi.ListSnapshotsResponse_Entry{Snapshot: snapshot})
	}
	return response, nil
}

// listed returns the snapshots that a list call asks for.
func (c *controller) listed(ctx context.Context, req *csi.ListSnapshotsRequest) ([]*csi.Snapshot, error) {
	switch id, volume := req.GetSnapshotId(), req.GetSourceVolumeId(); {
	case id != "":
		one, err := c.find(ctx, id, req.GetSecrets())
		if one == nil || volume != "" && volume != one.GetSourceVolumeId() {
			return nil, err
		}
		return []*csi.Snapshot{one}, nil
	case volume != "":
		if foreign(volume) {
			return nil, nil
		}
		in, done, err := c.open(ctx, volume, req.GetSecrets())
		if err != nil {
			return nil, err
		}
		defer done()
		found, err := c.snapshotsOf(ctx, in.driver, in.name)
		return c.converted(in, found), err
	}
	var all []*csi.Snapshot
	err := c.everywhere(ctx, req.GetSecrets(), func(in *located) error {
		found, err := c.snapshots(ctx, in.driver)
		all = append(all, c.converted(in, found)...)
		return err
	})
	return all, err
}

func (c *controller) converted(l *located, found []*zfssa.Snapshot) []*csi.Snapshot {
	var all []*csi.Snapshot
	for _, snapshot := range found {
		all = append(all, c.snapshotOf(l, snapshot))
	}
	return all
}

// find looks up a snapshot by its id. It returns nil if the snapshot does not exist.
func (c *controller) find(ctx context.Context, id string, secrets map[string]string) (*csi.Snapshot, error) {
	s := c.settings()
	at, volume, name, ok, err := s.locateSnapshot(id)
	if err != nil || !ok {
		return nil, err
	}
	driver, done, err := c.backends.use(ctx, at, secrets)
	if err != nil {
		return nil, err
	}
	defer done()
	snapshot, err := c.snapshot(ctx, driver, volume, name)
	if snapshot == nil {
		return nil, err
	}
	return c.snapshotOf(&located{s, at, volume, driver}, snapshot), nil
}

func (c *controller) GetSnapshot(ctx context.Context, req *csi.GetSnapshotRequest) (*csi.GetSnapshotResponse, error) {
	if req.GetSnapshotId() == "" {
		return nil, invalid("snapshot_id is missing")
	}
	snapshot, err := c.find(ctx, req.GetSnapshotId(), req.GetSecrets())
	if err != nil {
		return nil, err
	}
	if snapshot == nil {
		return nil, notFound("snapshot %q: not found", req.GetSnapshotId())
	}
	return &csi.GetSnapshotResponse{Snapshot: snapshot}, nil
}
