#!/usr/bin/env bash
# The tests that need a sound card, on virtual ones, in real time: the long talk, which measures, alone; the others in
# two rows side by side, each with a card of its own. Arguments go to pytest, in one row then; behind --but-the-long-talk, to
# both rows.
#
# A card waits for nobody: on two cores, with two talks and their recognisers at once, a machine that stands still for a
# moment tears holes into what is heard. So tests of the two rows that failed run once more, alone, and must pass then.
set -euo pipefail

cd "$(dirname "$0")/.."
pytest=("${VENV:-.venv}/bin/python" -m pytest -m "device and not soak")
row() {
    local cache=$1
    shift
    scripts/with-virtual-audio "${pytest[@]}" -o "cache_dir=$cache" "$@"
}

# A row's exit code, and what to do about it: 1 says that tests failed, everything else that they could not run.
judge() {
    local cache=$1 code=$2
    [ "$code" != 0 ] || return 0
    [ "$code" = 1 ] || return "$code"
    printf '\n--- those of this row that failed, once more, with nothing beside them\n'
    row "$cache" --last-failed --last-failed-no-failures none
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ "${1:-}" = --but-the-long-talk ]; then
    shift
    alone_too=
elif [ $# -gt 0 ]; then
    row "$work/one" "$@"
    exit
fi

alone=tests/devices/test_long_talk.py
beside=(
    tests/devices/test_loss.py tests/devices/test_doctor.py tests/devices/test_tolerance.py
    tests/devices/test_plain.py tests/devices/test_replay.py tests/documents/test_commands.py
)
if [ -n "${alone_too-yes}" ]; then row "$work/long" "$alone" "$@"; fi

row "$work/beside" "${beside[@]}" "$@" >"$work/beside.log" 2>&1 &
first=0 second=0
row "$work/rest" tests/devices "--ignore=$alone" "${beside[@]/#/--ignore=}" "$@" || first=$?
wait $! || second=$?
cat "$work/beside.log"
code=0
judge "$work/rest" "$first" || code=$?
judge "$work/beside" "$second" || code=$?
exit "$code"
