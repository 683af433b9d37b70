// The file of statuses and outcomes.

package main

import (
	"fmt"
	"strings"
)

// statuses returns the source of status_gen.go.
func statuses(h *header) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s\n\npackage zfssa\n\n", notice)
	b.WriteString("// Statuses of failed calls and operations, as errors for errors.Is(err, zfssa.ErrVolumeBusy).\nconst (\n")
	var names strings.Builder
	for _, d := range h.defines {
		name, ok := strings.CutPrefix(d.name, "ZFSSA_E_")
		if !ok {
			continue
		}
		writeDoc(&b, "\t", d.doc)
		fmt.Fprintf(&b, "\tErr%s Status = %s\n", camel(name), d.value)
		fmt.Fprintf(&names, "\tErr%s: {%q, %q},\n", camel(name), name, d.doc)
	}
	b.WriteString(")\n\n// Outcomes: how a failed operation left the appliance.\nconst (\n")
	var outcomes strings.Builder
	for _, d := range h.defines {
		name, ok := strings.CutPrefix(d.name, "ZFSSA_OUTCOME_")
		if !ok {
			continue
		}
		writeDoc(&b, "\t", d.doc)
		fmt.Fprintf(&b, "\tOutcome%s Outcome = %s\n", camel(name), d.value)
		fmt.Fprintf(&outcomes, "\tOutcome%s: %q,\n", camel(name), name)
	}
	b.WriteString(")\n\nvar statusTexts = map[Status]struct{ name, description string }{\n")
	b.WriteString(names.String())
	b.WriteString("}\n\nvar outcomeNames = map[Outcome]string{\n")
	b.WriteString(outcomes.String())
	b.WriteString("}\n")
	return b.String(), nil
}
