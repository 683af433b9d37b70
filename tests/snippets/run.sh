#!/usr/bin/env bash
# Runs the code blocks of the documentation (run.py), after it has built what they need: the library,
# the simulator and the command. Arguments are those of run.py.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "${1:-}" = --write ]; then exec python3 "$here/run.py" "$@"; fi
. "$here/../../bindings/go/environment.sh"
mkdir -p "$go_root/build/snippets"
(
    cd "$go_root"
    cargo build --quiet --features cli --bin zfssa
    # Last, so that the crates of these messages are those in target.
    cargo build --quiet --package zfssa --package zfssa-appliance \
        --message-format=json >build/snippets/artifacts.json
)
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$go_root/bindings/python/src:$go_root/bindings/python/tests
exec python3 "$here/run.py" "$@"
