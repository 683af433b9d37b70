package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
)

// iscsiadm keeps records as open-iscsi does, in either form. A login takes the record as iscsid
// would read it.
func (b *bench) iscsiadm(ctx context.Context, a []string) error {
	b.mu.Lock()
	if len(a) > 3 && b.target == "" {
		b.target = a[3]
	}
	b.mu.Unlock()
	if len(a) < 7 || a[0] != "-m" || a[1] != "node" || a[2] != "-T" || a[3] != b.target || a[4] != "-p" {
		return exitStatus(7)
	}
	portal, operation := a[5], a[6]
	if operation == "-o" {
		operation = a[7]
	}
	b.mu.Lock()
	answer := map[string]func(context.Context) error{"--login": b.login[portal], "--logout": b.logout[portal]}[operation]
	b.mu.Unlock()
	if answer != nil {
		if err := answer(ctx); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	record := b.record(portal)
	switch operation {
	case "new":
		b.put("# BEGIN RECORD 2.1.8\nnode.startup = automatic\nnode.session.auth.authmethod = None\n"+
			"node.session.auth.password = of iscsid.conf\nnode.session.auth.password_in = other\n# END RECORD\n", record)
		return nil
	case "update":
		text, err := os.ReadFile(b.path(record))
		if err != nil || a[8] != "-n" || a[10] != "-v" {
			return exitStatus(7)
		}
		b.put(string(withSetting(text, a[9], a[11])), record)
		return nil
	case "--login":
		text := readText(b.path(record))
		if b.secret != "" && (!strings.Contains(text, "\nnode.session.auth.authmethod = CHAP\n") ||
			!strings.Contains(text, "\nnode.session.auth.password = "+b.secret+"\n")) {
			return exitStatus(24)
		}
		if b.sessions[portal] != 0 {
			return exitStatus(iscsiSessionExists)
		}
		b.session(portal)
		return nil
	case "--logout":
		if b.sessions[portal] == 0 {
			return exitStatus(iscsiNoObjects)
		}
		b.endSession(portal)
		return nil
	case "delete":
		if err := os.Remove(b.path(record)); err != nil {
			return exitStatus(iscsiNoObjects)
		}
		return nil
	}
	return exitStatus(7)
}

func (b *bench) record(portal string) string {
	address, port, _ := net.SplitHostPort(portal)
	record := "iscsi/nodes/" + b.target + "/" + address + "," + port
	if b.tag {
		record += ",2/default"
	}
	return record
}

// session makes the kernel show a new session.
func (b *bench) session(portal string) {
	b.next++
	n := b.next
	b.sessions[portal] = n
	address, port, _ := net.SplitHostPort(portal)
	class, folder := fmt.Sprintf("sys/class/iscsi_session/session%d", n), fmt.Sprintf("sys/devices/platform/host%d/session%d", n, n)
	connection := fmt.Sprintf("%s/connection%d:0/iscsi_connection/connection%d:0", folder, n, n)
	b.put(b.target+"\n", class, "targetname")
	b.put(loggedIn+"\n", class, "state")
	b.put("0\n", class, "target_id")
	b.put(address+"\n", connection, "persistent_address")
	b.put(port+"\n", connection, "persistent_port")
	b.put("", fmt.Sprintf("sys/class/scsi_host/host%d/scan", n))
	b.link(b.path(folder), class, "device")
}

func (b *bench) endSession(portal string) {
	n := b.sessions[portal]
	delete(b.sessions, portal)
	for _, folder := range b.deviceFolders(n) {
		b.removeDevice(folder)
	}
	for _, path := range []string{fmt.Sprintf("sys/class/iscsi_session/session%d", n), fmt.Sprintf("sys/devices/platform/host%d", n)} {
		_ = os.RemoveAll(b.path(path))
	}
}

// state sets the state of the session at a portal.
func (b *bench) state(portal, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(state+"\n", fmt.Sprintf("sys/class/iscsi_session/session%d/state", b.sessions[portal]))
}
