package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The identity of a LUN is that of its designators, wherever they are in the page, and no other.
func TestIdentity(t *testing.T) {
	cut := page83(guidA)
	for name, c := range map[string]struct {
		page []byte
		want []string
	}{
		"whole":             {page83(guidA), []string{"600144f0ef0d2bce00005946b13e0002", "SUN", "3000000100000001"}},
		"cut off":           {cut[:len(cut)-1], []string{"SUN", "3000000100000001"}},
		"EUI-64 before T10": {[]byte{0, 0x83, 0, 22, 2, 1, 0, 6, 'V', ' ', ' ', ' ', ' ', 'x', 1, 2, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}, []string{"0102030405060708", "V    x"}},
		"port only":         {[]byte{0, 0x83, 0, 12, 0x61, 0x93, 0, 8, 0x50, 1, 2, 3, 4, 5, 6, 7}, nil},
		"another page":      {[]byte{0, 0x80, 0, 4, 'a', 'b', 'c', 'd'}, nil},
		"empty":             {nil, nil},
	} {
		if got := parsePage83(c.page).names; !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	folder := t.TempDir()
	if found, err := readIdentity(folder); err == nil {
		t.Errorf("no page: %v", found)
	}
	for text, ok := range map[string]bool{"naa.600144f0ef0d2bce00005946b13e0002\n": true, "naa.\n": false, "uuid.600144f0ef0d2bce00005946b13e0002\n": false} {
		if err := os.WriteFile(filepath.Join(folder, "wwid"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := readIdentity(folder); (err == nil) != ok || found.is(guidA) != ok || found.is(guidB) {
			t.Errorf("%q: %v %v", text, found, err)
		}
	}
}

// A LU number above 255 is shown as it was on the wire, with or without flat addressing.
func TestLUNumbersOfDevices(t *testing.T) {
	for name, want := range map[string]uint64{"7:0:0:3": 3, "7:0:0:255": 255, "7:0:0:300": 300, "7:0:0:16684": 300, "7:0:0:16387": 16387,
		"7:0:0:32767": 16383, "7:0:0:49409": 49409} {
		if got, err := lunOf("/sys/devices/" + name); err != nil || got != want {
			t.Errorf("%s: %d %v", name, got, err)
		}
	}
	if lun, err := lunOf("/sys/devices/7:0:0:x"); err == nil {
		t.Error(lun)
	}
	// libiscsi's URL has the number of the wire.
	for lun, want := range map[uint64]string{255: "iscsi://198.51.100.1:3260/t/255", 256: "iscsi://198.51.100.1:3260/t/16640"} {
		if got := (&staged{Portals: []string{portalA}, Target: "t", LUN: lun}).url(); got != want {
			t.Errorf("%d: %s", lun, got)
		}
	}
}
