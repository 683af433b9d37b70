// Controller calls that read: lists, capacity, and validation of capabilities.

package main

import (
	"context"
	"slices"
	"strings"

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
	in, done, err := c.open(ctx, req.GetVolumeId(), req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := c.volume(ctx, in.driver, in.name); err != nil {
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
func (l *located) sourceOf(volume *zfssa.Volume) *csi.VolumeContentSource {
	switch {
	case volume.Origin == nil:
		return nil
	case ours(volume.Origin.Snapshot):
		return &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{Snapshot: &csi.VolumeContentSource_SnapshotSource{
			SnapshotId: snapshotID(l.id(volume.Origin.Volume), volume.Origin.Snapshot)}}}
	default:
		return &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{Volume: &csi.VolumeContentSource_VolumeSource{
			VolumeId: l.id(volume.Origin.Volume)}}}
	}
}

func (l *located) volumeOf(volume *zfssa.Volume) *csi.Volume {
	return &csi.Volume{VolumeId: l.id(volume.Name), CapacityBytes: int64(volume.SizeBytes), ContentSource: l.sourceOf(volume),
		AccessibleTopology: accessible(l.settings.backend(l.at.backend).topology(volume.TargetGroup))}
}

// everywhere calls do for every place. The secrets of the call are those of the default backend, or
// of the only one; no other backend gets them.
func (c *controller) everywhere(ctx context.Context, secrets map[string]string, do func(*located) error) error {
	s := c.settings()
	names := s.backendNames()
	for _, name := range names {
		its := secrets
		if name != defaultBackend && len(names) > 1 {
			its = nil
		}
		if err := c.throughout(ctx, s, name, its, do); err != nil {
			return err
		}
	}
	return nil
}

// throughout calls do for every place of a backend. It fails if one place cannot be read: an
// orchestrator would take a volume that is not listed for deleted.
func (c *controller) throughout(ctx context.Context, s *settings, backend string,
	secrets map[string]string, do func(*located) error) error {
	for _, at := range s.backend(backend).places(backend) {
		driver, done, err := c.backends.use(ctx, at, secrets)
		if err != nil {
			return err
		}
		err = do(&located{settings: s, at: at, driver: driver})
		done()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *controller) ListVolumes(ctx context.Context, req *csi.ListVolumesRequest) (*csi.ListVolumesResponse, error) {
	if _, err := keyOf(req.GetStartingToken()); err != nil {
		return nil, err
	}
	var all []*csi.ListVolumesResponse_Entry
	err := c.everywhere(ctx, nil, func(in *located) error {
		volumes, err := in.driver.ListVolumes(ctx, zfssa.ListVolumesRequest{Prefix: prefix})
		if err != nil {
			return grpcError(err)
		}
		for _, volume := range volumes.Volumes {
			all = append(all, &csi.ListVolumesResponse_Entry{Volume: in.volumeOf(volume),
				Status: &csi.ListVolumesResponse_VolumeStatus{PublishedNodeIds: c.nodes(in.at.backend, volume.InitiatorGroups)}})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	id := func(entry *csi.ListVolumesResponse_Entry) string { return entry.GetVolume().GetVolumeId() }
	slices.SortFunc(all, func(a, b *csi.ListVolumesResponse_Entry) int { return strings.Compare(id(a), id(b)) })
	entries, next, err := page(all, id, req.GetStartingToken(), req.GetMaxEntries())
	if err != nil {
		return nil, err
	}
	return &csi.ListVolumesResponse{Entries: entries, NextToken: next}, nil
}

func (c *controller) ControllerGetVolume(ctx context.Context, req *csi.ControllerGetVolumeRequest) (*csi.ControllerGetVolumeResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	in, done, err := c.open(ctx, req.GetVolumeId(), nil)
	if err != nil {
		return nil, err
	}
	defer done()
	volume, err := c.volume(ctx, in.driver, in.name)
	if err != nil {
		return nil, err
	}
	return &csi.ControllerGetVolumeResponse{Volume: in.volumeOf(volume),
		Status: &csi.ControllerGetVolumeResponse_VolumeStatus{PublishedNodeIds: c.nodes(in.at.backend, volume.InitiatorGroups)}}, nil
}

// GetCapacity returns the free capacity of the places that the parameters of a storage class choose,
// as far as they are accessible from the topology of the call.
func (c *controller) GetCapacity(ctx context.Context, req *csi.GetCapacityRequest) (*csi.GetCapacityResponse, error) {
	if unsupported(req.GetVolumeCapabilities()) != "" {
		return &csi.GetCapacityResponse{}, nil
	}
	s := c.settings()
	all, err := s.choices(req.GetParameters())
	if err != nil {
		return nil, err
	}
	if topology := req.GetAccessibleTopology(); topology != nil {
		all = s.reach(all, topology.GetSegments())
	} else {
		all = all[:1]
	}
	var sum, most int64
	for _, at := range places(all) {
		free, err := c.free(ctx, at)
		if err != nil {
			return nil, err
		}
		sum, most = sum+free, max(most, free)
	}
	response := &csi.GetCapacityResponse{AvailableCapacity: sum, MinimumVolumeSize: wrapperspb.Int64(gib)}
	if most < sum {
		// A volume is in one place.
		response.MaximumVolumeSize = wrapperspb.Int64(most)
	}
	return response, nil
}

// free returns the free capacity of a place in bytes.
func (c *controller) free(ctx context.Context, at place) (int64, error) {
	driver, done, err := c.backends.use(ctx, at, nil)
	if err != nil {
		return 0, err
	}
	defer done()
	stats, err := driver.GetVolumeStats(ctx)
	if err != nil {
		return 0, grpcError(err)
	}
	return int64(stats.FreeCapacityBytes), nil
}
