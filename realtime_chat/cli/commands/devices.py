"""`devices`: which microphones and speakers there are, and whether they work."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime_chat.core.printable import one_line

if TYPE_CHECKING:
    from realtime_chat.audio.choice import Device

app = typer.Typer(help="List and try microphones and speakers.", invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.callback()
def list_devices(context: typer.Context, json: Json = False) -> None:
    """All devices; * marks the ones that are used when none is named."""
    if context.invoked_subcommand is not None:
        return
    from realtime_chat.audio.devices import devices

    known = devices()
    if json:
        from realtime_chat.cli.json_out import put

        put({"schema": "realtime-chat/devices/1", "devices": [_value(device) for device in known]})
        return
    for device in known:
        print(_line(device))
    if not known:
        print("There is no sound device; `talk --in question.wav --out answer.wav` works without.")


@app.command("test")
def try_devices(
    input_device: Annotated[str | None, typer.Option("--input-device", help="Microphone to try.")] = None,
    output_device: Annotated[str | None, typer.Option("--output-device", help="Speaker to try.")] = None,
    json: Json = False,
) -> None:
    """Play a short noise and listen for a few seconds: say something. Exit 1 when one of them does not work."""
    import asyncio

    from realtime_chat.cli.checks.finding import healthy, lines, values
    from realtime_chat.cli.checks.sound import Names, looked
    from realtime_chat.cli.checks.sound_words import sound_findings
    from realtime_chat.core.clock import SystemClock

    print("A short noise, then a few seconds to speak.", file=sys.stderr)
    names = Names(input_device, output_device)
    findings = sound_findings(asyncio.run(looked(names, SystemClock(), audible=True)))
    if json:
        from realtime_chat.cli.json_out import put

        checks = values(findings)
        put({"schema": "realtime-chat/devices-test/1", "ok": healthy(findings), "checks": checks})
    else:
        print("\n".join(lines(findings)))
    raise typer.Exit(0 if healthy(findings) else 1)


def _value(device: "Device") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(device)


def _line(device: "Device") -> str:
    marks = {True: " *", False: ""}
    ways = [f"microphone{marks[device.is_default_input]}"] if device.inputs else []
    ways += [f"speaker{marks[device.is_default_output]}"] if device.outputs else []
    return f"{device.index:3d}  {one_line(device.name, 60):<60}  {', '.join(ways)}"
