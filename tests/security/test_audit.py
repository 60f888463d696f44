"""The audit of our dependencies: findings fail, and that nobody could be asked is said and is no failure."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
AUDIT = ROOT / "scripts" / "audit.sh"
KNOWN: dict[str, Any] = {
    "id": "GHSA-0000-test-0000",
    "aliases": ["CVE-2026-0"],
    "details": "Not a real one.",
    "published": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "idna", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999.0"}]}],
        }
    ],
}


@contextmanager
def service(vulnerable: str = "") -> Generator[tuple[str, list[str]]]:
    """Speaks as osv.dev does: one of these packages has a hole. Its address, and what was asked about."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(query["package"]["name"])
            found: dict[str, Any] = {"vulns": [KNOWN]} if asked[-1] == vulnerable else {}
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/query", asked
        finally:
            server.shutdown()


def audited(url: str, **more: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "OSV_URL": url, "NO_PROXY": "127.0.0.1", **more}
    return subprocess.run([AUDIT], env=environ, capture_output=True, text=True, timeout=200, check=False)


def test_where_nobody_can_be_asked_one_line_says_so(unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/v1/query"
    done = audited(url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"audit: NOT audited: {url} does not answer from here\n"


def test_where_the_auditor_cannot_be_had_one_line_says_so(tmp_path: Path) -> None:
    with service() as (url, _):
        done = audited(url, AUDIT_VENV=str(tmp_path / "venv"), UV_OFFLINE="1", UV_NO_CACHE="1")
    assert done.returncode == 0
    assert done.stdout.endswith("could not be installed\n")


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_what_is_known_fails_and_what_is_not_passes(tmp_path: Path) -> None:
    """With the real auditor, which is installed for it."""
    at = {"AUDIT_VENV": str(tmp_path / "venv")}
    with service() as (url, asked):
        clean = audited(url, **at)
    assert clean.returncode == 0, clean.stderr
    assert "no known vulnerability" in clean.stdout
    assert {"idna", "websockets", "textual"} <= set(asked)
    with service("idna") as (url, _):
        found = audited(url, **at)
    assert found.returncode == 1
    assert "idna" in found.stderr
    assert "CVE-2026-0" in found.stderr
