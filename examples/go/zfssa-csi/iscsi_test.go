package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

// qemu runs qemu-io on a published volume, as a guest with libiscsi would use it.
func qemu(t testing.TB, target string, commands ...string) string {
	t.Helper()
	p, err := readPublished(target)
	if err != nil {
		t.Fatal(err)
	}
	rest := strings.TrimPrefix(p.URL, "iscsi://")
	parts := strings.Split(rest, "/")
	options := "driver=iscsi,transport=tcp,portal=" + parts[0] + ",target=" + parts[1] + ",lun=" + parts[2] + ",initiator-name=" + p.Initiator
	arguments := []string{"--image-opts", options}
	for _, command := range commands {
		arguments = append(arguments, "-c", command)
	}
	out, err := exec.Command("qemu-io", arguments...).CombinedOutput()
	if err != nil {
		t.Errorf("qemu-io: %v\n%s", err, out)
	}
	return string(out)
}

// Real iSCSI: what one node writes is in the snapshot, the volume restored from it and the clone,
// and a node to which a volume is not published does not get at it.
func TestVolumesOverISCSI(t *testing.T) {
	for _, program := range []string{"tgtd", "iscsi-inq", "qemu-io"} {
		if _, err := exec.LookPath(program); err != nil {
			// The script promises that all is there.
			if os.Getenv("ZFSSA_REQUIRE_ALL") != "" {
				t.Fatalf("%s is not installed, and ZFSSA_REQUIRE_ALL is set", program)
			}
			t.Skipf("%s is not installed", program)
		}
	}
	ctx := context.Background()
	folder := t.TempDir()
	// LU numbers above 255 have another form on the wire.
	appliance := startSimulator(t, "--data-plane", "--data-plane-dir", folder, "--knobs", `{"first_lu_number": 300}`)
	config, mounted := appliance.settings(t, 0), credentialsFolder(t)
	a := dial(t, startDriver(t, arguments{config: config, credentials: mounted, nodeID: nodeA, transport: "userspace"}))
	b := dial(t, startDriver(t, arguments{nodeID: nodeB, transport: "userspace"}))

	// attach publishes a volume to node A and returns the published path.
	attach := func(id string) (string, map[string]string, func()) {
		published, err := a.ControllerPublishVolume(ctx, &csi.ControllerPublishVolumeRequest{VolumeId: id, NodeId: nodeA, VolumeCapability: writer})
		if err != nil {
			t.Fatal(err)
		}
		staging, target := t.TempDir(), filepath.Join(t.TempDir(), "target")
		stage := &csi.NodeStageVolumeRequest{VolumeId: id, StagingTargetPath: staging, VolumeCapability: writer, PublishContext: published.GetPublishContext()}
		if _, err := a.NodeStageVolume(ctx, stage); err != nil {
			t.Fatal(err)
		}
		if _, err := a.NodePublishVolume(ctx, &csi.NodePublishVolumeRequest{VolumeId: id, StagingTargetPath: staging, TargetPath: target, VolumeCapability: writer}); err != nil {
			t.Fatal(err)
		}
		return target, published.GetPublishContext(), func() {
			if _, err := a.NodeUnpublishVolume(ctx, &csi.NodeUnpublishVolumeRequest{VolumeId: id, TargetPath: target}); err != nil {
				t.Error(err)
			}
			if _, err := a.NodeUnstageVolume(ctx, &csi.NodeUnstageVolumeRequest{VolumeId: id, StagingTargetPath: staging}); err != nil {
				t.Error(err)
			}
			if _, err := a.ControllerUnpublishVolume(ctx, &csi.ControllerUnpublishVolumeRequest{VolumeId: id, NodeId: nodeA}); err != nil {
				t.Error(err)
			}
			// Cut off: staging it again finds nothing.
			_, err := a.NodeStageVolume(ctx, stage)
			expect(t, err, codes.Internal, "iscsi-inq")
		}
	}
	source := a.create(t, request("source", 1)).GetVolumeId()
	target, published, detach := attach(source)
	qemu(t, target, "write -P 0x5a 0 1M")
	// The other node knows where it is, and is not let in.
	_, err := b.NodeStageVolume(ctx, &csi.NodeStageVolumeRequest{VolumeId: source, StagingTargetPath: t.TempDir(), VolumeCapability: writer, PublishContext: published})
	expect(t, err, codes.Internal, "iscsi-inq")

	snapshot, err := a.CreateSnapshot(ctx, &csi.CreateSnapshotRequest{Name: "s", SourceVolumeId: source})
	if err != nil {
		t.Fatal(err)
	}
	qemu(t, target, "write -P 0xa5 0 1M")
	detach()
	restored := request("restored", 2)
	restored.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{
		Snapshot: &csi.VolumeContentSource_SnapshotSource{SnapshotId: snapshot.GetSnapshot().GetSnapshotId()}}}
	clone := request("clone", 1)
	clone.VolumeContentSource = &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{
		Volume: &csi.VolumeContentSource_VolumeSource{VolumeId: source}}}
	for _, want := range []struct {
		request *csi.CreateVolumeRequest
		pattern string
		bytes   int64
	}{{restored, "0x5a", 2 * gib}, {clone, "0xa5", gib}} {
		id := a.create(t, want.request).GetVolumeId()
		target, _, detach := attach(id)
		if out := qemu(t, target, "read -P "+want.pattern+" 0 1M"); strings.Contains(out, "verification failed") || !strings.Contains(out, "read 1048576/1048576") {
			t.Errorf("%s: %s", id, out)
		}
		stats, err := a.NodeGetVolumeStats(ctx, &csi.NodeGetVolumeStatsRequest{VolumeId: id, VolumePath: target})
		if err != nil || stats.GetUsage()[0].GetTotal() != want.bytes {
			t.Errorf("%s: %v %v", id, stats, err)
		}
		detach()
		if _, err := a.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: id}); err != nil {
			t.Error(err)
		}
	}
	if _, err := a.DeleteSnapshot(ctx, &csi.DeleteSnapshotRequest{SnapshotId: snapshot.GetSnapshot().GetSnapshotId()}); err != nil {
		t.Error(err)
	}
	if _, err := a.DeleteVolume(ctx, &csi.DeleteVolumeRequest{VolumeId: source}); err != nil {
		t.Error(err)
	}
	if left := appliance.luns(t); left != "" {
		t.Errorf("left: %s", left)
	}
}
