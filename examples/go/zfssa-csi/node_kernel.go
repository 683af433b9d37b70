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

// kernel uses the initiator of the kernel through iscsiadm (open-iscsi), one session for each
// portal, and binds the block device to the target path. It uses one path; where dm-multipath
// joins several, the device is the joined one.
type kernel struct {
	// Where the kernel shows what it has, and where open-iscsi keeps its records: distributions
	// differ. Tests have places of their own.
	sys, dev string
	records  []string

	// One call at a time makes a target's records, logs in by them, or logs out.
	targets locks
	mu      sync.Mutex
	// How many calls wait for a device of a target. Its sessions have to stay meanwhile.
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

// What iscsiadm exits with.
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

// reach logs in to the target, at one portal at least, and counts the caller among those who wait
// for a device of it.
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
	// A record that is there already is made anew, with the defaults.
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

// hosts are the SCSI hosts of the sessions with the target.
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

// device waits for the block device of the LUN, after a scan for this LUN alone: a scan for all
// would bring back volumes that were just taken away.
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
			return "", fmt.Errorf("no device for LUN %d of %s: %w", s.LUN, s.Target, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// link is where udev shows the LUN's device.
func (k *kernel) link(s *staged, portal string) string {
	return filepath.Join(k.dev, "disk/by-path", fmt.Sprintf("ip-%s-iscsi-%s-lun-%s", withPort(portal), s.Target, shownLUN(s.LUN)))
}

// shownLUN is a LUN's number as udev writes it: from 256 on as the eight bytes of SCSI.
func shownLUN(lun uint64) string {
	if lun < 256 {
		return strconv.FormatUint(lun, 10)
	}
	return fmt.Sprintf("0x%04x%04x00000000", lun&0xffff, lun>>16&0xffff)
}

// others tells whether another LUN of the target has a device on this node. The links of this one
// may still be there: udev takes them away some time after the device is gone.
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

// joined is the multipath device over a device, or the device itself.
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

// detach removes the LUN's devices, and ends the sessions with the target when no other LUN of it
// is left on this node.
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
		return fmt.Errorf("bind %s to %s: %w", device, target, err)
	}
	if readonly {
		if err := syscall.Mount("", target, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			_ = syscall.Unmount(target, 0)
			return fmt.Errorf("make %s read-only: %w", target, err)
		}
	}
	return nil
}

// mounted tells whether something is bound to a path: a device node is, the file beneath is not.
func mounted(target string) bool {
	info, err := os.Stat(target)
	return err == nil && info.Mode()&os.ModeDevice != 0
}

func (k *kernel) unpublish(_ context.Context, target string) error {
	if mounted(target) {
		if err := syscall.Unmount(target, 0); err != nil {
			return fmt.Errorf("unmount %s: %w", target, err)
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

// rescan asks every session how large its LUNs are, and waits until the device is as large.
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
			return 0, fmt.Errorf("%s still has %d bytes, not %d: %w", target, has, bytes, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
