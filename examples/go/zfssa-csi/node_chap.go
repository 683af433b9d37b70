// CHAP secrets in the node records of open-iscsi.

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

// iscsiadm accepts the settings of a node record only as arguments (-n NAME -v VALUE), which every
// user of the machine can read. So iscsiadm creates the record with all settings but the CHAP
// secret, and this driver writes the secret to the file of the record, as iscsiadm would. iscsiadm
// and iscsid read it there at the login. The file is owned by root and has mode 0600.
//
// A record is a text file with one NAME = VALUE per line (usr/idbm.c of open-iscsi):
//
//	nodes/TARGET/ADDRESS,PORT              created without a portal group tag
//	nodes/TARGET/ADDRESS,PORT,TAG/IFACE    created with one, or by a discovery

const secretSetting = "node.session.auth.password"

// longestSecret is the maximum length of a secret in open-iscsi (AUTH_STR_MAX_LEN, which includes
// the NUL).
const longestSecret = 255

// fits refuses an account that cannot be stored in a line of a record.
func (c chap) fits() error {
	for name, value := range map[string]string{"chap_user": c.user, "chap_password": c.password} {
		if len(value) > longestSecret {
			return invalid("%s: too long: at most %d bytes", name, longestSecret)
		}
		if value != strings.TrimSpace(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return invalid("%s: unsupported by open-iscsi: remove control characters, and spaces at the ends", name)
		}
	}
	return nil
}

// writeSecret writes the secret to every record of a target at a portal, because a login uses all
// of them, in each of the directories that open-iscsi may use.
func (k *kernel) writeSecret(target, portal, secret string) error {
	address, port, err := net.SplitHostPort(withPort(portal))
	if err != nil {
		return err
	}
	if target != filepath.Base(target) {
		return invalid("target %q: not a valid name", target)
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
			// The temporary file is not created in nodes, where iscsiadm reads every file as a
			// record.
			if err := replaceFile(filepath.Dir(nodes), file, withSetting(text, secretSetting, secret)); err != nil {
				return err
			}
			written++
		}
	}
	if written == 0 {
		return fmt.Errorf("target %s at %s: no record of open-iscsi in %s", target, portal, strings.Join(k.records, " or "))
	}
	return nil
}

// recordFiles returns the records of a portal in the directory of a target.
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

// withSetting returns a record with a setting replaced or added.
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

// replaceFile replaces a file atomically, with mode 0600. It takes no lock of open-iscsi, because a
// killed process that held it would block every iscsiadm of the node. At worst a concurrent change
// of the record makes the login fail, and the call is retried.
func replaceFile(folder, file string, text []byte) error {
	// CreateTemp creates the file with mode 0600.
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
