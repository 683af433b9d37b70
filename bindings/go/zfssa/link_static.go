//go:build zfssa_static && !zfssa_dlopen

// Linking with the static archive.

package zfssa

// #cgo pkg-config: zfssa-static
import "C"

func loadLibrary() error { return nil }
