#!/usr/bin/env bash
# Platform tag of a wheel with these programs and libraries, as their dynamic sections have it: the
# machine, the C library, and its oldest version with all symbols that they use.
#
#   bindings/python/platform_tag.sh FILE...
set -euo pipefail

# The oldest tags that pip knows on every machine. musl's symbols have no versions.
oldest_glibc=2.17 musl=1.2

machine='' libc=''
agree() {
    local -n known=$1
    [ -z "$known" ] || [ "$known" = "$2" ] ||
        { echo "platform_tag: $file is for $2, and another file for $known" >&2 && exit 1; }
    known=$2
}
versions=$oldest_glibc
for file in "$@"; do
    # A file that cannot be read ends the script here: an empty list would pass the checks.
    header=$(readelf -W --file-header "$file")
    dynamic=$(readelf -W --dynamic "$file")
    symbols=$(readelf -W --version-info "$file")
    case $header in
    *X86-64*) agree machine x86_64 ;;
    *AArch64*) agree machine aarch64 ;;
    *) echo "platform_tag: $file: unknown machine" >&2 && exit 1 ;;
    esac
    while read -r library; do
        case $library in
        # musl has all its libraries in one, and its loader takes this name for itself.
        libc.so | libc.musl-*) agree libc musl ;;
        libc.so.6) agree libc glibc ;;
        libm.so.6 | libgcc_s.so.1 | libpthread.so.0 | libdl.so.2 | librt.so.1 | libutil.so.1) ;;
        ld-linux-*) ;;
        '') ;; # a static program, which runs with any
        *) echo "platform_tag: $file: $library is not part of every Linux" >&2 && exit 1 ;;
        esac
    done < <(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic")
    versions+=$'\n'$(grep -o 'GLIBC_[0-9.]*' <<<"$symbols" | sed 's/GLIBC_//' || true)
done
case $libc in
glibc)
    version=$(sort -V <<<"$versions" | tail -n 1)
    IFS=. read -r major minor _ <<<"$version"
    echo "manylinux_${major}_${minor}_$machine"
    ;;
musl) echo "musllinux_${musl/./_}_$machine" ;;
*) echo 'platform_tag: no file needs a C library' >&2 && exit 1 ;;
esac
