#!/usr/bin/env bash
# Build of the wheel, which contains the library and the command zfssa, and needs neither a compiler
# nor libzfssa.
#
#   bindings/python/build_wheel.sh [FOLDER]     writes the wheel to FOLDER, by default build/wheels
#
# ZFSSA_BUNDLE is the path of a library that is built already, ZFSSA_COMMAND that of the command;
# with the library alone the wheel has no command. PYTHON is the interpreter, CROSS_COMPILE the
# prefix of binutils for another machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$(realpath -m "${1:-$root/build/wheels}")
python=${PYTHON:-python3}

if [ -z "${ZFSSA_BUNDLE:-}" ]; then
    "$root/packaging/build"
    "$root/packaging/build-command"
    ZFSSA_BUNDLE=${CARGO_TARGET_DIR:-$root/target}/release/libzfssa.so
    ZFSSA_COMMAND=$root/build/command/usr/bin/zfssa
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Strip the debug information of the copies in the wheel.
strip_debug() { "${CROSS_COMPILE:-}objcopy" --strip-debug "$1" "$2"; }
strip_debug "$ZFSSA_BUNDLE" "$work/libzfssa.so.1"
export ZFSSA_BUNDLE=$work/libzfssa.so.1
programs=("$ZFSSA_BUNDLE")
if [ -n "${ZFSSA_COMMAND:-}" ]; then
    strip_debug "$ZFSSA_COMMAND" "$work/zfssa"
    chmod 755 "$work/zfssa"
    export ZFSSA_COMMAND=$work/zfssa
    programs+=("$ZFSSA_COMMAND")
fi
ZFSSA_PLATFORM=$("$here/platform_tag.sh" "${programs[@]}")
export ZFSSA_PLATFORM

mkdir -p "$out"
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$work/wheels" "$here"
wheel=$(basename "$work"/wheels/zfssa-*.whl)
mv "$work/wheels/$wheel" "$out/"
echo "$out/$wheel"
