#!/usr/bin/env bash
# The tests that need a sound card, on virtual ones: in real time, so two rows of them stand side by side, each with a
# card of its own. Arguments go to pytest, in one row then.
set -euo pipefail

cd "$(dirname "$0")/.."
pytest=("${VENV:-.venv}/bin/python" -m pytest -m "device and not soak")

if [ $# -gt 0 ]; then exec scripts/with-virtual-audio "${pytest[@]}" "$@"; fi

first=(tests/devices/test_long_talk.py tests/devices/test_loss.py tests/devices/test_doctor.py)
others=("${first[@]/#/--ignore=}")
output=$(mktemp)
trap 'rm -f "$output"' EXIT
scripts/with-virtual-audio "${pytest[@]}" -p no:cacheprovider "${first[@]}" >"$output" 2>&1 &
beside=$!
code=0
scripts/with-virtual-audio "${pytest[@]}" tests/devices "${others[@]}" || code=$?
wait "$beside" || code=$?
cat "$output"
exit "$code"
