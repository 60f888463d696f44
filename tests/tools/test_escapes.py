"""Every attempt to leave the workspace or to reach the terminal: refused, or inert. One table lists them."""

import json
import os
import unicodedata
from pathlib import Path

import pytest

from realtime_chat.core.printable import one_line, printable
from realtime_chat.tools.base import tool
from realtime_chat.tools.builtin import workspace as fence
from realtime_chat.tools.standard import risky_tools, standard_tools
from tests.tools.kit import Bench

SECRET = "the secret"

#: What it tries → the path, from a workspace that holds: inner/ok.txt, out (a link to the folder above),
#: chain (a link through it), Zoë/ (composed).
ESCAPES = {
    "up": "../secret.txt",
    "up from below": "inner/../../secret.txt",
    "up, many times": "../" * 40 + "etc/passwd",
    "to the folder of a like name": "../work-too/secret.txt",
    "absolute": "/etc/passwd",
    "absolute, twice the slash": "//etc/passwd",
    "/proc": "/proc/self/environ",
    "/proc by its root": "/proc/self/root/etc/passwd",
    "/proc by its folder": "/proc/self/cwd",
    "/dev": "/dev/stdin",
    "link to a folder": "out/secret.txt",
    "link to a file": "chain",
    "link, then up": "out/work/../secret.txt",
    "home": "~/secret.txt",
    "variable": "$HOME/secret.txt",
    "other case": "../SECRET.TXT",
    "full-width dots": "\uff0e\uff0e/secret.txt",
    "one-dot leader": "\u2024\u2024/secret.txt",
    "division slash": "..\u2215secret.txt",
    "backslash": "..\\secret.txt",
    "percent": "%2e%2e/secret.txt",
    "url": "file:///etc/passwd",
    "NUL": "inner/ok.txt\0../../secret.txt",
    "line end": "../secret.txt\n",
    "lone surrogate": "\udc2e\udc2e/secret.txt",
    "shell": "$(cat ../secret.txt)",
    "shell, backticks": "`cat ../secret.txt`",
    "shell, pipe": "| cat ../secret.txt",
    "wildcard": "../*.txt",
    "escape sequence": "\x1b[2J../secret.txt",
    "markup": "[red]../secret.txt[/red]",
    "empty": "",
}
TOOLS = {"read_file": {}, "list_folder": {}, "search_files": {"text": "secret"}, "write_file": {"text": "x"}}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "work-too").mkdir()
    (tmp_path / "work-too" / "secret.txt").write_text(SECRET)
    inner = tmp_path / "work" / "inner"
    inner.mkdir(parents=True)
    (inner / "ok.txt").write_text("fine")
    (tmp_path / "work" / "out").symlink_to(tmp_path)
    (tmp_path / "work" / "chain").symlink_to("out/secret.txt")
    return Bench(tmp_path, *standard_tools(), *risky_tools())


def outside(folder: Path) -> dict[str, str]:
    """All there is beside the workspace."""
    files = [one for one in folder.rglob("*") if one.is_file() and folder / "work" not in one.parents]
    return {str(one): one.read_text() for one in files}


@pytest.mark.parametrize("attempt", ESCAPES)
@pytest.mark.parametrize("name", TOOLS)
async def test_no_path_leads_out_of_the_workspace(bench: Bench, tmp_path: Path, name: str, attempt: str):
    before = outside(tmp_path)
    arguments = {"path": ESCAPES[attempt], "replace": True, **TOOLS[name]}
    if name != "write_file":
        del arguments["replace"]
    outcome = await bench.one(name, json.dumps(arguments))
    assert SECRET not in outcome.output
    assert "root:" not in outcome.output
    assert outside(tmp_path) == before
    assert "\x1b" not in outcome.output
    if outcome.error is not None:
        assert str(tmp_path) not in outcome.error.message
    elif name == "list_folder":  # the empty name is the workspace itself
        assert attempt == "empty"


async def test_a_folder_that_becomes_a_link_after_it_was_judged_leads_nowhere(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The moment between judging and opening is the only one in which it matters, so it is made here."""
    judged = fence.confined

    def judged_then_changed(workspace: Path, path: str) -> Path:
        place = judged(workspace, path)
        inner = workspace / "inner"
        if not inner.is_symlink():
            inner.rename(workspace / "gone")
            inner.symlink_to(tmp_path)
        return place

    for module in ("read_file", "list_folder", "search_files", "write_file"):
        monkeypatch.setattr(f"realtime_chat.tools.builtin.{module}.confined", judged_then_changed)
    for name, more in TOOLS.items():
        inner = tmp_path / "work" / "inner"
        if inner.is_symlink():
            inner.unlink()
            (tmp_path / "work" / "gone").rename(inner)
        path = "inner" if name in ("list_folder", "search_files") else "inner/secret.txt"
        outcome = await bench.one(name, json.dumps({"path": path, **more}))
        assert SECRET not in outcome.output
        assert "secret.txt" not in outcome.output
        assert (tmp_path / "secret.txt").read_text() == SECRET
        assert "work-too" not in outcome.output


async def test_a_name_is_taken_as_it_is_written_in_either_normal_form(bench: Bench, tmp_path: Path):
    composed, split = (unicodedata.normalize(form, "Zoë.txt") for form in ("NFC", "NFD"))
    outcome = await bench.one("write_file", json.dumps({"path": composed, "text": "x"}))
    assert outcome.ok
    (found,) = [one for one in os.listdir(tmp_path / "work") if one.startswith("Z")]
    assert unicodedata.normalize("NFC", found) == composed
    other = await bench.one("read_file", json.dumps({"path": split}))
    assert other.ok is (tmp_path / "work" / split).exists()


HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]x[/]\u202e\r\x9b"


@pytest.mark.parametrize(
    "arguments", ["", "{", json.dumps({HOSTILE: HOSTILE}), HOSTILE, f'{{"x": "{HOSTILE}"}}']
)
async def test_a_name_or_arguments_full_of_escapes_are_answered_without_any(bench: Bench, arguments: str):
    for name in (HOSTILE, "calculate"):
        outcome = await bench.one(name, arguments)
        assert not outcome.ok
        assert outcome.error is not None
        for text in (outcome.output, outcome.error.message):
            assert not any(char in one_line(text) for char in "\x1b\x07\x9b\u202e\r")


async def test_a_result_or_an_error_full_of_escapes_reaches_the_terminal_as_signs(tmp_path: Path):
    @tool
    def result() -> str:
        """Return it."""
        return HOSTILE

    @tool
    def error() -> str:
        """Raise it."""
        raise ValueError(HOSTILE)

    bench = Bench(tmp_path, result, error)
    for name in ("result", "error"):
        shown = printable((await bench.one(name)).output)
        assert not any(char in shown for char in "\x1b\x07\x9b\u202e\r")
        assert "[bold red]" in shown  # markup stays text: nothing parses it


async def test_shell_signs_in_a_command_are_words(bench: Bench, tmp_path: Path):
    for attempt, text in ESCAPES.items():
        if "\0" in text or "\udc2e" in text:
            continue
        outcome = await bench.one("run", json.dumps({"command": f"echo {json.dumps(text.strip())}"}))
        assert SECRET not in outcome.output, attempt
    assert sorted(os.listdir(tmp_path / "work")) == ["chain", "inner", "out"]
