// CSI node service: stage, publish, statistics and expansion.

package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A transport makes LUNs accessible on the node. Its methods block until they are done or the
// context ends.
type transport interface {
	// attach makes the LUN accessible; it may be repeated.
	attach(ctx context.Context, s *staged) error
	// detach reverses attach.
	detach(ctx context.Context, s *staged) error
	// publish makes the volume available at a path. A repeated call does nothing.
	publish(ctx context.Context, s *staged, target string, readonly bool) error
	// unpublish reverses publish. It succeeds if the path does not exist.
	unpublish(ctx context.Context, target string) error
	// published returns whether a volume is published at a path, or may be: an error counts as yes.
	published(target string) bool
	// stats returns the size and the use of the volume, as seen by the node.
	stats(ctx context.Context, target string) (*csi.NodeGetVolumeStatsResponse, error)
	// expand makes the node see the size of a volume that was expanded to at least a number of bytes,
	// and returns it. It grows the file system of a mount volume. The staging directory may be empty.
	expand(ctx context.Context, target, staging string, bytes int64) (int64, error)
}

type node struct {
	csi.UnimplementedNodeServer
	id         string
	maxVolumes int64
	topology   segments
	transport  transport
	locks      locks
	logger     *slog.Logger
}

func (n *node) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	info := &csi.NodeGetInfoResponse{NodeId: n.id, MaxVolumesPerNode: n.maxVolumes}
	if len(n.topology) > 0 {
		info.AccessibleTopology = &csi.Topology{Segments: n.topology}
	}
	return info, nil
}

func (*node) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	response := &csi.NodeGetCapabilitiesResponse{}
	for _, capability := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME,
		csi.NodeServiceCapability_RPC_GET_VOLUME_STATS,
		csi.NodeServiceCapability_RPC_EXPAND_VOLUME,
		csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
		csi.NodeServiceCapability_RPC_VOLUME_CONDITION,
	} {
		response.Capabilities = append(response.Capabilities, &csi.NodeServiceCapability{
			Type: &csi.NodeServiceCapability_Rpc{Rpc: &csi.NodeServiceCapability_RPC{Type: capability}}})
	}
	return response, nil
}

func (n *node) NodeStageVolume(ctx context.Context, req *csi.NodeStageVolumeRequest) (*csi.NodeStageVolumeResponse, error) {
	id, folder := req.GetVolumeId(), req.GetStagingTargetPath()
	switch {
	case id == "":
		return nil, invalid("volume_id is missing")
	case folder == "":
		return nil, invalid("staging_target_path is missing")
	case req.GetVolumeCapability() == nil:
		return nil, invalid("volume_capability is missing")
	}
	if reason := unsupported([]*csi.VolumeCapability{req.GetVolumeCapability()}); reason != "" {
		return nil, invalid("%s", reason)
	}
	context := req.GetPublishContext()
	lun, err := strconv.ParseUint(context[keyLUN], 10, 16)
	if err != nil || lun > highestLUN || context[keyTarget] == "" || context[keyPortals] == "" {
		return nil, invalid("publish_context: not created by this driver: publish the volume to the node again")
	}
	bytes, _ := strconv.ParseInt(context[keyBytes], 10, 64)
	want := &staged{VolumeID: id, Portals: strings.Split(context[keyPortals], ","), Target: context[keyTarget], LUN: lun,
		GUID: context[keyGUID], Bytes: bytes, Attaching: true,
		Filesystem: filesystemOf(req.GetVolumeCapability()), folder: folder,
		chap: chap{req.GetSecrets()["chap_user"], req.GetSecrets()["chap_password"]}}
	if (want.chap.user == "") != (want.chap.password == "") {
		return nil, invalid("secrets: chap_user or chap_password is missing: set both or neither")
	}
	ctx, release, err := n.locks.holding(ctx, id)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := n.prepare(ctx, want, folder); err != nil {
		return nil, localError(err)
	}
	if err := n.transport.attach(ctx, want); err != nil {
		return nil, localError(err)
	}
	want.Attaching = false
	if err := want.write(folder); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &csi.NodeStageVolumeResponse{}, nil
}

// prepare writes the record of a volume before it is attached. It undoes an earlier attempt with
// another LUN first: the appliance gives a LUN another number when it is published again.
func (n *node) prepare(ctx context.Context, want *staged, folder string) error {
	has, err := readStaged(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errDamaged):
		// Its device, if it left one, is recognized by its GUID when another volume gets its number.
		n.logger.WarnContext(ctx, "stage: record replaced", "volume", want.VolumeID, "error", err)
	case err != nil:
		return err
	case has.same(want):
		// A volume that is staged stays so if the repetition fails.
		want.Targets, want.Publications, want.Attaching = has.Targets, has.Publications, has.Attaching
	case has.VolumeID == want.VolumeID && has.Attaching:
		if err := n.transport.detach(ctx, has); err != nil {
			return err
		}
	default:
		return status.Errorf(codes.AlreadyExists, "%s: volume %s is already staged there as LUN %d (%s): unstage it first",
			folder, has.VolumeID, has.LUN, has.GUID)
	}
	return want.write(folder)
}

func (n *node) NodeUnstageVolume(ctx context.Context, req *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	id, folder := req.GetVolumeId(), req.GetStagingTargetPath()
	if id == "" {
		return nil, invalid("volume_id is missing")
	}
	if folder == "" {
		return nil, invalid("staging_target_path is missing")
	}
	ctx, release, err := n.locks.holding(ctx, id)
	if err != nil {
		return nil, err
	}
	defer release()
	has, err := readStaged(folder)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errDamaged) {
		if errors.Is(err, errDamaged) {
			// Nothing tells what was attached. A device that is left is recognized by its GUID when
			// another volume gets its number.
			n.logger.WarnContext(ctx, "unstage: record removed", "volume", id, "error", err)
		}
		// Without a record nothing was attached, but a call that was interrupted while it wrote the
		// record has left a part of it.
		if err := removeStaged(folder); err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
		return &csi.NodeUnstageVolumeResponse{}, nil
	}
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if has.VolumeID != id {
		return &csi.NodeUnstageVolumeResponse{}, nil
	}
	for _, target := range has.Targets {
		if isPublished(target) {
			return nil, status.Errorf(codes.FailedPrecondition, "volume %s: still published at %s: unpublish it first", id, target)
		}
	}
	if err := n.transport.detach(ctx, has); err != nil {
		return nil, localError(err)
	}
	if err := removeStaged(folder); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &csi.NodeUnstageVolumeResponse{}, nil
}

func (n *node) NodePublishVolume(ctx context.Context, req *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	id, target, folder := req.GetVolumeId(), req.GetTargetPath(), req.GetStagingTargetPath()
	switch {
	case id == "":
		return nil, invalid("volume_id is missing")
	case target == "":
		return nil, invalid("target_path is missing")
	case req.GetVolumeCapability() == nil:
		return nil, invalid("volume_capability is missing")
	case folder == "":
		return nil, status.Error(codes.FailedPrecondition, "staging_target_path is missing")
	}
	if reason := unsupported([]*csi.VolumeCapability{req.GetVolumeCapability()}); reason != "" {
		return nil, invalid("%s", reason)
	}
	ctx, release, err := n.locks.holding(ctx, id)
	if err != nil {
		return nil, err
	}
	defer release()
	has, err := readStaged(folder)
	if err != nil || has.VolumeID != id || has.Attaching {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s: not staged at %s: stage it first", id, folder)
	}
	p := publicationOf(req)
	if err := has.admit(target, p, req.GetVolumeCapability(), n.transport.published); err != nil {
		return nil, err
	}
	if err := has.write(folder); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if err := n.transport.publish(ctx, has, target, p.ReadOnly); err != nil {
		return nil, localError(err)
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

func (n *node) NodeUnpublishVolume(ctx context.Context, req *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	if req.GetTargetPath() == "" {
		return nil, invalid("target_path is missing")
	}
	ctx, release, err := n.locks.holding(ctx, req.GetVolumeId())
	if err != nil {
		return nil, err
	}
	defer release()
	if err := n.transport.unpublish(ctx, req.GetTargetPath()); err != nil {
		return nil, localError(err)
	}
	return &csi.NodeUnpublishVolumeResponse{}, nil
}

// localError converts an error of the node to a gRPC status.
func localError(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return status.FromContextError(err).Err()
	}
	return status.Error(codes.Internal, err.Error())
}
