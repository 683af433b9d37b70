package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

const (
	target     = "iqn.1986-03.com.sun:02:target-a"
	chapSecret = `CANARY chap=a#b "c" \d`
	portalA    = "198.51.100.1:3260"
	portalB    = "198.51.100.2:3260"

	guidA = "600144F0EF0D2BCE00005946B13E0002"
	guidB = "600144F0EF0D2BCE00005946B13E0003"
)

// A bench is the node of a kernel transport: the machine below it, with a kernel whose sysfs is a
// directory, iscsiadm, multipath and blockdev, and the LUNs that an appliance presents to it.
type bench struct {
	t      *testing.T
	folder string
	node   *node
	kernel *kernel

	mu sync.Mutex
	// What was run and written, one a line.
	done []string
	// The LUNs by number.
	luns map[uint64]lun
	// Answers of iscsiadm --login, and of iscsiadm --logout, by portal; the default is success.
	login, logout map[string]func(context.Context) error
	// What else happens when a program is run.
	programs map[string]func(arguments []string) (string, error)
	// What happens before the kernel acts on a file of sysfs.
	before   func(path string)
	sessions map[string]int
	next     int
	// lookUp returns the LUN under a number; by default, that of luns.
	lookUp func(number uint64) (lun, bool)
	// Name of the target; empty for that of the first login.
	target string
	// CHAP secret that a login takes; empty for none.
	secret string
	// Records have a portal group tag.
	tag bool
}

// A lun is what the appliance presents under a number.
type lun struct {
	guid  string
	bytes int64
	// The block device behind it; empty if no test opens it.
	loop string
}

// exitStatus is the failure of a program.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
func (e exitStatus) ExitCode() int { return int(e) }

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, folder: t.TempDir(), luns: map[uint64]lun{}, target: target, sessions: map[string]int{},
		login: map[string]func(context.Context) error{}, logout: map[string]func(context.Context) error{},
		programs: map[string]func([]string) (string, error){}}
	b.lookUp = func(number uint64) (lun, bool) { l, ok := b.luns[number]; return l, ok }
	b.restart()
	return b
}

// restart replaces the driver's process. What is on the disk and in the kernel stays.
func (b *bench) restart() {
	k := newKernel()
	k.machine, k.sys, k.dev = b, b.path("sys"), b.path("dev")
	k.records = []string{b.path("nowhere/nodes"), b.path("iscsi/nodes")}
	// What a stand-in refuses, it refuses for ever, unless a test says otherwise.
	k.refusals = 0
	b.kernel = k
	b.node = &node{transport: k, logger: slog.New(slog.DiscardHandler)}
	b.t.Cleanup(k.background.Wait)
}

func (b *bench) path(elements ...string) string {
	return filepath.Join(append([]string{b.folder}, elements...)...)
}

func (b *bench) put(text string, elements ...string) {
	path := b.path(elements...)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o600)
	}
	if err != nil {
		panic(err)
	}
}

func (b *bench) link(to string, elements ...string) {
	path := b.path(elements...)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.Symlink(to, path)
	}
	if err != nil {
		panic(err)
	}
}

// note keeps what was done. No secret may be in it.
func (b *bench) note(what string) {
	if strings.Contains(what, "CANARY") {
		b.t.Error("a secret is among the arguments of a program")
	}
	b.done = append(b.done, what)
}

// taken returns what was done since the last time.
func (b *bench) taken() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	done := b.done
	b.done = nil
	return done
}

// run is a program.
func (b *bench) run(ctx context.Context, name string, arguments ...string) (string, error) {
	return bounded(ctx, func() (string, error) {
		b.mu.Lock()
		b.note(name + " " + strings.Join(arguments, " "))
		program := b.programs[name]
		b.mu.Unlock()
		switch {
		case name == "iscsiadm":
			return "", b.iscsiadm(ctx, arguments)
		case program != nil:
			return program(arguments)
		case name == "blockdev":
			return "", nil
		}
		return "", fmt.Errorf("%s: %w", name, errors.New("executable file not found"))
	})
}

func (b *bench) deviceFolders(session int) []string {
	folders, _ := filepath.Glob(b.path(fmt.Sprintf("sys/devices/platform/host%d/session%d/target*/*:*:*:*", session, session)))
	return folders
}

// page83 is a VPD page with a designator of the target port, one of the vendor's, an NAA that the
// target assigns by number, which the next LUN has too, and the NAA of the LUN.
func page83(guid string) []byte {
	naa, _ := hex.DecodeString(guid)
	list := append([]byte{0x51, 0x94, 0, 4, 0, 0, 0, 1}, 2, 1, 0, 4, 'S', 'U', 'N', ' ')
	list = append(list, 1, 3, 0, 8, 0x30, 0, 0, 1, 0, 0, 0, 1)
	list = append(append(list, 1, 3, 0, byte(len(naa))), naa...)
	return append(binary.BigEndian.AppendUint16([]byte{0, 0x83}, uint16(len(list))), list...)
}

// device makes the kernel show a device of a session for a LUN.
func (b *bench) device(session int, number uint64, l lun) string {
	b.next++
	block := fmt.Sprintf("sd%c%d", 'a'+b.next%26, b.next)
	folder := fmt.Sprintf("sys/devices/platform/host%d/session%d/target%d:0:0/%d:0:0:%d", session, session, session, session, number)
	b.show(folder, l)
	inner := filepath.Join(folder, "block", block)
	b.put(strconv.FormatInt(l.bytes/512, 10)+"\n", inner, "size")
	b.link(b.path(folder), inner, "device")
	b.link(b.path(inner), "sys/class/block", block)
	if l.loop != "" {
		b.link(l.loop, "dev", block)
		number := readText("/sys/class/block", filepath.Base(l.loop), "dev")
		_ = os.Remove(b.path("sys/dev/block", number))
		b.link(b.path(inner), "sys/dev/block", number)
	}
	return block
}

// show writes what the kernel has learnt of a LUN.
func (b *bench) show(folder string, l lun) {
	b.put(string(page83(l.guid)), folder, "vpd_pg83")
	b.put("", folder, "rescan")
	b.put("", folder, "delete")
	if readText(b.path(folder), "state") == "" {
		b.put("running\n", folder, "state")
	}
	for _, size := range b.glob(b.path(folder), "block/*/size") {
		if err := os.WriteFile(size, []byte(strconv.FormatInt(l.bytes/512, 10)), 0o600); err != nil {
			panic(err)
		}
	}
}

func (b *bench) glob(elements ...string) []string {
	found, _ := filepath.Glob(filepath.Join(elements...))
	return found
}

func (b *bench) removeDevice(folder string) {
	for _, block := range b.glob(folder, "block/*") {
		_ = os.Remove(b.path("sys/class/block", filepath.Base(block)))
		_ = os.Remove(b.path("dev", filepath.Base(block)))
		for _, slave := range b.glob(b.path("sys/class/block/dm-*/slaves"), filepath.Base(block)) {
			_ = os.Remove(slave)
		}
	}
	_ = os.RemoveAll(folder)
}

// write is the kernel's reaction to a file of sysfs.
func (b *bench) write(ctx context.Context, path, text string) error {
	_, err := bounded(ctx, func() (int, error) {
		b.mu.Lock()
		before := b.before
		b.mu.Unlock()
		if before != nil {
			before(path)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if _, err := os.Stat(path); err != nil {
			return 0, err
		}
		folder, _ := filepath.EvalSymlinks(filepath.Dir(path))
		number, _ := lunOf(folder)
		switch filepath.Base(path) {
		case "scan":
			b.note(filepath.Base(folder) + " scan " + text)
			host, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(folder), "host"))
			words := strings.Fields(text)
			if len(words) != 3 || words[0] != "0" || words[1] != "0" {
				return 0, fmt.Errorf("scan: %q", text)
			}
			number, err := strconv.ParseUint(words[2], 10, 64)
			l, ok := b.lookUp(number)
			if err != nil || !ok || slices.ContainsFunc(b.deviceFolders(host), func(f string) bool { n, _ := lunOf(f); return n == number }) {
				return 0, err
			}
			b.device(host, number, l)
		case "rescan":
			b.note("rescan " + strconv.FormatUint(number, 10))
			if l, ok := b.lookUp(number); ok {
				within, _ := filepath.Rel(b.folder, folder)
				b.show(within, l)
			}
		case "state":
			b.note("state " + strings.TrimSpace(text) + " " + strconv.FormatUint(number, 10))
			if text != "running\n" && text != offline+"\n" {
				return 0, os.ErrInvalid
			}
			within, _ := filepath.Rel(b.folder, path)
			b.put(text, within)
		case "delete":
			b.note("delete " + strconv.FormatUint(number, 10))
			b.removeDevice(folder)
		}
		return 0, nil
	})
	return err
}

// inquire is the LUN's answer.
func (b *bench) inquire(ctx context.Context, path string, page byte) ([]byte, error) {
	return bounded(ctx, func() ([]byte, error) {
		folder, err := filepath.EvalSymlinks(b.path("sys/class/block", filepath.Base(path), "device"))
		if err != nil {
			return nil, err
		}
		number, err := lunOf(folder)
		if err != nil {
			return nil, err
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.note("inquiry " + strconv.FormatUint(number, 10))
		l, ok := b.lookUp(number)
		if !ok || page != 0x83 {
			return nil, errors.New("SCSI status 0x2")
		}
		return page83(l.guid), nil
	})
}

// onLogin sets the answer of a portal to logins; without a portal, all portals let the node in.
func (b *bench) onLogin(portal string, answer func(context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if portal == "" {
		clear(b.login)
		return
	}
	b.login[portal] = answer
}

// onWrite sets what happens before the kernel acts on a file of sysfs.
func (b *bench) onWrite(before func(path string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before = before
}

// present makes the appliance present a LUN under a number.
func (b *bench) present(number uint64, l lun) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.luns[number] = l
}

// shown returns the identity of each device with a LU number.
func (b *bench) shown(number uint64) (found []string) {
	for _, d := range b.kernel.devices(target, number) {
		has, err := readIdentity(d.folder)
		if err != nil {
			b.t.Error(err)
		}
		for _, name := range has.names {
			if len(name) == len(guidA) {
				found = append(found, strings.ToUpper(name))
			}
		}
	}
	return found
}

func (b *bench) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	b.t.Cleanup(cancel)
	return ctx
}

func (b *bench) stage(r *csi.NodeStageVolumeRequest) error {
	_, err := b.node.NodeStageVolume(b.within(), r)
	return err
}

func (b *bench) unstage(r *csi.NodeStageVolumeRequest) error {
	_, err := b.node.NodeUnstageVolume(b.within(), &csi.NodeUnstageVolumeRequest{VolumeId: r.VolumeId, StagingTargetPath: r.StagingTargetPath})
	return err
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// clean fails unless the node is as it was before anything was staged.
func (b *bench) clean(r *csi.NodeStageVolumeRequest) {
	b.t.Helper()
	for _, left := range [][]string{b.glob(b.path("sys/class/iscsi_session/*")), b.glob(b.path("sys/class/block/*")),
		b.glob(b.path("iscsi/nodes", target, "*")), b.glob(r.GetStagingTargetPath(), "*")} {
		if len(left) > 0 {
			b.t.Errorf("left: %v", left)
		}
	}
}

func staging(t *testing.T, id, portals string, number uint64, guid string) *csi.NodeStageVolumeRequest {
	return &csi.NodeStageVolumeRequest{VolumeId: id, StagingTargetPath: t.TempDir(), VolumeCapability: writer,
		PublishContext: map[string]string{keyPortals: portals, keyTarget: target, keyLUN: strconv.FormatUint(number, 10),
			keyGUID: guid, keyBytes: "1073741824"}}
}

func (b *bench) removeAll(names ...string) {
	for _, name := range names {
		if err := os.RemoveAll(b.path(name)); err != nil {
			panic(err)
		}
	}
}
