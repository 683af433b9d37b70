// Node transport with the kernel iSCSI initiator.

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	mount "k8s.io/mount-utils"
	"k8s.io/utils/exec"
)

// kernel attaches volumes with the kernel's iSCSI initiator and iscsiadm (open-iscsi), with one
// session per portal. It uses the map of dm-multipath over the paths if there is one, otherwise a
// single path.
//
// It trusts no LU number, because the appliance gives a number to the next LUN within seconds. Every
// device is compared with the GUID of the volume before it is used, and removed if it is of another
// LUN.
type kernel struct {
	machine machine
	// Mount points of sysfs and devtmpfs, and the directories of open-iscsi's node records, which
	// differ between distributions. Tests replace them.
	sys, dev string
	records  []string
	// The mounts that this process sees: /proc/self/mountinfo.
	mounts  string
	mounter *mount.SafeFormatAndMount
	// See the constants of these names.
	longestLogin, otherPortals, refusals time.Duration

	// Held by a call that decides whether a target is still needed, by the target's name.
	targets locks
	// Serialize logins and logouts by target and portal, and work on devices by target and LUN.
	portals, luns locks
	// Logins that continue without their call.
	background sync.WaitGroup

	mu sync.Mutex
	// Number of calls that wait for a device, by target. The target's sessions must stay open for
	// them.
	awaiting map[string]int
	// Portals that did not let the node in at the last attempt.
	failed map[string]bool
	// Attached volumes by target and LUN.
	attached map[string]attachedVolume
}

// An attachedVolume is a volume that this process has attached.
type attachedVolume struct{ guid, block string }

func newKernel() *kernel {
	return &kernel{machine: linux{}, sys: "/sys", dev: "/dev", mounts: "/proc/self/mountinfo",
		records:      []string{"/etc/iscsi/nodes", "/var/lib/iscsi/nodes"},
		mounter:      mount.NewSafeFormatAndMount(mount.NewWithoutSystemd(""), exec.New()),
		longestLogin: longestLogin, otherPortals: otherPortals, refusals: refusals,
		awaiting: map[string]int{}, failed: map[string]bool{}, attached: map[string]attachedVolume{}}
}

func lunKey(s *staged) string { return fmt.Sprintf("%s %d", s.Target, s.LUN) }

func (k *kernel) attach(ctx context.Context, s *staged) error {
	if err := s.chap.fits(); err != nil {
		return err
	}
	if s.GUID == "" {
		return invalid("publish_context: %s is missing: unpublish the volume from the node and publish it again", keyGUID)
	}
	if err := k.await(ctx, s.Target); err != nil {
		return err
	}
	defer k.awaited(s.Target)
	if err := k.logIn(ctx, s); err != nil {
		return err
	}
	ctx, release, err := k.luns.holding(ctx, lunKey(s))
	if err != nil {
		return err
	}
	defer release()
	devices, err := k.verified(ctx, s)
	if err != nil {
		return err
	}
	block, err := k.chosen(ctx, s, devices)
	if err != nil {
		return err
	}
	if s.Filesystem != nil {
		if err := k.mountStaged(ctx, s, block); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.attached[lunKey(s)] = attachedVolume{s.GUID, block}
	return nil
}

// await keeps the sessions with a target open until awaited is called. It waits for logouts that
// are under way.
func (k *kernel) await(ctx context.Context, target string) error {
	free, err := k.targets.hold(ctx, target)
	if err != nil {
		return err
	}
	defer free()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.awaiting[target]++
	return nil
}

func (k *kernel) awaited(target string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.awaiting[target]--; k.awaiting[target] == 0 {
		delete(k.awaiting, target)
	}
}

// chosen returns the block device for publications: the one that is in use already, the map of
// dm-multipath, or the first path. Two block devices of one LUN have caches of their own, so a volume
// is never published with both.
func (k *kernel) chosen(ctx context.Context, s *staged, devices []device) (string, error) {
	inUse := s.Targets
	if s.Filesystem != nil {
		inUse = []string{s.mountPoint()}
	}
	for _, target := range inUse {
		block, ok := k.blockAt(target)
		if !ok {
			continue
		}
		maps := k.multipathMaps(func(m multipathMap) bool { return m.block == block && joinsAny(m, devices) })
		if len(maps) == 0 && !slices.ContainsFunc(devices, func(d device) bool { return d.block == block }) {
			return "", status.Errorf(codes.FailedPrecondition, "volume %s: published at %s with device %s, which is not its device any more: unpublish it there first",
				s.VolumeID, target, block)
		}
		return block, nil
	}
	over, err := k.mapOver(ctx, s, devices)
	if err != nil {
		return "", err
	}
	if over != nil {
		return over.block, nil
	}
	return devices[0].block, nil
}

// addPaths adds the paths of sessions that came up after the volume was attached. Errors are left to
// the next call that uses the volume, which finds them again.
func (k *kernel) addPaths(ctx context.Context, s *staged) {
	ctx, release, err := k.luns.holding(ctx, lunKey(s))
	if err != nil {
		return
	}
	defer release()
	k.mu.Lock()
	has := k.attached[lunKey(s)]
	k.mu.Unlock()
	if has.guid != s.GUID {
		return
	}
	devices, err := k.verified(ctx, s)
	// No map is built over a device that is in use.
	if err == nil && strings.HasPrefix(has.block, "dm-") {
		_, _ = k.mapOver(ctx, s, devices)
	}
}

// detach removes the LUN's devices, also those of a half-done attach. It logs out of the target if
// the node uses no other LUN of it.
func (k *kernel) detach(ctx context.Context, s *staged) error {
	if err := k.removeDevices(ctx, s); err != nil {
		return err
	}
	ctx, release, err := k.targets.holding(ctx, s.Target)
	if err != nil {
		return err
	}
	defer release()
	if k.needed(s.Target) {
		return nil
	}
	return k.logOut(ctx, s)
}

// removeDevices removes the paths to the LUN and the map over them. It leaves devices of other LUNs
// alone, which have the same number by now and may be in use.
func (k *kernel) removeDevices(ctx context.Context, s *staged) error {
	ctx, release, err := k.luns.holding(ctx, lunKey(s))
	if err != nil {
		return err
	}
	defer release()
	k.mu.Lock()
	delete(k.attached, lunKey(s))
	k.mu.Unlock()
	var mine, current []device
	for _, d := range k.devices(s.Target, s.LUN) {
		if k.isCutOff(d) {
			// Whatever its identity is by now, it goes with its last publication.
			switch path, err := k.publishedAt(d); {
			case err != nil:
				return err
			case path == "":
				mine = append(mine, d)
			}
			continue
		}
		if has, err := readIdentity(d.folder); s.GUID != "" && err == nil && !has.is(s.GUID) {
			continue
		}
		wrong := &wrongDevice{}
		if s.GUID == "" {
			current = append(current, d)
		} else if err := k.check(ctx, s, d); err == nil {
			current = append(current, d)
		} else if !errors.As(err, &wrong) {
			return fmt.Errorf("LUN %d of %s: %w", s.LUN, s.Target, err)
		}
		mine = append(mine, d)
	}
	// A LUN that got the number of this one must not get its data: its devices go before anything is
	// written.
	for _, d := range mine {
		if !slices.Contains(current, d) {
			if err := k.remove(ctx, d); err != nil {
				return err
			}
		}
	}
	if s.Filesystem != nil {
		if err := k.unmount(ctx, s.mountPoint()); err != nil {
			return err
		}
	}
	if err := k.flushMaps(ctx, s, mine); err != nil {
		return err
	}
	for _, d := range current {
		if d.block != "" {
			if err := k.flush(ctx, d.block); err != nil {
				return err
			}
		}
		if err := k.remove(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// needed returns whether a call waits for a device of the target, or a device of it is in place.
func (k *kernel) needed(target string) bool {
	k.mu.Lock()
	waiting := k.awaiting[target] > 0
	k.mu.Unlock()
	return waiting || slices.ContainsFunc(k.sessions(target), func(s session) bool { return len(allDevices(s)) > 0 })
}

// grow makes the node see the size of a LUN that was expanded, and waits until the block device has
// at least a number of bytes. It returns the size in bytes.
func (k *kernel) grow(ctx context.Context, block string, bytes int64) (int64, error) {
	begin := time.Now()
	rescanned := map[string]bool{}
	for {
		paths := []string{block}
		maps := k.multipathMaps(func(m multipathMap) bool { return m.block == block })
		if len(maps) > 0 {
			// multipathd may add a path at any time.
			paths = maps[0].paths
		}
		var failures []error
		for _, path := range paths {
			if rescanned[path] {
				continue
			}
			// A path that has failed is rescanned when it comes back.
			if err := k.machine.write(ctx, filepath.Join(k.sys, "class/block", path, "device/rescan"), "1"); err != nil {
				failures = append(failures, err)
				continue
			}
			rescanned[path] = true
		}
		if len(failures) == len(paths) {
			return 0, fmt.Errorf("%s: not rescanned: %w", block, errors.Join(failures...))
		}
		var refused error
		if len(maps) > 0 {
			refused = k.resizeMap(ctx, maps[0])
		}
		if refused != nil && time.Since(begin) >= k.refusals {
			return 0, refused
		}
		has, err := k.bytes(block)
		if err != nil || refused == nil && has >= bytes {
			return has, err
		}
		if err := k.pause(ctx); err != nil {
			return 0, fmt.Errorf("%s: size is still %d bytes, expected %d: %w", block, has, bytes, errors.Join(refused, err))
		}
	}
}
