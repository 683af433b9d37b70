// SCSI devices of iSCSI sessions, by sysfs.

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The kernel shows an iSCSI session and its devices as
//
//	class/iscsi_session/session1/targetname, state, target_id
//	class/iscsi_session/session1/device -> devices/…/host7/session1
//	devices/…/host7/session1/target7:0:0/7:0:0:3/vpd_pg83, wwid, rescan, delete
//	devices/…/host7/session1/target7:0:0/7:0:0:3/block/sdq/size
//	devices/…/host7/session1/connection1:0/iscsi_connection/connection1:0/persistent_address
//	class/scsi_host/host7/scan
//
// udev's links in /dev/disk/by-path are not used: they appear later than the device, disappear later
// and name an IPv6 address in another form than iscsiadm.

// A session is an iSCSI session of the kernel.
type session struct {
	name   string // session1
	state  string
	folder string // devices/…/host7/session1
	host   string // host7
	// Number of the target on the host, "-" if the kernel does not tell it.
	targetID string
}

// loggedIn is the state of a session whose connection works.
const loggedIn = "LOGGED_IN"

// A device is a SCSI device: one path to a LUN.
type device struct {
	session session
	folder  string // devices/…/host7/session1/target7:0:0/7:0:0:3
	// Name of the block device, such as sdq; empty until the kernel has probed it.
	block string
}

func readText(elements ...string) string {
	text, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// sessions returns the sessions with a target.
func (k *kernel) sessions(target string) []session {
	var found []session
	folders, _ := filepath.Glob(filepath.Join(k.sys, "class/iscsi_session/session*"))
	for _, class := range folders {
		if readText(class, "targetname") != target {
			continue
		}
		folder, err := filepath.EvalSymlinks(filepath.Join(class, "device"))
		if err != nil {
			continue
		}
		s := session{name: filepath.Base(class), state: readText(class, "state"), folder: folder, targetID: "-"}
		if id, err := strconv.ParseUint(readText(class, "target_id"), 10, 31); err == nil {
			s.targetID = strconv.FormatUint(id, 10)
		}
		for above := folder; above != "/" && above != "."; above = filepath.Dir(above) {
			if base := filepath.Base(above); strings.HasPrefix(base, "host") {
				s.host = base
				break
			}
		}
		found = append(found, s)
	}
	return found
}

// sessionState returns the state of the session with a target at a portal, empty if there is none.
func (k *kernel) sessionState(target, portal string) string {
	host, port, err := net.SplitHostPort(withPort(portal))
	if err != nil {
		return ""
	}
	for _, s := range k.sessions(target) {
		connections, _ := filepath.Glob(filepath.Join(s.folder, "connection*/iscsi_connection/connection*"))
		for _, c := range connections {
			if readText(c, "persistent_port") == port && sameAddress(readText(c, "persistent_address"), host) {
				return s.state
			}
		}
	}
	return ""
}

func sameAddress(a, b string) bool {
	one, other := net.ParseIP(strings.Trim(a, "[]")), net.ParseIP(strings.Trim(b, "[]"))
	return one != nil && one.Equal(other) || one == nil && strings.EqualFold(a, b)
}

// devices returns the devices with a LU number of all sessions with a target.
func (k *kernel) devices(target string, lun uint64) []device {
	var found []device
	for _, s := range k.sessions(target) {
		if d, ok := k.device(s, lun); ok {
			found = append(found, d)
		}
	}
	return found
}

// device returns the device with a LU number of a session.
func (k *kernel) device(s session, lun uint64) (device, bool) {
	for _, d := range allDevices(s) {
		if has, err := lunOf(d.folder); err == nil && has == lun {
			return d, true
		}
	}
	return device{}, false
}

func allDevices(s session) []device {
	var found []device
	folders, _ := filepath.Glob(filepath.Join(s.folder, "target*", "*:*:*:*"))
	for _, folder := range folders {
		d := device{session: s, folder: folder}
		if blocks, _ := filepath.Glob(filepath.Join(folder, "block", "*")); len(blocks) == 1 {
			d.block = filepath.Base(blocks[0])
		}
		found = append(found, d)
	}
	return found
}

// flatAddressing is what a LUN field of two bytes holds besides the LU number, if the number is
// above 255 (SAM-5, 4.7.7.5).
const flatAddressing = 0x4000

// highestLUN is the highest LU number that flat addressing has room for. Oracle's documentation names
// no maximum of LUNs.
const highestLUN = flatAddressing - 1

// lunOf returns the LU number of a device by the name of its directory. The kernel shows the LUN
// field as it was on the wire, so a number above 255 may come with the flag of flat addressing.
func lunOf(folder string) (uint64, error) {
	name := filepath.Base(folder)
	lun, err := strconv.ParseUint(name[strings.LastIndexByte(name, ':')+1:], 10, 64)
	if err == nil && lun&^0x3fff == flatAddressing && lun > flatAddressing+255 {
		lun -= flatAddressing
	}
	return lun, err
}

// scan makes the kernel look for one LUN of a session. A scan of the whole session would bring back
// the devices of volumes that were just detached.
//
// The number is written as it is also above 255: the appliance lists its LUNs in that form (illumos
// does in stmf_session_prepare_report_lun_data, and ignores the flag of flat addressing in
// commands), so that a scan by somebody else finds the same device and no second one.
func (k *kernel) scan(ctx context.Context, s session, lun uint64) error {
	channel := "-"
	if s.targetID != "-" {
		channel = "0"
	}
	return k.machine.write(ctx, filepath.Join(k.sys, "class/scsi_host", s.host, "scan"), fmt.Sprintf("%s %s %d", channel, s.targetID, lun))
}

// rescan makes the kernel ask the LUN of a device for its size and its identity again.
func (k *kernel) rescan(ctx context.Context, d device) error {
	return k.machine.write(ctx, filepath.Join(d.folder, "rescan"), "1")
}

// remove removes a device, and returns when it has gone. Data that was not written to it is lost.
func (k *kernel) remove(ctx context.Context, d device) error {
	if err := k.machine.write(ctx, filepath.Join(d.folder, "delete"), "1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for {
		if _, err := os.Stat(d.folder); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err := k.pause(ctx); err != nil {
			return fmt.Errorf("%s: removed, but still there: %w", d.folder, err)
		}
	}
}

// flush writes what the kernel holds of a block device to it.
func (k *kernel) flush(ctx context.Context, block string) error {
	_, err := k.machine.run(ctx, "blockdev", "--flushbufs", filepath.Join(k.dev, block))
	return err
}

// bytes returns the size of a block device in bytes.
func (k *kernel) bytes(block string) (int64, error) {
	path := filepath.Join(k.sys, "class/block", block, "size")
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	sectors, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 54)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	// The kernel counts sectors of 512 bytes, whatever those of the device are.
	return sectors * 512, nil
}

// pause waits a moment for the kernel or for a daemon.
func (k *kernel) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(50 * time.Millisecond):
		return nil
	}
}
