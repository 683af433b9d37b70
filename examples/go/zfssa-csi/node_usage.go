// CSI node calls about volumes in use: statistics and expansion.

package main

import (
	"context"
	"errors"
	"io/fs"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

func (n *node) NodeGetVolumeStats(ctx context.Context, req *csi.NodeGetVolumeStatsRequest) (*csi.NodeGetVolumeStatsResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	if req.GetVolumePath() == "" {
		return nil, invalid("volume_path is missing")
	}
	stats, err := n.transport.stats(ctx, req.GetVolumePath())
	if err != nil {
		return nil, usageError(err)
	}
	return stats, nil
}

func (n *node) NodeExpandVolume(ctx context.Context, req *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	if req.GetVolumeId() == "" {
		return nil, invalid("volume_id is missing")
	}
	if req.GetVolumePath() == "" {
		return nil, invalid("volume_path is missing")
	}
	ctx, release, err := n.locks.holding(ctx, req.GetVolumeId())
	if err != nil {
		return nil, err
	}
	defer release()
	bytes, err := n.transport.expand(ctx, req.GetVolumePath(), req.GetStagingTargetPath(), req.GetCapacityRange().GetRequiredBytes())
	if err != nil {
		return nil, usageError(err)
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: bytes}, nil
}

// usageError converts an error about a volume path, which may not exist.
func usageError(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return notFound("%s", err)
	}
	return localError(err)
}
