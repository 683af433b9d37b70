// Programs and kernel files that may block, bound to the context of a call.

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A machine is the node's operating system as the kernel transport uses it. Tests replace it.
type machine interface {
	// run runs a program and returns its output. It blocks until the program exits or the context
	// ends; the program is then killed.
	run(ctx context.Context, name string, arguments ...string) (string, error)
	// write writes to a file of sysfs, which makes the kernel act. It blocks until the kernel has
	// acted or the context ends.
	write(ctx context.Context, path, text string) error
	// inquire asks the LUN of a block device for a VPD page. The kernel learns nothing of the answer.
	inquire(ctx context.Context, path string, page byte) ([]byte, error)
}

// linux is the machine that this process runs on.
type linux struct{}

func (linux) run(ctx context.Context, name string, arguments ...string) (string, error) {
	return bounded(ctx, func() (string, error) {
		command := exec.CommandContext(ctx, name, arguments...)
		// Another process may have inherited the pipe of the output, such as a daemon.
		command.WaitDelay = time.Second
		out, err := command.CombinedOutput()
		if err != nil {
			return string(out), fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
		}
		return string(out), nil
	})
}

// write opens the file before it returns to the caller's context: the kernel then acts on the device
// that has the name now, and on no later one.
func (linux) write(ctx context.Context, path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = bounded(ctx, func() (int, error) {
		defer file.Close()
		return file.WriteString(text)
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%s: the kernel has not answered: %w", path, err)
	}
	return err
}

// exitCode returns the exit code of the program whose failure an error is, otherwise -1.
func exitCode(err error) int {
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// bounded runs work and returns its result, or the context's error if that ends first. The kernel
// cannot be interrupted while it waits for a device that does not answer, so the work may still be
// carried out after bounded has returned. The locks of the call are kept until then: see held.
func bounded[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	if err := ctx.Err(); err != nil {
		var none T
		return none, err
	}
	call, _ := ctx.Value(heldKey{}).(*held)
	call.begin()
	done := make(chan result, 1)
	go func() {
		defer call.end()
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// held is a lock that a call holds, and the number of pieces of work that need it.
type held struct {
	outer *held
	free  func()

	mu       sync.Mutex
	working  int
	released bool
}

type heldKey struct{}

// holding locks an object. It returns a context for the work under the lock, and the function that
// releases the lock. The lock is freed when it is released and all work that began with the context
// has ended, which may be later than the call that began it: no other call finds the object while
// it may still change.
func (l *locks) holding(ctx context.Context, object string) (context.Context, func(), error) {
	free, err := l.hold(ctx, object)
	if err != nil {
		return nil, nil, err
	}
	outer, _ := ctx.Value(heldKey{}).(*held)
	lock := &held{outer: outer, free: free}
	return context.WithValue(ctx, heldKey{}, lock), lock.release, nil
}

func (h *held) begin() {
	for ; h != nil; h = h.outer {
		h.mu.Lock()
		h.working++
		h.mu.Unlock()
	}
}

func (h *held) end() {
	for ; h != nil; h = h.outer {
		h.change(func() { h.working-- })
	}
}

func (h *held) release() { h.change(func() { h.released = true }) }

func (h *held) change(by func()) {
	h.mu.Lock()
	by()
	last := h.released && h.working == 0
	h.mu.Unlock()
	if last {
		h.free()
	}
}
