//go:build zfssa_dlopen

package zfssa_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// imitation compiles C source to a shared library.
func imitation(t *testing.T, path, source string) string {
	t.Helper()
	compile := exec.Command("cc", "-shared", "-fPIC", "-I.", "-o", path, "-x", "c", "-")
	compile.Stdin = strings.NewReader("#include \"zfssa_dl.h\"\n" + source)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// loaded runs a process with variables that select a library, and returns its output.
func loaded(t *testing.T, library, searched string) string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "ZFSSA_LIBRARY=") || strings.HasPrefix(variable, "LD_LIBRARY_PATH=")
	})
	child.Env = append(child.Env, "ZFSSA_GO_LOAD=1")
	if library != "" {
		child.Env = append(child.Env, "ZFSSA_LIBRARY="+library)
	}
	if searched != "" {
		child.Env = append(child.Env, "LD_LIBRARY_PATH="+searched)
	}
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// A missing library, a file that is not libzfssa, and another ABI are errors with a message.
func TestLibrariesThatCannotBeUsed(t *testing.T) {
	folder := t.TempDir()
	next := fmt.Sprintf(`static uint32_t abi(void) { return (ZFSSA_ABI_MAJOR + %d) << 16; }
const zfssa_vtable_t *zfssa_get_vtable(uint32_t major, uint32_t size)
{ static zfssa_vtable_t table; (void)major; (void)size; table.size = sizeof table; table.abi_version = abi; return &table; }`, 1)
	refusing := `const zfssa_vtable_t *zfssa_get_vtable(uint32_t major, uint32_t size) { (void)major; (void)size; return 0; }`
	// Found by the default name.
	unnamed := filepath.Join(folder, "searched")
	if err := os.Mkdir(unnamed, 0o700); err != nil {
		t.Fatal(err)
	}
	imitation(t, filepath.Join(unnamed, "libzfssa.so.1"), refusing)
	for _, c := range []struct {
		name, library, searched string
		words                   []string
	}{
		{"missing", "/nonexistent/libzfssa.so.1", "", []string{"/nonexistent/libzfssa.so.1", "No such file"}},
		{"another library", "libm.so.6", "", []string{"libm.so.6", "no symbol zfssa_get_vtable"}},
		{"it refuses the ABI", imitation(t, filepath.Join(folder, "refusing.so"), refusing), "", []string{"refusing.so", "unsupported ABI version"}},
		{"it has the next ABI", imitation(t, filepath.Join(folder, "next.so"), next), "", []string{"libzfssa has ABI 2.0", "is needed"}},
		{"found by the default name", "", unnamed, []string{"libzfssa.so.1", "unsupported ABI version"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := loaded(t, c.library, c.searched)
			for _, words := range append(c.words, `version "", 0 options, 0 objects`, "ErrABI true, ABI, outcome NONE") {
				if !strings.Contains(said, words) {
					t.Errorf("no %q in\n%s", words, said)
				}
			}
		})
	}
}

// Without ZFSSA_LIBRARY the loader searches for libzfssa.so.1.
func TestDefaultLibrary(t *testing.T) {
	said := loaded(t, "", filepath.Dir(os.Getenv("ZFSSA_LIBRARY")))
	if want := fmt.Sprintf("version %q, %d options", zfssa.Version(), len(zfssa.Options())); !strings.Contains(said, want) || zfssa.Version() == "" {
		t.Errorf("no %q in\n%s", want, said)
	}
	if !strings.Contains(said, "ErrABI false, CONFIG") {
		t.Error(said)
	}
}
