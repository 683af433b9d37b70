// Logins to the portals of a target with open-iscsi.

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// Exit codes of iscsiadm.
const (
	iscsiSessionExists = 15
	iscsiNoObjects     = 21
)

const (
	// longestLogin bounds one login. iscsid gives up before: its login timeout is 15 s, and the
	// record allows one attempt.
	longestLogin = 30 * time.Second
	// otherPortals is how long a call waits for further portals when one has let it in.
	otherPortals = 3 * time.Second
)

// An answer is the result of a login.
type answer struct {
	portal string
	err    error
}

// logIn logs in to the target at all portals at once, and succeeds when one login does. It then
// waits a short time for the others, but not for those that failed the last time. A login that is
// slower continues without the call and adds its path to the volume when it succeeds.
func (k *kernel) logIn(ctx context.Context, s *staged) error {
	answers := make(chan answer, len(s.Portals))
	background, cancel := context.WithTimeout(context.Background(), k.longestLogin)
	waiting := map[string]bool{}
	for _, portal := range s.Portals {
		if waiting[portal] {
			continue
		}
		waiting[portal] = true
		k.background.Go(func() {
			err := k.logInAt(background, s, portal)
			k.remember(s.Target, portal, err == nil)
			answers <- answer{portal, err}
		})
	}
	var failures []error
	reached := 0
	var enough <-chan time.Time
	for len(waiting) > 0 {
		select {
		case a := <-answers:
			delete(waiting, a.portal)
			if a.err != nil {
				failures = append(failures, a.err)
			} else if reached++; enough == nil {
				enough = time.After(k.otherPortals)
			}
		case <-enough:
			enough = nil
			k.joinLater(s, len(waiting), answers, cancel)
			return nil
		case <-ctx.Done():
			cancel()
			if reached > 0 {
				return nil
			}
			return errors.Join(append(failures, fmt.Errorf("target %s: no portal has answered: %w", s.Target, ctx.Err()))...)
		}
		if len(waiting) > 0 && reached > 0 && k.allFailedBefore(s.Target, waiting) {
			k.joinLater(s, len(waiting), answers, cancel)
			return nil
		}
	}
	cancel()
	if reached == 0 {
		return errors.Join(failures...)
	}
	return nil
}

// joinLater lets the remaining logins continue without the call. They end by themselves.
func (k *kernel) joinLater(s *staged, remaining int, answers <-chan answer, cancel context.CancelFunc) {
	k.background.Go(func() {
		defer cancel()
		reached := false
		for range remaining {
			reached = (<-answers).err == nil || reached
		}
		if reached {
			ctx, end := context.WithTimeout(context.Background(), k.longestLogin)
			defer end()
			k.addPaths(ctx, s)
		}
	})
}

// remember keeps which portals did not let the node in.
func (k *kernel) remember(target, portal string, reached bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if reached {
		delete(k.failed, target+" "+portal)
	} else {
		k.failed[target+" "+portal] = true
	}
}

func (k *kernel) allFailedBefore(target string, portals map[string]bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for portal := range portals {
		if !k.failed[target+" "+portal] {
			return false
		}
	}
	return true
}

// logInAt creates the record of a portal and logs in there.
func (k *kernel) logInAt(ctx context.Context, s *staged, portal string) error {
	ctx, release, err := k.portals.holding(ctx, s.Target+" "+portal)
	if err != nil {
		return fmt.Errorf("portal %s of %s: still busy with another login or logout: %w", portal, s.Target, err)
	}
	defer release()
	record := []string{"-m", "node", "-T", s.Target, "-p", portal}
	// Replaces an existing record with one that has the default settings.
	if _, err := k.machine.run(ctx, "iscsiadm", append(record, "-o", "new")...); err != nil {
		return err
	}
	settings := [][2]string{
		{"node.startup", "manual"},
		// Only the LUNs of staged volumes are scanned, one by one.
		{"node.session.scan", "manual"},
		// iscsid continues a login when iscsiadm is killed, so its own attempts are bounded too.
		{"node.session.initial_login_retry_max", "1"},
	}
	if s.chap.user != "" {
		settings = append(settings, [2]string{"node.session.auth.authmethod", "CHAP"}, [2]string{"node.session.auth.username", s.chap.user})
	}
	for _, setting := range settings {
		if _, err := k.machine.run(ctx, "iscsiadm", append(record, "-o", "update", "-n", setting[0], "-v", setting[1])...); err != nil {
			return err
		}
	}
	if s.chap.user != "" {
		if err := k.writeSecret(s.Target, portal, s.chap.password); err != nil {
			return err
		}
	}
	_, err = k.machine.run(ctx, "iscsiadm", append(record, "--login")...)
	if err != nil && exitCode(err) != iscsiSessionExists {
		return err
	}
	// A session that exists may have lost its connection.
	if state := k.sessionState(s.Target, portal); state != "" && state != loggedIn {
		return fmt.Errorf("portal %s of %s: session is %s: waiting for the network or the appliance", portal, s.Target, state)
	}
	return nil
}

// logOut ends the sessions with a target at all portals at once and then deletes their records, one
// after the other: iscsiadm walks over the records of all portals of a target, and fails if one
// disappears meanwhile.
func (k *kernel) logOut(ctx context.Context, s *staged) error {
	errs := make(chan error, len(s.Portals))
	for _, portal := range s.Portals {
		go func() { errs <- k.endAt(ctx, s.Target, portal, "--logout") }()
	}
	var failures []error
	for range s.Portals {
		failures = append(failures, <-errs)
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	for _, portal := range s.Portals {
		if err := k.endAt(ctx, s.Target, portal, "-o", "delete"); err != nil {
			return err
		}
	}
	return nil
}

// endAt ends the session at a portal, or deletes its record. There may be none.
func (k *kernel) endAt(ctx context.Context, target, portal string, operation ...string) error {
	ctx, release, err := k.portals.holding(ctx, target+" "+portal)
	if err != nil {
		return fmt.Errorf("portal %s of %s: still busy with another login or logout: %w", portal, target, err)
	}
	defer release()
	record := []string{"-m", "node", "-T", target, "-p", portal}
	if _, err := k.machine.run(ctx, "iscsiadm", append(record, operation...)...); err != nil && exitCode(err) != iscsiNoObjects {
		return err
	}
	return nil
}

// withPort returns a portal with its port, in brackets if it is an IPv6 address.
func withPort(portal string) string {
	if _, _, err := net.SplitHostPort(portal); err == nil {
		return portal
	}
	return net.JoinHostPort(portal, "3260")
}
