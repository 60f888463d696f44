"""How long a user looks at nothing: `--version`, `--help`, and the first frame of the screen. Wall time, in ms."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.blast import blasting
from benchmarks.figures import Figure, NotMeasured, interleaved
from benchmarks.peers import Peer, programs, reason
from benchmarks.terminal import first_frame_ms, surroundings, temporary_home

#: A Typer program with as many commands as ours that imports nothing of its own: what `--help` costs at least.
LAZY_TYPER = """
import typer
app = typer.Typer()
for number in range(18):
    def command(word: str = "", number: int = 1, flag: bool = False) -> None:
        "One line of help."
    app.command(f"command-{number}")(command)
app(["--help"], standalone_mode=False)
"""
#: A Textual program that shows one word.
BARE_TEXTUAL = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("hello, world")
Hello().run()
"""
BARE = [sys.executable, "-c", BARE_TEXTUAL]
OURS = [sys.executable, "-m", "realtime_chat"]


def version(rounds: int, *, full: bool = False) -> Figure:
    """Against Python that starts and ends."""
    return _figure(
        "`--version`", "--version", "bare python", [sys.executable, "-c", "pass"], 2.0, rounds, full
    )


def help_text(rounds: int, *, full: bool = False) -> Figure:
    """Against a Typer program that does nothing."""
    floor = [sys.executable, "-c", LAZY_TYPER]
    return _figure("`--help`", "--help", "lazy Typer", floor, 1.1, rounds, full)


def _figure(
    name: str, flag: str, floor: str, command: list[str], goal: float, rounds: int, full: bool
) -> Figure:
    with temporary_home() as home:
        wall = {"ours": _wall([*OURS, flag], home), floor: _wall(command, home)}
        for peer in programs(full=full):
            wall[peer.name] = _peers_wall(peer, flag, home)
        medians = interleaved(wall, rounds)
    return Figure(name=name, unit="ms", ours=medians.pop("ours"), beside=medians, floor=floor, goal=goal)


def _wall(command: Sequence[str], home: str) -> Callable[[], float]:
    def measure() -> float:
        began = time.perf_counter()
        try:
            subprocess.run(
                command,
                cwd=home,
                env=surroundings(Path(home)),
                check=True,
                timeout=60,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NotMeasured(reason(error)) from error
        return (time.perf_counter() - began) * 1000

    return measure


def _peers_wall(peer: Peer, flag: str, home: str) -> Callable[[], float]:
    return lambda: _wall([peer.command(), flag], home)()


def first_frame(rounds: int, *, full: bool = False) -> Figure:
    """Against a Textual program of one word; ours is connected with the blast server by then, or about to be."""
    with blasting() as port, temporary_home() as folder:
        home = Path(folder)
        frames = {
            "ours": lambda: first_frame_ms(ours_on_screen(port), OURS_SHOWS, home),
            "bare Textual": lambda: first_frame_ms(BARE, "hello, world", home),
        }
        for peer in programs(full=full):
            frames[peer.name] = _peers_frame(peer, home)
        medians = interleaved(frames, rounds)
    ours = medians.pop("ours")
    return Figure(name="first frame", unit="ms", ours=ours, beside=medians, floor="bare Textual", goal=1.4)


#: In the input line, which is drawn last.
OURS_SHOWS = "/ for words"


def ours_on_screen(port: int) -> list[str]:
    """The program as a user starts it, with a server that answers at once."""
    return [*OURS, "text", "--url", f"http://127.0.0.1:{port}/v1", "--model", "blast"]


def _peers_frame(peer: Peer, home: Path) -> Callable[[], float]:
    return lambda: first_frame_ms([peer.command(), *peer.screen], peer.shows, home)
