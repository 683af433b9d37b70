// Drivers of the engine by credentials, with rotation of credentials.

package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// backends keeps one open driver of the engine per credentials. Credentials can be rotated without
// a restart: a call with new credentials, or the first call after the mounted secret has changed,
// opens a new driver. A retired driver is closed after its last call.
type backends struct {
	settings *settings
	folder   secretFolder
	logger   *slog.Logger
	observer func(zfssa.Completion)
	// Opens a driver: zfssa.Open, except in tests.
	opener func(context.Context, zfssa.Config) (*zfssa.Driver, error)

	mu     sync.Mutex
	open   map[credentials]*backend
	recent *credentials
	// Counts the retired drivers that are being closed.
	closing sync.WaitGroup
}

func newBackends(s *settings, folder string, logger *slog.Logger, observer func(zfssa.Completion)) *backends {
	return &backends{settings: s, folder: secretFolder{path: folder}, logger: logger, observer: observer,
		opener: zfssa.Open, open: map[credentials]*backend{}}
}

// A backend is a driver that is being opened, is open, or failed to open. The mutex of backends
// protects all fields. driver and err do not change after ready is closed, so they may then be read
// without the mutex.
type backend struct {
	ready  chan struct{}
	driver *zfssa.Driver
	err    error
	users  int
	used   time.Time
	// New calls no longer use the driver. Its last call closes it.
	retired bool
}

// kept is the maximum number of open drivers. It exceeds 1 because calls with old and new
// credentials overlap during a rotation.
const kept = 3

// use returns the driver for the credentials of a call, and a function that releases it. It blocks
// until the driver is open or the context ends.
func (b *backends) use(ctx context.Context, secrets map[string]string) (*zfssa.Driver, func(), error) {
	c, err := b.credentials(secrets)
	if err != nil {
		return nil, nil, err
	}
	b.mu.Lock()
	entry := b.open[c]
	if entry == nil {
		entry = &backend{ready: make(chan struct{})}
		b.open[c] = entry
		go b.start(c, entry)
	}
	entry.users++
	entry.used = time.Now()
	b.mu.Unlock()
	done := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		entry.users--
		b.closeIfDone(entry)
	}
	select {
	case <-entry.ready:
	case <-ctx.Done():
		done()
		return nil, nil, status.FromContextError(ctx.Err()).Err()
	}
	if entry.err != nil {
		done()
		return nil, nil, grpcError(entry.err)
	}
	b.mu.Lock()
	b.recent = &c
	b.mu.Unlock()
	return entry.driver, done, nil
}

// credentials returns the credentials of the call, otherwise the mounted ones, otherwise the last
// ones that worked, because some CSI calls carry no secrets.
func (b *backends) credentials(secrets map[string]string) (credentials, error) {
	if len(secrets) > 0 {
		c := credentials{secrets["san_login"], secrets["san_password"]}
		if c.login == "" || c.password == "" {
			return c, status.Error(codes.InvalidArgument, "secrets: san_login or san_password is missing: set both")
		}
		return c, nil
	}
	if c, err := b.folder.read(); err == nil {
		return c, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.recent != nil {
		return *b.recent, nil
	}
	return credentials{}, status.Error(codes.FailedPrecondition,
		"no credentials: pass secrets with the call, or mount san_login and san_password and set -credentials")
}

// start opens a driver. It does not use the context of a call, because several calls may wait for
// the same driver.
func (b *backends) start(c credentials, entry *backend) {
	defer close(entry.ready)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var driver *zfssa.Driver
	config, err := b.settings.engine(c)
	if err == nil {
		config.Logger = b.logger
		config.Observer = b.observer
		driver, err = b.opener(ctx, config)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		entry.err = err
		// The next call retries.
		delete(b.open, c)
		return
	}
	entry.driver = driver
	// A driver that is being opened cannot be retired. Each one runs this loop when it is open, so
	// at most kept drivers remain in the end.
	for len(b.open) > kept && b.retireOldest(entry) {
	}
}

// retireOldest retires the least recently used open driver other than spare. It returns false if
// there is none.
func (b *backends) retireOldest(spare *backend) bool {
	var oldest *backend
	var key credentials
	for c, entry := range b.open {
		if entry != spare && entry.driver != nil && (oldest == nil || entry.used.Before(oldest.used)) {
			oldest, key = entry, c
		}
	}
	if oldest == nil {
		return false
	}
	delete(b.open, key)
	oldest.retired = true
	b.closeIfDone(oldest)
	return true
}

// closeIfDone closes a retired driver without users. The caller holds the mutex, and closing waits
// for the appliance, so it runs in another goroutine.
func (b *backends) closeIfDone(entry *backend) {
	if entry.retired && entry.users == 0 {
		b.closing.Go(func() { entry.driver.Close() })
	}
}

// close closes every driver and blocks until all are closed.
func (b *backends) close() {
	b.mu.Lock()
	entries := b.open
	b.open = map[credentials]*backend{}
	b.mu.Unlock()
	for _, entry := range entries {
		<-entry.ready
		if entry.driver != nil {
			entry.driver.Close()
		}
	}
	b.closing.Wait()
}
