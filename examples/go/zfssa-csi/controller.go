package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	zfssa "github.com/libzfssa/libzfssa/bindings/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const gib = 1 << 30

// A controller holds no state: what it answers is on the appliance, and what it makes is found
// again by its name.
type controller struct {
	csi.UnimplementedControllerServer
	settings *settings
	backends *backends
	locks    locks
}

var controllerCapabilities = []csi.ControllerServiceCapability_RPC_Type{
	csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
	csi.ControllerServiceCapability_RPC_PUBLISH_UNPUBLISH_VOLUME,
	csi.ControllerServiceCapability_RPC_LIST_VOLUMES,
	csi.ControllerServiceCapability_RPC_LIST_VOLUMES_PUBLISHED_NODES,
	csi.ControllerServiceCapability_RPC_GET_CAPACITY,
	csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
	csi.ControllerServiceCapability_RPC_LIST_SNAPSHOTS,
	csi.ControllerServiceCapability_RPC_GET_SNAPSHOT,
	csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
	csi.ControllerServiceCapability_RPC_EXPAND_VOLUME,
	csi.ControllerServiceCapability_RPC_GET_VOLUME,
	csi.ControllerServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	csi.ControllerServiceCapability_RPC_MODIFY_VOLUME,
}

func (*controller) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	response := &csi.ControllerGetCapabilitiesResponse{}
	for _, capability := range controllerCapabilities {
		response.Capabilities = append(response.Capabilities, &csi.ControllerServiceCapability{
			Type: &csi.ControllerServiceCapability_Rpc{Rpc: &csi.ControllerServiceCapability_RPC{Type: capability}}})
	}
	return response, nil
}

// unsupported says what of the capabilities a volume cannot have; empty when it has them all.
func unsupported(capabilities []*csi.VolumeCapability) string {
	for _, c := range capabilities {
		if c.GetBlock() == nil {
			return "only block volumes are served"
		}
		switch mode := c.GetAccessMode().GetMode(); mode {
		case csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER, csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER, csi.VolumeCapability_AccessMode_SINGLE_NODE_MULTI_WRITER,
			csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY, csi.VolumeCapability_AccessMode_MULTI_NODE_SINGLE_WRITER,
			csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER:
		default:
			return fmt.Sprintf("the access mode %v is not served", mode)
		}
	}
	return ""
}

func singleNode(c *csi.VolumeCapability) bool {
	switch c.GetAccessMode().GetMode() {
	case csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY, csi.VolumeCapability_AccessMode_MULTI_NODE_SINGLE_WRITER,
		csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER:
		return false
	}
	return true
}

// A size range in bytes; the upper bound 0 is none.
type sizes struct{ least, most int64 }

func sizesOf(r *csi.CapacityRange) (sizes, error) {
	s := sizes{r.GetRequiredBytes(), r.GetLimitBytes()}
	if s.least < 0 || s.most < 0 || s.most > 0 && s.least > s.most {
		return s, status.Errorf(codes.OutOfRange, "no size is at least %d and at most %d bytes", s.least, s.most)
	}
	return s, nil
}

// gibs is the smallest whole number of GiB in the range, at least that of a source.
func (s sizes) gibs(source uint64) (uint64, error) {
	least := max(uint64(s.least), source, 1)
	count := (least + gib - 1) / gib
	if s.most > 0 && count*gib > uint64(s.most) {
		return 0, status.Errorf(codes.OutOfRange, "sizes are whole GiB: %d GiB are more than %d bytes", count, s.most)
	}
	return count, nil
}

func (s sizes) holds(bytes uint64) bool {
	return bytes >= uint64(s.least) && (s.most == 0 || bytes <= uint64(s.most))
}

// specsOf reads the parameters of a storage class: volblocksize, sparse, compression and logbias,
// with or without the scope zfssa:. Those of the sidecars are passed over.
func specsOf(parameters map[string]string) (map[string]string, error) {
	specs := map[string]string{}
	for key, value := range parameters {
		switch name := strings.TrimPrefix(key, "zfssa:"); {
		case strings.HasPrefix(key, "csi.storage.k8s.io/"):
		case slices.Contains([]string{"volblocksize", "sparse", "compression", "logbias"}, name):
			specs["zfssa:"+name] = value
		default:
			return nil, invalid("unknown parameter %s", key)
		}
	}
	return specs, nil
}

// mutableSpecs are those that a volume attributes class may have: what can be changed in place.
func mutableSpecs(parameters map[string]string) (map[string]string, error) {
	specs, err := specsOf(parameters)
	if _, fixed := specs["zfssa:volblocksize"]; fixed {
		return nil, invalid("the block size of a volume cannot be changed")
	}
	return specs, err
}

// ControllerModifyVolume changes compression, write bias and provisioning, and leaves what it is
// not told.
func (c *controller) ControllerModifyVolume(ctx context.Context, req *csi.ControllerModifyVolumeRequest) (*csi.ControllerModifyVolumeResponse, error) {
	id := req.GetVolumeId()
	if id == "" {
		return nil, invalid("volume_id is missing")
	}
	mutable, err := mutableSpecs(req.GetMutableParameters())
	if err != nil {
		return nil, err
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	free, err := c.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	volume, err := c.volume(ctx, driver, id)
	if err != nil {
		return nil, err
	}
	specs := map[string]string{"zfssa:volblocksize": strconv.FormatUint(uint64(volume.BlockSizeBytes), 10),
		"zfssa:sparse": strconv.FormatBool(volume.Sparse), "zfssa:compression": volume.Compression, "zfssa:logbias": volume.Logbias}
	maps.Copy(specs, mutable)
	retyped, err := driver.Retype(ctx, zfssa.RetypeRequest{Name: id, ExtraSpecs: specs})
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
	specs, err := specsOf(req.GetParameters())
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
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	name := objectName(req.GetName())
	free, err := c.locks.hold(ctx, name)
	if err != nil {
		return nil, err
	}
	defer free()

	volume, err := c.make(zfssa.WithOperationID(ctx, req.GetName()), driver, name, size, specs, req.GetVolumeContentSource())
	if err != nil {
		return nil, grpcError(err)
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId: volume.Name, CapacityBytes: int64(volume.SizeBytes), ContentSource: req.GetVolumeContentSource()}}, nil
}

// make creates a volume: an empty one, or from its source. One that has the name already is the
// answer when the request could have made it: of a size in the range, of the same kind, and of
// the same source.
func (c *controller) make(ctx context.Context, driver *zfssa.Driver, name string, size sizes, specs map[string]string,
	source *csi.VolumeContentSource) (*zfssa.Volume, error) {
	if source != nil {
		return c.makeFrom(ctx, driver, name, size, specs, source)
	}
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
	// Another size would have done as well; the engine compares the rest.
	request.SizeGiB = has.SizeBytes / gib
	return driver.CreateVolume(ctx, request)
}

func (c *controller) makeFrom(ctx context.Context, driver *zfssa.Driver, name string, size sizes, specs map[string]string,
	source *csi.VolumeContentSource) (*zfssa.Volume, error) {
	from, snapshot, err := originOf(source)
	if err != nil {
		return nil, err
	}
	has, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: name})
	exists := err == nil
	if err != nil && !errors.Is(err, zfssa.ErrVolumeNotFound) {
		return nil, err
	}
	if exists && !proto.Equal(sourceOf(has), source) {
		return nil, status.Errorf(codes.AlreadyExists, "volume %s exists and has another source", name)
	}
	if exists && size.holds(has.SizeBytes) {
		return has, nil
	}
	origin, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: from})
	if err != nil {
		return nil, err
	}
	// What a call that was cut off may have left is as large as its source, and is finished.
	if exists && (has.SizeBytes > uint64(size.least) || has.SizeBytes != origin.SizeBytes || len(has.InitiatorGroups) > 0) {
		return nil, status.Errorf(codes.AlreadyExists, "volume %s exists and has %d bytes", name, has.SizeBytes)
	}
	least := origin.SizeBytes
	if size.least > 0 {
		if snapshot == "" && uint64(size.least) < origin.SizeBytes {
			return nil, status.Errorf(codes.OutOfRange, "the source has %d bytes, which is more than %d", origin.SizeBytes, size.least)
		}
		// A snapshot may be smaller than its volume is by now; the engine looks.
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

// originOf gives the volume, and the snapshot if it is one, that a volume is to be made from.
func originOf(source *csi.VolumeContentSource) (volume, snapshot string, err error) {
	switch {
	case source.GetSnapshot() != nil:
		id := source.GetSnapshot().GetSnapshotId()
		volume, snapshot, ok := parseSnapshotID(id)
		if !ok {
			return "", "", notFound("there is no snapshot %q", id)
		}
		return volume, snapshot, nil
	case source.GetVolume() != nil:
		id := source.GetVolume().GetVolumeId()
		if !ours(id) {
			return "", "", notFound("there is no volume %q", id)
		}
		return id, "", nil
	}
	return "", "", invalid("the kind of volume_content_source is not served")
}

func (c *controller) DeleteVolume(ctx context.Context, req *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	name := req.GetVolumeId()
	if name == "" {
		return nil, invalid("volume_id is missing")
	}
	if !ours(name) {
		return &csi.DeleteVolumeResponse{}, nil
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	free, err := c.locks.hold(ctx, name)
	if err != nil {
		return nil, err
	}
	defer free()
	volume, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: name})
	if err == nil && len(volume.InitiatorGroups) > 0 {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s is published to %s", name, strings.Join(volume.InitiatorGroups, ", "))
	}
	if err != nil && !errors.Is(err, zfssa.ErrVolumeNotFound) {
		return nil, grpcError(err)
	}
	// Of a volume that is gone, too: what an interrupted deletion left is swept up.
	if _, err := driver.DeleteVolume(ctx, zfssa.DeleteVolumeRequest{Name: name}); err != nil {
		return nil, grpcError(err)
	}
	return &csi.DeleteVolumeResponse{}, nil
}

// volume looks a volume up for a call that is about one.
func (c *controller) volume(ctx context.Context, driver *zfssa.Driver, id string) (*zfssa.Volume, error) {
	if !ours(id) {
		return nil, notFound("there is no volume %q", id)
	}
	volume, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: id})
	return volume, grpcError(err)
}

func (c *controller) ControllerPublishVolume(ctx context.Context, req *csi.ControllerPublishVolumeRequest) (*csi.ControllerPublishVolumeResponse, error) {
	id, node := req.GetVolumeId(), req.GetNodeId()
	switch {
	case id == "":
		return nil, invalid("volume_id is missing")
	case node == "":
		return nil, invalid("node_id is missing")
	case req.GetVolumeCapability() == nil:
		return nil, invalid("volume_capability is missing")
	case req.GetReadonly():
		return nil, invalid("readonly is not served: the appliance presents a LUN for reading and writing")
	}
	if reason := unsupported([]*csi.VolumeCapability{req.GetVolumeCapability()}); reason != "" {
		return nil, invalid("%s", reason)
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	free, err := c.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	volume, err := c.volume(ctx, driver, id)
	if err != nil {
		return nil, err
	}
	group, known := c.settings.group(node)
	if !known {
		return nil, notFound("node %q is not configured", node)
	}
	if !slices.Contains(volume.InitiatorGroups, group) {
		if others := volume.InitiatorGroups; singleNode(req.GetVolumeCapability()) && len(others) > 0 {
			return nil, status.Errorf(codes.FailedPrecondition, "volume %s is published to node %s", id, strings.Join(others, ", "))
		}
		// One at a time for a node, or two calls could both find the last place free.
		full, err := c.locks.hold(ctx, "node "+group)
		if err != nil {
			return nil, err
		}
		defer full()
		if err := c.room(ctx, driver, group); err != nil {
			return nil, err
		}
	}
	connection, err := driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{Volume: id, Initiator: node})
	if err != nil {
		return nil, grpcError(err)
	}
	return &csi.ControllerPublishVolumeResponse{PublishContext: publishContext(connection, volume)}, nil
}

// room refuses one volume more than a node may have.
func (c *controller) room(ctx context.Context, driver *zfssa.Driver, group string) error {
	most := c.settings.MaxVolumesPerNode
	if most <= 0 {
		return nil
	}
	volumes, err := driver.ListVolumes(ctx, zfssa.ListVolumesRequest{})
	if err != nil {
		return grpcError(err)
	}
	var has int64
	for _, volume := range volumes {
		if slices.Contains(volume.InitiatorGroups, group) {
			has++
		}
	}
	if has >= most {
		return status.Errorf(codes.ResourceExhausted, "node %s has %d volumes, as many as it may", group, has)
	}
	return nil
}

// Keys of the publish context. There are no secrets among them: orchestrators store it in the
// clear. A CHAP account goes to the node in the secrets of NodeStageVolume.
const (
	keyPortals = "portals"
	keyTarget  = "target"
	keyLUN     = "lun"
	keyBytes   = "capacityBytes"
)

func publishContext(connection *zfssa.Connection, volume *zfssa.Volume) map[string]string {
	return map[string]string{
		keyPortals: strings.Join(connection.TargetPortals, ","),
		keyTarget:  connection.TargetIQN,
		keyLUN:     strconv.FormatUint(uint64(connection.TargetLUN), 10),
		keyBytes:   strconv.FormatUint(volume.SizeBytes, 10),
	}
}

func (c *controller) ControllerUnpublishVolume(ctx context.Context, req *csi.ControllerUnpublishVolumeRequest) (*csi.ControllerUnpublishVolumeResponse, error) {
	id, node := req.GetVolumeId(), req.GetNodeId()
	if id == "" {
		return nil, invalid("volume_id is missing")
	}
	if !ours(id) {
		return &csi.ControllerUnpublishVolumeResponse{}, nil
	}
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	free, err := c.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	// Without a node it is for all of them.
	detached, err := driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{Volume: id, Initiator: node})
	if err != nil {
		return nil, grpcError(err)
	}
	if detached.StillPresented {
		return nil, status.Errorf(codes.Internal, "node %s still sees volume %s through initiator group %s, which holds other hosts too",
			node, id, strings.Join(detached.InitiatorGroups, ", "))
	}
	return &csi.ControllerUnpublishVolumeResponse{}, nil
}

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

// nodes are the nodes that initiator groups stand for.
func (c *controller) nodes(groups []string) []string {
	var ids []string
	for _, group := range groups {
		if iqn, ok := c.settings.Nodes[group]; ok {
			ids = append(ids, iqn)
		}
	}
	return ids
}

// sourceOf is what a volume was made from, as CSI names it; a clone of a volume came by way of a
// temporary snapshot.
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
	entries, next, err := page(volumes, func(v *zfssa.Volume) string { return v.Name }, req.GetStartingToken(), req.GetMaxEntries())
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
	driver, done, err := c.backends.use(ctx, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer done()
	free, err := c.locks.hold(ctx, req.GetVolumeId())
	if err != nil {
		return nil, err
	}
	defer free()
	volume, err := c.volume(ctx, driver, req.GetVolumeId())
	if err != nil {
		return nil, err
	}
	if !size.holds(volume.SizeBytes) {
		if uint64(size.least) < volume.SizeBytes {
			return nil, status.Errorf(codes.OutOfRange, "volume %s has %d bytes, and volumes do not shrink", volume.Name, volume.SizeBytes)
		}
		count, err := size.gibs(0)
		if err != nil {
			return nil, err
		}
		if volume, err = driver.ExtendVolume(ctx, zfssa.ExtendVolumeRequest{Name: volume.Name, SizeGiB: count}); err != nil {
			return nil, grpcError(err)
		}
	}
	return &csi.ControllerExpandVolumeResponse{CapacityBytes: int64(volume.SizeBytes),
		NodeExpansionRequired: len(volume.InitiatorGroups) > 0}, nil
}
