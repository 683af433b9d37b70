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
	bytes, err := n.transport.size(ctx, req.GetVolumePath())
	if err != nil {
		return nil, usageError(err)
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
	bytes, err := n.transport.expand(ctx, req.GetVolumePath(), req.GetCapacityRange().GetRequiredBytes())
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
