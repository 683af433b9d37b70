#!/usr/bin/env bash
# All checks of the Python package except the Cinder driver: builds the library and the simulator,
# creates a virtual environment, checks style and types, and runs the tests.
#
#   bindings/python/test.sh [PYTEST ARGUMENTS]
#
# This script provides all prerequisites, so a skipped test is a failure.
#
# ZFSSA_LIBRARY and ZFSSA_APPLIANCE are paths of binaries that are built already, PYTHON is the
# interpreter, and VENVS the directory of the virtual environments (by default build/venvs).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=${VENVS:-$root/build/venvs}/python

if [ -z "${ZFSSA_LIBRARY:-}" ] || [ -z "${ZFSSA_APPLIANCE:-}" ]; then
    (cd "$root" && cargo build --quiet --package zfssa --package zfssa-appliance)
fi
export ZFSSA_LIBRARY=${ZFSSA_LIBRARY:-$target/debug/libzfssa.so}
export ZFSSA_APPLIANCE=${ZFSSA_APPLIANCE:-$target/debug/zfssa-appliance}

[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/tests/requirements.txt"

cd "$here"
export PYTHONPATH=$here/src:$here/tests PYTHONDONTWRITEBYTECODE=1
"$venv/bin/ruff" check --no-cache .
"$venv/bin/ruff" format --no-cache --check --quiet .
# The benchmark's programs, by the same rules.
"$venv/bin/ruff" check --no-cache --config pyproject.toml "$root/benches"
"$venv/bin/ruff" format --no-cache --check --quiet --config pyproject.toml "$root/benches"
"$venv/bin/mypy" --cache-dir "$venv/mypy-cache"
"$venv/bin/python" -m pytest -p no:cacheprovider -p no_skips "$@"
