#!/bin/sh
# All checks that are not tests. Runs each, even after one failed, and ends non-zero if any did.
set -eu

cd "$(dirname "$0")/.."
bin=${VENV:-.venv}/bin
failed=

check() {
    what=$1
    shift
    printf '== %s\n' "$what"
    "$@" || failed="$failed [$what]"
}

# Where it is not installed, CI, which installs it, still looks at the scripts.
check_shell() {
    if command -v shellcheck >/dev/null 2>&1; then
        shellcheck scripts/*.sh .ci/run
    else
        echo "shellcheck is not installed: skipped"
    fi
}

check "ruff check" "$bin/ruff" check .
check "ruff format" "$bin/ruff" format --check .
check "import contracts" "$bin/lint-imports" --no-logo
check "lock file" "$bin/python" scripts/check_lock.py
check "shell scripts" check_shell
check "pyright" "$bin/pyright" --pythonpath "$bin/python"

if [ -n "$failed" ]; then
    echo "lint: failed:$failed" >&2
    exit 1
fi
echo "lint: all clean"
