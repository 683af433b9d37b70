// Package zfssa drives Oracle ZFS Storage Appliances: volumes, snapshots, clones and their
// presentation over iSCSI.
//
// A [Driver] is one backend: an appliance, a pool and a project. Each operation is a method of the
// driver that takes a context. Any number of goroutines may call operations at the same time:
//
//	driver, err := zfssa.Open(ctx, zfssa.Config{Options: options})
//	if err != nil {
//		return err
//	}
//	defer driver.Close()
//	volume, err := driver.CreateVolume(ctx, zfssa.CreateVolumeRequest{Name: "volume-1", SizeGiB: 10})
//
// # Errors
//
// A failed operation returns an [*Error]. errors.Is(err, [ErrVolumeBusy]) compares its status. Its
// [Outcome] tells whether the operation changed the appliance, which does not follow from the
// status.
//
// # Contexts
//
// An operation blocks until it completes. The deadline of the context covers the whole operation,
// including login, retries and polling. When the context is cancelled, the engine rolls back, and
// the method returns when the outcome is known, at the latest after [Config.CancelGrace]. An
// operation that completed before its cancellation took effect returns its result.
//
// # Threads
//
// An operation in flight is an entry in a map. It occupies no OS thread, and C holds no pointer to
// Go memory. Each driver has one goroutine that waits in the network poller on a file descriptor of
// the engine. No thread of the engine runs Go code; log records are passed through a socket.
//
// # Linking
//
// Without build tags the package links libzfssa.so with pkg-config (zfssa.pc). The tag
// zfssa_static links the static archive (zfssa-static.pc). The tag zfssa_dlopen links nothing: the
// first call loads the library in the environment variable ZFSSA_LIBRARY, or libzfssa.so.1 if the
// variable is not set. The build then needs no libzfssa.
package zfssa

//go:generate go run ../internal/gen -repository ../../.. -to .

/*
#include <stdlib.h>
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import "fmt"

// Version returns the version of the C library, such as "1.0.0". It returns an empty string if the
// library cannot be loaded.
func Version() string {
	if load() != nil {
		return ""
	}
	return C.GoString(C.zfssa_version())
}

// ObjectsAlive returns the number of C objects that the process has not freed, for leak tests. It
// is 0 when every Driver is closed, and if the library cannot be loaded.
func ObjectsAlive() int {
	if load() != nil {
		return 0
	}
	return int(C.zfssa_objects_alive())
}

// load loads the library and checks its ABI version. It fails with [ErrABI].
func load() error {
	if err := loadLibrary(); err != nil {
		return newError(ErrABI, "open", err.Error())
	}
	has := uint32(C.zfssa_abi_version())
	const major, minor = C.ZFSSA_ABI_MAJOR, C.ZFSSA_ABI_MINOR
	if has>>16 != major || has&0xffff < minor {
		return newError(ErrABI, "open", fmt.Sprintf("libzfssa has ABI %d.%d: ABI %d.%d or a later minor version is needed",
			has>>16, has&0xffff, major, minor))
	}
	return nil
}
