// Volume capabilities, capacity ranges, and storage class parameters.

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const gib = 1 << 30

// unsupported returns why a volume cannot have the capabilities; empty if it supports them all.
func unsupported(capabilities []*csi.VolumeCapability) string {
	for _, c := range capabilities {
		if f := filesystemOf(c); f == nil && c.GetBlock() == nil {
			return "volume_capability: access_type is missing: set block or mount"
		} else if f != nil && f.Type != "ext4" && f.Type != "xfs" {
			return fmt.Sprintf("fs_type %q: not supported: set ext4 or xfs", f.Type)
		} else if f != nil && !singleNode(c) && !f.ReadOnly {
			return fmt.Sprintf("access_mode %v: a file system cannot be written by several nodes: use a block volume", c.GetAccessMode().GetMode())
		}
		switch mode := c.GetAccessMode().GetMode(); mode {
		case csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER, csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER, csi.VolumeCapability_AccessMode_SINGLE_NODE_MULTI_WRITER,
			csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY, csi.VolumeCapability_AccessMode_MULTI_NODE_SINGLE_WRITER,
			csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER:
		default:
			return fmt.Sprintf("access_mode %v: not supported", mode)
		}
	}
	return ""
}

func singleNode(c *csi.VolumeCapability) bool {
	switch c.GetAccessMode().GetMode() {
	case csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY, csi.VolumeCapability_AccessMode_MULTI_NODE_SINGLE_WRITER,
		csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER:
		return false
	}
	return true
}

// readerOnly returns whether an access mode allows no writer.
func readerOnly(c *csi.VolumeCapability) bool {
	switch c.GetAccessMode().GetMode() {
	case csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY, csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY:
		return true
	}
	return false
}

// filesystemOf returns the file system of a mount volume, and nil for a block volume. The default
// type is ext4, as in Kubernetes.
func filesystemOf(c *csi.VolumeCapability) *filesystem {
	m := c.GetMount()
	if m == nil {
		return nil
	}
	f := &filesystem{Type: m.GetFsType(), Options: m.GetMountFlags(), ReadOnly: readerOnly(c)}
	if f.Type == "" {
		f.Type = "ext4"
	}
	if f.ReadOnly && !singleNode(c) {
		// The journal is not replayed, which would be a write below the other nodes.
		f.Options = append(slices.Clone(f.Options), map[string]string{"ext4": "noload", "xfs": "norecovery"}[f.Type])
	}
	return f
}

// sizes is a range of sizes in bytes, both inclusive; most is 0 if there is no upper limit.
type sizes struct{ least, most int64 }

func sizesOf(r *csi.CapacityRange) (sizes, error) {
	s := sizes{r.GetRequiredBytes(), r.GetLimitBytes()}
	if s.least < 0 || s.most < 0 || s.most > 0 && s.least > s.most {
		return s, status.Errorf(codes.OutOfRange, "capacity_range: empty: at least %d and at most %d bytes", s.least, s.most)
	}
	return s, nil
}

// gibs returns the smallest number of whole GiB in the range that is at least the size of the
// source in bytes.
func (s sizes) gibs(source uint64) (uint64, error) {
	least := max(uint64(s.least), source, 1)
	count := (least + gib - 1) / gib
	if s.most > 0 && count*gib > uint64(s.most) {
		return 0, status.Errorf(codes.OutOfRange, "capacity_range: no multiple of 1 GiB in it: %d GiB exceed the limit of %d bytes", count, s.most)
	}
	return count, nil
}

func (s sizes) holds(bytes uint64) bool {
	return bytes >= uint64(s.least) && (s.most == 0 || bytes <= uint64(s.most))
}

// fixed are the parameters that only the creation of a volume can set.
var fixed = []string{"volblocksize", "encryption", "keystore", "keyname"}

// changeable are the parameters that can be changed in place.
var changeable = []string{
	"sparse", "compression", "logbias", "dedup", "secondarycache", "writecache", "copies", "readlimit", "writelimit",
	"delete_with_clones",
}

// specsOf converts the parameters of a storage class to extra specs: those of fixed and changeable,
// with or without the prefix zfssa:. It ignores the parameters of the sidecars.
func specsOf(parameters map[string]string) (map[string]string, error) {
	specs := map[string]string{}
	for key, value := range parameters {
		switch name := strings.TrimPrefix(key, "zfssa:"); {
		case ofSidecar(key):
		case slices.Contains(fixed, name), slices.Contains(changeable, name):
			specs["zfssa:"+name] = value
		default:
			return nil, invalid("parameter %s is %s: unknown: remove it, or set one of %s",
				key, value, strings.Join(slices.Concat(fixed, changeable), ", "))
		}
	}
	return specs, nil
}

// ofSidecar returns whether a parameter is one for the sidecars of Kubernetes, which they leave in
// calls, or that they add, such as the names of a claim or of a snapshot with --extra-create-metadata.
func ofSidecar(key string) bool {
	return strings.HasPrefix(key, "csi.storage.k8s.io/") || strings.EqualFold(key, "fstype") || slices.Contains(deprecated, key)
}

// deprecated are the parameters that the external-provisioner reads itself and yet passes on, because
// they have no prefix. It puts fstype into the volume capability.
var deprecated = []string{
	"csiProvisionerSecretName", "csiProvisionerSecretNamespace",
	"csiControllerPublishSecretName", "csiControllerPublishSecretNamespace",
	"csiNodeStageSecretName", "csiNodeStageSecretNamespace",
	"csiNodePublishSecretName", "csiNodePublishSecretNamespace",
}

// noParameters refuses parameters of a class that has none. It ignores those of the sidecars.
func noParameters(parameters map[string]string) error {
	for key, value := range parameters {
		if !ofSidecar(key) {
			return invalid("parameter %s is %s: unknown: remove it: such a class has no parameters", key, value)
		}
	}
	return nil
}

// mutableSpecs converts the parameters of a volume attributes class, which can be changed in place.
func mutableSpecs(parameters map[string]string) (map[string]string, error) {
	specs, err := specsOf(parameters)
	for _, name := range fixed {
		if value, set := specs["zfssa:"+name]; set {
			return nil, invalid("%s is %s: only the creation of a volume can set it", name, value)
		}
	}
	return specs, err
}
