// Creations of volumes that an appliance may still carry out, after the call failed.

package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/utils/lru"
)

// unsettled remembers where a volume may still appear, by the name of the volume in CSI. A repeated
// call that preferred another backend would find nothing yet, and make a second volume. After a
// restart, and in another controller, nothing is remembered; an orchestrator that got no final answer
// repeats its call for the same topology, and the first choice for it is the same everywhere.
type unsettled struct{ creations *lru.Cache }

type pendingCreation struct {
	at    choice
	until time.Time
}

func newUnsettled() unsettled { return unsettled{lru.New(1024)} }

// narrow returns the choice at which a volume may still appear as the only one. The error is
// Aborted if that is none of the choices.
func (u *unsettled) narrow(name string, all []choice) ([]choice, error) {
	has, known := u.creations.Get(name)
	if !known || !time.Now().Before(has.(pendingCreation).until) {
		return all, nil
	}
	of := has.(pendingCreation)
	for _, one := range all {
		if one == of.at {
			return []choice{one}, nil
		}
	}
	return nil, status.Errorf(codes.Aborted, "volume %s: an earlier call may still create it in %s, "+
		"which is not among the topologies of this call: repeat the call in %v",
		name, of.at.place, time.Until(of.until).Round(time.Second))
}

// ended notes the result of a creation in one of several places.
func (u *unsettled) ended(name string, at choice, err error, late time.Duration) {
	switch {
	case err == nil:
		u.creations.Remove(name)
	case !certain(err):
		u.creations.Add(name, pendingCreation{at, time.Now().Add(late)})
	}
}

// certain returns whether a failed call left nothing that the appliance may still carry out. An
// error of this driver itself is from before the creation, or from its comparison with an existing
// volume.
func certain(err error) bool {
	var failure *zfssa.Error
	if !errors.As(err, &failure) {
		_, own := status.FromError(err)
		return own
	}
	switch failure.Outcome {
	case zfssa.OutcomeNone, zfssa.OutcomeRejected, zfssa.OutcomeRolledBack:
		return true
	}
	return false
}

// late returns how long the appliance may still carry out a request that it did not answer.
func (b *backendSettings) late() time.Duration {
	const name = "zfssa_late_request_timeout"
	text := b.Options[name]
	for _, option := range zfssa.Options() {
		if option.Name == name && text == "" {
			text = option.Default
		}
	}
	// The settings were checked by the engine.
	seconds, _ := strconv.Atoi(text)
	return time.Duration(seconds) * time.Second
}
