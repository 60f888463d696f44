#!/bin/sh
# Install one Debian package, where apt is at hand and we may; never asks for a password.
# Ends 0 when installed, 1 when that was not possible.
set -eu

package=$1
command -v apt-get >/dev/null 2>&1 || exit 1

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
else
    exit 1
fi

apt() {
    # shellcheck disable=SC2086  # empty, or two words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
        -o DPkg::Lock::Timeout=120 "$@" >/dev/null 2>&1 </dev/null
}

echo "setup: installing $package" >&2
apt install -y --no-install-recommends "$package" && exit 0
# A fresh machine has no package lists, or old ones.
apt update && apt install -y --no-install-recommends "$package" && exit 0
exit 1
