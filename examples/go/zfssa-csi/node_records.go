package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// The CHAP secret of a node's login.
//
// iscsiadm takes a record's settings as arguments (-n NAME -v VALUE) and in no other way, and every
// user of the machine can read the arguments of every process. So iscsiadm makes the record and
// sets all but the secret; the secret is written into the record's file, where iscsiadm would put
// it, and iscsiadm and iscsid read it there at the login. The file belongs to root, with mode 0600.
//
// A record is a text file, NAME = VALUE in each line (usr/idbm.c of open-iscsi):
//
//	nodes/TARGET/ADDRESS,PORT              made without a portal group tag
//	nodes/TARGET/ADDRESS,PORT,TAG/IFACE    made with one, or by a discovery

const secretSetting = "node.session.auth.password"

// The longest value of open-iscsi (AUTH_STR_MAX_LEN, with the NUL).
const longestSecret = 255

// fits refuses what a line of a record cannot hold.
func (c chap) fits() error {
	for name, value := range map[string]string{"chap_user": c.user, "chap_password": c.password} {
		if len(value) > longestSecret {
			return invalid("%s has more than %d bytes", name, longestSecret)
		}
		if value != strings.TrimSpace(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return invalid("%s begins or ends with a space, or has control characters: open-iscsi cannot keep it", name)
		}
	}
	return nil
}

// writeSecret puts the secret into every record of a target at a portal, since a login uses them
// all, wherever this open-iscsi keeps them.
func (k *kernel) writeSecret(target, portal, secret string) error {
	address, port, err := net.SplitHostPort(withPort(portal))
	if err != nil {
		return err
	}
	if target != filepath.Base(target) {
		return invalid("%q is not the name of a target", target)
	}
	written := 0
	for _, nodes := range k.records {
		files, err := recordFiles(filepath.Join(nodes, target), address+","+port)
		if err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			// By way of a file beside nodes and not in it, where iscsiadm takes each for a record.
			if err := replaceFile(filepath.Dir(nodes), file, withSetting(text, secretSetting, secret)); err != nil {
				return err
			}
			written++
		}
	}
	if written == 0 {
		return fmt.Errorf("open-iscsi has no record of %s at %s in %s", target, portal, strings.Join(k.records, " or "))
	}
	return nil
}

// recordFiles finds the records of a portal in the directory of a target.
func recordFiles(folder, portal string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []string
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		switch {
		case entry.Name() != portal && !strings.HasPrefix(entry.Name(), portal+","):
		case entry.IsDir():
			interfaces, err := os.ReadDir(path)
			if err != nil {
				return nil, err
			}
			for _, one := range interfaces {
				files = append(files, filepath.Join(path, one.Name()))
			}
		default:
			files = append(files, path)
		}
	}
	return files, err
}

// withSetting gives a record another value for a setting, which it may not have had.
func withSetting(record []byte, name, value string) []byte {
	lines := bytes.SplitAfter(record, []byte("\n"))
	lines = slices.DeleteFunc(lines, func(line []byte) bool {
		has, _, _ := bytes.Cut(line, []byte("="))
		return string(bytes.TrimSpace(has)) == name
	})
	at := slices.IndexFunc(lines, func(line []byte) bool { return bytes.HasPrefix(line, []byte("# END RECORD")) })
	if at < 0 {
		at = len(lines)
	}
	return bytes.Join(slices.Insert(lines, at, []byte(name+" = "+value+"\n")), nil)
}

// replaceFile writes a file as a whole, readable by its owner alone. No lock of open-iscsi is
// taken, since one that a killed process held would stop every iscsiadm of the node; whoever
// changes the record at the same moment makes the login fail at worst, and the call is repeated.
func replaceFile(folder, file string, text []byte) error {
	// Its mode is 0600 from the beginning.
	temporary, err := os.CreateTemp(folder, ".zfssa-csi-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(text)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}
