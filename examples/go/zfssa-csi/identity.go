// CSI identity service.

package main

import (
	"context"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const driverName = "csi.zfssa.example.org"

// version is overridden at build time.
var version = "1.0.0"

type identity struct {
	csi.UnimplementedIdentityServer
	backends *backends // nil on a node
	online   bool
}

func (*identity) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: driverName, VendorVersion: version}, nil
}

func (i *identity) GetPluginCapabilities(context.Context, *csi.GetPluginCapabilitiesRequest) (*csi.GetPluginCapabilitiesResponse, error) {
	expansion := csi.PluginCapability_VolumeExpansion_OFFLINE
	if i.online {
		expansion = csi.PluginCapability_VolumeExpansion_ONLINE
	}
	capabilities := []*csi.PluginCapability{{Type: &csi.PluginCapability_VolumeExpansion_{
		VolumeExpansion: &csi.PluginCapability_VolumeExpansion{Type: expansion}}}}
	if i.backends != nil {
		capabilities = append(capabilities, &csi.PluginCapability{Type: &csi.PluginCapability_Service_{
			Service: &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_CONTROLLER_SERVICE}}},
			&csi.PluginCapability{Type: &csi.PluginCapability_Service_{
				Service: &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_GROUP_CONTROLLER_SERVICE}}})
	}
	return &csi.GetPluginCapabilitiesResponse{Capabilities: capabilities}, nil
}

// Probe sends a request to the appliance, if credentials are available.
func (i *identity) Probe(ctx context.Context, _ *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	ready := &csi.ProbeResponse{Ready: wrapperspb.Bool(true)}
	if i.backends == nil {
		return ready, nil
	}
	if _, err := i.backends.credentials(nil); err != nil {
		// Only the calls carry credentials.
		return ready, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	driver, done, err := i.backends.use(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := driver.GetVolumeStats(ctx); err != nil {
		return nil, grpcError(err)
	}
	return ready, nil
}
