package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"sort"
)

func main() {
	from := flag.String("header", "../../../include/zfssa.h", "the header to read")
	to := flag.String("to", ".", "the package's directory")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	files, err := Generate(text)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(to, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Generate makes every generated file of the package from the text of the header.
func Generate(text []byte) (map[string][]byte, error) {
	h, err := parse(string(text))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"zfssa.h": text, "dlopen_gen.c": dlopenShim(h)}
	sources := map[string]func(*header) (string, error){
		"status_gen.go":     statuses,
		"operations_gen.go": operations,
	}
	for name, make := range sources {
		source, err := make(h)
		if err != nil {
			return nil, err
		}
		formatted, err := format.Source([]byte(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = formatted
	}
	return files, nil
}

// Stale names the generated files in a directory that differ from what the header would give.
func Stale(text []byte, directory string) ([]string, error) {
	files, err := Generate(text)
	if err != nil {
		return nil, err
	}
	var stale []string
	for name, content := range files {
		has, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil || !bytes.Equal(has, content) {
			stale = append(stale, name)
		}
	}
	sort.Strings(stale)
	return stale, nil
}
