package main

import (
	"context"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

// class sets the parameter delete_with_clones of a storage class.
func class(r *csi.CreateVolumeRequest, policy string) *csi.CreateVolumeRequest {
	r.Parameters = map[string]string{"delete_with_clones": policy}
	return r
}

// listed returns whether the driver lists a volume.
func (c client) listed(t *testing.T, id string) bool {
	t.Helper()
	volumes, err := c.ListVolumes(context.Background(), &csi.ListVolumesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range volumes.GetEntries() {
		if entry.GetVolume().GetVolumeId() == id {
			return true
		}
	}
	return false
}

func (c client) deleteVolume(t *testing.T, id string) {
	t.Helper()
	if _, err := c.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: id}); err != nil {
		t.Fatal(err)
	}
}

func TestClassDefersDeletion(t *testing.T) {
	appliance := startSimulator(t)
	config, mounted := appliance.settings(t, 0), credentialsFolder(t)
	ctx := context.Background()
	first, c := controllerProcess(t, config, mounted)
	r := class(request("v", 1), "defer")
	volume := c.create(t, r).GetVolumeId()
	clone := c.create(t, fromVolume("clone", 1, volume)).GetVolumeId()
	snapshot, err := c.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: volume})
	if err != nil {
		t.Fatal(err)
	}
	restored := c.create(t, fromSnapshot("restored", 1, snapshot.GetSnapshot().GetSnapshotId())).GetVolumeId()

	// No parameters come with the deletion, and another process has to know the policy.
	first.terminate(t)
	_, c = controllerProcess(t, config, mounted)
	if _, err := c.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshot.GetSnapshot().GetSnapshotId()}); err != nil {
		t.Fatal(err)
	}
	c.deleteVolume(t, volume)
	if c.listed(t, volume) {
		t.Error("the deleted volume is listed")
	}
	if !strings.Contains(appliance.objects(t), "deleted-") {
		t.Error("the appliance does not have the volume any more, and its clones need it")
	}
	// The id is free again.
	if again := c.create(t, r).GetVolumeId(); again != volume {
		t.Errorf("%s, not %s", again, volume)
	}
	c.deleteVolume(t, volume)
	c.deleteVolume(t, clone)
	if !strings.Contains(appliance.objects(t), "deleted-") {
		t.Error("the origin went before its last clone")
	}
	c.deleteVolume(t, restored)
	if left := appliance.objects(t); strings.Contains(left, "deleted-") || appliance.luns(t) != "" {
		t.Errorf("left: %s", left)
	}
}

func TestClassRefusesDeletion(t *testing.T) {
	appliance := startSimulator(t)
	config := appliance.unlisted(t, 0, map[string]string{"zfssa_delete_with_clones": "defer"})
	ctx := context.Background()
	_, c := controllerProcess(t, config, credentialsFolder(t))
	volume := c.create(t, class(request("v", 1), "refuse")).GetVolumeId()
	clone := c.create(t, fromVolume("clone", 1, volume)).GetVolumeId()
	_, err := c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: volume})
	expect(t, err, codes.FailedPrecondition, clone)

	// A volume attributes class changes the policy, and another parameter leaves it as it is.
	modify := func(name, value string) {
		t.Helper()
		if _, err := c.ControllerModifyVolume(ctx, &csi.ControllerModifyVolumeRequest{VolumeId: volume,
			MutableParameters: map[string]string{name: value}}); err != nil {
			t.Fatal(err)
		}
	}
	modify("logbias", "throughput")
	_, err = c.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: volume})
	expect(t, err, codes.FailedPrecondition, clone)
	modify("delete_with_clones", "defer")
	c.deleteVolume(t, volume)
	c.deleteVolume(t, clone)
	if left := appliance.luns(t); left != "" {
		t.Errorf("left: %s", left)
	}

	_, err = c.CreateVolume(ctx, class(request("w", 1), "cascade"))
	expect(t, err, codes.InvalidArgument, "delete_with_clones", "cascade", "refuse", "defer")
}
