package main

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

const directory = "../../zfssa"

// repository reads the input of the generator; the module alone does not hold it.
func repository(t *testing.T) input {
	t.Helper()
	in, err := readInput("../../../..")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("outside of the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestGeneratedFilesAreUpToDate(t *testing.T) {
	found, err := stale(repository(t), directory)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 0 {
		t.Errorf("stale are %v; run go generate", found)
	}
}

func TestEveryFunctionIsSeen(t *testing.T) {
	h, err := parse(repository(t).description)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.table) != len(h.functions) {
		t.Errorf("%d functions were read, and the table has %d slots", len(h.functions), len(h.table))
	}
	if len(h.operations) < 40 {
		t.Errorf("only %d operations", len(h.operations))
	}
}

// An incomplete description is an error, and a changed one makes files stale.
func TestGeneratorCanFail(t *testing.T) {
	in := repository(t)
	text := string(in.description)
	change := func(from, to string) input {
		t.Helper()
		changed := strings.Replace(text, from, to, 1)
		if changed == text {
			t.Fatalf("there is no %s", from)
		}
		return input{[]byte(changed), in.headers}
	}
	for _, broken := range []input{
		change(`"name": "size_gib", "type": "uint64_t"`, `"name": "size_gib", "type": "size_t"`),
		change(`"accessor": "zfssa_result_volume"`, `"accessor": "zfssa_result_undone"`),
	} {
		if _, err := generate(broken); err == nil {
			t.Error("a description that cannot be understood is no error")
		}
	}
	found, err := stale(change(`"name": "ZFSSA_E_STALE", "value": -2`, `"name": "ZFSSA_E_STALE", "value": -99`), directory)
	if err != nil || len(found) == 0 {
		t.Errorf("a changed status was not noticed: %v", err)
	}
}
