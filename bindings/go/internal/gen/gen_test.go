package main

import (
	"os"
	"strings"
	"testing"
)

// The package's own copy is what it was generated from; in the repository, it is the header.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	own, err := os.ReadFile("../../zfssa/zfssa.h")
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{"its own copy of zfssa.h": own}
	if header, err := os.ReadFile("../../../../include/zfssa.h"); err == nil {
		sources["include/zfssa.h"] = header
	}
	for name, text := range sources {
		stale, err := Stale(text, "../../zfssa")
		if err != nil {
			t.Fatal(err)
		}
		if len(stale) > 0 {
			t.Errorf("%s: stale are %v; run go generate", name, stale)
		}
	}
}

func TestEveryFunctionIsSeen(t *testing.T) {
	text, err := os.ReadFile("../../zfssa/zfssa.h")
	if err != nil {
		t.Fatal(err)
	}
	h, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	table := string(text)[strings.Index(string(text), "struct zfssa_vtable_t {"):]
	table = table[:strings.Index(table, "\n};")]
	if slots := strings.Count(table, "(*"); slots != len(h.functions) {
		t.Errorf("%d functions were read, and the table has %d slots", len(h.functions), slots)
	}
	if len(h.operations()) < 20 {
		t.Errorf("only %d operations", len(h.operations()))
	}
}

// What the generator does not understand is an error, and a change shows.
func TestGeneratorCanFail(t *testing.T) {
	text, err := os.ReadFile("../../zfssa/zfssa.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"uint64_t size_gib;", "size_t size_gib;"},
		{"Result: zfssa_result_deleted().", "Result: zfssa_result_undone()."},
		{"uint32_t volumes_count", "uint32_t volumes_count"},
	} {
		changed := strings.ReplaceAll(string(text), change[0], change[1])
		if changed == string(text) {
			continue
		}
		if _, err := Generate([]byte(changed)); err == nil {
			t.Errorf("%s: no error", change[1])
		}
	}
	changed := strings.Replace(string(text), "#define ZFSSA_E_STALE (-2)", "#define ZFSSA_E_STALE (-99)", 1)
	stale, err := Stale([]byte(changed), "../../zfssa")
	if err != nil || len(stale) == 0 {
		t.Errorf("a changed status was not noticed: %v", err)
	}
}
