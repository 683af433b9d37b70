package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// multipath makes the bench run multipathd, which builds one map over each path that is added to
// it, and multipath -f, which removes the map.
func (b *bench) multipath() {
	b.programs["multipathd"] = func(a []string) (string, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch strings.Join(a[:2], " ") {
		case "show daemon":
			return "pid 1 idle\n", nil
		case "add path":
			folder := b.path("sys/class/block", a[2], "device")
			has, err := readIdentity(folder)
			if err != nil {
				return "fail\n", nil
			}
			b.addToMap("mpatha", has.names[0], a[2])
			return "ok\n", nil
		case "resize map":
			// The map has the size of its smallest path.
			least := ""
			for _, size := range b.glob(b.path("sys/class/block/dm-7/slaves/*/size")) {
				if has := readText(size); least == "" || len(has) < len(least) || len(has) == len(least) && has < least {
					least = has
				}
			}
			b.put(least, "sys/devices/virtual/block/dm-7/size")
			return "ok\n", nil
		}
		return "", exitStatus(1)
	}
	b.programs["multipath"] = func(a []string) (string, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(a) != 2 || a[0] != "-f" || a[1] != "mpatha" {
			return "", exitStatus(1)
		}
		b.removeAll("sys/class/block/dm-7", "sys/devices/virtual/block/dm-7")
		return "", nil
	}
}

func (b *bench) addToMap(name, identity, path string) {
	const folder = "sys/devices/virtual/block/dm-7"
	if len(b.glob(b.path(folder))) == 0 {
		b.put(name+"\n", folder, "dm/name")
		b.put("mpath-3"+identity+"\n", folder, "dm/uuid")
		b.put(readText(b.path("sys/class/block", path, "size")), folder, "size")
		b.link(b.path(folder), "sys/class/block/dm-7")
	}
	b.link(b.path("sys/class/block", path), folder, "slaves", path)
}

func index(done []string, what string) int {
	return slices.IndexFunc(done, func(s string) bool { return strings.HasPrefix(s, what) })
}

// The map over the paths is used, resized when the LUN has grown, and flushed before its paths go.
func TestMultipath(t *testing.T) {
	b := newBench(t)
	b.multipath()
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA+","+portalB, 3, guidA)
	b.must(b.stage(stage))
	if got := b.kernel.attached[target+" 3"].block; got != "dm-7" {
		t.Errorf("used: %s", got)
	}
	if got := b.glob(b.path("sys/class/block/dm-7/slaves/*")); len(got) != 2 {
		t.Errorf("paths of the map: %v", got)
	}
	b.taken()
	b.present(3, lun{guid: guidA, bytes: 2 * gib})
	if bytes, err := b.kernel.grow(b.within(), "dm-7", 2*gib); err != nil || bytes != 2*gib {
		t.Errorf("%d %v", bytes, err)
	}
	if done := b.taken(); !slices.Equal(done, []string{"rescan 3", "rescan 3", "multipathd resize map mpatha"}) {
		t.Errorf("grown by %v", done)
	}
	b.must(b.unstage(stage))
	done := b.taken()
	if flushed, deleted := index(done, "multipath -f mpatha"), index(done, "delete"); flushed < 0 || flushed > deleted {
		t.Errorf("unstaged by\n%s", strings.Join(done, "\n"))
	}
	b.clean(stage)
}

// A map that cannot be flushed keeps its paths: they are all that its data can be written by.
func TestMapThatIsHeld(t *testing.T) {
	b := newBench(t)
	b.multipath()
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA+","+portalB, 3, guidA)
	b.must(b.stage(stage))
	flush := b.programs["multipath"]
	for _, answer := range []func([]string) (string, error){
		func([]string) (string, error) { return "map in use", exitStatus(1) },
		func([]string) (string, error) { return "", nil },
	} {
		b.programs["multipath"] = answer
		expect(t, b.unstage(stage), codes.Internal, "mpatha")
		if len(b.shown(3)) != 2 || len(b.kernel.sessions(target)) != 2 {
			t.Errorf("devices: %v", b.shown(3))
		}
	}
	b.programs["multipath"] = flush
	b.must(b.unstage(stage))
	b.clean(stage)
}

// A map that outlived its paths is flushed before the LUN is used without it, and with its volume.
func TestMapWithoutPaths(t *testing.T) {
	b := newBench(t)
	b.multipath()
	delete(b.programs, "multipathd")
	left := func() {
		b.session(portalA)
		b.addToMap("mpatha", strings.ToLower(guidA), b.device(1, 9, lun{guid: guidA, bytes: gib}))
		b.endSession(portalA)
	}
	left()
	b.next = 0
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA, 3, guidA)
	b.must(b.stage(stage))
	if maps := b.glob(b.path("sys/class/block/dm-*")); len(maps) > 0 {
		t.Errorf("left: %v", maps)
	}
	b.addToMap("mpatha", strings.ToLower(guidA), filepath.Base(b.kernel.devices(target, 3)[0].block))
	b.endSession(portalA)
	b.must(b.unstage(stage))
	b.clean(stage)
}

// A path that a map of another LUN holds is not used, and neither is that map.
func TestMapOfAnotherLUN(t *testing.T) {
	b := newBench(t)
	b.multipath()
	b.session(portalA)
	b.present(3, lun{guid: guidA, bytes: gib})
	b.addToMap("mpatha", strings.ToLower(guidB), b.device(1, 3, lun{guid: guidA, bytes: gib}))
	expect(t, b.stage(staging(t, "csi-v", portalA, 3, guidA)), codes.Internal, guidA, strings.ToLower(guidB), "mpatha", "multipath -f")
	if maps := b.glob(b.path("sys/class/block/dm-*")); len(maps) != 1 {
		t.Errorf("maps: %v", maps)
	}
}

// multipathd says that it has not resized a map, with the exit code of success.
func TestResizeThatFails(t *testing.T) {
	b := newBench(t)
	b.multipath()
	b.present(3, lun{guid: guidA, bytes: gib})
	b.must(b.stage(staging(t, "csi-v", portalA, 3, guidA)))
	b.programs["multipathd"] = func(a []string) (string, error) { return "fail\n", nil }
	if bytes, err := b.kernel.grow(b.within(), "dm-7", 2*gib); err == nil || !strings.Contains(fmt.Sprint(err), "mpatha") {
		t.Errorf("%d %v", bytes, err)
	}
}

// What is refused for a moment is done after it.
func TestMapThatIsHeldForAMoment(t *testing.T) {
	b := newBench(t)
	b.kernel.refusals = refusals
	b.multipath()
	b.present(3, lun{guid: guidA, bytes: gib})
	stage := staging(t, "csi-v", portalA+","+portalB, 3, guidA)
	b.must(b.stage(stage))
	b.present(3, lun{guid: guidA, bytes: 2 * gib})
	for _, name := range []string{"multipathd", "multipath"} {
		answer, refused := b.programs[name], false
		b.programs[name] = func(a []string) (string, error) {
			if !refused {
				refused = true
				return "fail\n", exitStatus(1)
			}
			return answer(a)
		}
	}
	if bytes, err := b.kernel.grow(b.within(), "dm-7", 2*gib); err != nil || bytes != 2*gib {
		t.Errorf("%d %v", bytes, err)
	}
	b.must(b.unstage(stage))
	b.clean(stage)
}
