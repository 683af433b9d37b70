package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

// A volume's life on a node: login, the scan of its LUN alone, growth, logout.
func TestKernelNode(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA+","+portalB, 3, guidA)
	b.must(b.stage(stage))
	var want []string
	for _, p := range []string{portalA, portalB} {
		record := "iscsiadm -m node -T " + target + " -p " + p
		want = append(want, record+" -o new", record+" -o update -n node.startup -v manual", record+" -o update -n node.session.scan -v manual",
			record+" -o update -n node.session.initial_login_retry_max -v 1", record+" --login")
	}
	want = append(want, "host1 scan 0 0 3", "host2 scan 0 0 3", "rescan 3", "rescan 3", "multipathd show daemon")
	// The portals are asked at once, in any order.
	got := b.taken()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("staged by\n%s\nnot by\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	// Staged again: the sessions are there. Any other failure of all is one, and told.
	b.must(b.stage(stage))
	for _, p := range []string{portalA, portalB} {
		b.onLogin(p, func(context.Context) error { return exitStatus(8) })
	}
	expect(t, b.stage(stage), codes.Internal, "exit status 8")
	// The volume stays staged.
	if has, err := readStaged(stage.StagingTargetPath); err != nil || has.Attaching {
		t.Errorf("%+v %v", has, err)
	}

	// Another LUN of the target keeps the sessions.
	b.onLogin("", nil)
	b.present(4, lun{guid: guidB, bytes: gib})
	last := staging(t, "csi-w", portalA+","+portalB, 4, guidB)
	b.must(b.stage(last))
	b.taken()
	b.must(b.unstage(stage))
	if done := b.taken(); len(b.shown(3)) != 0 || len(b.shown(4)) != 2 || slices.ContainsFunc(done, func(s string) bool { return strings.Contains(s, "logout") }) {
		t.Errorf("unstaged by\n%s", strings.Join(done, "\n"))
	}
	// The last one ends them.
	b.must(b.unstage(last))
	b.clean(last)
}

// A device is of the volume or is not used: the appliance gives a LU number to the next LUN within
// seconds, and devices of earlier LUNs may be left.
func TestOnlyTheRightDeviceIsStaged(t *testing.T) {
	for name, c := range map[string]struct {
		// What the kernel remembers of the device under the number, and what the LUN is now.
		before, now lun
		err         []string
		left        []string
	}{
		"left of an earlier LUN": {before: lun{guid: guidB, bytes: gib}, now: lun{guid: guidA, bytes: gib}, left: []string{guidA}},
		"another LUN in use":     {before: lun{guid: guidB, bytes: gib}, now: lun{guid: guidB, bytes: gib}, err: []string{guidA, guidB}, left: []string{guidB}},
		"reassigned":             {before: lun{guid: guidA, bytes: gib}, now: lun{guid: guidB, bytes: gib}, err: []string{guidA, guidB}, left: []string{guidB}},
		"its own":                {before: lun{guid: guidA, bytes: gib / 2}, now: lun{guid: guidA, bytes: gib}, left: []string{guidA}},
		"another at first sight": {now: lun{guid: guidB, bytes: gib}, err: []string{guidA, guidB}, left: []string{guidB}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.session(portalA)
			if c.before.guid != "" {
				b.device(1, 3, c.before)
			}
			b.present(3, c.now)
			stage := staging(t, "csi-v", portalA, 3, guidA)
			err := b.stage(stage)
			if len(c.err) > 0 {
				for i := range c.err {
					c.err[i] = strings.ToLower(c.err[i][24:])
				}
				expect(t, lowered(err), codes.Internal, c.err...)
			} else {
				b.must(err)
			}
			if left := b.shown(3); !slices.Equal(left, c.left) {
				t.Errorf("left: %v", left)
			}
			done := b.taken()
			if slices.ContainsFunc(done, func(s string) bool { return strings.Contains(s, "flushbufs") }) {
				t.Error("the data of one LUN was flushed to another")
			}
			if stale := name == "left of an earlier LUN" || name == "reassigned"; slices.Contains(done, "delete 3") != stale {
				t.Errorf("removed: %v", done)
			}
			// Unstaging removes no device of another LUN.
			b.must(b.unstage(stage))
			if left := b.shown(3); c.left[0] == guidB && !slices.Equal(left, c.left) || c.left[0] == guidA && len(left) > 0 {
				t.Errorf("left after unstaging: %v", left)
			}
		})
	}
}

// The data of a volume is written to its LUN when it is unstaged, and to no other LUN that got its
// number.
func TestUnstagingFlushesToTheRightLUNOnly(t *testing.T) {
	for _, now := range []string{guidA, guidB} {
		b := newBench(t)
		b.present(3, lun{guid: guidA, bytes: gib})
		stage := staging(t, "csi-v", portalA, 3, guidA)
		b.must(b.stage(stage))
		b.present(3, lun{guid: now, bytes: gib})
		b.must(b.unstage(stage))
		flushed := slices.ContainsFunc(b.taken(), func(s string) bool { return strings.HasPrefix(s, "blockdev --flushbufs") })
		if flushed != (now == guidA) {
			t.Errorf("LUN %s: flushed %v", now, flushed)
		}
		b.clean(stage)
	}
}

// A device that the driver cannot remove is not used, and both LUNs are named.
func TestStaleDeviceThatStays(t *testing.T) {
	b := newBench(t)
	b.session(portalA)
	b.device(1, 3, lun{guid: guidB, bytes: gib})
	b.present(3, lun{guid: guidA, bytes: gib})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.onWrite(func(path string) {
		if filepath.Base(path) == "delete" {
			// The kernel waits for the device, and the call ends meanwhile.
			cancel()
			<-t.Context().Done()
		}
	})
	_, err := b.node.NodeStageVolume(ctx, staging(t, "csi-v", portalA, 3, guidA))
	expect(t, err, codes.Canceled, "expected "+guidA, strings.ToLower(guidB))
}

// A stale device stays stale if the process dies before it is removed: the kernel has not learnt that
// its LUN is the right one now, and its cache is that of the former one.
func TestStaleDeviceAfterADeath(t *testing.T) {
	b := newBench(t)
	b.session(portalA)
	stale := b.device(1, 3, lun{guid: guidB, bytes: gib})
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	dead, die := context.WithCancel(context.Background())
	defer die()
	b.onWrite(func(path string) {
		if filepath.Base(path) == "delete" {
			b.must(os.Remove(path))
			die()
		}
	})
	_, err := b.node.NodeStageVolume(dead, stage)
	expect(t, err, codes.Canceled)
	b.kernel.background.Wait()
	b.onWrite(nil)
	b.restart()
	b.put("", strings.TrimPrefix(b.deviceFolders(1)[0], b.folder), "delete")
	b.must(b.stage(stage))
	if _, err := os.Lstat(b.path("sys/class/block", stale)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s carries the volume: %v", stale, err)
	}
	b.must(b.unstage(stage))
	b.clean(stage)
}

// A device that is smaller than the volume is not used.
func TestSmallDeviceIsNotStaged(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib / 2})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	scans := 0
	b.onWrite(func(path string) {
		if filepath.Base(path) == "rescan" {
			if scans++; scans == 2 {
				cancel()
			}
		}
	})
	_, err := b.node.NodeStageVolume(ctx, staging(t, "csi-v", portalA, 3, guidA))
	expect(t, err, codes.Canceled, "536870912", "1073741824")
}

// A publish context without the GUID is not believed.
func TestStagingNeedsTheGUID(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	delete(stage.PublishContext, keyGUID)
	expect(t, b.stage(stage), codes.InvalidArgument, "guid")
	if done := b.taken(); len(done) > 0 {
		t.Errorf("refused, and yet there was %v", done)
	}
}

// Whatever a dead process left is undone by unstaging: the record is on the disk before anything is
// attached.
func TestStageIsUndoneAfterADeath(t *testing.T) {
	for _, last := range []string{"--login", "scan", "rescan", "never"} {
		t.Run(last, func(t *testing.T) {
			b := newBench(t)
			b.present(3, lun{guid: guidA, bytes: gib})
			stage := staging(t, "csi-v", portalA, 3, guidA)
			dead, die := context.WithCancel(context.Background())
			defer die()
			// The process dies after this step.
			b.onLogin(portalA, func(context.Context) error {
				if last == "--login" {
					b.mu.Lock()
					b.session(portalA)
					b.mu.Unlock()
					die()
					return context.Canceled
				}
				return nil
			})
			b.onWrite(func(path string) {
				if filepath.Base(path) == last {
					die()
				}
			})
			_, err := b.node.NodeStageVolume(dead, stage)
			if (err == nil) != (last == "never") {
				t.Fatal(err)
			}
			b.kernel.background.Wait()
			b.onWrite(nil)
			b.onLogin("", nil)
			b.restart()
			if _, err := b.node.NodePublishVolume(b.within(), &csi.NodePublishVolumeRequest{VolumeId: "csi-v", StagingTargetPath: stage.StagingTargetPath,
				TargetPath: filepath.Join(t.TempDir(), "target"), VolumeCapability: writer}); last != "never" {
				expect(t, err, codes.FailedPrecondition, "not staged")
			}
			b.must(b.unstage(stage))
			b.clean(stage)
		})
	}
}

// The record is synced, and its directory after it has its name, before the first command.
func TestRecordIsSyncedBeforeTheAttach(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	real := syncFile
	t.Cleanup(func() { syncFile = real })
	syncFile = func(file *os.File) error {
		_, err := os.Stat(filepath.Join(stage.StagingTargetPath, stagedFile))
		b.mu.Lock()
		defer b.mu.Unlock()
		named := " unnamed"
		if err == nil {
			named = " named"
		}
		b.note("sync " + filepath.Base(file.Name()) + named)
		return real(file)
	}
	b.must(b.stage(stage))
	done := b.taken()
	want := []string{"sync " + stagedFile + ".new unnamed", "sync " + filepath.Base(stage.StagingTargetPath) + " named"}
	if len(done) < 3 || !slices.Equal(done[:2], want) || !strings.HasPrefix(done[2], "iscsiadm") {
		t.Errorf("%s", strings.Join(done, "\n"))
	}
	b.must(b.unstage(stage))
	if done := b.taken(); done[len(done)-1] != "sync "+filepath.Base(stage.StagingTargetPath)+" unnamed" {
		t.Errorf("%s", strings.Join(done, "\n"))
	}
}

// A damaged record, such as an empty one or one that is cut off, keeps no volume from being staged
// or unstaged.
func TestDamagedRecord(t *testing.T) {
	for _, text := range []string{"", `{"volumeID":"csi-v","tar`, "{}"} {
		b := newBench(t)
		b.present(3, lun{guid: guidA, bytes: gib})
		stage := staging(t, "csi-v", portalA, 3, guidA)
		damage := func() {
			if err := os.WriteFile(filepath.Join(stage.StagingTargetPath, stagedFile), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		damage()
		_, err := b.node.NodePublishVolume(b.within(), &csi.NodePublishVolumeRequest{VolumeId: "csi-v", StagingTargetPath: stage.StagingTargetPath,
			TargetPath: filepath.Join(t.TempDir(), "target"), VolumeCapability: writer})
		expect(t, err, codes.FailedPrecondition, "not staged")
		b.must(b.unstage(stage))
		damage()
		b.must(b.stage(stage))
		b.must(b.unstage(stage))
		b.clean(stage)
	}
}

// A volume that was published anew has another number. A half-done attempt with the old one is
// undone first; a volume that is staged has to be unstaged.
func TestStageWithAnotherNumber(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	dead, die := context.WithCancel(context.Background())
	defer die()
	b.onWrite(func(path string) {
		if filepath.Base(path) == "rescan" {
			die()
		}
	})
	if _, err := b.node.NodeStageVolume(dead, stage); err == nil {
		t.Fatal("staged")
	}
	b.onWrite(nil)
	b.present(5, lun{guid: guidA, bytes: gib})
	again := staging(t, "csi-v", portalA, 5, guidA)
	again.StagingTargetPath = stage.StagingTargetPath
	b.must(b.stage(again))
	if len(b.shown(3)) != 0 || len(b.shown(5)) != 1 {
		t.Errorf("devices: %v and %v", b.shown(3), b.shown(5))
	}
	expect(t, b.stage(stage), codes.AlreadyExists, "csi-v", "unstage")
	b.must(b.unstage(again))
	b.clean(again)
}

// While the kernel has not answered, the volume stays locked, although the call has ended: a scan
// that is carried out later brings no device of a volume back that is unstaged.
func TestLateScanIsWaitedFor(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	ctx, cancel := context.WithCancel(context.Background())
	answer := make(chan struct{})
	b.onWrite(func(path string) {
		if filepath.Base(path) == "scan" {
			cancel()
			<-answer
		}
	})
	_, err := b.node.NodeStageVolume(ctx, stage)
	expect(t, err, codes.Canceled)
	short, end := context.WithCancel(context.Background())
	end()
	_, err = b.node.NodeUnstageVolume(short, &csi.NodeUnstageVolumeRequest{VolumeId: "csi-v", StagingTargetPath: stage.StagingTargetPath})
	expect(t, err, codes.Canceled)
	close(answer)
	b.must(b.unstage(stage))
	b.clean(stage)
}

// Only one device is rescanned when a volume has grown.
func TestGrowthRescansOneDevice(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	b.present(4, lun{guid: guidB, bytes: gib})
	for _, stage := range []*csi.NodeStageVolumeRequest{staging(t, "csi-v", portalA, 3, guidA), staging(t, "csi-w", portalA, 4, guidB)} {
		b.must(b.stage(stage))
	}
	b.taken()
	b.present(3, lun{guid: guidA, bytes: 2 * gib})
	block := b.kernel.devices(target, 3)[0].block
	if bytes, err := b.kernel.grow(b.within(), block, 2*gib); err != nil || bytes != 2*gib {
		t.Errorf("%d %v", bytes, err)
	}
	if done := b.taken(); !slices.Equal(done, []string{"rescan 3"}) {
		t.Errorf("grown by %v", done)
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.onWrite(func(string) { cancel() })
	_, err := b.kernel.grow(ctx, block, 3*gib)
	if err == nil {
		t.Error("a size that is not there was reported")
	}
}

// Many volumes of one target at a time.
func TestKernelNodeStagesManyAtOnce(t *testing.T) {
	b := newBench(t)
	b.secret = chapSecret
	var all sync.WaitGroup
	for i := range 8 {
		number := uint64(i + 1)
		guid := guidA[:31] + string(rune('0'+i))
		b.present(number, lun{guid: guid, bytes: gib})
		stage := staging(t, "csi-"+guid, portalA, number, guid)
		stage.Secrets = map[string]string{"chap_user": "a", "chap_password": chapSecret}
		all.Go(func() {
			if err := errors.Join(b.stage(stage), b.unstage(stage)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b.clean(&csi.NodeStageVolumeRequest{StagingTargetPath: b.path("nowhere")})
}

func lowered(err error) error {
	if err == nil {
		return nil
	}
	return errorOf{err, strings.ToLower(err.Error())}
}

type errorOf struct {
	error
	text string
}

func (e errorOf) Error() string { return e.text }
func (e errorOf) Unwrap() error { return e.error }
