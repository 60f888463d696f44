"""`tools list | show | call`: what the assistant may use, and a way to try it without a model."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from realtime_chat.core.printable import one_line, printable

if TYPE_CHECKING:
    from realtime_chat.cli.settings import Settings
    from realtime_chat.cli.toolset import Member, Toolset
    from realtime_chat.core.ports import ToolOutcome

app = typer.Typer(help="See and try the tools of the assistant.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The tool's name.")]
Files = Annotated[
    list[Path] | None, typer.Option("--tools", help="A Python file with tools of your own; may be repeated.")
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where notes, lists and timers live.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


@app.command("list")
def list_tools(tools: Files = None, json: Json = False, config: Config = None) -> None:
    """Every tool: its name, what it needs, where it comes from, what it does."""
    found = _toolset(tools, config)
    if json:
        from realtime_chat.cli.json_out import put

        put({"schema": "realtime-chat/tools/1", "tools": [_value(one, found) for one in _all(found)]})
        return
    for one in _all(found):
        need, source = one.tool.need or "-", one_line(Path(one.source).name, 20)
        state = "off" if one in found.off else ""
        print(f"{one.tool.name:<20} {need:<8} {source:<20} {state:<4} {_first_line(one)}")
    if found.off:
        print("[tools] enable in the settings switches on what is off.", file=sys.stderr)


@app.command()
def show(name: Name, tools: Files = None, json: Json = False, config: Config = None) -> None:
    """One tool as the model sees it."""
    found = _toolset(tools, config)
    one = found.find(name)
    if json:
        from realtime_chat.cli.json_out import put

        put({"schema": "realtime-chat/tool/1", **_value(one, found)})
        return
    import msgspec

    parameters = msgspec.json.format(msgspec.json.encode(one.tool.schema.parameters), indent=2)
    heads = {"name": one.tool.name, "need": one.tool.need or "not declared", "source": one.source}
    for head, text in heads.items():
        print(f"{head}: {one_line(text)}")
    print(f"\n{printable(one.tool.description)}\n\n{printable(parameters.decode())}")


@app.command()
def call(
    name: Name,
    args: Annotated[str, typer.Option("--args", help="The arguments as one JSON object.")] = "",
    tools: Files = None,
    json: Json = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Call a tool as the model would; exit 1 when it fails, 2 when it cannot be called so."""
    import asyncio

    from realtime_chat.cli.project import tell_of_unconfirmed
    from realtime_chat.cli.settings import load
    from realtime_chat.tools.printing import stdout_kept

    tell_of_unconfirmed(config)
    with stdout_kept():
        outcome = asyncio.run(_call(name, args, tools or [], load(config), data_dir))
    if json:
        from realtime_chat.cli.json_out import put

        put(_outcome_value(outcome))
    elif outcome.error is None:
        print(printable(outcome.output))
    else:
        print(f"error: {one_line(outcome.error.message)}", file=sys.stderr)
    raise typer.Exit(_exit_code(outcome))


async def _call(
    name: str, args: str, files: list[Path], settings: "Settings", data_dir: Path | None
) -> "ToolOutcome":
    """The outcome, while the servers live. Raises UnknownTool, InvalidArguments."""
    from realtime_chat.cli import paths
    from realtime_chat.cli.toolset import started_servers, toolset
    from realtime_chat.core.errors import InvalidArguments
    from realtime_chat.core.ports import ToolRequest
    from realtime_chat.core.tool_runs import CancelSwitch

    async with started_servers(settings) as servers:
        found = await toolset(settings, files, servers)
        _warn(found)
        if (one := found.find(name)) in found.off:
            raise InvalidArguments(f"{name} is off; put it into [tools] enable in the settings to use it.")
        root = paths.made(paths.data_dir(data_dir or settings.store.data_dir))
        request = ToolRequest(call_id="by_hand", name=one.tool.name, arguments=args)
        (outcome,) = await found.toolbox(settings, root).run(
            [request], CancelSwitch(), lambda _: None, _progress
        )
    return outcome


def _progress(_call_id: str, text: str) -> None:
    print(one_line(text), file=sys.stderr)


def _toolset(files: list[Path] | None, config: Path | None) -> "Toolset":
    """The tools, to be looked at; what could not be had is told on stderr. Raises ConfigError."""
    import asyncio

    from realtime_chat.cli.project import tell_of_unconfirmed
    from realtime_chat.cli.settings import load
    from realtime_chat.tools.printing import stdout_kept

    tell_of_unconfirmed(config)
    with stdout_kept():
        found = asyncio.run(_found(load(config), files or []))
    _warn(found)
    return found


async def _found(settings: "Settings", files: list[Path]) -> "Toolset":
    from realtime_chat.cli.toolset import started_servers, toolset

    async with started_servers(settings) as servers:
        return await toolset(settings, files, servers)


def _warn(found: "Toolset") -> None:
    for fault in found.faults:
        print(f"warning: {one_line(fault)}", file=sys.stderr)


def _all(found: "Toolset") -> "list[Member]":
    return [*found.members, *found.off]


def _value(one: "Member", found: "Toolset") -> dict[str, Any]:
    schema = one.tool.schema
    return {
        "name": schema.name,
        "description": schema.description,
        "parameters": schema.parameters,
        "need": one.tool.need,
        "runs_alone": one.tool.mutating,
        "source": one.source,
        "enabled": one in found.members,
    }


def _outcome_value(outcome: "ToolOutcome") -> dict[str, Any]:
    from realtime_chat.cli.json_out import error_value

    return {
        "schema": "realtime-chat/tool-call/1",
        "name": outcome.name,
        "ok": outcome.ok,
        "output": outcome.output,
        "error": error_value(outcome.error),
        "duration_ms": outcome.duration_ms,
    }


def _exit_code(outcome: "ToolOutcome") -> int:
    if outcome.error is None:
        return 0
    return 2 if outcome.error.kind == "invalid_args" else 1


def _first_line(one: "Member") -> str:
    return one_line(one.tool.description.split("\n")[0], 90)
