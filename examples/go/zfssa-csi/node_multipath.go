// Maps of dm-multipath over the paths to a LUN.

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// A multipathMap is a block device of dm-multipath.
type multipathMap struct {
	block string // dm-3
	name  string // mpatha, as multipath and multipathd know it
	uuid  string // mpath-3600144f0…
	// The block devices that it joins; none after all paths were lost.
	paths []string
}

// multipathMaps returns the maps of dm-multipath for which a condition holds.
func (k *kernel) multipathMaps(want func(multipathMap) bool) []multipathMap {
	var found []multipathMap
	folders, _ := filepath.Glob(filepath.Join(k.sys, "class/block/dm-*"))
	for _, folder := range folders {
		m := multipathMap{block: filepath.Base(folder), name: readText(folder, "dm/name"), uuid: readText(folder, "dm/uuid")}
		if !strings.HasPrefix(m.uuid, "mpath-") {
			continue
		}
		slaves, _ := filepath.Glob(filepath.Join(folder, "slaves", "*"))
		for _, path := range slaves {
			m.paths = append(m.paths, filepath.Base(path))
		}
		if want(m) {
			found = append(found, m)
		}
	}
	return found
}

// is returns whether the map is that of the LUN with a GUID.
func (m multipathMap) is(guid string) bool {
	return guid != "" && strings.Contains(strings.ToLower(m.uuid), strings.ToLower(guid))
}

func (m multipathMap) joins(d device) bool {
	for _, path := range m.paths {
		if path == d.block {
			return true
		}
	}
	return false
}

func joinsAny(m multipathMap, devices []device) bool {
	for _, d := range devices {
		if m.joins(d) {
			return true
		}
	}
	return false
}

// mapOver returns the map over the devices of a LUN, or nil if they are used without one. It adds
// the devices to a multipathd that runs first, so that multipathd builds no map over a device that
// is in use already.
func (k *kernel) mapOver(ctx context.Context, s *staged, devices []device) (*multipathMap, error) {
	over := func() ([]multipathMap, error) {
		maps := k.multipathMaps(func(m multipathMap) bool { return joinsAny(m, devices) })
		for _, m := range maps {
			if !m.is(s.GUID) {
				return nil, fmt.Errorf("LUN %d of %s: %s is a path of the multipath map %s (%s), expected LUN %s: flush the map with multipath -f",
					s.LUN, s.Target, devices[0].block, m.name, m.uuid, s.GUID)
			}
		}
		return maps, nil
	}
	maps, err := over()
	if err != nil {
		return nil, err
	}
	if _, stopped := k.machine.run(ctx, "multipathd", "show", "daemon"); stopped == nil {
		for _, d := range devices {
			if len(maps) > 0 && maps[0].joins(d) {
				continue
			}
			// multipathd refuses a device that its configuration excludes. That is used as it is.
			_, _ = k.machine.run(ctx, "multipathd", "add", "path", d.block)
		}
		if maps, err = over(); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(maps) == 0 {
		return nil, k.flushMaps(ctx, s, nil)
	}
	return &maps[0], nil
}

// refusals is how long multipath and multipathd may refuse a change of a map. udev and multipathd
// open a map for moments after it changed, and multipathd changes none before udev has reported its
// last change.
const refusals = 30 * time.Second

// flushMaps writes what the maps of a LUN hold to it and removes them. Without it the map would
// outlive its paths, and queue the writes that no path takes.
func (k *kernel) flushMaps(ctx context.Context, s *staged, devices []device) error {
	for begin := time.Now(); ; {
		err := k.flushMapsOnce(ctx, s, devices)
		if err == nil || time.Since(begin) >= k.refusals || k.pause(ctx) != nil {
			return err
		}
	}
}

func (k *kernel) flushMapsOnce(ctx context.Context, s *staged, devices []device) error {
	mine := func(m multipathMap) bool { return m.is(s.GUID) || s.GUID == "" && joinsAny(m, devices) }
	for _, m := range k.multipathMaps(mine) {
		if _, err := k.machine.run(ctx, "multipath", "-f", m.name); err != nil {
			return fmt.Errorf("multipath map %s of LUN %d of %s: not flushed: %w", m.name, s.LUN, s.Target, err)
		}
	}
	for _, m := range k.multipathMaps(mine) {
		return fmt.Errorf("multipath map %s of LUN %d of %s: flushed, but still there", m.name, s.LUN, s.Target)
	}
	return nil
}

// resizeMap makes a map as large as its paths.
func (k *kernel) resizeMap(ctx context.Context, m multipathMap) error {
	out, err := k.machine.run(ctx, "multipathd", "resize", "map", m.name)
	// multipathd answers "fail" with the exit code of success in some versions.
	if err == nil && strings.Contains(out, "fail") {
		err = fmt.Errorf("multipathd resize map %s: %s", m.name, strings.TrimSpace(out))
	}
	return err
}
