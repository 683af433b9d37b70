package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
)

// soon is how long a test waits for what happens at once unless it never does.
const soon = time.Minute

func backendsOf(t *testing.T, appliance *simulator) *backends {
	t.Helper()
	file, err := openSettings(appliance.settings(t, 0), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return newBackends(file, "", slog.New(slog.DiscardHandler), nil)
}

func secretsOf(word string) map[string]string {
	return map[string]string{"san_login": "root", "san_password": word}
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(soon):
		t.Fatalf("%s: nothing came", what)
	}
	panic("unreachable")
}

// Five credentials at once, of which four are wrong and still being tried when the right ones are
// in: more than are kept, and none that could be taken out of use. The right ones work all the
// same, and each of the wrong ones gets its error.
func TestWrongCredentialsOpeningAtOnce(t *testing.T) {
	b := backendsOf(t, startSimulator(t))
	tried, goOn := make(chan struct{}), make(chan struct{})
	b.opener = func(ctx context.Context, config zfssa.Config) (*zfssa.Driver, error) {
		if config.Options["san_password"] != password {
			tried <- struct{}{}
			<-goOn
		}
		return zfssa.Open(ctx, config)
	}
	const wrong = kept + 1
	failed := make(chan error, wrong)
	for i := range wrong {
		go func() {
			_, _, err := b.use(context.Background(), b.settings().home(defaultBackend), secretsOf(fmt.Sprint("CANARY-wrong-", i)))
			failed <- err
		}()
	}
	for range wrong {
		receive(t, tried, "a wrong one begins")
	}
	worked := make(chan error, 1)
	var driver *zfssa.Driver
	go func() {
		var done func()
		var err error
		driver, done, err = b.use(context.Background(), b.settings().home(defaultBackend), secretsOf(password))
		if err == nil {
			_, err = driver.ListVolumes(context.Background(), zfssa.ListVolumesRequest{})
			done()
		}
		worked <- err
	}()
	if err := receive(t, worked, "the right one"); err != nil {
		t.Errorf("the right one: %v", err)
	}
	close(goOn)
	for range wrong {
		err := receive(t, failed, "a wrong one's error")
		expect(t, err, codes.Unauthenticated)
		if strings.Contains(fmt.Sprint(err), "CANARY") {
			t.Error("the error shows the password")
		}
	}
	b.mu.Lock()
	remain, recent := len(b.slots), b.recent[defaultBackend]
	b.mu.Unlock()
	if remain != 1 || recent.password != password {
		t.Errorf("%d remain", remain)
	}
	b.close()
	closed(t, driver)
}

func closed(t *testing.T, driver *zfssa.Driver) {
	t.Helper()
	if _, err := driver.Echo(context.Background(), zfssa.EchoRequest{}); !errors.Is(err, zfssa.ErrClosed) {
		t.Errorf("a driver was left open: %v", err)
	}
}

// Many that are right, all opened before the first is in use: no more than are kept remain, and
// the others are closed, those in use after their last call.
func TestManyCredentialsOpeningAtOnce(t *testing.T) {
	before := zfssa.ObjectsAlive()
	b := backendsOf(t, startSimulator(t))
	// The appliance is set up already, as it is when credentials rotate.
	if _, done, err := b.use(context.Background(), b.settings().home(defaultBackend), secretsOf(password)); err != nil {
		t.Fatal(err)
	} else {
		done()
	}
	var all sync.WaitGroup
	const count = kept + 2
	all.Add(count)
	b.opener = func(ctx context.Context, config zfssa.Config) (*zfssa.Driver, error) {
		all.Done()
		all.Wait()
		config.Options["san_password"] = password
		return zfssa.Open(ctx, config)
	}
	type used struct {
		driver *zfssa.Driver
		done   func()
		err    error
	}
	got := make(chan used, count)
	for i := range count {
		go func() {
			driver, done, err := b.use(context.Background(), b.settings().home(defaultBackend), secretsOf(fmt.Sprint("CANARY-", i)))
			got <- used{driver, done, err}
		}()
	}
	var users []used
	for range count {
		u := receive(t, got, "a driver")
		if u.err != nil {
			t.Fatal(u.err)
		}
		users = append(users, u)
	}
	b.mu.Lock()
	remain := len(b.slots)
	b.mu.Unlock()
	if remain != kept {
		t.Errorf("%d remain, not %d", remain, kept)
	}
	// Out of use or not, whoever has one can use it to the end.
	for _, u := range users {
		if _, err := u.driver.ListVolumes(context.Background(), zfssa.ListVolumesRequest{}); err != nil {
			t.Error(err)
		}
		u.done()
	}
	// Those that are being closed already are waited for, too.
	b.mu.Lock()
	for b.retireOldest(nil, func(key) bool { return true }) {
	}
	b.mu.Unlock()
	b.close()
	for _, u := range users {
		closed(t, u.driver)
	}
	if after := zfssa.ObjectsAlive(); after != before {
		t.Errorf("%d objects of the library, %d before", after, before)
	}
}
