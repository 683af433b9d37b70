//go:build zfssa_dlopen

// Loading of libzfssa at run time.

package zfssa

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include "zfssa_dl.h"
#include "shim.h"

extern const zfssa_vtable_t *zfssago_table;

// Loads a library and stores its function table. Returns NULL on success, otherwise an error
// message.
static const char *zfssago_load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const zfssa_vtable_t *(*get)(uint32_t, uint32_t);

    if (library == NULL)
        return dlerror();
    get = (const zfssa_vtable_t *(*)(uint32_t, uint32_t))dlsym(library, "zfssa_get_vtable");
    if (get == NULL)
        return "no symbol zfssa_get_vtable";
    zfssago_table = get(ZFSSA_ABI_MAJOR, sizeof(zfssa_vtable_t));
    return zfssago_table != NULL ? NULL : "unsupported ABI version";
}
*/
import "C"

import (
	"fmt"
	"os"
	"sync"
	"unsafe"
)

var loadLibrary = sync.OnceValue(func() error {
	path := os.Getenv("ZFSSA_LIBRARY")
	if path == "" {
		path = "libzfssa.so.1"
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if reason := C.zfssago_load(name); reason != nil {
		return fmt.Errorf("cannot load %s: %s", path, C.GoString(reason))
	}
	return nil
})
