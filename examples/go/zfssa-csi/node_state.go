// Record of a staged volume, in its staging directory.

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// staged describes a volume that is staged or is being staged. Its record in the staging directory
// is the only state of the node. It is on the disk before anything is attached, so that whatever a
// killed process or a power failure leaves is detached by NodeUnstageVolume.
type staged struct {
	VolumeID string   `json:"volumeID"`
	Portals  []string `json:"portals"`
	Target   string   `json:"target"`
	LUN      uint64   `json:"lun"`
	// GUID is the LUN's GUID, 32 hexadecimal digits. It is empty in records of drivers that did not
	// know it.
	GUID string `json:"guid"`
	// Bytes is the least size of the volume in bytes.
	Bytes int64 `json:"bytes"`
	// Attaching is set until the volume is attached; such a volume is not published.
	Attaching bool `json:"attaching,omitempty"`
	// Targets lists the paths at which the volume was published. Paths that no longer exist are
	// ignored.
	Targets []string `json:"targets,omitempty"`
	// Publications tells how the volume is published at each of Targets. Records of former drivers
	// do not have it.
	Publications map[string]publication `json:"publications,omitempty"`

	// Filesystem is that of a mount volume; nil for a block volume.
	Filesystem *filesystem `json:"filesystem,omitempty"`

	chap chap
	// folder is the staging directory.
	folder string
}

// chap is the CHAP account of the node, if the target requires one. It is not stored in the record.
type chap struct{ user, password string }

const stagedFile = "zfssa-volume.json"

// errDamaged is the error of a record that cannot be read, such as an empty one.
var errDamaged = errors.New("damaged record")

// readStaged reads a record. The error is fs.ErrNotExist if there is none, and errDamaged if it is
// not one. write cannot leave a damaged record, even at a power failure, but drivers before it could.
func readStaged(folder string) (*staged, error) {
	path := filepath.Join(folder, stagedFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &staged{folder: folder}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, errDamaged, err)
	}
	if s.VolumeID == "" || s.Target == "" {
		return nil, fmt.Errorf("%s: %w: volumeID or target is missing", path, errDamaged)
	}
	return s, nil
}

// syncFile makes a file or a directory durable. Tests replace it.
var syncFile = (*os.File).Sync

// write replaces the record atomically. It is on the disk when write returns.
func (s *staged) write(folder string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, stagedFile)
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = syncFile(file)
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return err
	}
	return syncFolder(folder)
}

// removeStaged removes the record of a volume that is detached.
func removeStaged(folder string) error {
	for _, name := range []string{stagedFile, stagedFile + ".new"} {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := syncFolder(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func syncFolder(folder string) error {
	file, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer file.Close()
	return syncFile(file)
}

// same returns whether two records are of one volume, LUN and access type.
func (s *staged) same(other *staged) bool {
	kind := func(s *staged) filesystem {
		if s.Filesystem == nil {
			return filesystem{}
		}
		return filesystem{Type: s.Filesystem.Type, ReadOnly: s.Filesystem.ReadOnly}
	}
	one, two := kind(s), kind(other)
	return s.VolumeID == other.VolumeID && s.Target == other.Target && s.LUN == other.LUN && s.GUID == other.GUID &&
		one.Type == two.Type && one.ReadOnly == two.ReadOnly
}
