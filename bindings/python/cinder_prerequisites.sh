# Prerequisites of the tests that start Cinder's services: the broker, the library and the
# simulator. Sourced by their scripts, which have set `root`.

if [ ! -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq
    # Do not start the service of the package: the tests run their own broker.
    "${as_root[@]}" env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends rabbitmq-server >/dev/null
fi
if [ -z "${ZFSSA_LIBRARY:-}" ] || [ -z "${ZFSSA_APPLIANCE:-}" ]; then
    (cd "$root" && cargo build --quiet --package zfssa --package zfssa-appliance)
fi
target=${CARGO_TARGET_DIR:-$root/target}
export ZFSSA_LIBRARY=${ZFSSA_LIBRARY:-$target/debug/libzfssa.so}
export ZFSSA_APPLIANCE=${ZFSSA_APPLIANCE:-$target/debug/zfssa-appliance}
