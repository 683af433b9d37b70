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

// headers lists the C headers that are copied into the package.
var headers = []string{"zfssa.h", "zfssa_dl.h"}

// An input holds the files that the generator reads.
type input struct {
	// description is docs/abi/zfssa.json.
	description []byte
	// headers maps the names of the C headers to their text.
	headers map[string][]byte
}

func main() {
	from := flag.String("repository", "../../..", "root of the repository")
	to := flag.String("to", ".", "directory of the package")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes the generated files to a directory.
func run(from, to string) error {
	in, err := readInput(from)
	if err != nil {
		return err
	}
	files, err := generate(in)
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

// readInput reads the input of the generator from a checkout of the repository.
func readInput(repository string) (input, error) {
	in := input{headers: map[string][]byte{}}
	var err error
	in.description, err = os.ReadFile(filepath.Join(repository, "docs", "abi", "zfssa.json"))
	if err != nil {
		return in, err
	}
	for _, name := range headers {
		in.headers[name], err = os.ReadFile(filepath.Join(repository, "include", name))
		if err != nil {
			return in, err
		}
	}
	return in, nil
}

// generate returns the generated files by their names.
func generate(in input) (map[string][]byte, error) {
	h, err := parse(in.description)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"dlopen_gen.c": dlopenShim(h)}
	for name, text := range in.headers {
		files[name] = text
	}
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

// stale returns the names of the generated files in a directory that are out of date.
func stale(in input, directory string) ([]string, error) {
	files, err := generate(in)
	if err != nil {
		return nil, err
	}
	var found []string
	for name, content := range files {
		has, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil || !bytes.Equal(has, content) {
			found = append(found, name)
		}
	}
	sort.Strings(found)
	return found, nil
}
