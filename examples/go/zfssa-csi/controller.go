// CSI controller service: capabilities and lookup of volumes.

package main

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// A controller is stateless: it reads all state from the appliance, and finds the objects that it
// has created by their names. It remembers only what the appliance does not show: ids of nodes (see
// publishedNodes), sizes of snapshots (see snapshotSizes), and creations that it may still carry out
// (see unsettled).
//
// Another controller may serve the same backend at the same time. Then the locks of the engine are
// those of etcd, and a repeated call may reach either controller: what one remembers is a help for
// its own calls, and unknown to the other as after a restart.
type controller struct {
	csi.UnimplementedControllerServer
	backends  *backends
	locks     locks
	published publishedNodes
	sizes     snapshotSizes
	unsettled unsettled
}

func newController(b *backends) *controller {
	return &controller{backends: b, sizes: newSnapshotSizes(),
		unsettled: newUnsettled()}
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

// settings returns the settings that are in use.
func (c *controller) settings() *settings { return c.backends.settings() }

// volume looks up the volume of a call by its name in the place of the driver.
func (c *controller) volume(ctx context.Context, driver *zfssa.Driver, name string) (*zfssa.Volume, error) {
	if !ours(name) {
		return nil, notFound("volume %q: not found", name)
	}
	volume, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: name})
	return volume, grpcError(err)
}

// open returns the driver of the place of a volume, and the name of the volume, by its id. The
// function that it returns releases the driver. A foreign id has a name that is not ours.
func (c *controller) open(ctx context.Context, id string, secrets map[string]string) (*located, func(), error) {
	s := c.settings()
	at, name, err := s.locate(id)
	if err != nil {
		return nil, nil, err
	}
	if at.backend == "" {
		return nil, nil, notFound("volume %q: not found", id)
	}
	driver, done, err := c.backends.use(ctx, at, secrets)
	return &located{s, at, name, driver}, done, err
}

// A located is the object of a call with the driver of its place.
type located struct {
	settings *settings
	at       place
	name     string
	driver   *zfssa.Driver
}

// id returns the id of an object in the same place.
func (l *located) id(name string) string { return l.settings.id(l.at, name) }
