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

// An arena holds the C memory of one submission, which the engine copies. Texts are wiped,
// since any of them may be a secret.
type arena struct {
	strings   []cText
	blocks    []unsafe.Pointer
	err       *Error
	holdsSlot bool
}

// cgoSlots bounds how many goroutines are in C at a time. Calls into C are short, but one that is
// held up, if only because the machine is busy, costs the runtime another OS thread for whoever
// comes next; without the cgoSlots ten thousand goroutines that submit at once leave dozens.
var cgoSlots = make(chan struct{}, max(2, runtime.GOMAXPROCS(0)))

// newArena makes an arena that holds a place at the cgoSlots until it is freed.
func newArena() arena {
	cgoSlots <- struct{}{}
	return arena{holdsSlot: true}
}

type cText struct {
	text   *C.char
	length C.size_t
}

func (a *arena) refuse(name, why string) {
	if a.err == nil {
		a.err = newError(ErrInvalidArgument, "", fmt.Sprintf("%s %s", name, why))
	}
}

// text copies a text; an empty one is NULL.
func (a *arena) text(name, value string) *C.char {
	if value == "" {
		return nil
	}
	return a.copyText(name, value)
}

// oneOrEvery copies the name of one object; NULL, which means every one, has to be asked for. The
// library refuses an empty name.
func (a *arena) oneOrEvery(name, value, flag string, every bool) *C.char {
	if !every {
		return a.copyText(name, value)
	}
	if value != "" {
		a.refuse(name, "is given, and "+flag+" is set")
	}
	return nil
}

func (a *arena) copyText(name, value string) *C.char {
	if strings.IndexByte(value, 0) >= 0 {
		a.refuse(name, "holds a NUL character")
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

// array copies structures.
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

// texts copies an array of C texts.
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

// numbers copies an array of numbers.
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

// views copies an array of pointers to structures.
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

// maybe turns 1, 0 and -1 into true, false and not known.
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

// milliseconds rounds up, so that a short time is not none.
func milliseconds(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// A Secret is a text that prints as "***".
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret, in JSON and in structured logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal gives the secret in the clear.
func (s Secret) Reveal() string { return string(s) }
