// CSI node service: stage, publish, statistics and expansion.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
	// size returns the size of the volume in bytes, as seen by the node.
	size(ctx context.Context, target string) (int64, error)
	// rescan updates the size seen by the node after the volume was expanded to at least the given
	// number of bytes, and returns it.
	rescan(ctx context.Context, target string, bytes int64) (int64, error)
}

// staged describes a staged volume. It is stored in a file in the staging directory, which is the
// only state of the node.
type staged struct {
	VolumeID string   `json:"volumeID"`
	Portals  []string `json:"portals"`
	Target   string   `json:"target"`
	LUN      uint64   `json:"lun"`
	Bytes    int64    `json:"bytes"`
	// Targets lists the paths at which the volume was published. Paths that no longer exist are
	// ignored.
	Targets []string `json:"targets,omitempty"`

	chap chap
}

// chap is the CHAP account of the node, if the target requires one. It is not stored in the file.
type chap struct{ user, password string }

const stagedFile = "zfssa-volume.json"

type node struct {
	csi.UnimplementedNodeServer
	id         string
	maxVolumes int64
	transport  transport
	locks      locks
}

func (n *node) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: n.id, MaxVolumesPerNode: n.maxVolumes}, nil
}

func (*node) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	response := &csi.NodeGetCapabilitiesResponse{}
	for _, capability := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME,
		csi.NodeServiceCapability_RPC_GET_VOLUME_STATS,
		csi.NodeServiceCapability_RPC_EXPAND_VOLUME,
		csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	} {
		response.Capabilities = append(response.Capabilities, &csi.NodeServiceCapability{
			Type: &csi.NodeServiceCapability_Rpc{Rpc: &csi.NodeServiceCapability_RPC{Type: capability}}})
	}
	return response, nil
}

func readStaged(folder string) (*staged, error) {
	text, err := os.ReadFile(filepath.Join(folder, stagedFile))
	if err != nil {
		return nil, err
	}
	s := &staged{}
	return s, json.Unmarshal(text, s)
}

// write replaces the file atomically.
func (s *staged) write(folder string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	temporary := filepath.Join(folder, stagedFile+".new")
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, filepath.Join(folder, stagedFile))
}

func (s *staged) same(other *staged) bool {
	return s.VolumeID == other.VolumeID && s.Target == other.Target && s.LUN == other.LUN
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
	if err != nil || context[keyTarget] == "" || context[keyPortals] == "" {
		return nil, invalid("publish_context: not created by this driver")
	}
	bytes, _ := strconv.ParseInt(context[keyBytes], 10, 64)
	want := &staged{VolumeID: id, Portals: strings.Split(context[keyPortals], ","), Target: context[keyTarget], LUN: lun, Bytes: bytes,
		chap: chap{req.GetSecrets()["chap_user"], req.GetSecrets()["chap_password"]}}
	if (want.chap.user == "") != (want.chap.password == "") {
		return nil, invalid("secrets: chap_user or chap_password is missing: set both or neither")
	}
	free, err := n.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	switch has, err := readStaged(folder); {
	case err == nil && !has.same(want):
		return nil, status.Errorf(codes.AlreadyExists, "%s: volume %s is already staged there", folder, has.VolumeID)
	case err == nil:
		want.Targets = has.Targets
	case !errors.Is(err, fs.ErrNotExist):
		return nil, status.Error(codes.Internal, err.Error())
	}
	if err := n.transport.attach(ctx, want); err != nil {
		return nil, localError(err)
	}
	if err := want.write(folder); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &csi.NodeStageVolumeResponse{}, nil
}

func (n *node) NodeUnstageVolume(ctx context.Context, req *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	id, folder := req.GetVolumeId(), req.GetStagingTargetPath()
	if id == "" {
		return nil, invalid("volume_id is missing")
	}
	if folder == "" {
		return nil, invalid("staging_target_path is missing")
	}
	free, err := n.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	has, err := readStaged(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return &csi.NodeUnstageVolumeResponse{}, nil
	}
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if has.VolumeID != id {
		return &csi.NodeUnstageVolumeResponse{}, nil
	}
	if err := n.transport.detach(ctx, has); err != nil {
		return nil, localError(err)
	}
	if err := os.Remove(filepath.Join(folder, stagedFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
	free, err := n.locks.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer free()
	has, err := readStaged(folder)
	if err != nil || has.VolumeID != id {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s: not staged at %s", id, folder)
	}
	var targets []string
	for _, other := range has.Targets {
		if _, err := os.Lstat(other); err == nil && other != target {
			targets = append(targets, other)
		}
	}
	if len(targets) > 0 && req.GetVolumeCapability().GetAccessMode().GetMode() == csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER {
		return nil, status.Errorf(codes.FailedPrecondition, "volume %s: already published at %s: access mode allows a single writer", id, targets[0])
	}
	has.Targets = append(targets, target)
	if err := has.write(folder); err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	if err := n.transport.publish(ctx, has, target, req.GetReadonly()); err != nil {
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
	free, err := n.locks.hold(ctx, req.GetVolumeId())
	if err != nil {
		return nil, err
	}
	defer free()
	if err := n.transport.unpublish(ctx, req.GetTargetPath()); err != nil {
		return nil, localError(err)
	}
	return &csi.NodeUnpublishVolumeResponse{}, nil
}

func (n *node) NodeGetVolumeStats(ctx context.Context, req *csi.NodeGetVolumeStatsRequest) (*csi.NodeGetVolumeStatsResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	if req.GetVolumePath() == "" {
		return nil, invalid("volume_path is missing")
	}
	bytes, err := n.transport.size(ctx, req.GetVolumePath())
	if err != nil {
		return nil, localError(err)
	}
	// The used capacity of a block volume is not known to the node.
	return &csi.NodeGetVolumeStatsResponse{Usage: []*csi.VolumeUsage{{Unit: csi.VolumeUsage_BYTES, Total: bytes}}}, nil
}

func (n *node) NodeExpandVolume(ctx context.Context, req *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	if req.GetVolumePath() == "" {
		return nil, invalid("volume_path is missing")
	}
	bytes, err := n.transport.rescan(ctx, req.GetVolumePath(), req.GetCapacityRange().GetRequiredBytes())
	if err != nil {
		return nil, localError(err)
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: bytes}, nil
}

// localError converts an error of the node to a gRPC status.
func localError(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return status.Error(codes.NotFound, err.Error())
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return status.FromContextError(err).Err()
	}
	return status.Error(codes.Internal, err.Error())
}
