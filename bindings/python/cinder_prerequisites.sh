# Prerequisites of the tests that start Cinder's services: the broker, etcd, the library and the
# simulator. Sourced by their scripts, which have set `root`.

lacking=()
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || lacking+=(rabbitmq-server)
command -v etcd >/dev/null || lacking+=(etcd-server)
if [ "${#lacking[@]}" -gt 0 ]; then
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq
    # Do not start the services of the packages: the tests run their own.
    "${as_root[@]}" env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${lacking[@]}" >/dev/null
fi
if [ -z "${ZFSSA_LIBRARY:-}" ] || [ -z "${ZFSSA_APPLIANCE:-}" ]; then
    (cd "$root" && cargo build --quiet --package zfssa --package zfssa-appliance)
fi
target=${CARGO_TARGET_DIR:-$root/target}
export ZFSSA_LIBRARY=${ZFSSA_LIBRARY:-$target/debug/libzfssa.so}
export ZFSSA_APPLIANCE=${ZFSSA_APPLIANCE:-$target/debug/zfssa-appliance}
