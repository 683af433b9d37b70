#!/usr/bin/env bash
# Build of the wheel, which contains the library and needs neither a compiler nor libzfssa.
#
#   bindings/python/build_wheel.sh [FOLDER]     writes the wheel to FOLDER, by default build/wheels
#
# ZFSSA_BUNDLE is the path of a library that is built already, PYTHON the interpreter.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$(realpath -m "${1:-$root/build/wheels}")
python=${PYTHON:-python3}

if [ -z "${ZFSSA_BUNDLE:-}" ]; then
    "$root/packaging/build"
    ZFSSA_BUNDLE=${CARGO_TARGET_DIR:-$root/target}/release/libzfssa.so
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Strip the debug information of the copy in the wheel.
objcopy --strip-debug "$ZFSSA_BUNDLE" "$work/libzfssa.so.1"
export ZFSSA_BUNDLE=$work/libzfssa.so.1

# The oldest glibc with all symbols that the library uses, for the platform tag.
glibc=$(objdump -T "$ZFSSA_BUNDLE" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
needed=$(objdump -p "$ZFSSA_BUNDLE" | awk '/NEEDED/ {print $2}')
for library in $needed; do
    case $library in
    libc.so.6 | libm.so.6 | libgcc_s.so.1 | libpthread.so.0 | libdl.so.2 | ld-linux-*) ;;
    *) echo "build_wheel: $library is not part of every Linux" >&2 && exit 1 ;;
    esac
done
version=${glibc#GLIBC_}
export ZFSSA_PLATFORM="manylinux_${version//./_}_$(uname -m)"
ZFSSA_PLATFORM=$(cut -d_ -f1-3 <<<"$ZFSSA_PLATFORM")_$(uname -m)

mkdir -p "$out"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$work/wheels" "$here"
mv "$work"/wheels/zfssa-*.whl "$out/"
ls "$out"/zfssa-*.whl | tail -n 1
