//go:build !zfssa_static && !zfssa_dlopen

// Linking with the shared library.

package zfssa

// #cgo pkg-config: zfssa
import "C"

func loadLibrary() error { return nil }
