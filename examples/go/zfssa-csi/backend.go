// Drivers of the engine by place, with replacement after a change of settings or credentials.

package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// backends keeps the open drivers of the engine: one for each place, target group and account that
// calls use, opened by the first call. A driver serves one configuration. After a change of the
// settings file or of a mounted secret, a new driver is opened in the background, and replaces the
// former one when its setup has succeeded. The former one is closed after its last call; if the
// setup fails, it stays in use.
type backends struct {
	file     *settingsFile
	logger   *slog.Logger
	observer func(zfssa.Completion)
	// Opens a driver: zfssa.Open, except in tests.
	opener func(context.Context, zfssa.Config) (*zfssa.Driver, error)
	// Directory of the mounted secret of the default backend.
	folder string
	// Time after which a new configuration that failed is tried again: the appliance may have been
	// unreachable. A call that has no other driver does not wait for it.
	pause time.Duration

	mu    sync.Mutex
	slots map[key]*slot
	// The settings of the last call.
	applied *settings
	// Mounted secrets by directory.
	folders map[string]*secretFolder
	// Counts the drivers that were opened.
	opened int
	// Credentials that worked last, by backend: no backend gets those of another.
	recent map[string]credentials
	// Counts the drivers that are being opened, and the retired ones that are being closed.
	work sync.WaitGroup
}

func newBackends(file *settingsFile, folder string, logger *slog.Logger, observer func(zfssa.Completion)) *backends {
	return &backends{file: file, folder: folder, logger: logger, observer: observer, opener: zfssa.Open, pause: 30 * time.Second,
		slots: map[key]*slot{}, folders: map[string]*secretFolder{}, recent: map[string]credentials{}}
}

// settings returns the settings that are in use.
func (b *backends) settings() *settings { return b.file.get() }

// A key names the drivers that replace each other. For the mounted secret the credentials are
// empty, since they may change.
type key struct {
	place
	targetGroup string
	account     credentials
}

// A slot holds the driver of a key, and the one that is to replace it. The mutex of backends
// protects all fields.
type slot struct {
	current *backend
	// The driver that is being opened with another configuration, or nil.
	next *backend
	used time.Time
	// The configuration that failed last, and when.
	failed   [sha256.Size]byte
	failedAt time.Time
}

// A backend is a driver that is being opened, is open, or failed to open. The mutex of backends
// protects all fields. driver and err do not change after ready is closed, so they may then be read
// without the mutex.
type backend struct {
	ready  chan struct{}
	driver *zfssa.Driver
	err    error
	// Number of the driver among those that were opened.
	number int
	// Digest of the configuration, with the credentials.
	configuration [sha256.Size]byte
	users         int
	// New calls no longer use the driver. Its last call closes it.
	retired bool
}

const (
	// kept is the maximum number of open drivers of a place and target group. It exceeds 1 because
	// calls with old and new credentials overlap during a rotation.
	kept = 3
	// most is the maximum number of open drivers.
	most = kept * mostPlaces
)

// use returns the driver of a place with the target group of the backend's options, and a function
// that releases it. It blocks until the driver is open or the context ends.
func (b *backends) use(ctx context.Context, at place, secrets map[string]string) (*zfssa.Driver, func(), error) {
	return b.useGroup(ctx, at, "", secrets)
}

// useGroup returns the driver of a place with a target group; an empty one is that of the options.
func (b *backends) useGroup(ctx context.Context, at place, targetGroup string,
	secrets map[string]string) (*zfssa.Driver, func(), error) {
	s := b.settings()
	if s.places[at.mark()] != at {
		return nil, nil, status.Errorf(codes.FailedPrecondition, "%s: not in the settings file: add it again", at)
	}
	if targetGroup == "" {
		targetGroup = s.backend(at.backend).targetGroups()[0]
	}
	c, mounted, err := b.credentials(s, at.backend, secrets)
	if err != nil {
		return nil, nil, err
	}
	k := key{at, targetGroup, c}
	if mounted {
		k.account = credentials{}
	}
	if !s.allows(k) {
		return nil, nil, status.Errorf(codes.FailedPrecondition,
			"target group %s: not in the settings file for backend %s: add it to targetGroups", targetGroup, at.backend)
	}
	config, err := s.engine(at, targetGroup, c)
	if err == nil {
		err = s.coordinate(at.backend, config)
	}
	if err != nil {
		return nil, nil, err
	}
	b.mu.Lock()
	b.sweep(s)
	entry := b.enter(k, config)
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
	b.recent[at.backend] = c
	b.mu.Unlock()
	return entry.driver, done, nil
}

// enter counts a user of the driver of a key, which it opens if there is none, and begins to
// replace the driver if its configuration is another one. The caller holds the mutex.
func (b *backends) enter(k key, config zfssa.Config) *backend {
	wanted := digestOf(config)
	s := b.slots[k]
	if s == nil {
		s = &slot{current: &backend{ready: make(chan struct{}), configuration: wanted}}
		b.slots[k] = s
		entry := s.current
		b.work.Go(func() { b.start(k, s, entry, config) })
	}
	s.used = time.Now()
	s.current.users++
	if s.current.driver != nil && s.current.configuration != wanted && s.next == nil &&
		(s.failed != wanted || time.Since(s.failedAt) >= b.pause) {
		next := &backend{ready: make(chan struct{}), configuration: wanted}
		s.next = next
		b.work.Go(func() { b.start(k, s, next, config) })
	}
	return s.current
}

// digestOf identifies a configuration without keeping its secrets.
func digestOf(config zfssa.Config) [sha256.Size]byte {
	// The keys of a map are sorted, and texts can always be encoded.
	text, _ := json.Marshal(config.Options)
	return sha256.Sum256(text)
}

// credentials returns the credentials of the call, otherwise the mounted ones, otherwise the last
// ones that worked, because some CSI calls carry no secrets. It returns whether they are the
// mounted ones.
func (b *backends) credentials(s *settings, name string, secrets map[string]string) (c credentials, mounted bool, err error) {
	has, err := b.mounted(s, name).read()
	if len(secrets) > 0 {
		c := credentials{login: secrets["san_login"], password: secrets["san_password"]}
		if c.login == "" || c.password == "" {
			return c, false, status.Error(codes.InvalidArgument, "secrets: san_login or san_password is missing: set both")
		}
		return c, err == nil && c == has, nil
	}
	if err == nil {
		return has, true, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.recent[name]; ok {
		return c, false, nil
	}
	return credentials{}, false, status.Errorf(codes.FailedPrecondition,
		"backend %s: no credentials: pass secrets with the call, or mount san_login with san_password or token and set their directory", name)
}

// mounted returns the mounted secret of a backend.
func (b *backends) mounted(s *settings, name string) *secretFolder {
	path := b.folder
	if name != defaultBackend {
		path = s.backend(name).Credentials
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.folders[path] == nil {
		b.folders[path] = &secretFolder{path: path, logger: b.logger}
	}
	return b.folders[path]
}

// start opens a driver. It does not use the context of a call, because several calls may wait for
// the same driver.
func (b *backends) start(k key, s *slot, entry *backend, config zfssa.Config) {
	defer close(entry.ready)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	config.Logger = b.logger
	config.Observer = b.observer
	driver, err := b.opener(ctx, config)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil:
		entry.err = err
		b.failed(k, s, entry)
		return
	case entry.retired:
		// The place was removed from the settings meanwhile.
		entry.driver = driver
		b.closeIfDone(entry)
		return
	}
	entry.driver = driver
	b.opened++
	entry.number = b.opened
	if s.next == entry {
		b.retire(s.current)
		s.current, s.next = entry, nil
		b.logger.Info("backend: new configuration in use", "backend", k.backend, "pool", k.pool, "project", k.project)
	}
	// A driver that is being opened cannot be retired. Each one runs these loops when it is open, so
	// at most kept and most drivers remain in the end.
	alike := func(other key) bool { return other.place == k.place && other.targetGroup == k.targetGroup }
	for b.count(alike) > kept && b.retireOldest(s, alike) {
	}
	every := func(key) bool { return true }
	for b.count(every) > most && b.retireOldest(s, every) {
	}
}

// failed removes a driver that could not be opened. The next call retries it, unless another one is
// in use. The caller holds the mutex.
func (b *backends) failed(k key, s *slot, entry *backend) {
	if s.next != entry {
		if b.slots[k] == s {
			delete(b.slots, k)
		}
		return
	}
	s.next = nil
	s.failed, s.failedAt = entry.configuration, time.Now()
	files := []string{b.file.path}
	if folder := b.folderOf(k.backend); folder != "" {
		files = append(files, folder)
	}
	b.logger.Error("backend: new configuration not used, the former one stays in use",
		"backend", k.backend, "pool", k.pool, "project", k.project, "files", files, "error", entry.err)
}

func (b *backends) folderOf(name string) string {
	if name == defaultBackend {
		return b.folder
	}
	if settings := b.applied.backend(name); settings != nil {
		return settings.Credentials
	}
	return ""
}

// sweep retires the drivers whose place or target group the settings no longer allow. The caller
// holds the mutex.
func (b *backends) sweep(s *settings) {
	if b.applied == s {
		return
	}
	b.applied = s
	for k, slot := range b.slots {
		if !s.allows(k) {
			delete(b.slots, k)
			b.retireSlot(slot)
		}
	}
}

func (b *backends) count(alike func(key) bool) (found int) {
	for k := range b.slots {
		if alike(k) {
			found++
		}
	}
	return found
}

// retireOldest retires the least recently used open driver with such a key, other than spare. It
// returns false if there is none.
func (b *backends) retireOldest(spare *slot, alike func(key) bool) bool {
	var oldest *slot
	var which key
	for k, s := range b.slots {
		if alike(k) && s != spare && s.current.driver != nil && (oldest == nil || s.used.Before(oldest.used)) {
			oldest, which = s, k
		}
	}
	if oldest == nil {
		return false
	}
	delete(b.slots, which)
	b.retireSlot(oldest)
	return true
}

// retireSlot retires the drivers of a slot. The caller holds the mutex.
func (b *backends) retireSlot(s *slot) {
	b.retire(s.current)
	if s.next != nil {
		b.retire(s.next)
	}
}

// retire has a driver closed after its last call. The caller holds the mutex.
func (b *backends) retire(entry *backend) {
	entry.retired = true
	b.closeIfDone(entry)
}

// closeIfDone closes a retired driver without users. The caller holds the mutex, and closing waits
// for the appliance, so it runs in another goroutine.
func (b *backends) closeIfDone(entry *backend) {
	if entry.retired && entry.users == 0 && entry.driver != nil {
		driver := entry.driver
		b.work.Go(func() { driver.Close() })
	}
}

// close closes every driver and blocks until all are closed. No call is in flight.
func (b *backends) close() {
	b.mu.Lock()
	for k, s := range b.slots {
		delete(b.slots, k)
		b.retireSlot(s)
	}
	b.mu.Unlock()
	b.work.Wait()
}
