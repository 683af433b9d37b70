#!/usr/bin/env bash
# Tests of the Cinder driver with the current release of Cinder: its interfaces, the scenarios of the
# former driver's tests, the life cycle of volumes through the API of real services on loopback, a
# cluster of two hosts, and the wheel with its extra. The script provides all prerequisites, so a
# skipped test is a failure.
#
#   bindings/python/test_cinder.sh [PYTEST ARGUMENTS]
#
# ZFSSA_LIBRARY and ZFSSA_APPLIANCE are paths of binaries that are built already, PYTHON is the
# interpreter, VENVS the directory of the virtual environments (by default build/venvs), CINDER
# another Cinder release for pip, and ZFSSA_CINDER_STEPS a file for the steps of the life cycle with
# their durations.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${VENVS:-$root/build/venvs}/cinder

source "$here/cinder_prerequisites.sh"

[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${CINDER:-cinder}" pytest \
    etcd3gw
"$venv/bin/python" -m pip list 2>/dev/null | grep -iE '^(cinder|eventlet|os-brick|oslo.messaging) '

# The wheel, installed with Cinder as an operator does. Its dependencies stay installed between runs.
extra=${VENVS:-$root/build/venvs}/cinder-extra
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
[ -x "$extra/bin/python" ] || "${PYTHON:-python3}" -m venv "$extra"
wheel=$(ZFSSA_BUNDLE=$ZFSSA_LIBRARY "$here/build_wheel.sh" "$wheels")
"$extra/bin/python" -m pip uninstall --quiet --yes zfssa 2>/dev/null
"$extra/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel[cinder]"

cd "$here"
export ZFSSA_CINDER_EXTRA=$extra
export PYTHONPATH=$here/src:$here/tests PYTHONDONTWRITEBYTECODE=1
[ -z "${ZFSSA_CINDER_STEPS:-}" ] || : >"$ZFSSA_CINDER_STEPS"
# Suppress the deprecation warning of eventlet, which Cinder still imports.
"$venv/bin/python" -W ignore -m pytest -p no:cacheprovider -p no_skips tests_cinder "$@"
