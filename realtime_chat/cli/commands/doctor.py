"""`doctor`: what works here, what does not, and the one command that cures it."""

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `needed` False: the program works without it."""

    name: str
    ok: bool
    detail: str
    needed: bool = True


def doctor(
    sound: Annotated[
        bool, typer.Option("--sound", help="Play a short noise and listen: do microphone and speaker work?")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="Where sessions live.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file to use.")] = None,
) -> None:
    """Check this machine: Python, settings, data folder, sound, the embedded server."""
    import asyncio

    findings = [_python(), _settings(config), _data_folder(data_dir), _sound(), asyncio.run(_server())]
    findings += [_echo_cancellation(), *(asyncio.run(_trial(config)) if sound else [])]
    healthy = all(one.ok for one in findings if one.needed)
    if json:
        from realtime_chat.cli.json_out import put

        checks = [asdict(one) for one in findings]
        put({"schema": "realtime-chat/doctor/1", "ok": healthy, "checks": checks})
    else:
        for one in findings:
            word = "ok     " if one.ok else ("FAILED " if one.needed else "missing")
            print(f"{word} {one.name}: {one.detail}")
    raise typer.Exit(0 if healthy else 1)


def _python() -> Finding:
    return Finding("python", sys.version_info >= (3, 11), sys.version.split()[0])


def _settings(config: Path | None) -> Finding:
    from realtime_chat.cli import paths
    from realtime_chat.cli.settings import load
    from realtime_chat.core.errors import ConfigError

    try:
        load(config)
    except ConfigError as error:
        return Finding("settings", False, error.message)
    file = paths.config_file(config)
    return Finding("settings", True, str(file) if file.exists() else "defaults (no file)")


def _data_folder(data_dir: Path | None) -> Finding:
    from realtime_chat.cli import paths

    folder = paths.data_dir(data_dir)
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    writable = os.access(nearest, os.W_OK)
    return Finding("data folder", writable, str(folder) if writable else f"{folder} cannot be written")


def _sound() -> Finding:
    from realtime_chat.audio.devices import devices
    from realtime_chat.core.errors import AudioUnavailable

    try:
        count = len(devices())
    except AudioUnavailable as error:
        return Finding("sound", False, error.message, needed=False)
    if count:
        return Finding("sound", True, f"{count} devices", needed=False)
    return Finding("sound", False, "no sound device; text and --in/--out files work", needed=False)


def _echo_cancellation() -> Finding:
    from importlib.util import find_spec

    if find_spec("livekit") is not None:
        return Finding("echo cancellation", True, "installed", needed=False)
    return Finding(
        "echo cancellation", False, "pip install 'realtime-chat[aec]', or use headphones", needed=False
    )


async def _trial(config: Path | None) -> list[Finding]:
    """Microphone, speaker, and whether the one hears the other."""
    from realtime_chat.audio.trial import tried
    from realtime_chat.cli.settings import load
    from realtime_chat.cli.sound import Wishes, open_sound
    from realtime_chat.core.clock import SystemClock

    audio, clock = load(config).audio, SystemClock()
    opened = open_sound(clock, Wishes(input_device=audio.input_device, output_device=audio.output_device))
    if opened.source is None and opened.sink is None:
        return [Finding("microphone and speaker", False, opened.note or "there is none")]
    trial = await tried(opened.source, opened.sink, clock)
    told = [line.partition(": ") for line in trial.lines()]
    return [Finding(name, "FAILED" not in text and text != "none", text) for name, _, text in told]


async def _server() -> Finding:
    from realtime_chat.core.errors import ChatError
    from realtime_chat.local.child import EmbeddedServer

    server = EmbeddedServer()
    try:
        await server.start()
    except ChatError as error:
        return Finding("embedded server", False, error.message)
    finally:
        await server.stop()
    return Finding("embedded server", True, "starts")
