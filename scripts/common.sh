# What the other scripts share. They source it, and are at the project's root then.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build_packages=(g++ meson ninja-build pkg-config libboost1.81-dev libssl-dev libcli11-dev)
server_packages=(nginx mktorrent python3)
# Servers and proxies that the program is tested against; of Apache the program alone, without a service.
tested_packages=(apache2-bin lighttpd lighttpd-mod-openssl caddy squid dante-server openssl)
# Other clients, and what the microbenchmarks are made with.
bench_packages=(curl openssl aria2 transmission-cli python3-libtorrent libbenchmark-dev)
lint_packages=(python3 clang-format-14 clang-tools-14)
test_packages=(doctest-dev transmission-cli aria2 python3-libtorrent clang-19 libclang-rt-19-dev llvm-19)

sanitizers=(-Db_sanitize=address,undefined -Doptimization=1)
# With clang++-19: of debug information what the stacks of findings need.
of_clang=(-Db_lundef=false -Dcpp_args=-gline-tables-only)
# In build-clang. The fuzzers are built there, too, from the same library as the tests.
clang_options=("${sanitizers[@]}" "${of_clang[@]}" -Dfuzzers=true -Dbenchmarks=false)
thread_options=(-Db_sanitize=thread -Doptimization=1 "${of_clang[@]}")

# Runs a command as root.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the named packages that are missing. Debian's servers would start, now and at every boot, nginx on
# port 80 and squid on 3128: the first is kept from happening by a policy that is there only while we install.
install_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "no apt-get here; needed are what Debian calls: $*"
        return
    fi
    local package missing=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} != 0 ] || return 0
    echo "installing: ${missing[*]}"
    (
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'as_root rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
            as_root chmod 755 "$policy"
        fi
        install=(env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}")
        # The list of packages may be missing or too old.
        as_root "${install[@]}" </dev/null >/dev/null 2>&1 || {
            as_root apt-get update -qq </dev/null
            as_root "${install[@]}" </dev/null >/dev/null
        }
    )
    command -v systemctl >/dev/null || return 0
    for package in "${missing[@]}"; do
        case $package in
        nginx | lighttpd | caddy | squid) as_root systemctl disable --quiet "$package" ;;
        dante-server) as_root systemctl disable --quiet danted ;;
        esac
    done
}

# Sets up the build directory $1, unless it is there, with meson's options that follow.
setup() {
    local log
    [ ! -e "$1/build.ninja" ] || return 0
    log=$(meson setup --wrap-mode=nofallback "$@" 2>&1) || { echo "$log" >&2; return 1; }
}

# The same, and builds everything.
build() {
    setup "$@"
    ninja -C "$1" --quiet
}
