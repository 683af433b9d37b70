package zfssa_test

import (
	"debug/elf"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// builds lists the build tags, and whether a program then needs the shared library.
var builds = []struct {
	tag     string
	library bool
}{{"", true}, {"zfssa_static", false}, {"zfssa_dlopen", false}}

// The program builds with each tag and is linked accordingly: only without a tag does it need the
// shared library.
func TestWhatAProgramNeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds three programs")
	}
	for _, build := range builds {
		t.Run("tag "+build.tag, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "program")
			if out, err := exec.Command("go", "test", "-c", "-tags", build.tag, "-o", program, ".").CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			file, err := elf.Open(program)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			needed, err := file.ImportedLibraries()
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(needed, "libzfssa.so.1") != build.library {
				t.Errorf("needs %v", needed)
			}
			if !slices.Contains(needed, "libc.so.6") {
				t.Errorf("needs %v, and no C library", needed)
			}
			for _, library := range needed {
				if strings.HasPrefix(library, "libzfssa") && !build.library {
					t.Errorf("needs %s", library)
				}
			}
		})
	}
}

// whatIsLoaded is the main function of a process that prints what it can use of the library.
func whatIsLoaded() int {
	_, err := zfssa.New(zfssa.Config{})
	var failure *zfssa.Error
	errors.As(err, &failure)
	fmt.Printf("version %q, %d options, %d objects\n", zfssa.Version(), len(zfssa.Options()), zfssa.ObjectsAlive())
	fmt.Printf("ErrABI %v, %s, outcome %s: %v\n", errors.Is(err, zfssa.ErrABI), failure.Status.Name(), failure.Outcome, err)
	return 0
}
