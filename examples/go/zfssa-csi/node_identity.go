// Identity of a SCSI device: designators of the VPD page 0x83.

package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An identity is how a LUN names itself: the designators of its logical unit, the globally unique
// ones first, as lowercase hexadecimal digits or, of the vendor's own kind (T10), as text.
//
// The appliance's GUID, such as 600144F0EF0D2BCE00005946B13E0002, is the NAA designator of its LUN
// as it is: 600144F0 are the NAA type 6 and the IEEE company id of the target that the appliance's
// software descends from (COMSTAR), and dm-multipath shows it behind a 3, the number of the type.
type lunIdentity struct {
	names []string
}

// is returns whether the LUN with a GUID names itself so.
func (i lunIdentity) is(guid string) bool {
	for _, name := range i.names {
		if strings.EqualFold(name, guid) {
			return true
		}
	}
	return false
}

// of returns whether all names that the kernel knows, of which there is one in its summary, are names
// of a LUN. Some are not unique: that of the vendor, or an NAA that the target assigns by number.
func (i lunIdentity) of(lun lunIdentity) bool {
	return !slices.ContainsFunc(i.names, func(name string) bool { return !lun.is(name) })
}

func (i lunIdentity) String() string { return strings.Join(i.names, ", ") }

// readIdentity reads the identity of the SCSI device with a directory in sysfs. The kernel asked the
// LUN for it when the device was found or last rescanned.
func readIdentity(folder string) (lunIdentity, error) {
	page, err := os.ReadFile(filepath.Join(folder, "vpd_pg83"))
	if err == nil {
		if found := parsePage83(page); len(found.names) > 0 {
			return found, nil
		}
	}
	// The kernel's summary of the same page, for kernels that do not show it whole.
	text, err := os.ReadFile(filepath.Join(folder, "wwid"))
	if err != nil {
		return lunIdentity{}, fmt.Errorf("%s: no identity: neither vpd_pg83 nor wwid: %w", folder, err)
	}
	kind, name, ok := strings.Cut(strings.TrimSpace(string(text)), ".")
	if !ok || name == "" || kind != "naa" && kind != "eui" && kind != "t10" {
		return lunIdentity{}, fmt.Errorf("%s: no identity: wwid is %q", folder, strings.TrimSpace(string(text)))
	}
	return lunIdentity{[]string{strings.ToLower(name)}}, nil
}

// inquire asks the LUN of a device for its identity, and leaves what the kernel knows of it as it is.
func (k *kernel) inquire(ctx context.Context, d device) (lunIdentity, error) {
	page, err := k.machine.inquire(ctx, filepath.Join(k.dev, d.block), 0x83)
	if err != nil {
		return lunIdentity{}, fmt.Errorf("device %s: %w", d.block, err)
	}
	found := parsePage83(page)
	if len(found.names) == 0 {
		return lunIdentity{}, fmt.Errorf("device %s: LUN without a designator in VPD page 0x83", d.block)
	}
	return found, nil
}

// Types of designators (SPC-5, 7.7.6).
const (
	designatorT10 = 1
	designatorEUI = 2
	designatorNAA = 3
	// An NAA that the target assigns itself (SPC-5, 7.7.6.6.1); no type of the page.
	designatorLocalNAA = 0x10
)

// parsePage83 returns the designators of the logical unit in a VPD page 0x83 (SPC-5, 7.7.6): NAA
// before EUI-64 before T10 before an NAA that the target assigns itself. It ignores designators of the target and its ports, and whatever is cut
// off.
func parsePage83(page []byte) lunIdentity {
	if len(page) < 4 || page[1] != 0x83 {
		return lunIdentity{}
	}
	rest := page[4:min(len(page), 4+int(page[2])<<8+int(page[3]))]
	byType := map[byte][]string{}
	for len(rest) >= 4 {
		end := 4 + int(rest[3])
		if end > len(rest) {
			break
		}
		value, kind, association := rest[4:end], rest[1]&0x0f, rest[1]>>4&0x3
		binary := rest[0]&0x0f == 1
		switch {
		case association != 0 || len(value) == 0:
		case binary && kind == designatorNAA && value[0]>>4 == 3:
			byType[designatorLocalNAA] = append(byType[designatorLocalNAA], hex.EncodeToString(value))
		case binary && (kind == designatorNAA || kind == designatorEUI):
			byType[kind] = append(byType[kind], hex.EncodeToString(value))
		case kind == designatorT10:
			byType[kind] = append(byType[kind], strings.TrimSpace(strings.ToValidUTF8(strings.Trim(string(value), "\x00"), "?")))
		}
		rest = rest[end:]
	}
	return lunIdentity{slices.Concat(byType[designatorNAA], byType[designatorEUI], byType[designatorT10], byType[designatorLocalNAA])}
}
