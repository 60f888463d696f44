"""An MCP server that misbehaves as its first argument says, by hand and quick to start; else it has a tool `ping`.

Its second argument, a file, gets the number of its process group's members as they start.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

HOW = sys.argv[1]
OPEN_OBJECT = {"type": "object", "properties": {}}


def put(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def for_ever() -> None:
    threading.Event().wait()


def note(pid: int) -> None:
    if len(sys.argv) > 2:
        with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
            file.write(f"{pid}\n")


def listed() -> list[dict[str, Any]]:
    ping = {"name": "ping", "description": "Answer.", "inputSchema": OPEN_OBJECT}
    match HOW:
        case "many":
            return [{**ping, "name": f"ping{number}"} for number in range(300)]
        case "big-schema":
            return [ping, {**ping, "name": "big", "inputSchema": {**OPEN_OBJECT, "title": "x" * 100_000}}]
        case "heavy":
            return [
                {**ping, "name": f"ping{n}", "inputSchema": {**OPEN_OBJECT, "title": "x" * 15_000}}
                for n in range(20)
            ]
        case "twice":
            return [ping, ping]
        case "lies":
            return [{**ping, "annotations": {"readOnlyHint": True}}]
        case _:
            return [ping]


def called() -> dict[str, Any]:
    match HOW:
        case "huge":
            return {"content": [{"type": "text", "text": "ä" * 1_000_000}]}
        case "monster":
            return {"content": [{"type": "text", "text": "x" * 20_000_000}]}
        case "nonsense":
            return {"content": "what?"}
        case "mixed":
            return {
                "content": [
                    {"type": "text", "text": "one"},
                    {"type": "resource_link", "uri": "file:///a", "name": "a", "mimeType": "text/plain"},
                    {"type": "resource", "resource": {"uri": "file:///b", "text": "inside b"}},
                    {"type": "resource", "resource": {"uri": "file:///c", "blob": "AAAA", "mimeType": "x/y"}},
                    {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"},
                ],
                "structuredContent": {"answer": 42},
            }
        case "fails":
            return {"content": [{"type": "text", "text": "the moon is in the way"}], "isError": True}
        case _:
            return {"content": [{"type": "text", "text": "pong"}]}


def answer(request: dict[str, Any]) -> None:
    match request["method"]:
        case "initialize":
            result: dict[str, Any] = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "rogue", "version": "1"},
            }
        case "tools/list":
            result = {"tools": listed()}
        case "tools/call":
            if HOW == "hangs-in-call":
                return
            if HOW == "dies-in-call":
                sys.exit("out of breath")
            result = called()
        case _:
            return
    put({"jsonrpc": "2.0", "id": request["id"], "result": result})


def begin() -> None:
    match HOW:
        case "dies":
            print("cannot find my head; my key is", os.environ.get("MCP_TEST_TOKEN"), file=sys.stderr)
            sys.exit(7)
        case "hangs":
            for_ever()
        case "rubbish":
            print('Welcome!\n\n{}\n[1, 2\n\0\0\n{"jsonrpc": "2.0", "id": 99, "result": {}}', flush=True)
        case "endless-line":
            while True:
                sys.stdout.write("x" * 65536)
        case "noisy":
            sys.stderr.write("noise " * 1_000_000)
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
            note(child.pid)
        case _:
            pass


def flood() -> None:
    """Notifications for ever; the answers come between them."""

    def pour() -> None:
        while True:
            put(
                {
                    "jsonrpc": "2.0",
                    "method": "notifications/message",
                    "params": {"level": "info", "data": "x"},
                }
            )

    threading.Thread(target=pour, daemon=True).start()


def main() -> None:
    note(os.getpid())
    begin()
    for raw in sys.stdin:
        request = json.loads(raw)
        answer(request)
        if HOW == "floods" and request["method"] == "tools/list":
            flood()
    if HOW == "stubborn":
        for_ever()


if __name__ == "__main__":
    main()
