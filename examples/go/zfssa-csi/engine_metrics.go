// Metrics of the engine's drivers, for /metrics.

package main

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/libzfssa/libzfssa/bindings/go/zfssa"
)

// A meteredDriver is an open driver and the labels of its metrics.
type meteredDriver struct {
	driver *zfssa.Driver
	labels string
}

// metered returns the drivers that calls use, in the order in which they were opened.
func (b *backends) metered() []meteredDriver {
	b.mu.Lock()
	defer b.mu.Unlock()
	byNumber := map[int]meteredDriver{}
	for k, s := range b.slots {
		if s.current.driver == nil {
			continue
		}
		// The number tells drivers of one place and target group apart, which have different accounts.
		labels := fmt.Sprintf("backend=%q,pool=%q,project=%q,target_group=%q,driver=\"%d\"",
			k.backend, k.pool, k.project, k.targetGroup, s.current.number)
		byNumber[s.current.number] = meteredDriver{s.current.driver, labels}
	}
	numbers := make([]int, 0, len(byNumber))
	for number := range byNumber {
		numbers = append(numbers, number)
	}
	sort.Ints(numbers)
	found := make([]meteredDriver, len(numbers))
	for i, number := range numbers {
		found[i] = byNumber[number]
	}
	return found
}

// writeEngineMetrics writes the metrics of drivers in the Prometheus text format, with their labels
// in each sample. The samples of a metric follow each other, as the format wants it.
func writeEngineMetrics(w io.Writer, drivers []meteredDriver) {
	var families []string
	text := map[string]*strings.Builder{}
	for _, one := range drivers {
		snapshot, err := one.driver.Metrics()
		if err != nil {
			// It was closed meanwhile.
			continue
		}
		var own strings.Builder
		_, _ = snapshot.WriteTo(&own)
		family, isNew := "", false
		for line := range strings.Lines(own.String()) {
			if head, ok := strings.CutPrefix(line, "# HELP "); ok {
				family, _, _ = strings.Cut(head, " ")
				if isNew = text[family] == nil; isNew {
					families = append(families, family)
					text[family] = &strings.Builder{}
				}
			}
			switch {
			case !strings.HasPrefix(line, "#"):
				text[family].WriteString(labelled(line, one.labels))
			case isNew:
				text[family].WriteString(line)
			}
		}
	}
	for _, family := range families {
		_, _ = io.WriteString(w, text[family].String())
	}
}

// labelled adds labels to a line with a sample.
func labelled(line, labels string) string {
	if name, rest, ok := strings.Cut(line, "{"); ok {
		return name + "{" + labels + "," + rest
	}
	name, value, _ := strings.Cut(line, " ")
	return name + "{" + labels + "} " + value
}
