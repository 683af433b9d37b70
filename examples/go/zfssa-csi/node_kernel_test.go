package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
)

const (
	target     = "iqn.1986-03.com.sun:02:target-a"
	chapSecret = `CANARY chap=a#b "c" \d`
)

// Stand-ins for iscsiadm and blockdev. They write down their arguments; iscsiadm keeps records as
// open-iscsi does, in either form, and a login takes the record as iscsid would read it.
const iscsiadm = `#!/bin/bash
set -eu
umask 077
{ printf iscsiadm; printf ' %s' "$@"; echo; } >>"$FAKE/arguments"
mode=$2
if [ "$mode" = session ]; then
    [ "$3" = --rescan ] || exit 7
    cp "$FAKE/size-after" "$FAKE/size"
    exit
fi
[ "$mode$3$5" = node-T-p ] || exit 7
target=$4 portal=$6 operation=$7
[ "$operation" = -o ] && operation=$8
port=${portal##*:} address=${portal%:*}
address=${address#[} address=${address%]}
record=$FAKE/iscsi/nodes/$target/$address,$port
[ -e "$FAKE/with-tag" ] && record=$record,2/default
case $operation in
new)
    mkdir -p "${record%/*}"
    cat >"$record" <<'RECORD'
# BEGIN RECORD 2.1.8
node.startup = automatic
node.session.auth.authmethod = None
node.session.auth.password = of iscsid.conf
node.session.auth.password_in = other
# END RECORD
RECORD
    ;;
update)
    [ "$9${11}" = -n-v ] || exit 7
    name=${10} value=${12}
    grep -vF "$name = " "$record" >"$record.new" || true
    echo "$name = $value" >>"$record.new"
    mv "$record.new" "$record"
    ;;
--login)
    if [ -e "$FAKE/secret" ]; then
        grep -qxF "node.session.auth.authmethod = CHAP" "$record" || exit 24
        grep -qxF "node.session.auth.password = $(cat "$FAKE/secret")" "$record" || exit 24
    fi
    cp "$record" "$FAKE/logged-in"
    exit "$(cat "$FAKE/login-exit" 2>/dev/null || echo 0)"
    ;;
--logout)
    exit "$(cat "$FAKE/logout-exit" 2>/dev/null || echo 0)"
    ;;
delete)
    [ -e "$record" ] || exit 21
    rm "$record"
    ;;
*) exit 7 ;;
esac
`

const blockdev = `#!/bin/bash
{ printf blockdev; printf ' %s' "$@"; echo; } >>"$FAKE/arguments"
if [ "$1" = --getsize64 ]; then cat "$FAKE/size"; fi
`

// A machine is what a kernel transport finds on a node: the programs, /sys, /dev and the records.
type machine struct {
	t      *testing.T
	folder string
	node   *node
	// What was scanned for.
	scans chan string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, folder: t.TempDir()}
	t.Setenv("FAKE", m.folder)
	t.Setenv("PATH", m.path("bin")+":"+os.Getenv("PATH"))
	for name, text := range map[string]string{"iscsiadm": iscsiadm, "blockdev": blockdev} {
		m.write("bin/"+name, text)
		if err := os.Chmod(m.path("bin/"+name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m.write("sys/devices/platform/host7/session1/x", "")
	m.write("sys/class/iscsi_session/session1/targetname", target+"\n")
	m.write("sys/class/scsi_host/host7/x", "")
	m.symlink("../../../devices/platform/host7/session1", "sys/class/iscsi_session/session1/device")
	m.listen(m.path("sys/class/scsi_host/host7/scan"))
	k := newKernel()
	k.sys, k.dev, k.records = m.path("sys"), m.path("dev"), []string{m.path("nowhere/nodes"), m.path("iscsi/nodes")}
	m.node = &node{transport: k, locks: locks{held: map[string]chan struct{}{}}}
	return m
}

// listen makes a pipe of the file that takes the order to scan: it is seen in the moment it is
// given.
func (m *machine) listen(path string) {
	m.t.Helper()
	err := syscall.Mkfifo(path, 0o600)
	var pipe *os.File
	if err == nil {
		// For writing too, so that neither side ever waits for the other to open it.
		pipe, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { pipe.Close() })
	m.scans = make(chan string, 64)
	go func() {
		buffer := make([]byte, 256)
		for {
			n, err := pipe.Read(buffer)
			if err != nil {
				return
			}
			m.scans <- string(buffer[:n])
		}
	}()
}

func (m *machine) path(name string) string { return filepath.Join(m.folder, name) }

func (m *machine) write(name, text string) {
	m.t.Helper()
	err := os.MkdirAll(filepath.Dir(m.path(name)), 0o755)
	if err == nil {
		err = os.WriteFile(m.path(name), []byte(text), 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) symlink(to, name string) {
	m.t.Helper()
	err := os.MkdirAll(filepath.Dir(m.path(name)), 0o755)
	if err == nil {
		err = os.Symlink(to, m.path(name))
	}
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(name string) string {
	text, _ := os.ReadFile(m.path(name))
	return string(text)
}

// device makes the device of a LUN appear, as udev names it.
func (m *machine) device(portal, lun, name string) {
	m.write("dev/"+name, "")
	m.write("sys/class/block/"+name+"/device/delete", "")
	m.symlink(m.path("dev/"+name), "dev/disk/by-path/ip-"+portal+"-iscsi-"+target+"-lun-"+lun)
}

// gone takes the link of a LUN away, as udev does some time after its device.
func (m *machine) gone(portal, lun string) {
	m.t.Helper()
	if err := os.Remove(m.path("dev/disk/by-path/ip-" + portal + "-iscsi-" + target + "-lun-" + lun)); err != nil {
		m.t.Fatal(err)
	}
}

// stage stages a volume whose device appears when the LUN is scanned for.
func (m *machine) stage(r *csi.NodeStageVolumeRequest, portal, lun, name string) error {
	m.t.Helper()
	staged := make(chan error, 1)
	go func() {
		_, err := m.node.NodeStageVolume(m.within(), r)
		staged <- err
	}()
	if said := receive(m.t, m.scans, "the scan"); said != "- - "+lun {
		m.t.Errorf("scanned for %q", said)
	}
	m.device(portal, lun, name)
	return receive(m.t, staged, "staging")
}

// taken gives the arguments so far, and none of them has a secret.
func (m *machine) taken() string {
	m.t.Helper()
	text := m.read("arguments")
	if strings.Contains(text, "CANARY") {
		m.t.Error("a secret is among the arguments of a program")
	}
	m.write("arguments", "")
	return text
}

func (m *machine) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	m.t.Cleanup(cancel)
	return ctx
}

func staging(t *testing.T, id, portals, lun string) *csi.NodeStageVolumeRequest {
	return &csi.NodeStageVolumeRequest{VolumeId: id, StagingTargetPath: t.TempDir(), VolumeCapability: writer,
		PublishContext: map[string]string{keyPortals: portals, keyTarget: target, keyLUN: lun, keyBytes: "1073741824"}}
}

func unstaging(r *csi.NodeStageVolumeRequest) *csi.NodeUnstageVolumeRequest {
	return &csi.NodeUnstageVolumeRequest{VolumeId: r.VolumeId, StagingTargetPath: r.StagingTargetPath}
}

// A volume's life on a node: login, the scan for its LUN alone, growth, logout.
func TestKernelNode(t *testing.T) {
	m := newMachine(t)
	const portal, other = "198.51.100.1:3260", "198.51.100.2:3260"
	stage := staging(t, "csi-v", portal+","+other, "3")
	if err := m.stage(stage, portal, "3", "sdq"); err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, p := range []string{portal, other} {
		record := "iscsiadm -m node -T " + target + " -p " + p
		fmt.Fprintf(&want, "%s -o new\n%s -o update -n node.startup -v manual\n%s -o update -n node.session.scan -v manual\n%s --login\n", record, record, record, record)
	}
	if got := m.taken(); got != want.String() {
		t.Errorf("staged by\n%s\nnot by\n%s", got, want.String())
	}

	// Staged again: the session is there.
	m.write("login-exit", "15")
	if _, err := m.node.NodeStageVolume(m.within(), stage); err != nil {
		t.Errorf("a session that exists: %v", err)
	}
	// Any other failure is one, and told.
	m.write("login-exit", "8")
	_, err := m.node.NodeStageVolume(m.within(), stage)
	expect(t, err, codes.Internal, "iscsiadm", "--login", "exit status 8")
	m.write("login-exit", "0")
	m.taken()

	m.write("size", "1073741824\n")
	m.write("size-after", "2147483648\n")
	device := m.path("dev/sdq")
	grown, err := m.node.NodeExpandVolume(m.within(), &csi.NodeExpandVolumeRequest{VolumeId: "csi-v", VolumePath: device,
		CapacityRange: &csi.CapacityRange{RequiredBytes: 2 * gib}})
	if err != nil || grown.GetCapacityBytes() != 2*gib {
		t.Errorf("%v %v", grown, err)
	}
	if got, want := m.taken(), "iscsiadm -m session --rescan\nblockdev --getsize64 "+device+"\n"; got != want {
		t.Errorf("expanded by\n%s", got)
	}

	// Another LUN of the target keeps the sessions.
	m.device(portal, "4", "sdr")
	unstage := unstaging(stage)
	if _, err := m.node.NodeUnstageVolume(m.within(), unstage); err != nil {
		t.Fatal(err)
	}
	if got, want := m.taken(), "blockdev --flushbufs "+device+"\n"; got != want {
		t.Errorf("unstaged by\n%s", got)
	}
	if m.read("sys/class/block/sdq/device/delete") != "1" || m.read("sys/class/block/sdr/device/delete") != "" {
		t.Error("not the right device was taken away")
	}
	// The last one ends them, though its own links, the partitions' too, are still there.
	m.symlink(m.path("dev/sdr"), "dev/disk/by-path/ip-"+portal+"-iscsi-"+target+"-lun-4-part1")
	m.gone(portal, "3")
	last := staging(t, "csi-w", portal+","+other, "4")
	if _, err := m.node.NodeStageVolume(m.within(), last); err != nil {
		t.Fatal(err)
	}
	m.taken()
	// No session at the second portal any more.
	m.write("logout-exit", "21")
	if _, err := m.node.NodeUnstageVolume(m.within(), unstaging(last)); err != nil {
		t.Fatal(err)
	}
	want.Reset()
	fmt.Fprintf(&want, "blockdev --flushbufs %s\n", m.path("dev/sdr"))
	for _, p := range []string{portal, other} {
		record := "iscsiadm -m node -T " + target + " -p " + p
		fmt.Fprintf(&want, "%s --logout\n%s -o delete\n", record, record)
	}
	if got := m.taken(); got != want.String() {
		t.Errorf("unstaged by\n%s\nnot by\n%s", got, want.String())
	}
}

// The secret of a CHAP login goes into the record that the login reads, whatever its form, and to
// no program's arguments.
func TestKernelNodeWithCHAP(t *testing.T) {
	for _, portal := range []string{"198.51.100.1:3260", "[2001:db8::1]:3260"} {
		for _, tag := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, tag %v", portal, tag), func(t *testing.T) {
				m := newMachine(t)
				m.write("secret", chapSecret)
				if tag {
					m.write("with-tag", "")
				}
				stage := staging(t, "csi-v", portal, "3")
				stage.Secrets = map[string]string{"chap_user": "node a", "chap_password": chapSecret}
				m.device(portal, "3", "sdq")
				// Twice: the second time the records are there already.
				for range 2 {
					if _, err := m.node.NodeStageVolume(m.within(), stage); err != nil {
						t.Fatal(err)
					}
					record := "\n" + m.read("logged-in")
					if strings.Count(record, "\nnode.session.auth.password =") != 1 {
						t.Errorf("not one secret:\n%s", record)
					}
					for _, line := range []string{"node.session.auth.authmethod = CHAP", "node.session.auth.username = node a",
						"node.session.auth.password = " + chapSecret, "node.session.auth.password_in = other", "node.startup = manual"} {
						if !strings.Contains(record, "\n"+line+"\n") {
							t.Errorf("no line %s in\n%s", line, record)
						}
					}
				}
				_ = filepath.WalkDir(m.path("iscsi"), func(path string, entry os.DirEntry, err error) error {
					if info, _ := entry.Info(); err != nil || !entry.IsDir() && info.Mode() != 0o600 {
						t.Errorf("%s: %v %v", path, entry, err)
					}
					if strings.Contains(path, "zfssa") {
						t.Errorf("%s is left", path)
					}
					return nil
				})
				if taken := m.taken(); !strings.Contains(taken, "-n node.session.auth.username -v node a") {
					t.Error(taken)
				}
				m.write("login-exit", "24")
				_, err := m.node.NodeStageVolume(m.within(), stage)
				expect(t, err, codes.Internal, "iscsiadm")
				if strings.Contains(fmt.Sprint(err), "CANARY") {
					t.Error("the error shows the secret")
				}
			})
		}
	}
	m := newMachine(t)
	stage := staging(t, "csi-v", "198.51.100.1:3260", "3")
	for _, secrets := range []map[string]string{
		{"chap_user": "a"},
		{"chap_password": chapSecret},
		{"chap_user": "a", "chap_password": chapSecret + "\nnode.startup = automatic"},
		{"chap_user": "a", "chap_password": chapSecret + " "},
		{"chap_user": "a", "chap_password": strings.Repeat("x", 256)},
	} {
		stage.Secrets = secrets
		_, err := m.node.NodeStageVolume(m.within(), stage)
		expect(t, err, codes.InvalidArgument, "chap_")
	}
	if taken := m.taken(); taken != "" {
		t.Errorf("refused, and yet there was\n%s", taken)
	}
}

// Many volumes of one target at a time: a record that one call makes anew is never the one by
// which another logs in.
func TestKernelNodeStagesManyAtOnce(t *testing.T) {
	m := newMachine(t)
	const portal = "198.51.100.1:3260"
	m.write("secret", chapSecret)
	// No session is shown, so nothing is scanned; the devices are there.
	if err := os.RemoveAll(m.path("sys/class/iscsi_session")); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		lun := fmt.Sprint(i + 1)
		m.device(portal, lun, "sd"+lun)
		stage := staging(t, "csi-"+lun, portal, lun)
		stage.Secrets = map[string]string{"chap_user": "a", "chap_password": chapSecret}
		all.Go(func() {
			if _, err := m.node.NodeStageVolume(m.within(), stage); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	m.taken()
}

// While a call waits for its device, the sessions stay, although no device shows that they are
// needed.
func TestKernelNodeKeepsSessionsThatAreAwaited(t *testing.T) {
	m := newMachine(t)
	const portal = "198.51.100.1:3260"
	first := staging(t, "csi-v", portal, "3")
	if err := m.stage(first, portal, "3", "sdq"); err != nil {
		t.Fatal(err)
	}
	// The second has scanned, and waits.
	second := staging(t, "csi-w", portal, "300")
	staged := make(chan error, 1)
	go func() {
		_, err := m.node.NodeStageVolume(m.within(), second)
		staged <- err
	}()
	if said := receive(t, m.scans, "the scan"); said != "- - 300" {
		t.Errorf("scanned for %q", said)
	}
	m.taken()
	if _, err := m.node.NodeUnstageVolume(m.within(), unstaging(first)); err != nil {
		t.Fatal(err)
	}
	if taken := m.taken(); strings.Contains(taken, "--logout") {
		t.Errorf("logged out:\n%s", taken)
	}
	m.gone(portal, "3")
	m.device(portal, "0x012c000000000000", "sdr")
	if err := receive(t, staged, "the second volume"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.node.NodeUnstageVolume(m.within(), unstaging(second)); err != nil {
		t.Fatal(err)
	}
	if taken := m.taken(); !strings.Contains(taken, "--logout") {
		t.Errorf("not logged out:\n%s", taken)
	}
}
