// Controller calls to create, modify, delete and expand volumes.

package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// ControllerModifyVolume changes all properties but block size and encryption. Properties without a
// parameter stay unchanged.
func (c *controller) ControllerModifyVolume(ctx context.Context, req *csi.ControllerModifyVolumeRequest) (*csi.ControllerModifyVolumeResponse, error) {
	id := req.GetVolumeId()
	if id == "" {
		return nil, invalid("volume_id is missing")
	}
	mutable, err := mutableSpecs(req.GetMutableParameters())
	if err != nil {
		return nil, err
	}
	in, done, err := c.open(ctx, id, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	free, err := c.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	volume, err := c.volume(ctx, in.driver, in.name)
	if err != nil {
		return nil, err
	}
	specs := map[string]string{"zfssa:volblocksize": strconv.FormatUint(uint64(volume.BlockSizeBytes), 10),
		"zfssa:sparse": strconv.FormatBool(volume.Sparse), "zfssa:compression": volume.Compression, "zfssa:logbias": volume.Logbias}
	// A retype takes back what its type does not set. A limit of 0 is none, and no value of a limit.
	for _, property := range volume.Properties {
		if slices.Contains(changeable, property.Name) && property.Value != "0" {
			specs["zfssa:"+property.Name] = property.Value
		}
	}
	maps.Copy(specs, mutable)
	retyped, err := in.driver.Retype(ctx, zfssa.RetypeRequest{Name: in.name, ExtraSpecs: specs})
	if err != nil {
		return nil, grpcError(err)
	}
	if !retyped.InPlace {
		return nil, invalid("%s", retyped.Reason)
	}
	return &csi.ControllerModifyVolumeResponse{}, nil
}

func (c *controller) CreateVolume(ctx context.Context, req *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	if req.GetName() == "" {
		return nil, invalid("name is missing")
	}
	if len(req.GetVolumeCapabilities()) == 0 {
		return nil, invalid("volume_capabilities are missing")
	}
	if reason := unsupported(req.GetVolumeCapabilities()); reason != "" {
		return nil, invalid("%s", reason)
	}
	s := c.settings()
	specs, err := specsOf(withoutPlace(req.GetParameters()))
	if err != nil {
		return nil, err
	}
	mutable, err := mutableSpecs(req.GetMutableParameters())
	if err != nil {
		return nil, err
	}
	maps.Copy(specs, mutable)
	size, err := sizesOf(req.GetCapacityRange())
	if err != nil {
		return nil, err
	}
	all, err := s.placements(req)
	if err != nil {
		return nil, err
	}
	// Calls with one name may choose different places.
	free, err := c.locks.hold(ctx, "creation of "+req.GetName())
	if err != nil {
		return nil, err
	}
	defer free()
	all, err = c.unsettled.narrow(req.GetName(), all)
	if err == nil {
		all, err = c.found(ctx, all, objectName(req.GetName()), req.GetSecrets())
	}
	for i := 0; err == nil; i++ {
		volume, failure := c.createAt(ctx, s, all[i], req, size, specs)
		if req.GetAccessibilityRequirements() != nil {
			c.unsettled.ended(req.GetName(), all[i], failure, s.backend(all[i].backend).late())
		}
		if failure == nil {
			return &csi.CreateVolumeResponse{Volume: volume}, nil
		}
		if i == len(all)-1 || !noRoom(failure) {
			err = failure
		}
	}
	return nil, grpcError(err)
}

// createAt creates the volume of a call in one place.
func (c *controller) createAt(ctx context.Context, s *settings, at choice, req *csi.CreateVolumeRequest,
	size sizes, specs map[string]string) (*csi.Volume, error) {
	driver, done, err := c.backends.useGroup(ctx, at.place, at.targetGroup, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	in := &located{s, at.place, objectName(req.GetName()), driver}
	id := in.id(in.name)
	free, err := c.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()

	volume, err := c.make(zfssa.WithOperationID(ctx, req.GetName()), in, size, specs, req.GetVolumeContentSource())
	if err != nil {
		return nil, err
	}
	if volume.TargetGroup != at.targetGroup {
		return nil, status.Errorf(codes.AlreadyExists, "volume %s: already exists in target group %s, not %s",
			id, volume.TargetGroup, at.targetGroup)
	}
	made := in.volumeOf(volume)
	made.ContentSource = req.GetVolumeContentSource()
	return made, nil
}

// make creates an empty volume or one from a source. It returns an existing volume with the name if
// that satisfies the request: a size in the range, the same properties and the same source.
func (c *controller) make(ctx context.Context, in *located, size sizes, specs map[string]string,
	source *csi.VolumeContentSource) (*zfssa.Volume, error) {
	if source != nil {
		return c.makeFrom(ctx, in, size, specs, source)
	}
	driver, name := in.driver, in.name
	count, err := size.gibs(0)
	if err != nil {
		return nil, err
	}
	request := zfssa.CreateVolumeRequest{Name: name, SizeGiB: count, ExtraSpecs: specs}
	volume, err := driver.CreateVolume(ctx, request)
	if !errors.Is(err, zfssa.ErrVolumeExists) {
		return volume, err
	}
	has, lookErr := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: name})
	if lookErr != nil || !size.holds(has.SizeBytes) || has.SizeBytes%gib != 0 || has.SizeBytes/gib == count {
		return nil, err
	}
	// The size of the existing volume is in the range; the engine compares the other properties.
	request.SizeGiB = has.SizeBytes / gib
	return driver.CreateVolume(ctx, request)
}

func (c *controller) makeFrom(ctx context.Context, in *located, size sizes, specs map[string]string,
	source *csi.VolumeContentSource) (*zfssa.Volume, error) {
	from, snapshot, err := in.originOf(source)
	if err != nil {
		return nil, err
	}
	driver, name := in.driver, in.name
	has, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: name})
	exists := err == nil
	if err != nil && !errors.Is(err, zfssa.ErrVolumeNotFound) {
		return nil, err
	}
	if exists && !proto.Equal(in.sourceOf(has), source) {
		return nil, status.Errorf(codes.AlreadyExists, "volume %s: already exists with another source", name)
	}
	if exists && size.holds(has.SizeBytes) {
		return has, nil
	}
	origin, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: from})
	if err != nil {
		return nil, err
	}
	// An interrupted call may have left a clone of the size of its source, which is completed now.
	if exists && (has.SizeBytes > uint64(size.least) || has.SizeBytes != origin.SizeBytes || len(has.InitiatorGroups) > 0) {
		return nil, status.Errorf(codes.AlreadyExists, "volume %s: already exists with %d bytes", name, has.SizeBytes)
	}
	least := origin.SizeBytes
	if size.least > 0 {
		if snapshot == "" && uint64(size.least) < origin.SizeBytes {
			return nil, status.Errorf(codes.OutOfRange, "capacity_range: source has %d bytes, more than %d", origin.SizeBytes, size.least)
		}
		// The snapshot may be smaller than the current volume; the engine checks its size.
		least = 0
	}
	count, err := size.gibs(least)
	if err != nil {
		return nil, err
	}
	if snapshot != "" {
		return driver.CreateVolumeFromSnapshot(ctx, zfssa.CreateVolumeFromSnapshotRequest{
			Name: name, SizeGiB: count, SourceVolume: from, Snapshot: snapshot, ExtraSpecs: specs})
	}
	return driver.CreateClonedVolume(ctx, zfssa.CreateClonedVolumeRequest{
		Name: name, SizeGiB: count, SourceVolume: from, ExtraSpecs: specs})
}

// originOf returns the names of the source volume, and of the source snapshot if there is one. It
// refuses a source in another place, because the appliance clones within a project.
func (l *located) originOf(source *csi.VolumeContentSource) (volume, snapshot string, err error) {
	var id string
	var at place
	switch {
	case source.GetSnapshot() != nil:
		var ok bool
		id = source.GetSnapshot().GetSnapshotId()
		at, volume, snapshot, ok, err = l.settings.locateSnapshot(id)
		if err == nil && !ok {
			err = notFound("snapshot %q: not found", id)
		}
	case source.GetVolume() != nil:
		id = source.GetVolume().GetVolumeId()
		at, volume, err = l.settings.locate(id)
		if err == nil && !ours(volume) {
			err = notFound("volume %q: not found", id)
		}
	default:
		err = invalid("volume_content_source: type not supported")
	}
	if err == nil && at != l.at {
		err = invalid("volume_content_source %s: is in %s, and the volume in %s: use a storage class of the same backend, pool and project",
			id, at, l.at)
	}
	return volume, snapshot, err
}

func (c *controller) DeleteVolume(ctx context.Context, req *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	id := req.GetVolumeId()
	if id == "" {
		return nil, invalid("volume_id is missing")
	}
	if foreign(id) {
		return &csi.DeleteVolumeResponse{}, nil
	}
	in, done, err := c.open(ctx, id, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	driver, name := in.driver, in.name
	free, err := c.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	volume, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: name})
	if err == nil && len(volume.InitiatorGroups) > 0 {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s: still published to %s: unpublish it first", name, strings.Join(volume.InitiatorGroups, ", "))
	}
	if err != nil && !errors.Is(err, zfssa.ErrVolumeNotFound) {
		return nil, grpcError(err)
	}
	// Called even if the volume does not exist, to clean up after an interrupted deletion.
	if _, err := driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: name}); err != nil {
		return nil, grpcError(err)
	}
	return &csi.DeleteVolumeResponse{}, nil
}

func (c *controller) ControllerExpandVolume(ctx context.Context, req *csi.ControllerExpandVolumeRequest) (*csi.ControllerExpandVolumeResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	if req.GetCapacityRange() == nil {
		return nil, invalid("capacity_range is missing")
	}
	size, err := sizesOf(req.GetCapacityRange())
	if err != nil {
		return nil, err
	}
	in, done, err := c.open(ctx, req.GetVolumeId(), req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	free, err := c.locks.hold(ctx, req.GetVolumeId())
	if err != nil {
		return nil, err
	}
	defer free()
	volume, err := c.volume(ctx, in.driver, in.name)
	if err != nil {
		return nil, err
	}
	if !size.holds(volume.SizeBytes) {
		if uint64(size.least) < volume.SizeBytes {
			return nil, status.Errorf(codes.OutOfRange, "volume %s: cannot shrink: has %d bytes", volume.Name, volume.SizeBytes)
		}
		count, err := size.gibs(0)
		if err != nil {
			return nil, err
		}
		if volume, err = in.driver.ExtendVolume(ctx, zfssa.ExtendVolumeRequest{Name: volume.Name, SizeGiB: count}); err != nil {
			return nil, grpcError(err)
		}
	}
	return &csi.ControllerExpandVolumeResponse{CapacityBytes: int64(volume.SizeBytes),
		NodeExpansionRequired: len(volume.InitiatorGroups) > 0}, nil
}
