"""`doctor`: what works here, what does not, and what cures it."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime_chat.cli.checks.finding import Finding, Verdict, healthy, lines, summary, values

if TYPE_CHECKING:
    from realtime_chat.cli.checks.sound import Names
    from realtime_chat.cli.flags import Flags
    from realtime_chat.cli.settings import Settings


def doctor(
    sound: Annotated[
        bool, typer.Option("--sound", help="Play noise and listen: delay, echo, what comes too late.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON value.")] = False,
    input_device: Annotated[str | None, typer.Option("--input-device", help="Microphone to try.")] = None,
    output_device: Annotated[str | None, typer.Option("--output-device", help="Speaker to try.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", help="The provider to try.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="The server to try.")] = None,
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="Where sessions live.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file to use.")] = None,
) -> None:
    """Check this machine: settings, folders, sound, the provider. Exit 1 when a check failed."""
    import asyncio

    from realtime_chat.cli.flags import Flags

    flags = Flags(
        mode="text",
        input_device=input_device,
        output_device=output_device,
        provider=provider,
        url=url,
        data_dir=data_dir,
        config=config,
    )
    findings = asyncio.run(_examined(flags, audible=sound))
    if json:
        from realtime_chat.cli.json_out import put

        put({"schema": "realtime-chat/doctor/1", "ok": healthy(findings), "checks": values(findings)})
    else:
        print("\n".join([*lines(findings), summary(findings)]))
    raise typer.Exit(0 if healthy(findings) else 1)


async def _examined(flags: "Flags", *, audible: bool) -> list[Finding]:
    from realtime_chat.cli.checks.ollama import ollama_findings
    from realtime_chat.cli.checks.server import server_finding
    from realtime_chat.cli.settings import load
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.errors import ConfigError

    clock = SystemClock()
    try:
        settings = load(flags.config)
    except ConfigError as error:
        broken = Finding("settings", Verdict.FAILED, error.message)
        return [_python(), broken, _data_folder(flags.data_dir), *await _sound(flags, None, audible=audible)]
    return [
        _python(),
        _settings(flags.config),
        _data_folder(flags.data_dir or settings.store.data_dir),
        _keys(settings),
        *await _sound(flags, settings, audible=audible),
        await server_finding(flags, settings, clock),
        *await ollama_findings(flags, settings),
    ]


def _python() -> Finding:
    enough = Verdict.OK if sys.version_info >= (3, 11) else Verdict.FAILED
    return Finding("python", enough, sys.version.split()[0])


def _settings(config: Path | None) -> Finding:
    from realtime_chat.cli import paths
    from realtime_chat.cli.project import unconfirmed

    if (found := unconfirmed(config)) is not None:
        return Finding("settings", Verdict.NOTE, found.notice)
    file = paths.config_file(config)
    return Finding("settings", Verdict.OK, str(file) if file.exists() else "defaults (no file)")


def _data_folder(data_dir: Path | None) -> Finding:
    from realtime_chat.cli import paths

    folder = paths.data_dir(data_dir)
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    if os.access(nearest, os.W_OK):
        return Finding("data folder", Verdict.OK, str(folder))
    cure = "choose another with --data-dir, or make it yours"
    return Finding("data folder", Verdict.FAILED, f"{folder} cannot be written", cure)


def _keys(settings: "Settings") -> Finding:
    from realtime_chat.cli.commands.keys import keys_in_force
    from realtime_chat.cli.kept_keys import KeptKeys
    from realtime_chat.core.errors import ConfigError

    try:
        found = keys_in_force(settings, os.environ)
    except ConfigError as error:
        return Finding("keys", Verdict.FAILED, error.message)
    kept = KeptKeys()
    if kept.is_open_to_others:
        return Finding("keys", Verdict.NOTE, f"{kept.file} can be read by others", f"chmod 600 {kept.file}")
    told = ", ".join(f"{one['provider']} ({one['from']})" for one in found)
    return Finding("keys", Verdict.OK, told or "none; the embedded server needs none")


async def _sound(flags: "Flags", settings: "Settings | None", *, audible: bool) -> list[Finding]:
    from realtime_chat.audio.system_sound import pactl, server_of
    from realtime_chat.cli.checks.sound import looked
    from realtime_chat.cli.checks.sound_words import sound_findings
    from realtime_chat.cli.checks.surroundings import seen, surroundings_findings
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.errors import InvalidArguments

    around = seen(os.environ, ask=lambda: server_of(info) if (info := pactl("info")) else None)
    if audible:
        print("A short noise, then a few seconds to speak.", file=sys.stderr)
    try:
        report = await looked(_names(flags, settings), SystemClock(), audible=audible)
    except InvalidArguments as error:
        return [
            *surroundings_findings(around, None),
            Finding("sound", Verdict.FAILED, error.message),
            _echo_cancellation(),
        ]
    return [
        *surroundings_findings(around, report.devices),
        *sound_findings(report),
        _echo_cancellation(),
    ]


def _names(flags: "Flags", settings: "Settings | None") -> "Names":
    from realtime_chat.cli.checks.sound import Names

    audio = settings.audio if settings is not None else None
    return Names(
        flags.input_device or (audio.input_device if audio else None),
        flags.output_device or (audio.output_device if audio else None),
    )


def _echo_cancellation() -> Finding:
    from importlib.util import find_spec

    if find_spec("livekit") is not None:
        return Finding("echo cancellation", Verdict.OK, "installed")
    cure = "pip install 'realtime-chat[aec]', or use headphones"
    return Finding("echo cancellation", Verdict.NOTE, "not installed", cure)
