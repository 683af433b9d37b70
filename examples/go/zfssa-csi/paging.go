// Paging tokens of list calls.

package main

import (
	"encoding/base64"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A token contains the key of the last entry of the previous page, so entries that are added or
// deleted between two calls do not shift the pages.
const tokenMark = "after:"

func tokenAfter(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(tokenMark + key))
}

func keyOf(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	key, ok := strings.CutPrefix(string(text), tokenMark)
	if err != nil || !ok || key == "" {
		return "", status.Errorf(codes.Aborted, "starting_token %q: invalid: start at the first page", token)
	}
	return key, nil
}

// page returns a page of the entries, which are sorted by key, and the token of the next page.
func page[T any](entries []T, key func(T) string, token string, most int32) ([]T, string, error) {
	if most < 0 {
		return nil, "", invalid("max_entries is negative")
	}
	after, err := keyOf(token)
	if err != nil {
		return nil, "", err
	}
	start := 0
	for start < len(entries) && after != "" && key(entries[start]) <= after {
		start++
	}
	entries = entries[start:]
	if most == 0 || len(entries) <= int(most) {
		return entries, "", nil
	}
	entries = entries[:most]
	return entries, tokenAfter(key(entries[most-1])), nil
}
