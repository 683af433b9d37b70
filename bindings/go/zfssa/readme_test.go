package zfssa_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// The program in the README compiles in a module of its own, and runs.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := goBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 1 {
		t.Fatalf("%d blocks of Go", len(blocks))
	}
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	config := fresh(t).config()
	var toml strings.Builder
	for name, value := range config.Options {
		fmt.Fprintf(&toml, "%s = '''%s'''\n", name, value)
	}
	for name, content := range map[string]string{
		"main.go": blocks[0][1],
		"go.mod": "module readme\n\ngo 1.24\n\nrequire github.com/libzfssa/libzfssa/bindings/go v0.0.0\n" +
			"replace github.com/libzfssa/libzfssa/bindings/go => " + here + "\n",
		"backend.toml": toml.String(),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("go", "run", ".", "backend.toml")
	command.Dir = folder
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "10 GiB at 127.0.0.1:3260 LUN 1") || strings.Contains(string(out), "CANARY") {
		t.Errorf("%v\n%s", err, out)
	}
}
