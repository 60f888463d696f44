#!/bin/sh
# Make .venv ready: `setup.sh talk` installs the program, `setup.sh dev` the tools of a developer, too.
#
# Needs only a Python >= 3.11. Does nothing when nothing changed since the last time. What the machine lacks
# beyond Python packages is installed where that is permitted; else one line says what to install.
set -eu

purpose=${1:-talk}
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

# The same files, in the same place, for the same purpose (what a developer has serves to talk, too).
stamp="$(cat pyproject.toml requirements.lock scripts/setup.sh | cksum) $PWD"
is_ready() {
    for kind in "$purpose" dev; do
        [ "$(cat "$venv/.ready-$kind" 2>/dev/null)" = "$stamp" ] && return 0
    done
    return 1
}
[ -x "$venv/bin/python" ] && is_ready && exit 0

suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# A name on PATH may be a shim that cannot run: ask each. Newest first of those that all our wheels are made for.
find_python() {
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        if suits "$name"; then
            command -v "$name"
            return
        fi
    done
    die "no Python >= 3.11 here: install one, or name it: PYTHON=/path/to/python3 make …"
}

install_venv_module() {
    scripts/system-package.sh python3-venv || true
}

make_venv() {
    python=$(find_python)
    rm -rf "$venv"
    if command -v uv >/dev/null 2>&1 && uv venv --quiet --python "$python" "$venv"; then return; fi
    "$python" -m venv "$venv" >/dev/null 2>&1 && return
    # Debian keeps the module apart from the interpreter.
    install_venv_module
    rm -rf "$venv"
    "$python" -m venv "$venv" >/dev/null || die "$python cannot make a virtual environment: install python3-venv"
}

if ! suits "$venv/bin/python"; then
    say "making $venv (once; takes a minute)"
    make_venv
fi

if uv --version >/dev/null 2>&1; then
    uv=uv
else
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip >/dev/null || true
    [ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv ||
        die "pip cannot install uv: is this machine on the network?"
    uv=$venv/bin/uv
fi

# Versions and hashes come from the lock; nothing else on the machine (another active environment) has a say.
install() {
    VIRTUAL_ENV='' "$uv" pip install --quiet --python "$venv/bin/python" --constraint requirements.lock "$@"
}

set -- --editable
[ "$purpose" = dev ] && set -- --group dev "$@"
if ! { install "$@" '.[aec]'; } 2>/dev/null; then
    install "$@" . || die "the packages could not be installed; the lines above say why"
    say "going on without echo cancellation (livekit does not install here): wear headphones when you talk"
fi

if [ "$(uname -s)" = Linux ]; then scripts/portaudio.sh || true; fi

rm -f "$venv"/.ready-*
printf '%s\n' "$stamp" >"$venv/.ready-$purpose"
say "ready"
