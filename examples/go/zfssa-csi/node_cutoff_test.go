package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// publishedAs makes a block device the one that is bind-mounted at a path; empty: none.
func (b *bench) publishedAs(block, path string) {
	line := ""
	if block != "" {
		line = fmt.Sprintf("36 35 0:6 /%s %s rw,nosuid - devtmpfs udev rw,size=8k\n", block, strings.ReplaceAll(path, " ", `\040`))
	}
	b.put("22 28 0:21 / /sys rw - sysfs sysfs rw\n36 35 0:6 / /dev rw - devtmpfs udev rw\n"+line, "mountinfo")
	b.kernel.mounts = b.path("mountinfo")
}

// A published device whose LU number is another LUN's by now keeps its block device number, on all
// its paths, and passes nothing on, until it is unpublished.
func TestPublishedDeviceIsCutOff(t *testing.T) {
	for _, multipath := range []bool{false, true} {
		b := newBench(t)
		if multipath {
			b.multipath()
		}
		b.present(3, lun{guid: guidA, bytes: gib})
		portals := portalA + "," + portalB
		old, next := staging(t, "csi-old", portals, 3, guidA), staging(t, "csi-next", portals, 3, guidB)
		b.must(b.stage(old))
		var paths []string
		for _, d := range b.kernel.devices(target, 3) {
			paths = append(paths, d.block)
		}
		used := b.kernel.attached[target+" 3"].block
		b.publishedAs(used, "/pods/a b/device")
		b.present(3, lun{guid: guidB, bytes: 2 * gib})
		b.taken()
		for range 2 {
			expect(t, b.stage(next), codes.FailedPrecondition, "csi-next", "LU number 3", "/pods/a b/device: unpublish it there")
		}
		for _, d := range b.kernel.devices(target, 3) {
			// Without multipath only one path is published, and the other can go.
			if state := readText(d.folder, "state"); state != offline && (multipath || d.block == used) {
				t.Errorf("%s is %s", d.block, state)
			}
			if !slices.Contains(paths, d.block) && multipath {
				t.Errorf("%s is new", d.block)
			}
		}
		// Unstaging it leaves what is still published.
		if done := b.taken(); multipath && index(done, "delete") >= 0 {
			t.Errorf("done: %s", strings.Join(done, ", "))
		}
		b.publishedAs("", "")
		b.must(b.unstage(old))
		b.must(b.stage(next))
		if got := b.shown(3); !slices.Equal(got, []string{guidB, guidB}) {
			t.Errorf("devices: %v", got)
		}
		for _, d := range b.kernel.devices(target, 3) {
			if slices.Contains(paths, filepath.Base(d.block)) {
				t.Errorf("%s is used again", d.block)
			}
		}
		b.must(b.unstage(next))
		b.clean(next)
	}
}
