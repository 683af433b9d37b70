package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// What the README shows works: its settings are valid, and its command lines are those of the
// program.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1)
	for _, block := range blocks {
		if _, err := parseSettings("README.md", block[1]); err != nil {
			t.Error(err)
		}
	}
	block := blocks[0]
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
	var lines [][]string
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
		lines = append(lines, words[2:end])
	}
	if shown != 2 || a.nodeName == "" || a.config == "" {
		t.Errorf("%d command lines, %+v", shown, a)
	}
	if strings.Contains(string(text), "$ go build .\n") {
		runReadme(t, block[1], lines)
	} else {
		t.Error("the README does not say how to build it")
	}
}

// runReadme builds the program and starts it by the command lines, with addresses and directories
// of this machine in the place of those that are shown.
func runReadme(t *testing.T, shown []byte, lines [][]string) {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "zfssa-csi")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	appliance := startSimulator(t)
	var s map[string]any
	if err := json.Unmarshal(shown, &s); err != nil {
		t.Fatal(err)
	}
	options := s["options"].(map[string]any)
	options["san_ip"], options["san_api_port"] = "127.0.0.1", strconv.Itoa(appliance.Port)
	options["zfssa_tls_ca_file"] = appliance.CAFile
	config, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "settings.json"), config, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	initiators := filepath.Join(folder, "initiatorname.iscsi")
	if err := os.WriteFile(initiators, []byte("InitiatorName="+nodeA+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	here := map[string]string{"settings.json": filepath.Join(folder, "settings.json"), "/etc/zfssa": credentialsFolder(t), ":9090": "127.0.0.1:0"}
	for _, line := range lines {
		line = append(line, "-initiator-name-file", initiators)
		for i, word := range line {
			if instead, ok := here[word]; ok {
				line[i] = instead
			}
		}
		p := startProcess(t, program, line...)
		c := dial(t, p.endpoint)
		ready, err := c.Probe(context.Background(), &csi.ProbeRequest{})
		if err != nil || !ready.GetReady().GetValue() {
			t.Errorf("%v: %v %v", line, ready, err)
		}
		p.terminate(t)
		if _, err := os.Stat(strings.TrimPrefix(p.endpoint, "unix://")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the socket is left: %v", err)
		}
	}
	// The controller asked the appliance, as the nodes that it was told of show.
	if state := string(appliance.ask(t, "GET", "/state", nil)); !strings.Contains(state, "iqn.2004-10.org.example:node-b") {
		t.Error("the appliance was not set up")
	}
}
