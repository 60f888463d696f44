"""Where the program runs, as far as it matters for sound: the sound server, WSL, SSH, a container."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from realtime_chat.cli.checks.finding import Finding, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was seen. `server`: the sound server's name, None for none; `found_by`: what led to it."""

    linux: bool
    server: str | None = None
    found_by: str = ""
    pulse_latency: str | None = None
    wsl: bool = False
    ssh: bool = False
    container: bool = False


def seen(
    environ: Mapping[str, str],
    *,
    root: Path = Path("/"),
    platform: str = sys.platform,
    ask: Callable[[], str | None] = lambda: None,
) -> Surroundings:
    """A look around. `ask` the sound server for its name; `root` is where /proc and the like begin."""
    server, found_by = _server(environ, root, ask) if platform == "linux" else (None, "")
    return Surroundings(
        linux=platform == "linux",
        server=server,
        found_by=found_by,
        pulse_latency=environ.get("PULSE_LATENCY_MSEC"),
        wsl="microsoft" in _text(root / "proc/sys/kernel/osrelease").lower(),
        ssh="SSH_CONNECTION" in environ,
        container=any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv")),
    )


def surroundings_findings(around: Surroundings, devices: int | None) -> Iterator[Finding]:
    """What of it helps or hinders, knowing how many sound devices there are (None: nobody can say). Pure."""
    if around.linux:
        yield _server_finding(around, devices)
    if around.pulse_latency is not None:
        detail = f"PULSE_LATENCY_MSEC is {around.pulse_latency}, which makes streams stutter or fall silent"
        yield Finding("PULSE_LATENCY_MSEC", Verdict.NOTE, detail, "unset it")
    if around.wsl:
        cure = "`wsl --update` brings a sound server; then open the terminal anew"
        yield _place("WSL", "this is Linux inside Windows", devices, cure)
    if around.container:
        cure = "give it the host's sound server: mount its socket, and set PULSE_SERVER"
        yield _place("container", "this is a container", devices, cure)
    if around.ssh:
        detail = "microphone and speaker are those of this machine, not those where you sit"
        yield Finding("SSH", Verdict.NOTE, detail, "to talk, run the program where you sit")


def _server_finding(around: Surroundings, devices: int | None) -> Finding:
    name, measured = "sound server", {"server": around.server or "none"}
    if around.server is None:
        if devices:
            detail = "none was found; the card is used directly, by one program at a time"
            return Finding(name, Verdict.OK, detail, "", measured)
        cure = "start PipeWire or PulseAudio (`systemctl --user start pipewire-pulse`)"
        return Finding(name, Verdict.NOTE, "none was found", cure, measured)
    detail = f"{around.server}, found by {around.found_by}"
    if devices == 0:
        cure = (
            "install ALSA's way to it (Debian, Ubuntu: apt install libasound2-plugins), or connect a device"
        )
        return Finding(name, Verdict.NOTE, f"{detail}, but no device is seen", cure, measured)
    return Finding(name, Verdict.OK, detail, "", measured)


def _place(name: str, detail: str, devices: int | None, cure: str) -> Finding:
    if devices:
        return Finding(name, Verdict.OK, f"{detail}, with sound")
    return Finding(name, Verdict.NOTE, f"{detail}, without sound", cure)


def _server(environ: Mapping[str, str], root: Path, ask: Callable[[], str | None]) -> tuple[str | None, str]:
    """Its name and what led to it: whoever answers, else a socket that waits for somebody to ask."""
    named = environ.get("PULSE_SERVER")
    runtime = root / environ.get("XDG_RUNTIME_DIR", "none").lstrip("/")
    sockets = {"PulseAudio": runtime / "pulse/native", "PipeWire": runtime / "pipewire-0"}
    waiting = [name for name, socket in sockets.items() if socket.exists()]
    found_by = "PULSE_SERVER" if named else "its socket" if waiting else "`pactl`"
    if (answer := ask()) is not None:
        return answer, found_by
    return (waiting[0], found_by) if waiting and not named else (None, "")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
