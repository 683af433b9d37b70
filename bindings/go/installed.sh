#!/usr/bin/env bash
# Test of an installed library with a Go program, linked dynamically, linked statically, and with
# the library loaded at run time.
#
#   bindings/go/installed.sh PREFIX
set -euo pipefail
[ $# -eq 1 ] || { echo 'usage: installed.sh PREFIX' >&2; exit 2; }
prefix=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")"
go_build=$(cd ../.. && pwd)/build/go
. ./find_go.sh

# Use nothing of the source tree.
unset ZFSSA_LIBRARY LD_LIBRARY_PATH PKG_CONFIG_LIBDIR
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig CGO_ENABLED=1
for name in zfssa zfssa-static; do
    [ -f "$PKG_CONFIG_PATH/$name.pc" ] || { echo "there is no $PKG_CONFIG_PATH/$name.pc" >&2; exit 1; }
done
# Go's build cache does not depend on the output of pkg-config. A unique flag forces a new build.
export CGO_CFLAGS="-g -O2 -DZFSSA_GO_LINKED=$(date +%s%N)$$"
version=$(pkg-config --modversion zfssa)
libraries=$(pkg-config --variable=libdir zfssa)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED $*" >&2; exit 1; }

# try TAG NEEDS [VARIABLE=VALUE]...: builds and runs the program. NEEDS is yes if it must need the
# shared library.
try() {
    local tag=$1 needs=$2 said dynamic found
    shift 2
    go build -tags "$tag" -o "$work/program" ./internal/installed
    # Not in a pipe, which fails if grep ends before the program that writes to it.
    dynamic=$(readelf -d "$work/program")
    if grep -q 'NEEDED.*libzfssa\.so\.1' <<<"$dynamic"; then
        [ "$needs" = yes ] || fail "with tag '$tag' it needs the library"
        # Not another libzfssa of the machine.
        found=$(env "$@" ldd "$work/program")
        grep -qF "$libraries/libzfssa.so.1" <<<"$found" || fail "it finds another library: $found"
    else
        [ "$needs" = no ] || fail "with tag '$tag' it does not need the library"
    fi
    said=$(env "$@" "$work/program")
    [ "$said" = "$version 0" ] || fail "with tag '$tag' it says: $said"
    echo "ok go ${tag:-zfssa_shared}: $said"
}
try '' yes LD_LIBRARY_PATH="$libraries"
try zfssa_static no
try zfssa_dlopen no LD_LIBRARY_PATH="$libraries"
