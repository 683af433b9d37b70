// CSI controller service: capabilities and lookup of volumes.

package main

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// A controller is stateless: it reads all state from the appliance, and finds the objects that it
// has created by their names.
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

// volume looks up the volume of a call.
func (c *controller) volume(ctx context.Context, driver *zfssa.Driver, id string) (*zfssa.Volume, error) {
	if !ours(id) {
		return nil, notFound("volume %q: not found", id)
	}
	volume, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: id})
	return volume, grpcError(err)
}
