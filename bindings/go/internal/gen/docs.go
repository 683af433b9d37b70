// Comments of Go from the descriptions of C.

package main

import (
	"fmt"
	"regexp"
	"strings"
)

// writeDoc writes a doc comment, wrapped at 98 columns.
func writeDoc(b *strings.Builder, indent, text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			fmt.Fprintf(b, "%s//\n", indent)
		}
		line := indent + "//"
		for _, word := range strings.Fields(paragraph) {
			if len(line)+1+len(word) > 98 {
				b.WriteString(line + "\n")
				line = indent + "//"
			}
			line += " " + word
		}
		b.WriteString(line + "\n")
	}
}

// oneOf matches the documentation of a member that holds a constant of an enumeration.
var oneOf = regexp.MustCompile(`^One of the (ZFSSA_\w+_) numbers`)

// functionName matches a function of the library in prose.
var functionName = regexp.MustCompile(`\bzfssa_(\w+)\(\)`)

// statusName matches a status or an outcome in prose.
var statusName = regexp.MustCompile(`\bZFSSA_(E|OUTCOME)_([A-Z_]+)\b`)

// memberName matches a member in prose, which the header writes in backticks.
var memberName = regexp.MustCompile("`(\\w+)`")

// falseMember matches a boolean member that prose says is 0, such as "Created 0".
var falseMember = regexp.MustCompile(`\b((?:Created|Changed|InPlace) (?:is )?)0\b`)

// withFlag matches the start of the documentation of an array that counts only with a flag.
var withFlag = regexp.MustCompile(`^With ZFSSA_\w+: \w`)

// docFor returns a doc comment for name, or for a member if name is empty, from the header's.
func (h *header) docFor(name, doc string) string {
	var kept []string
	for _, paragraph := range strings.Split(doc, "\n\n") {
		if !strings.HasPrefix(paragraph, "Does not block.") {
			kept = append(kept, paragraph)
		}
	}
	text := strings.Join(kept, "\n\n")
	text = strings.ReplaceAll(text, " More members may follow in later versions.", "")
	// Go copies what the result holds.
	text = strings.ReplaceAll(text, " Wiped when the result is freed.", "")
	text = strings.ReplaceAll(text, "Pointers to the ", "The ")
	text = oneOf.ReplaceAllString(text, "One of the constants")
	text = h.limits(text)
	for _, flag := range h.flags() {
		text = regexp.MustCompile(`\b`+flag+`\b`).ReplaceAllString(text, flagName(flag))
	}
	text = memberName.ReplaceAllStringFunc(text, func(found string) string { return memberGoName(strings.Trim(found, "`")) })
	text = statusName.ReplaceAllStringFunc(text, func(found string) string {
		parts := statusName.FindStringSubmatch(found)
		return "[" + map[string]string{"E": "Err", "OUTCOME": "Outcome"}[parts[1]] + camel(parts[2]) + "]"
	})
	text = functionName.ReplaceAllStringFunc(text, func(found string) string {
		return "[Driver." + camel(functionName.FindStringSubmatch(found)[1]) + "]"
	})
	text = falseMember.ReplaceAllString(text, "${1}false")
	if name == "" {
		return text
	}
	for _, start := range []string{"A ", "An ", "The ", "What ", "How ", "Where "} {
		if strings.HasPrefix(text, start) {
			return name + " is " + lowerStart(text)
		}
	}
	return name + " " + lowerStart(text)
}

// limits replaces constants such as ZFSSA_MAX_TEXT in prose by their numbers.
func (h *header) limits(text string) string {
	for _, d := range h.defines {
		if strings.HasPrefix(d.name, "ZFSSA_MAX_") {
			text = regexp.MustCompile(`\b`+d.name+`\b`).ReplaceAllString(text, grouped(d.value))
		}
	}
	return text
}

// grouped returns a number with commas between its thousands.
func grouped(number string) string {
	for i := len(number) - 3; i > 0; i -= 3 {
		number = number[:i] + "," + number[i:]
	}
	return number
}

// flags returns the flags of all structures.
func (h *header) flags() []string {
	var found []string
	for _, s := range h.structs {
		for _, f := range s.fields {
			found = append(found, f.flags...)
		}
	}
	return found
}

// lowerStart returns a sentence as it continues after a colon.
func lowerStart(text string) string {
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && (text[1] == ' ' || text[1] >= 'a' && text[1] <= 'z') {
		return lowerFirst(text)
	}
	return text
}

// emptyDoc replaces NULL in a doc comment by Go's zero value.
func emptyDoc(doc string) string {
	doc = strings.ReplaceAll(doc, " NULL: none.", "")
	doc = withFlag.ReplaceAllStringFunc(doc, func(found string) string { return upperFirst(found[len(found)-1:]) })
	doc = strings.ReplaceAll(doc, "Without the flag: ", "Nil: ")
	return strings.ReplaceAll(strings.ReplaceAll(doc, ". NULL", ". Empty"), "NULL", "empty")
}

// boolDoc replaces 1 and 0 in the doc comment of a boolean.
func boolDoc(doc string) string {
	replacer := strings.NewReplacer("1 when ", "True when ", "1 if ", "True if ", "1 where ", "True where ", ", else 0", "",
		"Always 1", "Always true", "Always 0", "Always false", "; 0 when", "; false when")
	return replacer.Replace(doc)
}
