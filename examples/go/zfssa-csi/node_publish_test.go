package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

// loopDevice returns a loop device of a size. Such tests need root and the kernel's loop devices;
// sanity.sh sets the variable where a machine allows no mounts.
func loopDevice(t *testing.T, bytes int64) string {
	t.Helper()
	if why := os.Getenv("ZFSSA_CSI_WITHOUT_MOUNTS"); why != "" {
		t.Skip(why)
	}
	image := filepath.Join(t.TempDir(), "image")
	file, err := os.Create(image)
	if err == nil {
		err = file.Truncate(bytes)
		file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("losetup", "--find", "--show", image).CombinedOutput()
	if err != nil {
		t.Fatalf("losetup: %v: %s: a loop device is needed, and root", err, out)
	}
	device := strings.TrimSpace(string(out))
	t.Cleanup(func() {
		if out, err := exec.Command("losetup", "--detach", device).CombinedOutput(); err != nil {
			t.Errorf("losetup --detach %s: %v: %s", device, err, out)
		}
	})
	// A device that was read-only for its last user still is.
	if out, err := exec.Command("blockdev", "--setrw", device).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return device
}

func (b *bench) publish(stage *csi.NodeStageVolumeRequest, target string, readonly bool) error {
	_, err := b.node.NodePublishVolume(b.within(), &csi.NodePublishVolumeRequest{VolumeId: stage.VolumeId, StagingTargetPath: stage.StagingTargetPath,
		TargetPath: target, VolumeCapability: stage.VolumeCapability, Readonly: readonly})
	return err
}

func (b *bench) unpublish(stage *csi.NodeStageVolumeRequest, target string) error {
	_, err := b.node.NodeUnpublishVolume(b.within(), &csi.NodeUnpublishVolumeRequest{VolumeId: stage.VolumeId, TargetPath: target})
	return err
}

// writes tries to write to a device as a workload does.
func writes(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err = file.Write(make([]byte, 4096)); err != nil {
		return err
	}
	return file.Sync()
}

// A volume that is published read-only takes no write, and the mode is that of all publications.
func TestReadOnlyBlockVolume(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib, loop: loopDevice(t, gib)})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	b.must(b.stage(stage))
	folder := t.TempDir()
	one, two := filepath.Join(folder, "one"), filepath.Join(folder, "two")
	for _, readonly := range []bool{true, false, true} {
		b.must(b.publish(stage, one, readonly))
		b.must(b.publish(stage, one, readonly))
		if err := writes(one); (err != nil) != readonly {
			t.Errorf("readonly %v, and writing gives %v", readonly, err)
		}
		expect(t, b.publish(stage, two, !readonly), codes.FailedPrecondition, "csi-v", one)
		if err := writes(one); (err != nil) != readonly {
			t.Errorf("after a refusal: readonly %v, and writing gives %v", readonly, err)
		}
		b.must(b.publish(stage, two, readonly))
		expect(t, b.unstage(stage), codes.FailedPrecondition, one)
		b.must(b.unpublish(stage, one))
		b.must(b.unpublish(stage, one))
		b.must(b.unpublish(stage, two))
	}
	// An access mode without a writer is read-only, too.
	stage.VolumeCapability = block(csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY)
	b.must(b.publish(stage, one, false))
	if err := writes(one); err == nil {
		t.Error("a reader writes")
	}
	b.must(b.unpublish(stage, one))
	b.must(b.unstage(stage))
	b.clean(stage)
}

// A number that the appliance gave to another LUN after the volume was staged carries it no more.
func TestPublishComparesTheDeviceAgain(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib, loop: loopDevice(t, gib)})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	b.must(b.stage(stage))
	b.present(3, lun{guid: guidB, bytes: gib})
	path := filepath.Join(t.TempDir(), "target")
	expect(t, b.publish(stage, path, false), codes.Internal, "expected "+guidA, strings.ToLower(guidB))
	if mounted(path) {
		t.Error("published")
	}
}

// The size of a published volume is that of its device, which grows while it is in use.
func TestPublishedVolumeGrows(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib, loop: loopDevice(t, gib)})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	b.must(b.stage(stage))
	path := filepath.Join(t.TempDir(), "target")
	b.must(b.publish(stage, path, false))
	l := b.luns[3]
	l.bytes = 2 * gib
	b.present(3, l)
	grown, err := b.node.NodeExpandVolume(b.within(), &csi.NodeExpandVolumeRequest{VolumeId: "csi-v", VolumePath: path,
		CapacityRange: &csi.CapacityRange{RequiredBytes: 2 * gib}})
	if err != nil || grown.GetCapacityBytes() != 2*gib {
		t.Errorf("%v %v", grown, err)
	}
	stats, err := b.node.NodeGetVolumeStats(b.within(), &csi.NodeGetVolumeStatsRequest{VolumeId: "csi-v", VolumePath: path})
	if err != nil || stats.GetUsage()[0].GetTotal() != 2*gib {
		t.Errorf("%v %v", stats, err)
	}
	for _, nothing := range []string{filepath.Join(t.TempDir(), "nothing"), t.TempDir()} {
		_, err = b.node.NodeGetVolumeStats(b.within(), &csi.NodeGetVolumeStatsRequest{VolumeId: "csi-v", VolumePath: nothing})
		expect(t, err, codes.NotFound, nothing)
	}
	b.must(b.unpublish(stage, path))
	b.must(b.unstage(stage))
}
