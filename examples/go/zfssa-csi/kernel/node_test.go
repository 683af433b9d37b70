// The node of the CSI driver, as an orchestrator and workloads use it, on a kernel.

package kernel

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// One machine serves all cases, since it takes time to boot; each case leaves nothing on it. After a
// case that failed the next ones get another.
func TestKernelNode(t *testing.T) {
	var c *cluster
	for _, one := range []struct {
		name string
		test func(*testing.T, *cluster)
		// Left out with -short.
		long bool
	}{
		{"bytes stay", bytesStay, false},
		{"a published volume grows", publishedVolumeGrows, false},
		{"an LU number is used again", numberIsUsedAgain, false},
		{"a portal is lost", portalIsLost, false},
		{"a portal is down at the start", portalIsDownAtStart, true},
		{"a portal hangs at the start", portalHangsAtStart, true},
		{"many at once", manyAtOnce, true},
		{"a driver dies while it stages", driverDiesWhileItStages, true},
	} {
		if one.long && testing.Short() {
			continue
		}
		if c == nil {
			c = startCluster(t)
		}
		good := t.Run(one.name, func(t *testing.T) {
			c.leavesNothing(t)
			one.test(t, c)
		})
		if !good {
			// What it left must not fail the next ones.
			c.stop(t)
			c = nil
		}
	}
}

// What a workload wrote is there when the volume comes back, also with a driver that was killed in
// between, and repeated calls change nothing.
func bytesStay(t *testing.T, c *cluster) {
	v := c.create(t, "life", 1)
	v.attach(t)
	v.mustWrite(t, 0, "first")
	v.stage(t)
	v.publish(t)
	v.mustHave(t, 0, "first")
	v.mustBeLarge(t, 1)
	c.killDriver(t)
	v.unpublish(t)
	v.unpublish(t)
	v.unstage(t)
	v.unstage(t)
	v.withdraw(t)
	v.attach(t)
	v.mustHave(t, 0, "first")
	v.detach(t)
}

func publishedVolumeGrows(t *testing.T, c *cluster) {
	v := c.create(t, "grows", 1)
	v.attach(t)
	v.mustWrite(t, 0, "before")
	v.grow(t, 2)
	v.mustBeLarge(t, 2)
	const last = 2*gib/blockSize - 1
	v.mustWrite(t, last, "after")
	v.mustHave(t, last, "after")
	v.mustHave(t, 0, "before")
	v.detach(t)
}

// Each portal in turn goes and comes back, and the workload notices nothing but a pause.
func portalIsLost(t *testing.T, c *cluster) {
	v := c.create(t, "paths", 1)
	v.attach(t)
	eventually(t, "two paths run", func() bool { return v.running(t) == 2 })
	for number, portal := range []*relay{c.first, c.second} {
		portal.set(t, refuses)
		v.mustWrite(t, int64(number), portal.address)
		v.mustHave(t, int64(number), portal.address)
		portal.set(t, carries)
		eventually(t, "two paths run", func() bool { return v.running(t) == 2 })
	}
	v.mustHave(t, 0, c.first.address)
	v.detach(t)
}

// A volume is staged through the portal that is left, and unstaged though the other never came.
func portalIsDownAtStart(t *testing.T, c *cluster) {
	usedThrough(t, c, refuses)
}

// The same, with a portal that takes connections and never answers.
func portalHangsAtStart(t *testing.T, c *cluster) {
	usedThrough(t, c, hangs)
}

func usedThrough(t *testing.T, c *cluster, state relayState) {
	v := c.create(t, "one-path", 1)
	c.first.set(t, state)
	defer c.first.set(t, carries)
	v.attach(t)
	v.mustWrite(t, 7, "one path")
	v.mustHave(t, 7, "one path")
	v.detach(t)
}

// Volumes are attached and detached at once, and those that stay are not disturbed.
func manyAtOnce(t *testing.T, c *cluster) {
	var volumes []*volume
	for _, name := range []string{"many-0", "many-1", "many-2"} {
		v := c.create(t, name, 1)
		v.export(t)
		volumes = append(volumes, v)
	}
	atOnce(t, volumes, func(v *volume) error { return v.tryStage(t) })
	for _, v := range volumes {
		v.publish(t)
		v.mustWrite(t, 0, "own")
	}
	stays := volumes[0]
	for _, v := range volumes[1:] {
		v.unpublish(t)
	}
	atOnce(t, volumes[1:], func(v *volume) error { return v.tryUnstage(t) })
	stays.mustHave(t, 0, "own")
	for _, v := range volumes[1:] {
		v.withdraw(t)
	}
	stays.detach(t)
}

func atOnce(t *testing.T, volumes []*volume, call func(*volume) error) {
	t.Helper()
	errs := make(chan error)
	for _, v := range volumes {
		go func() { errs <- call(v) }()
	}
	for range volumes {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// A driver is killed while it stages a volume, and the volume is unstaged instead.
func driverDiesWhileItStages(t *testing.T, c *cluster) {
	v := c.create(t, "dies", 1)
	v.export(t)
	c.first.set(t, hangs)
	c.second.set(t, hangs)
	ended := make(chan error, 1)
	go func() { ended <- v.tryStage(t) }()
	eventually(t, "the node has a record", func() bool {
		return c.run(t, "sh", "-c", leftovers) != ""
	})
	c.killDriver(t)
	if err := <-ended; status.Code(err) != codes.Unavailable {
		t.Errorf("the call of the dead driver: %v", err)
	}
	c.first.set(t, carries)
	c.second.set(t, carries)
	v.unstage(t)
	v.withdraw(t)
}

// A volume is taken from a node that still has it staged, as after the loss of a node that comes
// back, and another volume gets its LU number. Neither may show up in place of the other. The node
// may refuse the other volume until the first is unpublished, and then has to say where it is.
func numberIsUsedAgain(t *testing.T, c *cluster) {
	old := c.create(t, "old", 1)
	old.attach(t)
	old.mustWrite(t, 0, "old")
	// The node has it in memory.
	old.mustHave(t, 0, "old")
	old.withdraw(t)
	next := c.create(t, "next", 2)
	next.export(t)
	if old.published["lun"] != next.published["lun"] {
		t.Fatalf("the next LU number is %s, not %s", next.published["lun"], old.published["lun"])
	}
	refused := next.tryStage(t)
	if refused == nil {
		next.publish(t)
		next.mustWrite(t, 0, "next")
	} else if code := status.Code(refused); code != codes.FailedPrecondition ||
		!strings.Contains(refused.Error(), old.target) {
		t.Errorf("refused, without a word of %s: %v", old.target, refused)
	}
	// A workload that still has the old volume neither reads nor writes the next one.
	if err := old.write(0, "stray"); err == nil {
		t.Error("the old volume can still be written")
	}
	if has, err := old.read(0, disk); err == nil && has != old.content("old") {
		t.Errorf("the old volume shows %.40q", has)
	}
	if refused == nil {
		next.mustHave(t, 0, "next")
	}
	// Late, the old one is cleaned up, and takes nothing of the next one with it.
	old.unpublish(t)
	old.unstage(t)
	if refused != nil {
		next.stage(t)
		next.publish(t)
		next.mustBeEmpty(t, 0)
		next.mustWrite(t, 0, "next")
	}
	next.mustBeLarge(t, 2)
	next.mustHave(t, 0, "next")
	next.detach(t)
}
