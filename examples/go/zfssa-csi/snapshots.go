// Controller calls for snapshots.

package main

import (
	"context"
	"errors"
	"slices"
	"sort"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// snapshotOf converts a snapshot. It omits the size, because the appliance only reports the current
// size of the volume, which may have been expanded since.
func snapshotOf(s *zfssa.Snapshot) *csi.Snapshot {
	snapshot := &csi.Snapshot{SnapshotId: snapshotID(s.Volume, s.Name), SourceVolumeId: s.Volume,
		CreationTime: timestamp(s.CreatedAt), ReadyToUse: true}
	if isGroup(s.Name) {
		snapshot.GroupSnapshotId = s.Name
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
	volume := req.GetSourceVolumeId()
	if volume == "" {
		return nil, invalid("source_volume_id is missing")
	}
	if err := noParameters(req.GetParameters()); err != nil {
		return nil, err
	}
	if !ours(volume) {
		return nil, notFound("volume %q: not found", volume)
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	name := objectName(req.GetName())
	free, err := c.locks.hold(ctx, "snapshot "+name)
	if err != nil {
		return nil, err
	}
	defer free()
	// CSI requires unique names of snapshots; on the appliance they are unique only per volume.
	all, err := c.snapshots(ctx, driver)
	if err != nil {
		return nil, err
	}
	for _, snapshot := range all {
		if snapshot.Name == name && snapshot.Volume != volume {
			return nil, status.Errorf(codes.AlreadyExists, "snapshot %s: already exists for volume %s", name, snapshot.Volume)
		}
	}
	snapshot, err := driver.CreateSnapshot(zfssa.WithOperationID(ctx, req.GetName()), zfssa.CreateSnapshotRequest{Volume: volume, Name: name})
	if err != nil {
		return nil, grpcError(err)
	}
	return &csi.CreateSnapshotResponse{Snapshot: snapshotOf(snapshot)}, nil
}

func (c *controller) DeleteSnapshot(ctx context.Context, req *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	if req.GetSnapshotId() == "" {
		return nil, invalid("snapshot_id is missing")
	}
	volume, name, ok := parseSnapshotID(req.GetSnapshotId())
	if !ok {
		return &csi.DeleteSnapshotResponse{}, nil
	}
	if isGroup(name) {
		return nil, invalid("snapshot %s: member of group snapshot %s: delete the group snapshot", req.GetSnapshotId(), name)
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := driver.DeleteSnapshot(ctx, zfssa.DeleteSnapshotRequest{Volume: volume, Name: name}); err != nil {
		return nil, grpcError(err)
	}
	return &csi.DeleteSnapshotResponse{}, nil
}

// snapshots lists the snapshots of every volume with one request, sorted by id.
func (c *controller) snapshots(ctx context.Context, driver *zfssa.Driver) ([]*zfssa.Snapshot, error) {
	found, err := driver.ListSnapshots(ctx, zfssa.ListSnapshotsRequest{EveryVolume: true})
	if err != nil {
		return nil, grpcError(err)
	}
	all := own(found.Snapshots)
	sort.Slice(all, func(i, j int) bool {
		return snapshotID(all[i].Volume, all[i].Name) < snapshotID(all[j].Volume, all[j].Name)
	})
	return all, nil
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

// snapshot looks up a snapshot. It returns nil if the snapshot does not exist.
func (c *controller) snapshot(ctx context.Context, driver *zfssa.Driver, id string) (*zfssa.Snapshot, error) {
	volume, name, ok := parseSnapshotID(id)
	if !ok {
		return nil, nil
	}
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
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	var found []*zfssa.Snapshot
	switch {
	case req.GetSnapshotId() != "":
		var one *zfssa.Snapshot
		if one, err = c.snapshot(ctx, driver, req.GetSnapshotId()); one != nil &&
			(req.GetSourceVolumeId() == "" || req.GetSourceVolumeId() == one.Volume) {
			found = append(found, one)
		}
	case req.GetSourceVolumeId() != "":
		if ours(req.GetSourceVolumeId()) {
			found, err = c.snapshotsOf(ctx, driver, req.GetSourceVolumeId())
			sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
		}
	default:
		found, err = c.snapshots(ctx, driver)
	}
	if err != nil {
		return nil, err
	}
	entries, next, err := page(found, func(s *zfssa.Snapshot) string { return snapshotID(s.Volume, s.Name) },
		req.GetStartingToken(), req.GetMaxEntries())
	if err != nil {
		return nil, err
	}
	response := &csi.ListSnapshotsResponse{NextToken: next}
	for _, snapshot := range entries {
		response.Entries = append(response.Entries, &csi.ListSnapshotsResponse_Entry{Snapshot: snapshotOf(snapshot)})
	}
	return response, nil
}

func (c *controller) GetSnapshot(ctx context.Context, req *csi.GetSnapshotRequest) (*csi.GetSnapshotResponse, error) {
	if req.GetSnapshotId() == "" {
		return nil, invalid("snapshot_id is missing")
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	snapshot, err := c.snapshot(ctx, driver, req.GetSnapshotId())
	if err != nil {
		return nil, err
	}
	if snapshot == nil {
		return nil, notFound("snapshot %q: not found", req.GetSnapshotId())
	}
	return &csi.GetSnapshotResponse{Snapshot: snapshotOf(snapshot)}, nil
}
