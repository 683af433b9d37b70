// Subcommand adopt: takes an existing LUN under the driver's management, and writes the
// PersistentVolume for it.

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"go.yaml.in/yaml/v3"
)

// adoption is the command line of adopt.
type adoption struct {
	config, credentials         string
	place                       map[string]string
	lun, name                   string
	class, claim, mode, fileSys string
}

func (a *adoption) flags() *flag.FlagSet {
	f := flag.NewFlagSet("zfssa-csi adopt", flag.ContinueOnError)
	f.StringVar(&a.config, "config", "/etc/zfssa-settings/settings.json", "settings file of the controller")
	f.StringVar(&a.credentials, "credentials", "/etc/zfssa/default", "directory with the credentials of the default backend")
	a.place = map[string]string{}
	for _, name := range placeParameters {
		f.Func(name, "where the LUN is, as the parameter "+name+" of a storage class", func(value string) error {
			a.place[name] = value
			return nil
		})
	}
	f.StringVar(&a.lun, "lun", "", "name of the LUN on the appliance; required")
	f.StringVar(&a.name, "name", "", "name of the PersistentVolume; empty means that of the LUN")
	f.StringVar(&a.class, "class", "", "storage class of the PersistentVolume")
	f.StringVar(&a.claim, "claim", "", "claim that the PersistentVolume is reserved for: NAMESPACE/NAME")
	f.StringVar(&a.mode, "access-mode", "ReadWriteOnce", "access mode of the PersistentVolume")
	f.StringVar(&a.fileSys, "fs-type", "", "file system on the LUN, ext4 or xfs; empty means a block volume")
	return f
}

// objectNameOfKubernetes is the form of the name of a PersistentVolume.
var objectNameOfKubernetes = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// check completes the command line and refuses a wrong one.
func (a *adoption) check() error {
	if a.lun == "" {
		return errors.New("-lun is missing: set the name of the LUN")
	}
	if a.name == "" {
		a.name = a.lun
	}
	if !objectNameOfKubernetes.MatchString(a.name) {
		return fmt.Errorf("-name is %q: no name of a PersistentVolume: set one with lower-case letters, digits, - and .", a.name)
	}
	if namespace, name, two := strings.Cut(a.claim, "/"); a.claim != "" &&
		(!two || !objectNameOfKubernetes.MatchString(namespace) || !objectNameOfKubernetes.MatchString(name)) {
		return fmt.Errorf("-claim is %q: set NAMESPACE/NAME", a.claim)
	}
	switch a.fileSys {
	case "", "ext4", "xfs":
	default:
		return fmt.Errorf("-fs-type is %q: set ext4 or xfs, or leave it out for a block volume", a.fileSys)
	}
	switch a.mode {
	case "ReadWriteOnce", "ReadWriteOncePod", "ReadOnlyMany":
	case "ReadWriteMany":
		if a.fileSys != "" {
			return errors.New("-access-mode is ReadWriteMany: a file system cannot be written by several nodes: set another mode")
		}
	default:
		return fmt.Errorf("-access-mode is %q: set ReadWriteOnce, ReadWriteOncePod, ReadWriteMany or ReadOnlyMany", a.mode)
	}
	return nil
}

// longestAdoption bounds the requests of adopt.
const longestAdoption = 5 * time.Minute

// adopt runs the subcommand. It writes the PersistentVolume to out, and notes for the operator to
// notes. It changes the name of the LUN and marks it as managed; it refuses a LUN that is presented
// to a host. It may be repeated.
func adopt(ctx context.Context, words []string, out, notes io.Writer, logger *slog.Logger) error {
	var a adoption
	f := a.flags()
	f.SetOutput(notes)
	if err := f.Parse(words); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q: unknown: adopt has flags only", f.Arg(0))
	}
	if err := a.check(); err != nil {
		return err
	}
	file, err := openSettings(a.config, logger)
	if err != nil {
		return err
	}
	backends := newBackends(file, a.credentials, logger, func(zfssa.Completion) {})
	defer backends.close()
	ctx, cancel := context.WithTimeout(ctx, longestAdoption)
	defer cancel()
	s := file.get()
	at, targetGroup, err := s.class(a.place)
	if err != nil {
		return err
	}
	driver, done, err := backends.useGroup(ctx, at, targetGroup, nil)
	if err != nil {
		return err
	}
	defer done()
	report, err := a.manage(ctx, driver)
	if err != nil {
		return err
	}
	if len(report.TakenFrom) > 0 {
		fmt.Fprintf(notes, "LUN %s: was presented to %s a moment ago, and is not any more\n", a.lun, strings.Join(report.TakenFrom, ", "))
	}
	if len(report.Snapshots) > 0 {
		fmt.Fprintf(notes, "LUN %s: the driver does not know its snapshots %s: delete them on the appliance before the volume is deleted\n",
			a.lun, strings.Join(report.Snapshots, ", "))
	}
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	return errors.Join(encoder.Encode(a.volume(s.id(at, report.Volume.Name), report.Volume.SizeBytes)), encoder.Close())
}

// manage takes the LUN under management. A LUN that is presented to a host may be in use there, so
// it is refused.
func (a *adoption) manage(ctx context.Context, driver *zfssa.Driver) (*zfssa.ManageReport, error) {
	has, err := driver.GetVolume(ctx, zfssa.GetVolumeRequest{Name: a.lun})
	switch {
	// An earlier call may have renamed it, which ManageExisting finds out.
	case errors.Is(err, zfssa.ErrVolumeNotFound):
	case err != nil:
		return nil, err
	case len(has.InitiatorGroups) > 0:
		return nil, fmt.Errorf("LUN %s: presented to %s: end its use there, and wait until the VolumeAttachment is gone",
			a.lun, strings.Join(has.InitiatorGroups, ", "))
	}
	return driver.ManageExisting(ctx, zfssa.ManageExistingRequest{Name: objectName(a.name), SourceName: a.lun})
}

// volume returns the PersistentVolume of a volume with an id and a size in bytes. It is retained
// when its claim is deleted, because its data is older than the driver.
func (a *adoption) volume(id string, bytes uint64) map[string]any {
	source := map[string]any{"driver": driverName, "volumeHandle": id}
	spec := map[string]any{
		"capacity":                      map[string]string{"storage": strconv.FormatUint(bytes, 10)},
		"accessModes":                   []string{a.mode},
		"persistentVolumeReclaimPolicy": "Retain",
		"volumeMode":                    "Block",
		"csi":                           source,
	}
	if a.fileSys != "" {
		spec["volumeMode"] = "Filesystem"
		source["fsType"] = a.fileSys
	}
	if a.class != "" {
		spec["storageClassName"] = a.class
	}
	if namespace, name, ok := strings.Cut(a.claim, "/"); ok {
		spec["claimRef"] = map[string]string{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name}
	}
	return map[string]any{
		"apiVersion": "v1",
		"kind":       "PersistentVolume",
		"metadata": map[string]any{"name": a.name,
			"annotations": map[string]string{"pv.kubernetes.io/provisioned-by": driverName}},
		"spec": spec,
	}
}
