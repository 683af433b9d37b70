// Command gen generates the parts of package zfssa that follow the C header: the statuses, the
// operations with their requests and results, and the calls of a library loaded at run time.
package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A header is the C ABI from docs/abi/zfssa.json, in the order of zfssa.h.
type header struct {
	defines    []define
	structs    []*structure
	functions  []function
	operations []operation
	table      []string
}

type define struct {
	name, value, doc string
}

type structure struct {
	name, doc string
	fields    []field
}

type field struct {
	// ctype is the C type without spaces around the asterisks, such as "const char*const*".
	ctype, name, doc string
	// role is "value", "size", "flags", "count", "reserved" or "callback".
	role string
	// boolean is "yes", or "optional" if a negative number means that the value is not set.
	boolean string
	// oneOf is the prefix of the constants that the field may hold.
	oneOf string
	flags []string
	// countedBy is the field that holds the number of elements of an array.
	countedBy string
	secret    bool
}

type function struct {
	name, result, doc string
	params            []field
}

// An operation is a function that returns a ticket, with its arguments and its result.
type operation struct {
	function  function
	arguments *structure
	// accessor and view are nil for an operation without a result.
	accessor *function
	view     *structure
}

// description is the JSON form of docs/abi/zfssa.json.
type description struct {
	Constants []struct {
		Name, Doc string
		Value     int64
	}
	Structures []struct {
		Name, Doc string
		Members   []member
	}
	Functions []struct {
		Name, Returns, Doc string
		Parameters         []member
	}
	Operations []struct {
		Function, Arguments string
		Accessor, View      *string
	}
	Table []string
}

type member struct {
	Name, Type, Doc, Role, Boolean string
	OneOf                          string `json:"one_of"`
	Flags                          []string
	CountedBy                      string `json:"counted_by"`
	Secret                         bool
}

func (m member) field() field {
	return field{
		ctype: squeeze(m.Type), name: m.Name, doc: m.Doc, role: m.Role, boolean: m.Boolean,
		oneOf: m.OneOf, flags: m.Flags, countedBy: m.CountedBy, secret: m.Secret,
	}
}

// parse reads a description. It fails if the description of an operation is incomplete.
func parse(text []byte) (*header, error) {
	var raw description
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("zfssa.json: %w", err)
	}
	h := &header{table: raw.Table}
	for _, constant := range raw.Constants {
		value := strconv.FormatInt(constant.Value, 10)
		h.defines = append(h.defines, define{constant.Name, value, constant.Doc})
	}
	for _, described := range raw.Structures {
		s := &structure{name: described.Name, doc: described.Doc}
		for _, m := range described.Members {
			s.fields = append(s.fields, m.field())
		}
		h.structs = append(h.structs, s)
	}
	for _, described := range raw.Functions {
		f := function{name: described.Name, result: squeeze(described.Returns), doc: described.Doc}
		for _, m := range described.Parameters {
			f.params = append(f.params, m.field())
		}
		h.functions = append(h.functions, f)
	}
	for _, described := range raw.Operations {
		f := h.function(described.Function)
		o := operation{arguments: h.structure(described.Arguments)}
		if f == nil || o.arguments == nil {
			return nil, fmt.Errorf("%s: no function or no arguments", described.Function)
		}
		o.function = *f
		if described.Accessor != nil && described.View != nil {
			o.accessor, o.view = h.function(*described.Accessor), h.structure(*described.View)
			if o.accessor == nil || o.view == nil {
				return nil, fmt.Errorf("%s: there is no %s", f.name, *described.Accessor)
			}
		}
		h.operations = append(h.operations, o)
	}
	if len(h.operations) == 0 || len(h.defines) == 0 {
		return nil, fmt.Errorf("nothing found: this is not zfssa.json")
	}
	return h, nil
}

// squeeze removes the spaces around the asterisks of a C type.
func squeeze(ctype string) string {
	for _, pair := range [][2]string{{" *", "*"}, {"* ", "*"}} {
		ctype = strings.ReplaceAll(ctype, pair[0], pair[1])
	}
	return ctype
}

// structure returns a structure by its C name, or nil.
func (h *header) structure(name string) *structure {
	for _, s := range h.structs {
		if s.name == name {
			return s
		}
	}
	return nil
}

// function returns a function by its C name, or nil.
func (h *header) function(name string) *function {
	for i := range h.functions {
		if h.functions[i].name == name {
			return &h.functions[i]
		}
	}
	return nil
}
