package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	mount "k8s.io/mount-utils"
	"k8s.io/utils/exec"
)

// A fate is what happens to one step of the node: a program, a file of sysfs, a mount, or the sync of
// a record.
type fate string

const (
	stepFails      fate = "fails"
	stepReported   fate = "is carried out and fails"
	stepLate       fate = "is carried out after the call was cancelled"
	diesBeforeStep fate = "is the last thing that the process tries"
	diesAfterStep  fate = "is the last thing that the process does"
)

var errStep = errors.New("failure of the test")

// An interruption counts the steps of a process of the node, and interrupts one of them.
type interruption struct {
	at   int // from 1; none for 0
	fate fate

	mu    sync.Mutex
	steps int
	dead  bool
	// Closed when the step is reached, and when it may go on.
	reached, proceed chan struct{}
}

func newInterruption(at int, f fate) *interruption {
	return &interruption{at: at, fate: f, reached: make(chan struct{}), proceed: make(chan struct{})}
}

func (i *interruption) step(do func() error) error {
	i.mu.Lock()
	i.steps++
	mine := i.steps == i.at
	if mine {
		i.dead = i.fate == diesBeforeStep || i.fate == diesAfterStep
	}
	dead := i.dead
	i.mu.Unlock()
	switch {
	case !mine && !dead:
		return do()
	case !mine:
		// A process that was killed does nothing any more.
		<-i.proceed
		return errStep
	}
	switch i.fate {
	case stepFails:
		return errStep
	case stepReported:
		_ = do()
		return errStep
	case stepLate:
		close(i.reached)
		<-i.proceed
		return do()
	case diesAfterStep:
		_ = do()
	}
	close(i.reached)
	<-i.proceed
	return errStep
}

func (i *interruption) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.steps
}

// An interruptedMachine is the machine of a bench with an interruption.
type interruptedMachine struct {
	*bench
	*interruption
}

func (m *interruptedMachine) run(ctx context.Context, name string, arguments ...string) (string, error) {
	return bounded(ctx, func() (out string, err error) {
		err = m.step(func() error {
			out, err = m.bench.run(context.WithoutCancel(ctx), name, arguments...)
			return err
		})
		return out, err
	})
}

func (m *interruptedMachine) write(ctx context.Context, path, text string) error {
	_, err := bounded(ctx, func() (int, error) {
		return 0, m.step(func() error { return m.bench.write(context.WithoutCancel(ctx), path, text) })
	})
	return err
}

// An interruptedMounter is the kernel's mounts with an interruption.
type interruptedMounter struct {
	mount.Interface
	*interruption
}

func (m *interruptedMounter) Mount(source, target, kind string, options []string) error {
	return m.step(func() error { return m.Interface.Mount(source, target, kind, options) })
}

func (m *interruptedMounter) MountSensitive(source, target, kind string, options, sensitive []string) error {
	return m.step(func() error { return m.Interface.MountSensitive(source, target, kind, options, sensitive) })
}

func (m *interruptedMounter) Unmount(target string) error {
	return m.step(func() error { return m.Interface.Unmount(target) })
}

// interruptedPrograms are the programs that mount-utils runs, with an interruption.
type interruptedPrograms struct {
	exec.Interface
	*interruption
}

type interruptedProgram struct {
	exec.Cmd
	*interruption
}

func (p *interruptedPrograms) Command(name string, arguments ...string) exec.Cmd {
	return &interruptedProgram{p.Interface.Command(name, arguments...), p.interruption}
}

func (p *interruptedProgram) CombinedOutput() (out []byte, err error) {
	err = p.step(func() error {
		out, err = p.Cmd.CombinedOutput()
		return err
	})
	return out, err
}

// interrupt has an interruption for the process of the node, until it is restarted.
func (b *bench) interrupt(i *interruption) {
	b.kernel.machine = &interruptedMachine{b, i}
	b.kernel.mounter = &mount.SafeFormatAndMount{Interface: &interruptedMounter{mount.NewWithoutSystemd(""), i},
		Exec: &interruptedPrograms{exec.New(), i}}
	syncFile = func(file *os.File) error { return i.step(func() error { return unsynced(file) }) }
}

// unsynced takes the place of a sync: the disk is the matter of other tests, and slow.
func unsynced(*os.File) error { return nil }

// A nodeCase is a volume on a bench, and the calls for it.
type nodeCase struct {
	*bench
	volume *csi.NodeStageVolumeRequest
	target string
}

// call makes a call of a process of the node.
func (n *nodeCase) call(ctx context.Context, process *node, name string) (err error) {
	id, folder := n.volume.VolumeId, n.volume.StagingTargetPath
	switch name {
	case "NodeStageVolume":
		_, err = process.NodeStageVolume(ctx, n.volume)
	case "NodeUnstageVolume":
		_, err = process.NodeUnstageVolume(ctx, &csi.NodeUnstageVolumeRequest{VolumeId: id, StagingTargetPath: folder})
	case "NodePublishVolume":
		_, err = process.NodePublishVolume(ctx, &csi.NodePublishVolumeRequest{VolumeId: id, StagingTargetPath: folder, TargetPath: n.target,
			VolumeCapability: n.volume.VolumeCapability})
	case "NodeUnpublishVolume":
		_, err = process.NodeUnpublishVolume(ctx, &csi.NodeUnpublishVolumeRequest{VolumeId: id, TargetPath: n.target})
	case "NodeExpandVolume":
		_, err = process.NodeExpandVolume(ctx, &csi.NodeExpandVolumeRequest{VolumeId: id, VolumePath: n.target, StagingTargetPath: folder,
			CapacityRange: &csi.CapacityRange{RequiredBytes: gib}})
	default:
		panic(name)
	}
	return err
}

// repeat makes a call until it succeeds.
func (n *nodeCase) repeat(name string) error {
	for attempt := 1; ; attempt++ {
		err := n.call(n.within(), n.node, name)
		if err == nil {
			return nil
		}
		if attempt == attempts {
			return fmt.Errorf("%s: call %d: %w", name, attempt, err)
		}
	}
}

// state is all that there is on the node, as text.
func (n *nodeCase) state() string {
	var text strings.Builder
	for portal := range n.sessions {
		fmt.Fprintln(&text, "session with", portal, len(n.glob(n.path("iscsi/nodes", target, "*"))), "records")
	}
	fmt.Fprintln(&text, "devices", n.shown(3), "of", len(n.glob(n.path("sys/class/block/*"))))
	has, err := readStaged(n.volume.StagingTargetPath)
	if err == nil {
		fmt.Fprintln(&text, "record of", has.VolumeID, has.LUN, has.GUID, "attaching", has.Attaching, "published", isPublished(n.target))
	}
	for _, path := range []string{n.target, filepath.Join(n.volume.StagingTargetPath, mountPoint)} {
		_, err := os.Lstat(path)
		fmt.Fprintln(&text, "there", err == nil, "in use", isPublished(path))
	}
	return strings.ReplaceAll(text.String(), n.volume.StagingTargetPath, "STAGING")
}

// A nodeScenario is a call of the node, the calls before it, its opposite, and the calls after which
// nothing is left.
type nodeScenario struct {
	call, opposite string
	before, after  []string
}

var nodeScenarios = []nodeScenario{
	{call: "NodeStageVolume", opposite: "NodeUnstageVolume", after: []string{"NodeUnstageVolume"}},
	{call: "NodePublishVolume", opposite: "NodeUnpublishVolume", before: []string{"NodeStageVolume"},
		after: []string{"NodeUnpublishVolume", "NodeUnstageVolume"}},
	{call: "NodeExpandVolume", opposite: "NodeUnpublishVolume", before: []string{"NodeStageVolume", "NodePublishVolume"},
		after: []string{"NodeUnpublishVolume", "NodeUnstageVolume"}},
	{call: "NodeUnpublishVolume", opposite: "NodePublishVolume", before: []string{"NodeStageVolume", "NodePublishVolume"},
		after: []string{"NodeUnpublishVolume", "NodeUnstageVolume"}},
	{call: "NodeUnstageVolume", opposite: "NodeStageVolume", before: []string{"NodeStageVolume"}, after: []string{"NodeUnstageVolume"}},
}

// runNodeCase runs a case: a call that is interrupted, and then it again or its opposite. It returns
// the state of the node then, and the number of steps of the call.
func runNodeCase(t *testing.T, capability *csi.VolumeCapability, loop string, s nodeScenario, i *interruption, opposite bool) (state string, steps int) {
	syncFile = unsynced
	t.Cleanup(func() { syncFile = (*os.File).Sync })
	n := &nodeCase{bench: newBench(t), target: filepath.Join(t.TempDir(), "target")}
	n.present(3, lun{guid: guidA, bytes: gib, loop: loop})
	n.volume = staging(t, "csi-v", portalA, 3, guidA)
	n.volume.VolumeCapability = capability
	t.Cleanup(func() {
		_ = syscall.Unmount(n.target, syscall.MNT_DETACH)
		_ = syscall.Unmount(filepath.Join(n.volume.StagingTargetPath, mountPoint), syscall.MNT_DETACH)
	})
	for _, before := range s.before {
		n.must(n.repeat(before))
	}
	n.interrupt(i)
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	ended := make(chan error, 1)
	process := n.node
	go func() { ended <- n.call(ctx, process, s.call) }()
	dies := i.fate == diesBeforeStep || i.fate == diesAfterStep
	if i.at > 0 && (dies || i.fate == stepLate) {
		receive(t, i.reached, "the step")
	}
	next := s.call
	if opposite {
		next = s.opposite
	}
	switch {
	case i.at > 0 && dies:
		syncFile = unsynced
		n.restart()
		n.must(n.repeat(next))
	case i.at > 0 && i.fate == stepLate:
		cancel()
		again := make(chan error, 1)
		go func() { again <- n.repeat(next) }()
		close(i.proceed)
		receive(t, ended, s.call)
		n.must(receive(t, again, next))
	default:
		err := receive(t, ended, s.call)
		if i.at == 0 && err != nil {
			t.Fatal(err)
		}
		steps = i.count()
		if i.at > 0 || opposite {
			n.must(n.repeat(next))
		}
	}
	state = n.state()
	for _, after := range s.after {
		n.must(n.repeat(after))
	}
	n.clean(n.volume)
	if _, err := os.Lstat(n.target); err == nil {
		t.Errorf("left: %s", n.target)
	}
	if dies {
		cancel()
		close(i.proceed)
		receive(t, ended, s.call)
	}
	return state, steps
}

// Every call of the node, interrupted at each of its programs, files of sysfs, mounts and syncs in
// every way. The same call again ends as one that nothing interrupts, its opposite takes it back, and
// unstaging leaves nothing. Without wholeMatrix, file systems have two of the five fates.
func TestInterruptedNodeCalls(t *testing.T) {
	all := os.Getenv(wholeMatrix) != ""
	loop := loopDevice(t, gib)
	total := 0
	for kind, capability := range map[string]*csi.VolumeCapability{"block": writer, "ext4": mountable("ext4", single)} {
		for _, s := range nodeScenarios {
			t.Run(kind+", "+s.call, func(t *testing.T) {
				erase := func() {
					if capability.GetMount() == nil {
						return
					}
					if out, err := osexec.Command("blkdiscard", "--force", loop).CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
				}
				cases := 0
				wanted := map[bool]string{}
				var steps int
				for _, opposite := range []bool{false, true} {
					erase()
					wanted[opposite], steps = runNodeCase(t, capability, loop, s, newInterruption(0, ""), opposite)
				}
				for at := 1; at <= steps; at++ {
					for _, f := range []fate{stepFails, stepReported, stepLate, diesBeforeStep, diesAfterStep} {
						if !all && kind == "ext4" && f != stepLate && f != diesAfterStep {
							continue
						}
						for _, opposite := range []bool{false, true} {
							name := fmt.Sprintf("step %d %s, opposite %v", at, f, opposite)
							t.Run(name, func(t *testing.T) {
								erase()
								if has, _ := runNodeCase(t, capability, loop, s, newInterruption(at, f), opposite); has != wanted[opposite] {
									t.Errorf("the node differs:\n%s", difference(has, wanted[opposite]))
								}
							})
							cases++
						}
					}
				}
				total += cases
				t.Logf("%d steps, %d cases", steps, cases)
			})
		}
	}
	t.Logf("interrupted calls of the node: %d cases", total)
	if total < 200 {
		t.Error("the matrix has lost cases")
	}
}
