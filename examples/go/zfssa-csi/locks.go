// Locks by object name.

package main

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/status"
)

// locks serialize calls by object, in the order of their arrival: many calls of a node need the same
// portal, and none may wait until its time is over while later ones pass.
//
// They hold in this process alone. The engine's locks exclude other controllers, and what a call
// read before may have changed when the engine has its lock: no result may depend on a lock of this
// table. It keeps calls for one object from getting in each other's way, and from repeating reads.
type locks struct {
	mu    sync.Mutex
	known map[string]*lock
}

type lock struct {
	// It serves its callers in their order.
	*semaphore.Weighted
	// Calls that hold it or wait for it.
	users int
}

// hold locks an object and returns the function that unlocks it. It blocks until the object is
// unlocked or the context ends.
func (l *locks) hold(ctx context.Context, object string) (func(), error) {
	l.mu.Lock()
	if l.known == nil {
		l.known = map[string]*lock{}
	}
	of := l.known[object]
	if of == nil {
		of = &lock{Weighted: semaphore.NewWeighted(1)}
		l.known[object] = of
	}
	of.users++
	l.mu.Unlock()
	left := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if of.users--; of.users == 0 {
			delete(l.known, object)
		}
	}
	if err := of.Acquire(ctx, 1); err != nil {
		left()
		return nil, status.FromContextError(err).Err()
	}
	return func() {
		of.Release(1)
		left()
	}, nil
}
