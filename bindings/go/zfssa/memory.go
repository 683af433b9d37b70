// C memory for arguments, copies of C results, and secrets.

package zfssa

/*
#include <stdlib.h>
#include "zfssa.h"
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"runtime"
	"sort"
	"strings"
	"time"
	"unsafe"
)

// An arena owns the C memory of the arguments of one call. The engine copies the arguments, so the
// arena is freed right after the call. Strings are wiped first, because any may be a secret.
type arena struct {
	strings   []cText
	blocks    []unsafe.Pointer
	err       *Error
	holdsSlot bool
}

// cgoSlots limits the number of goroutines that run C code at the same time. Calls into C are
// short, but the Go runtime starts another OS thread when one is delayed, for example on a busy
// machine. Without the limit, ten thousand goroutines that submit at once create dozens of threads.
var cgoSlots = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// newArena creates an arena that holds one of the cgoSlots until it is freed.
func newArena() arena {
	cgoSlots <- struct{}{}
	return arena{holdsSlot: true}
}

type cText struct {
	text   *C.char
	length C.size_t
}

// refuse records the first invalid argument as an [ErrInvalidArgument] in a.err.
func (a *arena) refuse(name, why string) {
	if a.err == nil {
		a.err = newError(ErrInvalidArgument, "", fmt.Sprintf("%s %s", name, why))
	}
}

// text copies a string to C memory. It returns NULL for an empty string.
func (a *arena) text(name, value string) *C.char {
	if value == "" {
		return nil
	}
	return a.copyText(name, value)
}

// oneOrEvery copies the name of one object, or returns NULL, which selects all objects, if every is
// set. An empty name does not select all objects: the library refuses it.
func (a *arena) oneOrEvery(name, value, flag string, every bool) *C.char {
	if !every {
		return a.copyText(name, value)
	}
	if value != "" {
		a.refuse(name, "and "+flag+" are both set: set one of them")
	}
	return nil
}

// copyText copies a string to C memory, also an empty one. It refuses a string with a NUL
// character.
func (a *arena) copyText(name, value string) *C.char {
	if strings.IndexByte(value, 0) >= 0 {
		a.refuse(name, "contains a NUL character")
		return nil
	}
	text := C.CString(value)
	a.strings = append(a.strings, cText{text, C.size_t(len(value))})
	return text
}

func (a *arena) block(count int, size uintptr) unsafe.Pointer {
	block := C.calloc(C.size_t(count), C.size_t(size))
	a.blocks = append(a.blocks, block)
	return block
}

func (a *arena) texts(name string, values []string) (**C.char, C.uint32_t) {
	if len(values) == 0 {
		return nil, 0
	}
	array := (**C.char)(a.block(len(values), unsafe.Sizeof((*C.char)(nil))))
	slots := unsafe.Slice(array, len(values))
	for i, value := range values {
		slots[i] = a.copyText(name, value)
	}
	return array, C.uint32_t(len(values))
}

func (a *arena) pairs(name string, values map[string]string) (*C.zfssa_pair_t, C.uint32_t) {
	if len(values) == 0 {
		return nil, 0
	}
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var one C.zfssa_pair_t
	array := (*C.zfssa_pair_t)(a.block(len(keys), unsafe.Sizeof(one)))
	slots := unsafe.Slice(array, len(keys))
	for i, key := range keys {
		slots[i].key = a.copyText(name, key)
		slots[i].value = a.copyText(name, values[key])
	}
	return array, C.uint32_t(len(keys))
}

// array converts a slice to a C array of structures.
func array[V, G any](a *arena, values []G, fill func(*G, *arena, *V)) (*V, C.uint32_t) {
	if len(values) == 0 {
		return nil, 0
	}
	var one V
	array := (*V)(a.block(len(values), unsafe.Sizeof(one)))
	slots := unsafe.Slice(array, len(values))
	for i := range values {
		fill(&values[i], a, &slots[i])
	}
	return array, C.uint32_t(len(values))
}

func (a *arena) free() {
	for _, text := range a.strings {
		C.zfssago_wipe(text.text, text.length)
	}
	for _, block := range a.blocks {
		C.free(block)
	}
	a.strings, a.blocks = nil, nil
	if a.holdsSlot {
		a.holdsSlot = false
		<-cgoSlots
	}
}

// texts copies an array of C strings.
func texts(array **C.char, count C.uint32_t) []string {
	if array == nil || count == 0 {
		return nil
	}
	out := make([]string, count)
	for i, text := range unsafe.Slice(array, count) {
		out[i] = C.GoString(text)
	}
	return out
}

// numbers copies a C array of integers.
func numbers(array *C.uint32_t, count C.uint32_t) []uint32 {
	if array == nil || count == 0 {
		return nil
	}
	out := make([]uint32, count)
	for i, number := range unsafe.Slice(array, count) {
		out[i] = uint32(number)
	}
	return out
}

// views copies a C array of pointers to structures.
func views[V, G any](array **V, count C.uint32_t, of func(*V) *G) []*G {
	if array == nil || count == 0 {
		return nil
	}
	out := make([]*G, count)
	for i, view := range unsafe.Slice(array, count) {
		out[i] = of(view)
	}
	return out
}

// maybe converts 1, 0 and -1 to true, false and nil (unknown).
func maybe(value C.int32_t) *bool {
	if value < 0 {
		return nil
	}
	known := value != 0
	return &known
}

func flag(value bool) C.uint32_t {
	if value {
		return 1
	}
	return 0
}

// milliseconds converts a duration to milliseconds, rounded up so that a positive one is never 0.
func milliseconds(d time.Duration) int64 {
	return roundedUp(d, time.Millisecond)
}

// seconds converts a duration to seconds, rounded up so that a positive one is never 0.
func seconds(d time.Duration) int64 {
	return roundedUp(d, time.Second)
}

func roundedUp(d, unit time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	whole := int64(d / unit)
	if d%unit != 0 {
		whole++
	}
	return whole
}

// A Secret is a string that prints as "***". Call [Secret.Reveal] to read it.
type Secret string

// String returns "***", or an empty string for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString returns the same as String, for the verb %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText returns the same as String, for JSON and structured logs. The error is always nil.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the secret in plain text.
func (s Secret) Reveal() string { return string(s) }
