package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
)

const single = csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER

// mountStaging is the stage of a mount volume on a loop device. Whatever a failed test leaves mounted
// is unmounted.
func (b *bench) mountStaging(kind, loop string, flags ...string) *csi.NodeStageVolumeRequest {
	b.t.Helper()
	b.present(3, lun{guid: guidA, bytes: gib, loop: loop})
	stage := staging(b.t, "csi-v", portalA, 3, guidA)
	stage.VolumeCapability = mountable(kind, single, flags...)
	b.t.Cleanup(func() { _ = syscall.Unmount(filepath.Join(stage.StagingTargetPath, mountPoint), syscall.MNT_DETACH) })
	return stage
}

func (b *bench) stats(path string) *csi.NodeGetVolumeStatsResponse {
	b.t.Helper()
	stats, err := b.node.NodeGetVolumeStats(b.within(), &csi.NodeGetVolumeStatsRequest{VolumeId: "csi-v", VolumePath: path})
	b.must(err)
	return stats
}

// imageOf returns the file behind a loop device.
func imageOf(loop string) string {
	return readText("/sys/block", filepath.Base(loop), "loop/backing_file")
}

// A file system is made once, keeps its files, and is read-only where it is published so.
func TestFilesystems(t *testing.T) {
	for _, kind := range []string{"ext4", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t)
			stage := b.mountStaging(kind, loopDevice(t, gib), "noatime")
			path := filepath.Join(t.TempDir(), "target")
			t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
			for round, readonly := range []bool{false, true, false} {
				b.must(b.stage(stage))
				b.must(b.stage(stage))
				raw := staging(t, "csi-v", portalA, 3, guidA)
				raw.StagingTargetPath = stage.StagingTargetPath
				expect(t, b.stage(raw), codes.AlreadyExists, "unstage")
				expect(t, b.publish(raw, path, readonly), codes.InvalidArgument, "unstage")
				b.must(b.publish(stage, path, readonly))
				b.must(b.publish(stage, path, readonly))
				expect(t, b.publish(stage, path, !readonly), codes.AlreadyExists, path)
				file := filepath.Join(path, "file")
				if text, err := os.ReadFile(file); round > 0 && (err != nil || string(text) != "kept") {
					t.Errorf("round %d: %q %v", round, text, err)
				}
				if err := os.WriteFile(file, []byte("kept"), 0o600); (err != nil) != readonly {
					t.Errorf("readonly %v, and writing gives %v", readonly, err)
				}
				stats := b.stats(path)
				if use := stats.GetUsage(); len(use) != 2 || use[0].GetTotal() < gib*8/10 || use[0].GetUsed() <= 0 || use[1].GetTotal() <= 0 ||
					stats.GetVolumeCondition().GetAbnormal() {
					t.Errorf("%v", stats)
				}
				mounts, err := os.ReadFile("/proc/mounts")
				if err != nil || !strings.Contains(string(mounts), stage.StagingTargetPath+"/filesystem "+kind+" rw,noatime") {
					t.Errorf("not mounted with its options: %v", err)
				}
				expect(t, b.unstage(stage), codes.FailedPrecondition, path)
				b.must(b.unpublish(stage, path))
				b.must(b.unpublish(stage, path))
				b.must(b.unstage(stage))
				b.must(b.unstage(stage))
				b.clean(stage)
			}
			// The same volume as another kind of file system is a mistake, and not formatted.
			other := b.mountStaging(map[string]string{"ext4": "xfs", "xfs": "ext4"}[kind], b.luns[3].loop)
			expect(t, b.stage(other), codes.FailedPrecondition, "csi-v", `"`+kind+`"`)
			b.must(b.unstage(other))
			b.clean(other)
		})
	}
}

// A device is formatted only if it is proven empty.
func TestOnlyAnEmptyDeviceIsFormatted(t *testing.T) {
	loop := loopDevice(t, gib)
	for _, at := range []int64{0, provenLength - 1, gib - provenLength, gib - 1} {
		b := newBench(t)
		if out, err := exec.Command("wipefs", "--all", "--quiet", loop).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		poke := func(value byte) {
			t.Helper()
			file, err := os.OpenFile(loop, os.O_WRONLY|os.O_SYNC, 0)
			if err == nil {
				_, err = file.WriteAt([]byte{value}, at)
				file.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		poke('x')
		stage := b.mountStaging("ext4", loop)
		expect(t, b.stage(stage), codes.FailedPrecondition, "csi-v", "not formatted")
		if out, _ := exec.Command("blkid", "-p", loop).CombinedOutput(); len(out) > 0 {
			t.Errorf("formatted: %s", out)
		}
		b.must(b.unstage(stage))
		b.clean(stage)
		poke(0)
	}
	// A reader does not format an empty device either.
	b := newBench(t)
	stage := b.mountStaging("ext4", loop)
	stage.VolumeCapability = mountable("ext4", csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY)
	expect(t, b.stage(stage), codes.FailedPrecondition, "no file system")
	b.must(b.unstage(stage))
	// A device that cannot be read, or has no size, is not empty.
	if err := provenEmpty(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a device that is not there is empty")
	}
	if err := provenEmpty("/dev/null"); err == nil {
		t.Error("/dev/null is empty")
	}
}

func hasCapability(t *testing.T, number int) bool {
	t.Helper()
	var data [2]unix.CapUserData
	if err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &data[0]); err != nil {
		t.Fatal(err)
	}
	return data[number/32].Effective&(1<<(number%32)) != 0
}

// A file system grows while it is mounted, and when a larger clone of it is staged.
func TestFilesystemGrows(t *testing.T) {
	for _, kind := range []string{"ext4", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t)
			loop := loopDevice(t, gib)
			stage := b.mountStaging(kind, loop)
			b.must(b.stage(stage))
			path := filepath.Join(t.TempDir(), "target")
			t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
			b.must(b.publish(stage, path, true))
			enlarge := func(bytes int64) {
				t.Helper()
				err := os.Truncate(imageOf(loop), bytes)
				if err == nil {
					err = exec.Command("losetup", "--set-capacity", loop).Run()
				}
				b.must(err)
				b.present(3, lun{guid: guidA, bytes: bytes, loop: loop})
			}
			enlarge(2 * gib)
			grown, err := b.node.NodeExpandVolume(b.within(), &csi.NodeExpandVolumeRequest{VolumeId: "csi-v", VolumePath: path,
				StagingTargetPath: stage.StagingTargetPath, CapacityRange: &csi.CapacityRange{RequiredBytes: 2 * gib}})
			if kind == "ext4" && !hasCapability(t, unix.CAP_SYS_RESOURCE) {
				// The kernel refuses, and so does the driver.
				expect(t, err, codes.Internal, "Permission denied")
				t.Log("not grown: this process lacks CAP_SYS_RESOURCE, which online growth of ext4 needs")
				b.must(b.unpublish(stage, path))
				b.must(b.unstage(stage))
				return
			}
			if err != nil || grown.GetCapacityBytes() != 2*gib {
				t.Errorf("%v %v", grown, err)
			}
			if total := b.stats(path).GetUsage()[0].GetTotal(); total < 18*gib/10 {
				t.Errorf("%d bytes", total)
			}
			b.must(b.unpublish(stage, path))
			b.must(b.unstage(stage))
			enlarge(3 * gib)
			b.must(b.stage(stage))
			if total := b.stats(filepath.Join(stage.StagingTargetPath, mountPoint)).GetUsage()[0].GetTotal(); total < 27*gib/10 {
				t.Errorf("%d bytes", total)
			}
			b.must(b.unstage(stage))
			b.clean(stage)
		})
	}
}

// The data of a file system is not written to a LUN that got the number of its own: the device goes
// before the file system is unmounted.
func TestFilesystemOfALUNThatIsGone(t *testing.T) {
	b := newBench(t)
	stage := b.mountStaging("ext4", loopDevice(t, gib))
	b.must(b.stage(stage))
	point := filepath.Join(stage.StagingTargetPath, mountPoint)
	b.present(3, lun{guid: guidB, bytes: gib})
	deleted, still := false, false
	b.onWrite(func(path string) {
		if filepath.Base(path) == "delete" {
			deleted, still = true, isPublished(point)
		}
	})
	b.must(b.unstage(stage))
	if !deleted || !still {
		t.Errorf("device removed: %v, and before the file system: %v", deleted, still)
	}
	b.clean(stage)
}

// The volume condition of a published volume names a path that does not work.
func TestVolumeCondition(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib, loop: loopDevice(t, gib)})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	b.must(b.stage(stage))
	path := filepath.Join(t.TempDir(), "target")
	b.must(b.publish(stage, path, false))
	if c := b.stats(path).GetVolumeCondition(); c.GetAbnormal() || c.GetMessage() == "" {
		t.Errorf("%v", c)
	}
	d := b.kernel.devices(target, 3)[0]
	b.must(os.WriteFile(filepath.Join(d.folder, "state"), []byte("transport-offline\n"), 0o600))
	if c := b.stats(path).GetVolumeCondition(); !c.GetAbnormal() || !strings.Contains(c.GetMessage(), "transport-offline") {
		t.Errorf("%v", c)
	}
	b.must(b.unpublish(stage, path))
	b.must(b.unstage(stage))
}
