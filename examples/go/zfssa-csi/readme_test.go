package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	zfssa "github.com/libzfssa/libzfssa/bindings/go"
)

// What the README shows works: its settings are valid, and its command lines are those of the
// program.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(text)
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, block[1], 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := loadSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	config, err := s.engine(credentials{"root", "CANARY-readme"})
	if err == nil {
		err = config.Validate()
	}
	if err != nil {
		t.Error(err)
	}
	known := map[string]bool{}
	for _, option := range zfssa.Options() {
		known[option.Name] = true
	}
	var raw struct{ Options map[string]string }
	_ = json.Unmarshal(block[1], &raw)
	for name := range raw.Options {
		if !known[name] {
			t.Errorf("option %s", name)
		}
	}
	var a arguments
	flags := a.flags()
	shown := 0
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 3 || words[1] != "./zfssa-csi" {
			continue
		}
		shown++
		end := len(words)
		for i, word := range words {
			if word == "#" {
				end = i
			}
		}
		if err := flags.Parse(words[2:end]); err != nil || flags.NArg() > 0 {
			t.Errorf("%s: %v %v", line, err, flags.Args())
		}
	}
	if shown != 2 || a.nodeID == "" || a.config == "" {
		t.Errorf("%d command lines, %+v", shown, a)
	}
}
