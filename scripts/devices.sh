#!/usr/bin/env bash
# The tests that need a sound card, on virtual ones, in real time: the long talk, which measures, alone; the others in
# two rows side by side, each with a card of its own. Arguments go to pytest, in one row then.
set -euo pipefail

cd "$(dirname "$0")/.."
pytest=("${VENV:-.venv}/bin/python" -m pytest -m "device and not soak")
row() { scripts/with-virtual-audio "${pytest[@]}" -p no:cacheprovider "$@"; }

if [ "${1:-}" = --but-the-long-talk ]; then
    shift
    alone_too=
elif [ $# -gt 0 ]; then
    row "$@"
    exit
fi

alone=tests/devices/test_long_talk.py
beside=(
    tests/devices/test_loss.py tests/devices/test_doctor.py tests/devices/test_tolerance.py
    tests/devices/test_plain.py tests/devices/test_replay.py
)
if [ -n "${alone_too-yes}" ]; then row "$alone"; fi

output=$(mktemp)
trap 'rm -f "$output"' EXIT
row "${beside[@]}" >"$output" 2>&1 &
code=0
row tests/devices "--ignore=$alone" "${beside[@]/#/--ignore=}" || code=$?
wait $! || code=$?
cat "$output"
exit "$code"
