// CSI group controller service: volume group snapshots.

package main

import (
	"context"
	"slices"
	"sort"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A groupController serves group snapshots. A group snapshot has no object of its own: it consists
// of consistent snapshots that have its id as their name.
type groupController struct {
	csi.UnimplementedGroupControllerServer
	*controller
}

func (*groupController) GroupControllerGetCapabilities(context.Context, *csi.GroupControllerGetCapabilitiesRequest) (*csi.GroupControllerGetCapabilitiesResponse, error) {
	return &csi.GroupControllerGetCapabilitiesResponse{Capabilities: []*csi.GroupControllerServiceCapability{{
		Type: &csi.GroupControllerServiceCapability_Rpc{Rpc: &csi.GroupControllerServiceCapability_RPC{
			Type: csi.GroupControllerServiceCapability_RPC_CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT}}}}}, nil
}

func (g *groupController) CreateVolumeGroupSnapshot(ctx context.Context, req *csi.CreateVolumeGroupSnapshotRequest) (*csi.CreateVolumeGroupSnapshotResponse, error) {
	if req.GetName() == "" {
		return nil, invalid("name is missing")
	}
	if len(req.GetSourceVolumeIds()) == 0 {
		return nil, invalid("source_volume_ids are missing")
	}
	if err := noParameters(req.GetParameters()); err != nil {
		return nil, err
	}
	sources := slices.Compact(slices.Sorted(slices.Values(req.GetSourceVolumeIds())))
	in, volumes, done, err := g.openAll(ctx, sources, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	driver, name := in.driver, groupName(req.GetName())
	id := in.id(name)
	request := zfssa.CreateGroupSnapshotRequest{ID: name}
	for _, volume := range volumes {
		request.Members = append(request.Members, zfssa.GroupMember{Volume: volume, Snapshot: name})
	}
	free, err := g.locks.hold(ctx, "group "+id)
	if err != nil {
		return nil, err
	}
	defer free()
	before, err := g.allVolumes(ctx, driver)
	if err != nil {
		return nil, err
	}
	has, err := g.members(ctx, driver, name)
	if err != nil {
		return nil, err
	}
	for _, member := range has {
		if !slices.Contains(volumes, member.Volume) {
			return nil, status.Errorf(codes.AlreadyExists, "group snapshot %s: already exists with another member: volume %s", id, in.id(member.Volume))
		}
	}
	for _, volume := range volumes {
		exists := slices.ContainsFunc(has, func(s *zfssa.Snapshot) bool { return s.Volume == volume })
		if of := before[volume]; of != nil && !exists {
			g.sizes.absent(snapshotKey{in.at, volume, name}, of)
		}
	}
	// Called even if all members exist: an interrupted call may have left a temporary snapshot of
	// the project, which the engine then deletes.
	taken, err := driver.CreateGroupSnapshot(zfssa.WithOperationID(ctx, req.GetName()), request)
	if err != nil {
		return nil, grpcError(err)
	}
	g.noteAllTaken(ctx, in, taken.Snapshots)
	return &csi.CreateVolumeGroupSnapshotResponse{GroupSnapshot: g.groupOf(in, name, taken.Snapshots)}, nil
}

// openAll returns the driver of the place of the volumes with the ids, and their names. It refuses
// volumes in several places, because a snapshot of one instant is that of a project.
func (g *groupController) openAll(ctx context.Context, ids []string, secrets map[string]string) (*located, []string, func(), error) {
	s := g.settings()
	var at place
	var names []string
	for i, id := range ids {
		if foreign(id) {
			return nil, nil, nil, notFound("volume %q: not found", id)
		}
		of, name, err := s.locate(id)
		if err != nil {
			return nil, nil, nil, err
		}
		if i > 0 && of != at {
			return nil, nil, nil, invalid("source_volume_ids: %s is in %s, and %s in %s: a group snapshot is of volumes in one pool and project",
				ids[0], at, id, of)
		}
		at, names = of, append(names, name)
	}
	driver, done, err := g.backends.use(ctx, at, secrets)
	return &located{settings: s, at: at, driver: driver}, names, done, err
}

// members returns the snapshots of a group.
func (g *groupController) members(ctx context.Context, driver *zfssa.Driver, name string) ([]*zfssa.Snapshot, error) {
	all, err := g.snapshots(ctx, driver)
	return slices.DeleteFunc(all, func(s *zfssa.Snapshot) bool { return s.Name != name }), err
}

func (g *groupController) groupOf(l *located, name string, members []*zfssa.Snapshot) *csi.VolumeGroupSnapshot {
	group := &csi.VolumeGroupSnapshot{GroupSnapshotId: l.id(name), ReadyToUse: true}
	sort.Slice(members, func(i, j int) bool { return members[i].Volume < members[j].Volume })
	for _, member := range members {
		group.Snapshots = append(group.Snapshots, g.snapshotOf(l, member))
		group.CreationTime = timestamp(member.CreatedAt)
	}
	return group
}

func (g *groupController) DeleteVolumeGroupSnapshot(ctx context.Context, req *csi.DeleteVolumeGroupSnapshotRequest) (*csi.DeleteVolumeGroupSnapshotResponse, error) {
	id := req.GetGroupSnapshotId()
	if id == "" {
		return nil, invalid("group_snapshot_id is missing")
	}
	if _, name := splitID(id); !isGroup(name) {
		return &csi.DeleteVolumeGroupSnapshotResponse{}, nil
	}
	in, done, err := g.open(ctx, id, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	driver, name := in.driver, in.name
	free, err := g.locks.hold(ctx, "group "+id)
	if err != nil {
		return nil, err
	}
	defer free()
	has, err := g.members(ctx, driver, name)
	if err != nil {
		return nil, err
	}
	// Called even without members: an interrupted creation may have left a temporary snapshot of the
	// project, which the engine deletes too.
	request := zfssa.DeleteGroupSnapshotRequest{ID: name}
	for _, member := range has {
		request.Members = append(request.Members, zfssa.GroupMember{Volume: member.Volume, Snapshot: name})
	}
	deleted, err := driver.DeleteGroupSnapshot(ctx, request)
	if err != nil {
		return nil, grpcError(err)
	}
	if !deleted.AllDeleted {
		var reasons []string
		code := codes.Internal
		for _, part := range deleted.Parts {
			if !part.Deleted {
				reasons = append(reasons, part.Error)
				code = codeOf(&zfssa.Error{Status: part.Status})
			}
		}
		return nil, status.Error(code, strings.Join(reasons, "; "))
	}
	return &csi.DeleteVolumeGroupSnapshotResponse{}, nil
}

func (g *groupController) GetVolumeGroupSnapshot(ctx context.Context, req *csi.GetVolumeGroupSnapshotRequest) (*csi.GetVolumeGroupSnapshotResponse, error) {
	id := req.GetGroupSnapshotId()
	if id == "" {
		return nil, invalid("group_snapshot_id is missing")
	}
	if _, name := splitID(id); !isGroup(name) {
		return nil, notFound("group snapshot %q: not found", id)
	}
	in, done, err := g.open(ctx, id, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	has, err := g.members(ctx, in.driver, in.name)
	if err != nil {
		return nil, err
	}
	if len(has) == 0 {
		return nil, notFound("group snapshot %q: not found", id)
	}
	return &csi.GetVolumeGroupSnapshotResponse{GroupSnapshot: g.groupOf(in, in.name, has)}, nil
}
