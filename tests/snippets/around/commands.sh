# Runs the commands of a page, in a shell where the simulator is a program that stays until the end.
#
#   commands.sh FILE PAGE
set -euo pipefail
page_file=$1 page=$2
set --

servers=()
stop_servers() {
    local server
    for server in "${servers[@]}"; do kill "$server" && wait "$server" || true; done
}
trap stop_servers EXIT
trap 'echo "$page: line $LINENO failed: $BASH_COMMAND"' ERR

# ready_value NAME: what the simulator told of itself last.
ready_value() { sed -nE "s/.*\"$1\": *\"?([^\",}]*).*/\1/p" "$ready"; }

# The simulator, in the background once it is ready, and APPLIANCE_URL and the like about it.
zfssa-appliance() {
    ready=$PWD/ready-${#servers[@]}.json
    command zfssa-appliance "$@" --ready-file "$ready" --exit-with-parent &
    servers+=($!)
    until [ -s "$ready" ]; do kill -0 $! || return; read -rt 0.1 <> <(:) || true; done
    APPLIANCE_URL=$(ready_value url) APPLIANCE_PORT=$(ready_value port)
    APPLIANCE_FINGERPRINT=$(ready_value certificate_sha256)
}

. "$page_file"
