# To be sourced: simulated appliances, each with a directory of its own that the caller makes, and a
# file with the options of a backend on each. stop_simulators ends them all. They listen on
# $simulator_address, which is the loopback unless it is set.

simulator_address=${simulator_address:-127.0.0.1}
simulators=()
stop_simulators() {
    local simulator
    for simulator in "${simulators[@]}"; do
        kill "$simulator" 2>/dev/null || true
        wait "$simulator" 2>/dev/null || true
    done
    simulators=()
}

# random_hex BYTES
random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# start_simulator DIRECTORY PASSWORD PROGRAM [FLAG...]
start_simulator() {
    local directory=$1 password=$2 program=$3
    shift 3
    (umask 077 && printf '%s' "$password" >"$directory/password")
    "$program" --listen "$simulator_address:0" --certificate-name "$simulator_address" \
        --admin 127.0.0.1:0 --ca-file "$directory/ca.pem" \
        --password-file "$directory/password" --ready-file "$directory/ready.json" \
        --exit-with-parent "$@" >"$directory/simulator.log" 2>&1 &
    simulators+=($!)
    for _ in $(seq 300); do
        [ -s "$directory/ready.json" ] && return
        kill -0 "${simulators[-1]}" 2>/dev/null || break
        sleep 0.1
    done
    cat "$directory/simulator.log" >&2
    return 1
}

# ready DIRECTORY KEY: what the appliance said of itself when it was ready.
ready() { sed -nE "s/.*\"$2\": *\"?([^\",}]*)\"?.*/\1/p" "$1/ready.json"; }

# admin DIRECTORY PATH [JSON]: asks the admin port, or tells it.
admin() {
    local body=()
    [ $# -eq 3 ] && body=(-X POST -H 'Content-Type: application/json' -d "$3")
    curl --silent --show-error --fail "${body[@]}" "$(ready "$1" admin)/$2"
}

# write_backend DIRECTORY: writes DIRECTORY/backend.toml. Further options come from standard input.
write_backend() {
    (umask 077 && {
        cat <<TOML
san_ip = "$simulator_address"
san_api_port = $(ready "$1" port)
san_login = "root"
san_password = "$(cat "$1/password")"
zfssa_pool = "pool-0"
zfssa_project = "cinder"
zfssa_target_interfaces = ["ixgbe0"]
zfssa_tls_mode = "ca"
TOML
        cat
    } >"$1/backend.toml")
}

# start_backend PROGRAM: one appliance in $work, and in $backend the file with the options of a
# backend on it, with secrets of which the search through the logs knows the word.
start_backend() {
    local secret
    secret=CANARY$(random_hex 4)
    start_simulator "$work" "CANARY-$(random_hex 12)" "$1"
    write_backend "$work" <<TOML
zfssa_target_portal = "127.0.0.1:3260"
zfssa_target_user = "target"
zfssa_target_password = "$secret"
zfssa_tls_ca_file = "$work/ca.pem"
[zfssa_initiator_config]
host-a = [{ iqn = "iqn.2004-10.org.example:host-a", user = "host", password = "$secret" }]
TOML
    # shellcheck disable=SC2034
    backend=$work/backend.toml
}
