// Controller calls to publish and unpublish volumes.

package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

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
		return nil, invalid("readonly is true: not supported, because the appliance presents a LUN to read and write, and keeps no mode of a host: " +
			"set readonly of NodePublishVolume, or an access mode without a writer, which the node enforces")
	}
	if reason := unsupported([]*csi.VolumeCapability{req.GetVolumeCapability()}); reason != "" {
		return nil, invalid("%s", reason)
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
	driver, presented, err := c.presenter(ctx, in, volume, req.GetSecrets())
	if err != nil {
		return nil, err
	}
	defer presented()
	n := parseNodeID(node)
	table, listed := in.settings.group(n.iqn)
	own := func(group string) bool {
		return listed && group == table || registeredGroup(group, n.iqn) || slices.Contains(c.published.of(in.at.backend, group), node)
	}
	published := slices.ContainsFunc(volume.InitiatorGroups, own)
	if !published {
		// Serialize calls per node, so that two calls cannot both use the last free place. A call that
		// another controller serves at this moment can: an orchestrator that places no more volumes on a
		// node than the node allows never has two calls for one place. Taking the volume back here could
		// take it from a repeated call that the other controller has answered.
		full, err := c.locks.hold(ctx, "node "+n.key())
		if err != nil {
			return nil, err
		}
		defer full()
		if err := c.room(ctx, in, node, own, req.GetSecrets()); err != nil {
			return nil, err
		}
	}
	// Exclusive also if the node had the volume a moment ago: another controller may have given it to
	// another node since.
	connection, err := driver.InitializeConnection(ctx, zfssa.InitializeConnectionRequest{Volume: in.name, Initiator: n.iqn, HostName: n.name,
		Exclusive: singleNode(req.GetVolumeCapability())})
	if err != nil {
		return nil, grpcError(err)
	}
	c.published.remember(in.at.backend, connection.InitiatorGroups, node)
	if connection.TargetLUN > highestLUN {
		// The volume is published; an orchestrator unpublishes it after an error.
		return nil, status.Errorf(codes.ResourceExhausted, "volume %s: has LU number %d on node %s, and iSCSI addresses numbers up to %d: "+
			"unpublish it and other volumes from the node", id, connection.TargetLUN, node, highestLUN)
	}
	return &csi.ControllerPublishVolumeResponse{PublishContext: publishContext(connection, volume)}, nil
}

// presenter returns a driver with the target group of a volume, whose target and portals the node
// needs. A LUN in the built-in target group is presented through every target.
func (c *controller) presenter(ctx context.Context, in *located, volume *zfssa.Volume,
	secrets map[string]string) (*zfssa.Driver, func(), error) {
	group := volume.TargetGroup
	if group == builtInTargetGroup {
		group = ""
	}
	return c.backends.useGroup(ctx, in.at, group, secrets)
}

// builtInTargetGroup is the target group of a LUN for which none was chosen; it has every target.
const builtInTargetGroup = "default"

// room refuses a volume that would exceed MaxVolumesPerNode. It counts the volumes of the same
// backend, because another appliance may not answer.
func (c *controller) room(ctx context.Context, in *located, node string, own func(group string) bool, secrets map[string]string) error {
	most := in.settings.MaxVolumesPerNode
	if most <= 0 {
		return nil
	}
	var has int64
	err := c.throughout(ctx, in.settings, in.at.backend, secrets, func(in *located) error {
		for volume, err := range in.driver.AllVolumes(ctx, zfssa.ListVolumesRequest{}) {
			if err != nil {
				return grpcError(err)
			}
			if slices.ContainsFunc(volume.InitiatorGroups, own) {
				has++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if has >= most {
		return status.Errorf(codes.ResourceExhausted, "node %s: maximum of %d volumes reached", node, has)
	}
	return nil
}

// Keys of the publish context. It must not contain secrets, because orchestrators store it in plain
// text. The node receives its CHAP account in the secrets of NodeStageVolume.
const (
	keyPortals = "portals"
	keyTarget  = "target"
	keyLUN     = "lun"
	keyGUID    = "guid"
	keyBytes   = "capacityBytes"
)

func publishContext(connection *zfssa.Connection, volume *zfssa.Volume) map[string]string {
	return map[string]string{
		keyPortals: strings.Join(connection.TargetPortals, ","),
		keyTarget:  connection.TargetIQN,
		keyLUN:     strconv.FormatUint(uint64(connection.TargetLUN), 10),
		keyGUID:    volume.GUID,
		keyBytes:   strconv.FormatUint(volume.SizeBytes, 10),
	}
}

func (c *controller) ControllerUnpublishVolume(ctx context.Context, req *csi.ControllerUnpublishVolumeRequest) (*csi.ControllerUnpublishVolumeResponse, error) {
	id, node := req.GetVolumeId(), req.GetNodeId()
	if id == "" {
		return nil, invalid("volume_id is missing")
	}
	// Only an empty node_id selects every node; a blank one is an error of the caller.
	n := parseNodeID(node)
	if node != "" && strings.TrimSpace(n.iqn) == "" {
		return nil, invalid("node_id %q: no iSCSI name: leave it empty for every node", node)
	}
	if foreign(id) {
		return &csi.ControllerUnpublishVolumeResponse{}, nil
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
	// By the CSI specification, a call without a node unpublishes the volume from all nodes.
	detached, err := in.driver.TerminateConnection(ctx, zfssa.TerminateConnectionRequest{
		Volume: in.name, Initiator: n.iqn, EveryHost: node == ""})
	if err != nil {
		return nil, grpcError(err)
	}
	if detached.StillPresented {
		return nil, status.Errorf(codes.Internal, "node %s: still has access to volume %s through initiator group %s, which contains other hosts",
			node, id, strings.Join(detached.InitiatorGroups, ", "))
	}
	return &csi.ControllerUnpublishVolumeResponse{}, nil
}

// nodes returns the ids of the nodes that the initiator groups of a backend belong to.
func (c *controller) nodes(backend string, groups []string) []string {
	var ids []string
	for _, group := range groups {
		known := c.published.of(backend, group)
		if iqn, listed := c.settings().Nodes[group]; listed && len(known) == 0 {
			known = []string{iqn}
		}
		for _, id := range known {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
