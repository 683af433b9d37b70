// Package zfssa drives Oracle ZFS Storage Appliances: volumes, snapshots, clones and their
// presentation over iSCSI.
//
// A [Driver] is one backend: an appliance, a pool and a project. Each of its operations is a
// method that takes a context and may be called from any number of goroutines:
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
// A failed operation gives an [*Error]. Its status is compared with errors.Is(err,
// [ErrVolumeBusy]); its [Outcome] says whether the appliance was changed, which no status can.
//
// # Contexts
//
// The deadline of the context is the deadline of the whole operation: login, retries and polls.
// When the context is cancelled, the engine is asked to stop; it undoes what it began, and the
// method returns when the true outcome is known, at the latest after [Config.CancelGrace]. An
// operation that was quicker than its cancellation returns its result.
//
// # Threads
//
// An operation in flight is an entry in a map: it holds neither an OS thread nor Go memory that
// C could see. One goroutine for each driver waits in the network poller on a file descriptor
// of the engine. No thread of the engine ever runs Go code: the log crosses on a socket.
//
// # Linking
//
// Without build tags the package links libzfssa.so with pkg-config (zfssa.pc). The tag
// zfssa_static links the static archive (zfssa-static.pc). With the tag zfssa_dlopen nothing is
// linked: the library named by the environment variable ZFSSA_LIBRARY, or else libzfssa.so.1, is
// loaded when it is first needed, and the machine that builds needs no libzfssa at all.
package zfssa

//go:generate go run ../internal/gen -header ../../../include/zfssa.h -to .

/*
#include <stdlib.h>
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import "fmt"

// Version is the version of the library, such as "1.0.0"; empty when it cannot be loaded.
func Version() string {
	if load() != nil {
		return ""
	}
	return C.GoString(C.zfssa_version())
}

// ObjectsAlive counts the objects of the library that the process holds: 0 when every Driver is
// closed. It is for tests.
func ObjectsAlive() int {
	if load() != nil {
		return 0
	}
	return int(C.zfssa_objects_alive())
}

// load makes sure that there is a library and that it is the one this package was made for.
func load() error {
	if err := loadLibrary(); err != nil {
		return newError(ErrABI, "open", err.Error())
	}
	has := uint32(C.zfssa_abi_version())
	const major, minor = C.ZFSSA_ABI_MAJOR, C.ZFSSA_ABI_MINOR
	if has>>16 != major || has&0xffff < minor {
		return newError(ErrABI, "open", fmt.Sprintf("libzfssa has ABI %d.%d, and %d.%d or a later minor version is needed",
			has>>16, has&0xffff, major, minor))
	}
	return nil
}
