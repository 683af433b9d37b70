package main

import (
	"context"
	"sync"

	"google.golang.org/grpc/status"
)

// locks let one call at a time work on an object. The engine locks too; this is for calls that
// look first and act then.
type locks struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// hold waits for the object and returns what gives it free.
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
