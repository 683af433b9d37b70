# Toolchains for other machines than this one, to be sourced: zig as the C compiler and linker, with
# the headers and the symbols of old and of foreign C libraries, and Rust's standard library for
# each target. All of it is below build/cross; rustup keeps the standard libraries.
#
#   describe TARGET    sets the variables of a target
#   toolchain TARGET   installs what a build for it needs
#   sysroot            installs what the programs of the described target need to run here
#   built              prints the targets that packaging/cross/build has built

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cross=$root/build/cross
mkdir -p "$cross/bin"

zig=0.17.1
cargo_zigbuild=0.24.1
# The oldest C libraries that the artefacts run with. musl's symbols have no versions; the tests run
# the artefacts with musl 1.2.3.
glibc=2.17
musl=1.2
targets=(aarch64-unknown-linux-gnu x86_64-unknown-linux-gnu x86_64-unknown-linux-musl)

unable() {
    echo "not run: $1"
    exit 3
}

# describe TARGET: machine, libc, cargo_target, platform (the tag of a wheel), cc (its C compiler),
# artefacts (the directory), and for the scripts of packaging/ CROSS_COMPILE and PRIVATE_LIBS. CC is
# not set here: cargo would compile for this machine with it.
describe() {
    target=$1 machine=${1%%-*} libc=${1##*-}
    case $target in
    x86_64-unknown-linux-gnu | x86_64-unknown-linux-musl | aarch64-unknown-linux-gnu) ;;
    *) echo "cross: $target: unknown target: give one of ${targets[*]}" >&2 && exit 2 ;;
    esac
    case $libc in
    gnu)
        zig_target=$machine-linux-gnu.$glibc cargo_target=$target.$glibc
        platform=manylinux_${glibc/./_}_$machine
        PRIVATE_LIBS='-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc'
        ;;
    musl)
        zig_target=$machine-linux-musl cargo_target=$target
        platform=musllinux_${musl/./_}_$machine
        PRIVATE_LIBS='-lgcc_s -lc'
        ;;
    esac
    CROSS_COMPILE=
    [ "$machine" = "$(uname -m)" ] || CROSS_COMPILE=$cross/bin/$machine-linux-gnu-
    cc=$cross/bin/$target-cc
    artefacts=$cross/$target
    export CROSS_COMPILE PRIVATE_LIBS
}

# extract ARCHITECTURE FOLDER PACKAGE...: extracts Debian's packages, without their dependencies, into
# a folder. apt has lists and archives of its own, so this machine stays as it is.
extract() {
    local architecture=$1 folder=$2 work=$cross/apt-$1 package
    shift 2
    [ -f "$folder/.complete" ] && return
    command -v apt-get dpkg-deb >/dev/null || unable 'this is not Debian, whose packages are needed'
    rm -rf "$work" "$folder"
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$folder"
    : >"$work/status"
    apt() {
        apt-get -qq -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
            -o Dir::State="$work" -o Dir::State::status="$work/status" -o Dir::Cache="$work" \
            -o Dir::Cache::archives="$work/archives" -o Debug::NoLocking=1 \
            -o APT::Sandbox::User="$(id -un)" "$@"
    }
    apt update || unable "Debian's lists for $architecture cannot be had"
    (cd "$work/archives" && apt download "$@") || unable "Debian's packages $* cannot be had"
    for package in "$work"/archives/*.deb; do dpkg-deb --extract "$package" "$folder"; done
    rm -rf "$work"
    touch "$folder/.complete"
}

toolchain() {
    describe "$1"
    if [ "$(cat "$cross/venv/versions" 2>/dev/null)" != "$zig $cargo_zigbuild" ]; then
        rm -rf "$cross/venv"
        python3 -m venv "$cross/venv" &&
            "$cross/venv/bin/pip" install --quiet --disable-pip-version-check \
                "ziglang==$zig" "cargo-zigbuild==$cargo_zigbuild" ||
            unable "ziglang $zig and cargo-zigbuild $cargo_zigbuild cannot be had from PyPI"
        echo "$zig $cargo_zigbuild" >"$cross/venv/versions"
    fi
    export PATH=$cross/venv/bin:$PATH

    [ -d "$(rustc --print sysroot)/lib/rustlib/$target/lib" ] || rustup target add "$target" ||
        unable "Rust's standard library for $target cannot be had: rustup target add $target"

    # cargo-zigbuild's wrapper also translates what GNU's linker knows and zig's does not: zig links
    # its own unwinder for -lgcc_s, statically.
    cat >"$cc" <<WRAPPER
#!/bin/sh
export PATH='$cross/venv/bin':"\$PATH"
exec cargo-zigbuild zig cc -- -target $zig_target -fno-sanitize=all "\$@"
WRAPPER
    chmod +x "$cc"

    if [ -n "$CROSS_COMPILE" ]; then
        [ "$(uname -m)" = x86_64 ] || unable "Debian's binutils for $machine are taken on x86-64 alone"
        extract amd64 "$cross/binutils-$machine" "binutils-$machine-linux-gnu"
        local tool
        for tool in ar ld nm objcopy objdump readelf strip; do
            cat >"$CROSS_COMPILE$tool" <<WRAPPER
#!/bin/sh
LD_LIBRARY_PATH='$cross/binutils-$machine/usr/lib/x86_64-linux-gnu' \\
    exec '$cross/binutils-$machine/usr/bin/$machine-linux-gnu-$tool' "\$@"
WRAPPER
            chmod +x "$CROSS_COMPILE$tool"
        done
    fi
}

built() {
    local each
    for each in "${targets[@]}"; do
        [ ! -x "$cross/$each/usr/bin/zfssa" ] || echo "$each"
    done
}

# sysroot: LOADER is the command that starts a program of the target here;
# it is empty where the program starts by itself.
sysroot() {
    LOADER=
    local debian=arm64 emulator=
    [ "$machine" = aarch64 ] || debian=amd64
    if [ "$machine" != "$(uname -m)" ]; then
        [ "$(uname -m)" = x86_64 ] || unable "Debian's QEMU for $machine is taken on x86-64 alone"
        emulator=$cross/bin/qemu-$machine-static
        if [ ! -x "$emulator" ]; then
            extract amd64 "$cross/qemu" qemu-user-static
            cp "$cross/qemu/usr/bin/qemu-$machine-static" "$emulator"
            rm -rf "$cross/qemu"
        fi
    fi
    case $libc$emulator in
    musl)
        extract "$debian" "$cross/musl-$machine" musl
        LOADER=$cross/musl-$machine/lib/ld-musl-$machine.so.1
        ;;
    gnu?*)
        # With Python, for the wheel.
        extract "$debian" "$cross/gnu-$machine" libc6 libgcc-s1 python3.11-minimal \
            libpython3.11-minimal libpython3.11-stdlib libssl3 zlib1g libexpat1 libffi8 libuuid1 \
            libbz2-1.0 liblzma5
        LOADER="$emulator -L $cross/gnu-$machine"
        ;;
    esac
}
