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

// backends keeps a driver of the engine for each pair of credentials that is in use. Rotation
// needs no restart: a call that brings new credentials, or the first one after the mounted secret
// changed, opens a new driver; the one before is closed when its last call has ended.
type backends struct {
	settings *settings
	folder   secretFolder
	logger   *slog.Logger
	observer func(zfssa.Completion)
	// What opens a driver: zfssa.Open, unless a test says otherwise.
	opener func(context.Context, zfssa.Config) (*zfssa.Driver, error)

	mu     sync.Mutex
	open   map[credentials]*backend
	recent *credentials
	// The retired drivers that are being closed.
	closing sync.WaitGroup
}

func newBackends(s *settings, folder string, logger *slog.Logger, observer func(zfssa.Completion)) *backends {
	return &backends{settings: s, folder: secretFolder{path: folder}, logger: logger, observer: observer,
		opener: zfssa.Open, open: map[credentials]*backend{}}
}

// A backend is a driver that is open, or being opened, or could not be. All of it is under the
// lock of backends; driver and err do not change once ready is closed, and whoever waited for
// that may read them without the lock.
type backend struct {
	ready  chan struct{}
	driver *zfssa.Driver
	err    error
	users  int
	used   time.Time
	// No new call gets it any more; whoever uses it last closes it.
	retired bool
}

// kept is how many drivers stay open: during a rotation, calls with old and new credentials mix.
const kept = 3

// use gives the driver for the credentials of a call, and a function to call when done with it.
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

// credentials are those of the call, or else the mounted ones, or else the last that worked: some
// calls of CSI carry no secrets.
func (b *backends) credentials(secrets map[string]string) (credentials, error) {
	if len(secrets) > 0 {
		c := credentials{secrets["san_login"], secrets["san_password"]}
		if c.login == "" || c.password == "" {
			return c, status.Error(codes.InvalidArgument, "the secrets need san_login and san_password")
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
		"no credentials: give the call secrets, or mount san_login and san_password and name the directory with -credentials")
}

// start opens a driver. It does not end with the call that asked for it, since others wait too.
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
		// The next call tries anew.
		delete(b.open, c)
		return
	}
	entry.driver = driver
	// Those still being opened cannot be retired; each of them comes by here when it is open, so
	// that no more than kept remain after the last.
	for len(b.open) > kept && b.retireOldest(entry) {
	}
}

// retireOldest takes the open driver that was not used for the longest time out of use; false when
// there is none but the one to spare.
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

// closeIfDone closes a retired driver that nobody uses. Closing waits for the appliance, so it
// is done beside whoever has the lock.
func (b *backends) closeIfDone(entry *backend) {
	if entry.retired && entry.users == 0 {
		b.closing.Go(func() { entry.driver.Close() })
	}
}

// close ends every driver.
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
