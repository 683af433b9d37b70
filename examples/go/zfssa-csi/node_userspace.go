// Node transport for workloads with an iSCSI initiator in user space.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

// userspace serves workloads with an iSCSI initiator of their own, such as QEMU with libiscsi. It
// publishes a file with the iscsi:// URL of the volume, and needs neither a kernel initiator nor
// privileges.
type userspace struct {
	initiator string
	// check makes attach verify that the LUN is accessible, with iscsi-inq of libiscsi.
	check bool
}

// published is the content of the file. QEMU accepts the URL unchanged, together with the option
// "-iscsi initiator-name=…".
type published struct {
	URL       string `json:"url"`
	Initiator string `json:"initiator"`
	VolumeID  string `json:"volumeID"`
	Bytes     int64  `json:"bytes"`
	Readonly  bool   `json:"readonly"`
}

// url returns the URL in the form of libiscsi. It does not contain the CHAP account, which the
// workload must obtain by other means.
//
// libiscsi puts the number at its end into the LUN field of a command as it is (iscsi_pdu_set_lun),
// so a LU number above 255 needs the flag of flat addressing.
func (s *staged) url() string {
	lun := s.LUN
	if lun > 255 {
		lun += flatAddressing
	}
	u := url.URL{Scheme: "iscsi", Host: s.Portals[0], Path: fmt.Sprintf("/%s/%d", s.Target, lun)}
	return u.String()
}

func (t *userspace) attach(ctx context.Context, s *staged) error {
	if s.Filesystem != nil {
		return invalid("volume_capability: mount volumes need -transport kernel: use block volumes")
	}
	if !t.check {
		return nil
	}
	address := s.url()
	command := exec.CommandContext(ctx, "iscsi-inq", "-i", t.initiator, address)
	if s.chap.user != "" {
		// Passed in the environment: every user could read the command line.
		command.Env = append(os.Environ(), "LIBISCSI_CHAP_USERNAME="+s.chap.user, "LIBISCSI_CHAP_PASSWORD="+s.chap.password)
	}
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("iscsi-inq %s: %w: %s", address, err, out)
	}
	return nil
}

func (t *userspace) detach(context.Context, *staged) error { return nil }

func (t *userspace) publish(_ context.Context, s *staged, target string, readonly bool) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	return writePublished(target, &published{URL: s.url(), Initiator: t.initiator, VolumeID: s.VolumeID, Bytes: s.Bytes, Readonly: readonly})
}

func writePublished(target string, p *published) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	temporary := target + ".new"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o640); err != nil {
		return err
	}
	return os.Rename(temporary, target)
}

func readPublished(target string) (*published, error) {
	text, err := os.ReadFile(target)
	if err != nil {
		return nil, err
	}
	p := &published{}
	return p, json.Unmarshal(text, p)
}

func (t *userspace) published(target string) bool {
	_, err := os.Lstat(target)
	return !errors.Is(err, fs.ErrNotExist)
}

func (t *userspace) unpublish(_ context.Context, target string) error {
	if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (t *userspace) stats(_ context.Context, target string) (*csi.NodeGetVolumeStatsResponse, error) {
	p, err := readPublished(target)
	if err != nil {
		return nil, err
	}
	return &csi.NodeGetVolumeStatsResponse{Usage: []*csi.VolumeUsage{{Unit: csi.VolumeUsage_BYTES, Total: p.Bytes}},
		VolumeCondition: &csi.VolumeCondition{Message: "known to the workload only"}}, nil
}

func (t *userspace) expand(_ context.Context, target, _ string, bytes int64) (int64, error) {
	p, err := readPublished(target)
	if err != nil || bytes <= p.Bytes {
		return 0, err
	}
	p.Bytes = bytes
	return bytes, writePublished(target, p)
}
