// Node transport with the kernel iSCSI initiator.

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// kernel attaches volumes with the kernel's iSCSI initiator and iscsiadm (open-iscsi), with one
// session per portal, and bind-mounts the block device on the target path. If dm-multipath combines
// several paths it uses the multipath device, otherwise a single path.
type kernel struct {
	// Mount points of sysfs and devtmpfs, and the directories of open-iscsi's node records, which
	// differ between distributions. Tests replace them.
	sys, dev string
	records  []string

	// Serializes changes of records, logins and logouts per target.
	targets locks
	mu      sync.Mutex
	// Number of calls that wait for a device, by target. The target's sessions must stay open for
	// them.
	awaiting map[string]int
}

func newKernel() *kernel {
	return &kernel{sys: "/sys", dev: "/dev", records: []string{"/etc/iscsi/nodes", "/var/lib/iscsi/nodes"},
		targets: locks{held: map[string]chan struct{}{}}, awaiting: map[string]int{}}
}

func run(ctx context.Context, name string, arguments ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// Exit codes of iscsiadm.
const (
	iscsiSessionExists = 15
	iscsiNoObjects     = 21
)

func (k *kernel) attach(ctx context.Context, s *staged) error {
	if err := s.chap.fits(); err != nil {
		return err
	}
	if err := k.reach(ctx, s); err != nil {
		return err
	}
	defer k.await(s.Target, -1)
	_, err := k.device(ctx, s)
	return err
}

// reach logs in to the target at all portals, and succeeds if one login does. It also counts the
// caller in awaiting.
func (k *kernel) reach(ctx context.Context, s *staged) error {
	free, err := k.targets.hold(ctx, s.Target)
	if err != nil {
		return err
	}
	defer free()
	var last error
	reached := 0
	for _, portal := range s.Portals {
		if last = k.login(ctx, s, portal); last == nil {
			reached++
		}
	}
	if reached == 0 {
		return last
	}
	k.await(s.Target, 1)
	return nil
}

func (k *kernel) await(target string, more int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.awaiting[target] += more; k.awaiting[target] == 0 {
		delete(k.awaiting, target)
	}
}

func (k *kernel) awaited(target string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.awaiting[target] > 0
}

func (k *kernel) login(ctx context.Context, s *staged, portal string) error {
	record := []string{"-m", "node", "-T", s.Target, "-p", portal}
	// Replaces an existing record with one that has the default settings.
	if _, err := run(ctx, "iscsiadm", append(record, "-o", "new")...); err != nil {
		return err
	}
	settings := [][2]string{{"node.startup", "manual"}, {"node.session.scan", "manual"}}
	if s.chap.user != "" {
		settings = append(settings, [2]string{"node.session.auth.authmethod", "CHAP"}, [2]string{"node.session.auth.username", s.chap.user})
	}
	for _, setting := range settings {
		if _, err := run(ctx, "iscsiadm", append(record, "-o", "update", "-n", setting[0], "-v", setting[1])...); err != nil {
			return err
		}
	}
	if s.chap.user != "" {
		if err := k.writeSecret(s.Target, portal, s.chap.password); err != nil {
			return err
		}
	}
	if _, err := run(ctx, "iscsiadm", append(record, "--login")...); err != nil && exitCode(err) != iscsiSessionExists {
		return err
	}
	return nil
}

// hosts returns the SCSI hosts of the sessions with the target.
func (k *kernel) hosts(s *staged) []string {
	var found []string
	names, _ := filepath.Glob(filepath.Join(k.sys, "class/iscsi_session/session*/targetname"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil || strings.TrimSpace(string(text)) != s.Target {
			continue
		}
		device, err := filepath.EvalSymlinks(filepath.Join(filepath.Dir(name), "device"))
		for err == nil && device != "/" {
			if base := filepath.Base(device); strings.HasPrefix(base, "host") {
				found = append(found, base)
				break
			}
			device = filepath.Dir(device)
		}
	}
	return found
}

// device scans for the LUN and waits for its block device. It does not scan for all LUNs, because
// that would restore the devices of volumes that were just detached.
func (k *kernel) device(ctx context.Context, s *staged) (string, error) {
	scanned := map[string]bool{}
	for {
		for _, host := range k.hosts(s) {
			if !scanned[host] {
				scanned[host] = true
				_ = os.WriteFile(filepath.Join(k.sys, "class/scsi_host", host, "scan"), []byte(fmt.Sprintf("- - %d", s.LUN)), 0o200)
			}
		}
		for _, portal := range s.Portals {
			if device, err := filepath.EvalSymlinks(k.link(s, portal)); err == nil {
				return k.joined(device), nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("LUN %d of %s: no device: %w", s.LUN, s.Target, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// link returns the path of udev's symbolic link to the LUN's device.
func (k *kernel) link(s *staged, portal string) string {
	return filepath.Join(k.dev, "disk/by-path", fmt.Sprintf("ip-%s-iscsi-%s-lun-%s", withPort(portal), s.Target, shownLUN(s.LUN)))
}

// shownLUN formats a LUN as udev does: from 256 on as the eight bytes of a SCSI LUN.
func shownLUN(lun uint64) string {
	if lun < 256 {
		return strconv.FormatUint(lun, 10)
	}
	return fmt.Sprintf("0x%04x%04x00000000", lun&0xffff, lun>>16&0xffff)
}

// others returns whether another LUN of the target has a device on this node. It ignores the links
// of this LUN, which udev removes some time after the device.
func (k *kernel) others(s *staged) bool {
	links, _ := filepath.Glob(filepath.Join(k.dev, "disk/by-path", "ip-*-iscsi-"+s.Target+"-lun-*"))
	for _, link := range links {
		_, lun, _ := strings.Cut(filepath.Base(link), s.Target+"-lun-")
		lun, _, _ = strings.Cut(lun, "-part")
		if lun != shownLUN(s.LUN) {
			return true
		}
	}
	return false
}

func withPort(portal string) string {
	if _, _, err := net.SplitHostPort(portal); err == nil {
		return portal
	}
	return net.JoinHostPort(portal, "3260")
}

// joined returns the multipath device on top of a device, or the device itself.
func (k *kernel) joined(device string) string {
	holders, _ := filepath.Glob(filepath.Join(k.sys, "class/block", filepath.Base(device), "holders", "dm-*"))
	for _, holder := range holders {
		id, err := os.ReadFile(filepath.Join(holder, "dm", "uuid"))
		if err == nil && strings.HasPrefix(string(id), "mpath-") {
			return filepath.Join(k.dev, filepath.Base(holder))
		}
	}
	return device
}

// detach removes the LUN's devices. It logs out of the target if the node uses no other LUN of it.
func (k *kernel) detach(ctx context.Context, s *staged) error {
	free, err := k.targets.hold(ctx, s.Target)
	if err != nil {
		return err
	}
	defer free()
	for _, portal := range s.Portals {
		device, err := filepath.EvalSymlinks(k.link(s, portal))
		if err != nil {
			continue
		}
		if _, err := run(ctx, "blockdev", "--flushbufs", device); err != nil {
			return err
		}
		deleter := filepath.Join(k.sys, "class/block", filepath.Base(device), "device", "delete")
		if err := os.WriteFile(deleter, []byte("1"), 0o200); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if k.others(s) || k.awaited(s.Target) {
		return nil
	}
	for _, portal := range s.Portals {
		record := []string{"-m", "node", "-T", s.Target, "-p", portal}
		if _, err := run(ctx, "iscsiadm", append(record, "--logout")...); err != nil && exitCode(err) != iscsiNoObjects {
			return err
		}
		if _, err := run(ctx, "iscsiadm", append(record, "-o", "delete")...); err != nil && exitCode(err) != iscsiNoObjects {
			return err
		}
	}
	return nil
}

func (k *kernel) publish(ctx context.Context, s *staged, target string, readonly bool) error {
	device, err := k.device(ctx, s)
	if err != nil {
		return err
	}
	if mounted(target) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	file, err := os.OpenFile(target, os.O_CREATE, 0o660)
	if err != nil {
		return err
	}
	file.Close()
	if err := syscall.Mount(device, target, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("%s: bind mount of %s: %w", target, device, err)
	}
	if readonly {
		if err := syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			_ = syscall.Unmount(target, 0)
			return fmt.Errorf("%s: read-only remount: %w", target, err)
		}
	}
	return nil
}

// mounted returns whether a block device is bind-mounted on a path. Otherwise the path is a plain
// file.
func mounted(target string) bool {
	info, err := os.Stat(target)
	return err == nil && info.Mode()&os.ModeDevice != 0
}

func (k *kernel) unpublish(_ context.Context, target string) error {
	if mounted(target) {
		if err := syscall.Unmount(target, 0); err != nil {
			return fmt.Errorf("%s: unmount: %w", target, err)
		}
	}
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (k *kernel) size(ctx context.Context, target string) (int64, error) {
	if _, err := os.Stat(target); err != nil {
		return 0, err
	}
	out, err := run(ctx, "blockdev", "--getsize64", target)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(out), 10, 64)
}

// rescan rescans all sessions and waits until the device has at least the given size.
func (k *kernel) rescan(ctx context.Context, target string, bytes int64) (int64, error) {
	if _, err := os.Stat(target); err != nil {
		return 0, err
	}
	if _, err := run(ctx, "iscsiadm", "-m", "session", "--rescan"); err != nil {
		return 0, err
	}
	for {
		has, err := k.size(ctx, target)
		if err != nil || has >= bytes {
			return has, err
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%s: size is still %d bytes, expected %d: %w", target, has, bytes, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
