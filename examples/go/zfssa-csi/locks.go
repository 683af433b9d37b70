// Locks by object name.

package main

import (
	"context"
	"sync"

	"google.golang.org/grpc/status"
)

// locks serialize calls by object. The engine has locks of its own; these protect calls that read
// before they write.
type locks struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// hold locks an object and returns the function that unlocks it. It blocks until the object is
// unlocked or the context ends.
func (l *locks) hold(ctx context.Context, object string) (func(), error) {
	for {
		l.mu.Lock()
		busy := l.held[object]
		if busy == nil {
			mine := make(chan struct{})
			l.held[object] = mine
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.held, object)
				l.mu.Unlock()
				close(mine)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		}
	}
}
