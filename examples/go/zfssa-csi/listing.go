// Controller calls that read: lists, capacity, and validation of capabilities.

package main

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func (c *controller) ValidateVolumeCapabilities(ctx context.Context, req *csi.ValidateVolumeCapabilitiesRequest) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	if len(req.GetVolumeCapabilities()) == 0 {
		return nil, invalid("volume_capabilities are missing")
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := c.volume(ctx, driver, req.GetVolumeId()); err != nil {
		return nil, err
	}
	if reason := unsupported(req.GetVolumeCapabilities()); reason != "" {
		return &csi.ValidateVolumeCapabilitiesResponse{Message: reason}, nil
	}
	return &csi.ValidateVolumeCapabilitiesResponse{Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{
		VolumeContext: req.GetVolumeContext(), VolumeCapabilities: req.GetVolumeCapabilities(), Parameters: req.GetParameters()}}, nil
}

// sourceOf returns the source of a volume. A snapshot that this driver has not created is the
// temporary snapshot of a clone, so the source is then the volume.
func sourceOf(volume *zfssa.Volume) *csi.VolumeContentSource {
	switch {
	case volume.Origin == nil:
		return nil
	case ours(volume.Origin.Snapshot):
		return &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{Snapshot: &csi.VolumeContentSource_SnapshotSource{
			SnapshotId: snapshotID(volume.Origin.Volume, volume.Origin.Snapshot)}}}
	default:
		return &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{Volume: &csi.VolumeContentSource_VolumeSource{
			VolumeId: volume.Origin.Volume}}}
	}
}

func volumeOf(volume *zfssa.Volume) *csi.Volume {
	return &csi.Volume{VolumeId: volume.Name, CapacityBytes: int64(volume.SizeBytes), ContentSource: sourceOf(volume)}
}

func (c *controller) ListVolumes(ctx context.Context, req *csi.ListVolumesRequest) (*csi.ListVolumesResponse, error) {
	if _, err := keyOf(req.GetStartingToken()); err != nil {
		return nil, err
	}
	driver, done, err := c.backends.use(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer done()
	volumes, err := driver.ListVolumes(ctx, zfssa.ListVolumesRequest{Prefix: prefix})
	if err != nil {
		return nil, grpcError(err)
	}
	entries, next, err := page(volumes.Volumes, func(v *zfssa.Volume) string { return v.Name }, req.GetStartingToken(), req.GetMaxEntries())
	if err != nil {
		return nil, err
	}
	response := &csi.ListVolumesResponse{NextToken: next}
	for _, volume := range entries {
		response.Entries = append(response.Entries, &csi.ListVolumesResponse_Entry{Volume: volumeOf(volume),
			Status: &csi.ListVolumesResponse_VolumeStatus{PublishedNodeIds: c.nodes(volume.InitiatorGroups)}})
	}
	return response, nil
}

func (c *controller) ControllerGetVolume(ctx context.Context, req *csi.ControllerGetVolumeRequest) (*csi.ControllerGetVolumeResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	driver, done, err := c.backends.use(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer done()
	volume, err := c.volume(ctx, driver, req.GetVolumeId())
	if err != nil {
		return nil, err
	}
	return &csi.ControllerGetVolumeResponse{Volume: volumeOf(volume),
		Status: &csi.ControllerGetVolumeResponse_VolumeStatus{PublishedNodeIds: c.nodes(volume.InitiatorGroups)}}, nil
}

func (c *controller) GetCapacity(ctx context.Context, req *csi.GetCapacityRequest) (*csi.GetCapacityResponse, error) {
	if unsupported(req.GetVolumeCapabilities()) != "" {
		return &csi.GetCapacityResponse{}, nil
	}
	driver, done, err := c.backends.use(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer done()
	stats, err := driver.GetVolumeStats(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	return &csi.GetCapacityResponse{AvailableCapacity: int64(stats.FreeCapacityBytes), MinimumVolumeSize: wrapperspb.Int64(gib)}, nil
}
