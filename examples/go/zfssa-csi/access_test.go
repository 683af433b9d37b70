package main

import (
	"context"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

// Which access modes a volume can have: in its creation, its validation and its publication.
func TestAccessModes(t *testing.T) {
	c, _ := start(t)
	ctx := context.Background()
	id := c.create(t, request("v", 1)).GetVolumeId()
	for _, of := range []struct {
		mode         csi.VolumeCapability_AccessMode_Mode
		block, mount bool
	}{
		{csi.VolumeCapability_AccessMode_UNKNOWN, false, false},
		{single, true, true},
		{singleWriter, true, true},
		{multiWriter, true, true},
		{singleReader, true, true},
		{manyReaders, true, true},
		{manyOneWrite, true, false},
		{manyWriters, true, false},
	} {
		for capability, allowed := range map[*csi.VolumeCapability]bool{block(of.mode): of.block, mountable("", of.mode): of.mount} {
			is := "of " + capability.String()
			valid, err := c.ValidateVolumeCapabilities(ctx, &csi.ValidateVolumeCapabilitiesRequest{VolumeId: id,
				VolumeCapabilities: []*csi.VolumeCapability{writer, capability}})
			if err != nil || (valid.GetConfirmed() != nil) != allowed || (valid.GetMessage() == "") != allowed {
				t.Errorf("validation %s: %v %v", is, valid, err)
			}
			code := codes.OK
			if !allowed {
				code = codes.InvalidArgument
			}
			again := request("v", 1)
			again.VolumeCapabilities = []*csi.VolumeCapability{writer, capability}
			_, err = c.CreateVolume(ctx, again)
			expect(t, err, code)
			_, err = c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: nodeA, VolumeCapability: capability})
			expect(t, err, code)
			// An access mode of one node gives the volume to no second one.
			other := code
			if allowed && singleNode(capability) {
				other = codes.FailedPrecondition
			}
			_, err = c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: nodeB, VolumeCapability: capability})
			expect(t, err, other)
			if _, err := c.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: id}); err != nil {
				t.Errorf("%s: %v", is, err)
			}
			stage := staging(t, id, portalA, 3, guidA)
			stage.VolumeCapability = capability
			if _, err = c.NodeStageVolume(ctx, stage); allowed && capability.GetMount() != nil {
				// The transport of this test has no file systems.
				expect(t, err, codes.InvalidArgument, "-transport kernel")
			} else {
				expect(t, err, code)
			}
		}
	}
}

// A read-only publication by the controller is refused by name, before anything is presented.
func TestPublicationIsNeverReadOnly(t *testing.T) {
	c, _ := start(t)
	ctx := context.Background()
	id := c.create(t, request("v", 1)).GetVolumeId()
	_, err := c.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: nodeA, VolumeCapability: writer, Readonly: true})
	expect(t, err, codes.InvalidArgument, "readonly is true", "NodePublishVolume")
	shown, err := c.ControllerGetVolume(ctx, &csi.ControllerGetVolumeRequest{VolumeId: id})
	if err != nil || len(shown.GetStatus().GetPublishedNodeIds()) > 0 {
		t.Errorf("%v %v", shown, err)
	}
	capabilities, err := c.ControllerGetCapabilities(ctx, &csi.ControllerGetCapabilitiesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range capabilities.GetCapabilities() {
		if one.GetRpc().GetType() == csi.ControllerServiceCapability_RPC_PUBLISH_READONLY {
			t.Error("the controller has the capability PUBLISH_READONLY")
		}
	}
}
