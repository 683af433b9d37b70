package main

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
)

// Calls get a lock in the order in which they asked for it, and one that gives up delays no other.
func TestLocksServeInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l locks
		free, err := l.hold(t.Context(), "portal")
		if err != nil {
			t.Fatal(err)
		}
		const calls = 16
		served := make(chan int, calls)
		impatient, giveUp := context.WithCancel(t.Context())
		var want []int
		for number := range calls {
			ctx := t.Context()
			if number%4 == 1 {
				ctx = impatient
			} else {
				want = append(want, number)
			}
			go func() {
				if free, err := l.hold(ctx, "portal"); err == nil {
					served <- number
					free()
				}
			}()
			synctest.Wait()
		}
		giveUp()
		synctest.Wait()
		free()
		synctest.Wait()
		close(served)
		var got []int
		for number := range served {
			got = append(got, number)
		}
		if !slices.Equal(got, want) {
			t.Errorf("served in the order %v, not %v", got, want)
		}
		if len(l.known) > 0 {
			t.Errorf("%d locks without a caller are still in the table", len(l.known))
		}
	})
}
