// Command schemas writes the JSON schemas of Kubernetes objects that kubeconform reads, from the
// OpenAPI description of a Kubernetes release and from CRDs. The schemas are strict: they refuse
// members that they do not name.
//
//	schemas DIRECTORY swagger.json crd.yaml...
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

type object = map[string]any

const (
	reference   = "#/definitions/"
	quantity    = "io.k8s.apimachinery.pkg.api.resource.Quantity"
	intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: schemas DIRECTORY swagger.json crd.yaml...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func run(directory, swagger string, crds []string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	if err := ofKubernetes(directory, swagger); err != nil {
		return fmt.Errorf("%s: %w", swagger, err)
	}
	for _, path := range crds {
		if err := ofCRD(directory, path); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func ofKubernetes(directory, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var description struct {
		Definitions map[string]object `json:"definitions"`
	}
	if err := json.Unmarshal(text, &description); err != nil {
		return err
	}
	definitions := description.Definitions
	scalar := object{"type": []string{"string", "number"}}
	definitions[quantity], definitions[intOrString] = scalar, scalar
	for _, schema := range definitions {
		strict(schema)
	}
	for name, schema := range definitions {
		kinds, _ := schema["x-kubernetes-group-version-kind"].([]any)
		// Options of calls, such as DeleteOptions, have many kinds.
		if len(kinds) != 1 {
			continue
		}
		used := map[string]object{}
		collect(definitions, name, used)
		kind := kinds[0].(object)
		whole := object{"$ref": reference + name, "definitions": used}
		err := write(directory, textOf(kind, "group"), textOf(kind, "version"), textOf(kind, "kind"), whole)
		if err != nil {
			return err
		}
	}
	return nil
}

func textOf(kind object, member string) string { text, _ := kind[member].(string); return text }

// collect adds a definition and those that it refers to.
func collect(definitions map[string]object, name string, used map[string]object) {
	if used[name] != nil {
		return
	}
	used[name] = definitions[name]
	walk(definitions[name], func(schema object) {
		if to, ok := schema["$ref"].(string); ok {
			collect(definitions, strings.TrimPrefix(to, reference), used)
		}
	})
}

func ofCRD(directory, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var crd struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPI object `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		schema := version.Schema.OpenAPI
		strict(schema)
		if err := write(directory, crd.Spec.Group, version.Name, crd.Spec.Names.Kind, schema); err != nil {
			return err
		}
	}
	return nil
}

// strict makes a schema refuse unknown members, in objects that name theirs.
func strict(schema object) {
	walk(schema, func(s object) {
		_, named := s["properties"].(object)
		_, open := s["additionalProperties"]
		if named && !open && s["x-kubernetes-preserve-unknown-fields"] != true {
			s["additionalProperties"] = false
		}
	})
}

// walk visits a schema and the schemas in it.
func walk(value any, visit func(object)) {
	switch v := value.(type) {
	case object:
		visit(v)
		for _, member := range v {
			walk(member, visit)
		}
	case []any:
		for _, element := range v {
			walk(element, visit)
		}
	}
}

// write writes a schema to the file that kubeconform calls {{.ResourceKind}}{{.KindSuffix}}.json.
func write(directory, group, version, kind string, schema object) error {
	parts := []string{strings.ToLower(kind), strings.SplitN(group, ".", 2)[0], version}
	if group == "" {
		parts = []string{parts[0], version}
	}
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, strings.Join(parts, "-")+".json"), text, 0o644)
}
