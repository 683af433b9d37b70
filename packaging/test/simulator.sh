# To be sourced: a simulated appliance, and in $backend the file with the options of a backend on
# it. $work is a directory of the caller's; stop_simulator ends it.

simulator=
stop_simulator() {
    [ -z "$simulator" ] && return
    kill "$simulator" 2>/dev/null || true
    wait "$simulator" 2>/dev/null || true
    simulator=
}

start_simulator() {
    local program=$1 password secret port
    # The word by which the search for secrets in the logs knows one.
    password=CANARY-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
    secret=CANARY$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
    (umask 077 && printf '%s' "$password" >"$work/password")
    "$program" --listen 127.0.0.1:0 --admin 127.0.0.1:0 --ca-file "$work/ca.pem" \
        --password-file "$work/password" --ready-file "$work/ready.json" --exit-with-parent \
        >"$work/simulator.log" 2>&1 &
    simulator=$!
    for _ in $(seq 300); do
        [ -s "$work/ready.json" ] && break
        kill -0 "$simulator" 2>/dev/null || { cat "$work/simulator.log" >&2; return 1; }
        sleep 0.1
    done
    port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' "$work/ready.json")
    backend=$work/backend.toml
    (umask 077 && cat >"$backend" <<TOML
san_ip = "127.0.0.1"
san_api_port = $port
san_login = "root"
san_password = "$password"
zfssa_pool = "pool-0"
zfssa_project = "cinder"
zfssa_target_portal = "127.0.0.1:3260"
zfssa_target_interfaces = ["ixgbe0"]
zfssa_target_user = "target"
zfssa_target_password = "$secret"
zfssa_tls_mode = "ca"
zfssa_tls_ca_file = "$work/ca.pem"
[zfssa_initiator_config]
host-a = [{ iqn = "iqn.2004-10.org.example:host-a", user = "host", password = "$secret" }]
TOML
    )
}
