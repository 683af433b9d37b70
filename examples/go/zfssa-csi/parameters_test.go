package main

import (
	"context"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

// What the sidecars add to a call is accepted in every call that has parameters; anything else that
// is unknown is refused with its name, its value and the remedy.
func TestParametersOfSidecars(t *testing.T) {
	c, _ := start(t)
	ctx := context.Background()
	extra := map[string]string{"csi.storage.k8s.io/pvc/name": "claim", "csi.storage.k8s.io/volumesnapshot/name": "snapshot",
		"fsType": "ext4", "csiProvisionerSecretName": "secret"}
	wrong := map[string]string{"csi.storage.k8s.io/pvc/name": "claim", "colour": "blue"}
	create := request("v", 1)
	create.Parameters = wrong
	_, err := c.CreateVolume(ctx, create)
	expect(t, err, codes.InvalidArgument, "parameter colour is blue: unknown: remove it, or set one of volblocksize,")
	create.Parameters = extra
	create.MutableParameters = extra
	id := c.create(t, create).GetVolumeId()
	_, err = c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: id, MutableParameters: wrong})
	expect(t, err, codes.InvalidArgument, "colour")
	if _, err = c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: id, MutableParameters: extra}); err != nil {
		t.Error(err)
	}
	if _, err = c.GetCapacity(ctx, &csi.GetCapacityRequest{Parameters: extra}); err != nil {
		t.Error(err)
	}
	valid, err := c.ValidateVolumeCapabilities(ctx, &csi.ValidateVolumeCapabilitiesRequest{VolumeId: id,
		VolumeCapabilities: []*csi.VolumeCapability{writer}, Parameters: extra})
	if err != nil || len(valid.GetConfirmed().GetParameters()) != len(extra) {
		t.Errorf("%v %v", valid, err)
	}
	snapshot := &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: id, Parameters: wrong}
	_, err = c.CreateSnapshot(ctx, snapshot)
	expect(t, err, codes.InvalidArgument, "parameter colour is blue: unknown: remove it")
	snapshot.Parameters = extra
	if _, err = c.CreateSnapshot(ctx, snapshot); err != nil {
		t.Error(err)
	}
	group := &csi.CreateVolumeGroupSnapshotRequest{Name: "g", SourceVolumeIds: []string{id}, Parameters: wrong}
	_, err = c.CreateVolumeGroupSnapshot(ctx, group)
	expect(t, err, codes.InvalidArgument, "colour")
	group.Parameters = extra
	if _, err = c.CreateVolumeGroupSnapshot(ctx, group); err != nil {
		t.Error(err)
	}
	// A volume has whole GiB: a size between two is rounded up, and said.
	odd := request("odd", 0)
	odd.CapacityRange = &csi.CapacityRange{RequiredBytes: gib + 1}
	if made := c.create(t, odd); made.GetCapacityBytes() != 2*gib {
		t.Errorf("%d bytes", made.GetCapacityBytes())
	}
	grown, err := c.ControllerExpandVolume(ctx, &csi.ControllerExpandVolumeRequest{VolumeId: id, CapacityRange: &csi.CapacityRange{RequiredBytes: gib + 1}})
	if err != nil || grown.GetCapacityBytes() != 2*gib {
		t.Errorf("%v %v", grown, err)
	}
}
