#!/bin/sh
# How much of core and tools their tests reach, by line and branch; ends with 1 where either is under 95 %.
# `scripts/coverage.sh tests/core/store` measures what one folder reaches; the two numbers then mean little.
set -eu

cd "$(dirname "$0")/.."
bin=${VENV:-.venv}/bin
[ $# -gt 0 ] || set -- tests/core tests/tools tests/security

failed=0
"$bin/coverage" erase
# Left out: programs that may write no file longer than so much, which the measurement's own files are.
"$bin/coverage" run -m pytest -q -n auto --maxprocesses 8 --timeout 300 \
    -m "not soak and not bench and not device and not thorough" \
    --deselect tests/core/store/test_kill_changes.py \
    --deselect tests/core/store/test_log.py::test_a_disk_that_takes_no_first_line_is_an_error_of_ours "$@" || failed=1
"$bin/coverage" combine --quiet
for room in core tools; do
    printf '\n== %s\n' "$room"
    "$bin/coverage" report --include "realtime_chat/$room/*" --fail-under 95 || failed=1
done
exit $failed
