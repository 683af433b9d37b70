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
	// constrained is set if not every node reaches every backend.
	constrained bool
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
	if i.constrained {
		capabilities = append(capabilities, &csi.PluginCapability{Type: &csi.PluginCapability_Service_{
			Service: &csi.PluginCapability_Service{Type: csi.PluginCapability_Service_VOLUME_ACCESSIBILITY_CONSTRAINTS}}})
	}
	return &csi.GetPluginCapabilitiesResponse{Capabilities: capabilities}, nil
}

// Probe sends a request to the appliances for which credentials are available. It fails if none of
// them answers: a restart of the driver, which follows, would not help one appliance of several.
func (i *identity) Probe(ctx context.Context, _ *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	ready := &csi.ProbeResponse{Ready: wrapperspb.Bool(true)}
	if i.backends == nil {
		return ready, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s := i.backends.settings()
	asked, answers := 0, make(chan error)
	for _, name := range s.backendNames() {
		if _, _, err := i.backends.credentials(s, name, nil); err != nil {
			// Only the calls carry credentials.
			continue
		}
		asked++
		go func() { answers <- i.ask(ctx, s.home(name)) }()
	}
	var failures []error
	for range asked {
		if err := <-answers; err != nil {
			failures = append(failures, err)
		}
	}
	if asked > 0 && len(failures) == asked {
		return nil, failures[0]
	}
	return ready, nil
}

// ask sends a request to the appliance of a place.
func (i *identity) ask(ctx context.Context, at place) error {
	driver, done, err := i.backends.use(ctx, at, nil)
	if err != nil {
		return err
	}
	defer done()
	_, err = driver.GetVolumeStats(ctx)
	return grpcError(err)
}
