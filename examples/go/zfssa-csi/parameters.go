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

// unsupported says what of the capabilities a volume cannot have; empty when it has them all.
func unsupported(capabilities []*csi.VolumeCapability) string {
	for _, c := range capabilities {
		if c.GetBlock() == nil {
			return "only block volumes are served"
		}
		switch mode := c.GetAccessMode().GetMode(); mode {
		case csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER, csi.VolumeCapability_AccessMode_SINGLE_NODE_READER_ONLY,
			csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER, csi.VolumeCapability_AccessMode_SINGLE_NODE_MULTI_WRITER,
			csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY, csi.VolumeCapability_AccessMode_MULTI_NODE_SINGLE_WRITER,
			csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER:
		default:
			return fmt.Sprintf("the access mode %v is not served", mode)
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

// A size range in bytes; the upper bound 0 is none.
type sizes struct{ least, most int64 }

func sizesOf(r *csi.CapacityRange) (sizes, error) {
	s := sizes{r.GetRequiredBytes(), r.GetLimitBytes()}
	if s.least < 0 || s.most < 0 || s.most > 0 && s.least > s.most {
		return s, status.Errorf(codes.OutOfRange, "no size is at least %d and at most %d bytes", s.least, s.most)
	}
	return s, nil
}

// gibs is the smallest whole number of GiB in the range, at least that of a source.
func (s sizes) gibs(source uint64) (uint64, error) {
	least := max(uint64(s.least), source, 1)
	count := (least + gib - 1) / gib
	if s.most > 0 && count*gib > uint64(s.most) {
		return 0, status.Errorf(codes.OutOfRange, "sizes are whole GiB: %d GiB are more than %d bytes", count, s.most)
	}
	return count, nil
}

func (s sizes) holds(bytes uint64) bool {
	return bytes >= uint64(s.least) && (s.most == 0 || bytes <= uint64(s.most))
}

// specsOf reads the parameters of a storage class: volblocksize, sparse, compression and logbias,
// with or without the scope zfssa:. Those of the sidecars are passed over.
func specsOf(parameters map[string]string) (map[string]string, error) {
	specs := map[string]string{}
	for key, value := range parameters {
		switch name := strings.TrimPrefix(key, "zfssa:"); {
		case strings.HasPrefix(key, "csi.storage.k8s.io/"):
		case slices.Contains([]string{"volblocksize", "sparse", "compression", "logbias"}, name):
			specs["zfssa:"+name] = value
		default:
			return nil, invalid("unknown parameter %s", key)
		}
	}
	return specs, nil
}

// mutableSpecs are those that a volume attributes class may have: what can be changed in place.
func mutableSpecs(parameters map[string]string) (map[string]string, error) {
	specs, err := specsOf(parameters)
	if _, fixed := specs["zfssa:volblocksize"]; fixed {
		return nil, invalid("the block size of a volume cannot be changed")
	}
	return specs, err
}
