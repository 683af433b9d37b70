#!/usr/bin/env bash
# Tempest's tests of volumes, with real services on loopback: Cinder with this driver on two simulated
# appliances with their data plane, and Keystone and Glance. Each test must have the outcome that
# tests_tempest/expected.toml says. The logs of the services are in build/tempest afterwards.
#
#   bindings/python/test_tempest.sh [--short] [--workers N] [REGEX...]
#
# --short selects the tests of tests_tempest/short.txt, a REGEX those with such a name.
#
# ZFSSA_LIBRARY and ZFSSA_APPLIANCE are paths of binaries that are built already, PYTHON is the
# interpreter, and VENVS the directory of the virtual environments (by default build/venvs).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${VENVS:-$root/build/venvs}/tempest
source "$here/cinder_prerequisites.sh"

[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    -r "$here/tests_tempest/requirements.txt" -c "$here/tests_tempest/constraints.txt"

cd "$here/tests_tempest"
export PYTHONPATH=$here/src:$here/tests:$here/tests_cinder PYTHONDONTWRITEBYTECODE=1
"$venv/bin/python" -W ignore -m pytest -p no:cacheprovider -p no_skips .
exec "$venv/bin/python" -W ignore run.py "$@"
