#!/bin/sh
# Write requirements.lock anew from pyproject.toml: every platform, every extra, the developers' tools, hashes.
# `scripts/lock.sh --upgrade` moves to the newest versions that pyproject.toml admits.
set -eu

cd "$(dirname "$0")/.."
uv=uv
uv --version >/dev/null 2>&1 || uv=.venv/bin/uv

"$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
    --all-extras --group dev --no-header --no-emit-index-url --no-emit-find-links \
    --output-file requirements.lock "$@"
.venv/bin/python scripts/check_lock.py
