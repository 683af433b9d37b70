package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// silent is a portal that answers nothing until the program is killed.
func silent(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A dead portal delays no call beyond a short time, and no later call at all. Its path comes when it
// does.
func TestOneDeadPortal(t *testing.T) {
	b := newBench(t)
	// The order in the list does not matter.
	portals := portalB + "," + portalA
	b.present(3, lun{guid: guidA, bytes: gib})
	b.present(4, lun{guid: guidB, bytes: gib})
	alive := make(chan struct{})
	b.onLogin(portalB, func(ctx context.Context) error {
		select {
		case <-alive:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	b.kernel.otherPortals = 1
	first, second := staging(t, "csi-v", portals, 3, guidA), staging(t, "csi-w", portals, 4, guidB)
	b.must(b.stage(first))
	if got := b.shown(3); len(got) != 1 {
		t.Errorf("devices: %v", got)
	}
	// The last login at the portal failed, so staging does not wait for the portal.
	b.kernel.remember(target, portalB, false)
	b.kernel.otherPortals = longestLogin
	b.must(b.stage(second))
	close(alive)
	b.kernel.background.Wait()
	if len(b.shown(3)) != 2 || len(b.shown(4)) != 2 {
		t.Errorf("devices: %v and %v", b.shown(3), b.shown(4))
	}
	b.must(b.unstage(first))
	b.must(b.unstage(second))
	b.clean(second)
}

// The path of a portal that comes late is not added to a volume that is unstaged meanwhile.
func TestLatePathOfAnUnstagedVolume(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	b.present(4, lun{guid: guidB, bytes: gib})
	alive := make(chan struct{})
	b.onLogin(portalB, func(context.Context) error { <-alive; return nil })
	b.kernel.otherPortals = 1
	gone, stays := staging(t, "csi-v", portalA+","+portalB, 3, guidA), staging(t, "csi-w", portalA+","+portalB, 4, guidB)
	b.must(b.stage(gone))
	b.must(b.stage(stays))
	b.must(b.unstage(gone))
	close(alive)
	b.kernel.background.Wait()
	if len(b.shown(3)) != 0 || len(b.shown(4)) != 2 {
		t.Errorf("devices: %v and %v", b.shown(3), b.shown(4))
	}
}

// Without a portal that answers, the call ends with its deadline, and names what was tried.
func TestDeadPortals(t *testing.T) {
	b := newBench(t)
	b.onLogin(portalB, func(context.Context) error { return exitStatus(8) })
	ctx, cancel := context.WithCancel(context.Background())
	b.onLogin(portalA, func(ctx context.Context) error { cancel(); return silent(ctx) })
	_, err := b.node.NodeStageVolume(ctx, staging(t, "csi-v", portalA+","+portalB, 3, guidA))
	expect(t, err, codes.Canceled, target)
	// One login is bounded even if the call is not.
	b.onLogin(portalA, silent)
	b.kernel.longestLogin = 1
	_, err = b.node.NodeStageVolume(b.within(), staging(t, "csi-w", portalA+","+portalB, 3, guidA))
	expect(t, err, codes.DeadlineExceeded)
}

// A session that exists and has lost its connection is none that works.
func TestSessionWithoutConnection(t *testing.T) {
	for _, portal := range []string{portalA, "[2001:db8::1]:3260"} {
		b := newBench(t)
		b.present(3, lun{guid: guidA, bytes: gib})
		b.session(portal)
		b.state(portal, "FAILED")
		expect(t, b.stage(staging(t, "csi-v", portal, 3, guidA)), codes.Internal, portal, "FAILED")
		b.state(portal, loggedIn)
		b.must(b.stage(staging(t, "csi-v", portal, 3, guidA)))
	}
}

// While a call waits for its device, the sessions stay, although no device shows that they are
// needed.
func TestSessionsThatAreAwaitedStay(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	first, second := staging(t, "csi-v", portalA, 3, guidA), staging(t, "csi-w", portalA, 300, guidB)
	b.must(b.stage(first))
	scanned := make(chan string, 64)
	b.onWrite(func(path string) {
		if filepath.Base(path) == "scan" {
			scanned <- path
		}
	})
	staged := make(chan error, 1)
	go func() { staged <- b.stage(second) }()
	receive(t, scanned, "the scan")
	b.must(b.unstage(first))
	if len(b.kernel.sessions(target)) != 1 {
		t.Error("logged out")
	}
	b.present(300, lun{guid: guidB, bytes: gib})
	b.must(receive(t, staged, "the second volume"))
	b.must(b.unstage(second))
	b.clean(second)
}

// The secret of a CHAP login goes into the record that the login reads, whatever its form, and to
// no program's arguments.
func TestKernelNodeWithCHAP(t *testing.T) {
	for _, portal := range []string{portalA, "[2001:db8::1]:3260"} {
		for _, tag := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, tag %v", portal, tag), func(t *testing.T) {
				b := newBench(t)
				b.secret, b.tag = chapSecret, tag
				b.present(3, lun{guid: guidA, bytes: gib})
				stage := staging(t, "csi-v", portal, 3, guidA)
				stage.Secrets = map[string]string{"chap_user": "node a", "chap_password": chapSecret}
				// Twice: the second time the records are there already.
				for range 2 {
					b.must(b.stage(stage))
					text, err := os.ReadFile(b.path(b.record(portal)))
					record := "\n" + string(text)
					if err != nil || strings.Count(record, "\nnode.session.auth.password =") != 1 {
						t.Errorf("not one secret:\n%s", record)
					}
					for _, line := range []string{"node.session.auth.authmethod = CHAP", "node.session.auth.username = node a",
						"node.session.auth.password = " + chapSecret, "node.session.auth.password_in = other", "node.startup = manual"} {
						if !strings.Contains(record, "\n"+line+"\n") {
							t.Errorf("no line %s in\n%s", line, record)
						}
					}
				}
				_ = filepath.WalkDir(b.path("iscsi"), func(path string, entry os.DirEntry, err error) error {
					if info, _ := entry.Info(); err != nil || !entry.IsDir() && info.Mode() != 0o600 {
						t.Errorf("%s: %v %v", path, entry, err)
					}
					if strings.Contains(path, "zfssa") {
						t.Errorf("%s is left", path)
					}
					return nil
				})
				if !slices.ContainsFunc(b.taken(), func(s string) bool { return strings.HasSuffix(s, "-n node.session.auth.username -v node a") }) {
					t.Error("no user")
				}
				b.onLogin(portal, func(context.Context) error { return exitStatus(24) })
				err := b.stage(stage)
				expect(t, err, codes.Internal, "24")
				if strings.Contains(fmt.Sprint(err), "CANARY") {
					t.Error("the error shows the secret")
				}
			})
		}
	}
	b := newBench(t)
	stage := staging(t, "csi-v", portalA, 3, guidA)
	for _, secrets := range []map[string]string{
		{"chap_user": "a"},
		{"chap_password": chapSecret},
		{"chap_user": "a", "chap_password": chapSecret + "\nnode.startup = automatic"},
		{"chap_user": "a", "chap_password": chapSecret + " "},
		{"chap_user": "a", "chap_password": strings.Repeat("x", 256)},
	} {
		stage.Secrets = secrets
		expect(t, b.stage(stage), codes.InvalidArgument, "chap_")
	}
	if taken := b.taken(); len(taken) > 0 {
		t.Errorf("refused, and yet there was\n%s", taken)
	}
}

// iscsiadm fails if a record of the target disappears while it works.
func TestRecordsAreDeletedAfterTheLogouts(t *testing.T) {
	b := newBench(t)
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA+","+portalB, 3, guidA)
	b.must(b.stage(stage))
	b.taken()
	b.must(b.unstage(stage))
	done := slices.DeleteFunc(b.taken(), func(s string) bool { return !strings.HasPrefix(s, "iscsiadm") })
	if len(done) != 4 || !strings.HasSuffix(done[0], "--logout") || !strings.HasSuffix(done[1], "--logout") {
		t.Errorf("done:\n%s", strings.Join(done, "\n"))
	}
	b.clean(stage)
}
