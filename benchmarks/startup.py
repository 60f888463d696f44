"""How long a user looks at nothing: `--version`, `--help`, and the first frame of the screen. Wall time, in ms."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, interleaved

#: A Typer program with as many commands as ours that imports nothing of its own: what `--help` costs at least.
LAZY_TYPER = """
import typer
app = typer.Typer()
for name in ("talk", "text", "resume", "serve", "doctor", "sessions", "config"):
    def command(word: str = "", number: int = 1, flag: bool = False) -> None:
        "One line of help."
    app.command(name)(command)
app(["--help"], standalone_mode=False)
"""
#: A Textual program that shows one word and ends after its first frame.
BARE_TEXTUAL = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello")
async def leave(pilot):
    pilot.app.exit()
Hello().run(headless=True, auto_pilot=leave)
"""


def version(rounds: int) -> Figure:
    """Against Python that starts and ends."""
    medians = interleaved({"ours": _wall(*OURS, "--version"), "bare python": _wall("-c", "pass")}, rounds)
    return _figure("`--version`", medians, "bare python", 2.0)


def help_text(rounds: int) -> Figure:
    """Against a Typer program that does nothing."""
    medians = interleaved({"ours": _wall(*OURS, "--help"), "lazy Typer": _wall("-c", LAZY_TYPER)}, rounds)
    return _figure("`--help`", medians, "lazy Typer", 1.1)


def first_frame(rounds: int) -> Figure:
    """Against a Textual program of one word; ours has a session with a model behind it."""
    with tempfile.TemporaryDirectory() as folder:
        ours = _wall("-m", "benchmarks.first_frame", folder)
        medians = interleaved({"ours": ours, "bare Textual": _wall("-c", BARE_TEXTUAL)}, rounds)
    return _figure("first frame", medians, "bare Textual", 1.4)


OURS = ("-m", "realtime_chat")


def _wall(*arguments: str) -> Callable[[], float]:
    command = [sys.executable, *arguments]
    root = Path(__file__).parent.parent

    def measure() -> float:
        began = time.perf_counter()
        subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
        return (time.perf_counter() - began) * 1000

    return measure


def _figure(name: str, medians: dict[str, float], floor: str, goal: float) -> Figure:
    return Figure(name=name, unit="ms", ours=medians.pop("ours"), beside=medians, floor=floor, goal=goal)
