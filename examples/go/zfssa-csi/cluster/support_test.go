// Helpers of all tests: errors, environment and waiting.

package cluster

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	gib = 1 << 30
	// Secrets of tests have this word, by which they are searched for in logs.
	secretWord = "CANARY"
	// soon bounds each wait. Retries of the sidecars have pauses of several seconds.
	soon = 3 * time.Minute
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// message returns the text of an error, which is empty if there is none.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func variable(t testing.TB, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set; run cluster/test.sh", name)
	}
	return value
}

func write(t testing.TB, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// eventually waits until a condition holds, which returns what is missing, or an empty text.
func eventually(t testing.TB, what string, missing func(ctx context.Context) string) {
	t.Helper()
	last := "not tried"
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, soon, true,
		func(ctx context.Context) (bool, error) {
			said := missing(ctx)
			// A request that the end of the wait has cut off says nothing.
			if ctx.Err() == nil {
				last = said
			}
			return said == "", nil
		})
	if err != nil {
		t.Fatalf("%s: not within %v: %s", what, soon, last)
	}
}
