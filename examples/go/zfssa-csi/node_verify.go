// Comparison of a LUN's devices with the volume that they should carry.

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A wrongDevice is the error of a device that is of another LUN than the volume's.
type wrongDevice struct {
	block, has, want string
	// stale is set if the LUN with the device's number has another identity than the kernel knows.
	// Using such a device would damage data of the new LUN.
	stale bool
}

func (e *wrongDevice) Error() string {
	return fmt.Sprintf("device %s is LUN %s, expected %s", e.block, e.has, e.want)
}

// check compares a device with the volume, before and after the kernel has asked the LUN again. A
// device whose LUN has changed is stale even if it is the right LUN now, because the kernel's cache
// may hold data of the former one. A device of another LUN that has not changed is not stale: that
// LUN has the number now, and may be in use.
func (k *kernel) check(ctx context.Context, s *staged, d device) error {
	if k.isCutOff(d) {
		return &wrongDevice{block: d.block, has: "cut off", want: s.GUID, stale: true}
	}
	known, err := readIdentity(d.folder)
	if err != nil {
		return fmt.Errorf("device %s: %w", d.block, err)
	}
	if !known.is(s.GUID) {
		// The kernel must not learn of the new LUN: if this process died then, the device would pass
		// for the right one, with the cache of the former LUN.
		now, err := k.inquire(ctx, d)
		if err != nil {
			return err
		}
		return &wrongDevice{block: d.block, has: known.String(), want: s.GUID, stale: !known.of(now)}
	}
	// Kernels from 4.5 read the identity again, too.
	if err := k.rescan(ctx, d); err != nil {
		return err
	}
	now, err := readIdentity(d.folder)
	if err != nil {
		return fmt.Errorf("device %s: %w", d.block, err)
	}
	if !now.is(s.GUID) {
		return &wrongDevice{block: d.block, has: now.String(), want: s.GUID, stale: true}
	}
	return nil
}

// scanAgain is the time after which a LUN that did not show up is scanned again.
const scanAgain = time.Second

// verified returns the devices of the volume, at least one. It scans each session for the LUN, and
// removes a stale device and scans again. It fails if another LUN has the number, and when the
// context ends.
func (k *kernel) verified(ctx context.Context, s *staged) ([]device, error) {
	scanned := map[string]time.Time{}
	removed := map[string]bool{}
	ready := map[string]bool{}
	begin := time.Now()
	reason := errors.New("no device")
	for {
		var found []device
		var last error
		probing := false
		for _, session := range k.sessions(s.Target) {
			if session.state != loggedIn {
				continue
			}
			d, ok := k.device(session, s.LUN)
			if !ok && time.Since(scanned[session.name]) > scanAgain {
				scanned[session.name] = time.Now()
				if err := k.scan(ctx, session, s.LUN); err != nil {
					last = err
					continue
				}
				d, ok = k.device(session, s.LUN)
			}
			if !ok {
				continue
			}
			if d.block == "" {
				probing = true
				continue
			}
			if ready[d.folder] {
				found = append(found, d)
				continue
			}
			err := k.check(ctx, s, d)
			wrong := &wrongDevice{}
			if errors.As(err, &wrong) && wrong.stale {
				if err := k.cutOff(ctx, s, d); err != nil {
					return nil, err
				}
			}
			switch {
			case errors.As(err, &wrong) && (removed[session.name] || !wrong.stale):
				return nil, fmt.Errorf("LUN %d of %s: %w: the number was given to another LUN: unpublish the volume from the node and publish it again",
					s.LUN, s.Target, err)
			case wrong.stale:
				removed[session.name] = true
				if err := k.remove(ctx, d); err != nil {
					return nil, fmt.Errorf("LUN %d of %s: %w; it is stale, and its removal failed: %w", s.LUN, s.Target, wrong, err)
				}
				delete(scanned, session.name)
				probing = true
			case err != nil:
				last = err
			default:
				if err := k.largeEnough(s, d); err != nil {
					last = err
					continue
				}
				ready[d.folder] = true
				found = append(found, d)
			}
		}
		// Further paths get a short time, as further portals do.
		if len(found) > 0 && (!probing || time.Since(begin) > k.otherPortals) {
			return found, nil
		}
		// What failed because the call ended is no reason.
		if last != nil && ctx.Err() == nil {
			reason = last
		}
		if err := k.pause(ctx); err != nil {
			return nil, fmt.Errorf("LUN %d of %s: %w: %w", s.LUN, s.Target, reason, err)
		}
	}
}

// largeEnough compares the size of a device with that of the volume, which may have been expanded
// since it was published.
func (k *kernel) largeEnough(s *staged, d device) error {
	has, err := k.bytes(d.block)
	if err != nil {
		return err
	}
	if has < s.Bytes {
		return fmt.Errorf("device %s (%s) has %d bytes, expected %d", d.block, s.GUID, has, s.Bytes)
	}
	return nil
}
