#!/bin/sh
# Look each locked dependency up among known vulnerabilities (https://osv.dev), by pip-audit in an environment of its own.
#
# Findings fail. Where the service, or the package index, is not to be reached, one line says that nothing was
# audited, and that is no failure: a firewall is none of the code's.
set -eu

cd "$(dirname "$0")/.."
url=${OSV_URL:-https://api.osv.dev/v1/query}
lock=${AUDIT_LOCK:-requirements.lock}
venv=${AUDIT_VENV:-build/audit}
python=${VENV:-.venv}/bin/python
version=2.10.1

not_audited() {
    echo "audit: NOT audited: $*"
    exit 0
}

"$python" - "$url" <<'END' 2>/dev/null || not_audited "$url does not answer from here"
import sys, urllib.request
asked = b'{"package": {"name": "pip", "ecosystem": "PyPI"}, "version": "1000"}'
request = urllib.request.Request(sys.argv[1], asked, {"Content-Type": "application/json"})
urllib.request.urlopen(request, timeout=3).read()
END

if [ "$("$venv/bin/pip-audit" --version 2>/dev/null)" != "pip-audit $version" ]; then
    uv=uv
    "$uv" --version >/dev/null 2>&1 || uv=${VENV:-.venv}/bin/uv
    "$uv" venv --quiet --clear --python "$python" "$venv" || not_audited "no environment could be made in $venv"
    VIRTUAL_ENV='' "$uv" pip install --quiet --python "$venv/bin/python" "pip-audit==$version" ||
        not_audited "pip-audit $version could not be installed"
fi

found=$(mktemp)
trap 'rm -f "$found"' EXIT
# All versions and hashes stand in the lock, so nothing is resolved or downloaded.
code=0
"$venv/bin/pip-audit" --requirement "$lock" --disable-pip --vulnerability-service osv --osv-url "$url" \
    --timeout 10 --progress-spinner off --format columns --desc off --output "$found" || code=$?
if [ "$code" = 0 ]; then
    echo "audit: no known vulnerability in $(grep -c '==' "$lock") locked packages"
    exit 0
fi
[ -s "$found" ] || not_audited "pip-audit stopped before its end (exit $code)"
cat "$found" >&2
echo "audit: known vulnerabilities; update with \`make lock ARGS=--upgrade\`" >&2
exit 1
