"""`agents`: who can be talked with, or can follow a talk."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from realtime_chat.cli.agents import Known
    from realtime_chat.core.agents.agent import Agent

Files = Annotated[
    list[Path] | None,
    typer.Option("--agents", help="A Python file with agents of your own; may be repeated."),
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


def agents(files: Files = None, json: Json = False, config: Config = None) -> None:
    """Every agent: its name, its transports (its own first), the models it asks, what it does."""
    from realtime_chat.core.printable import one_line

    known = _known(files or [], config)
    for fault in known.faults:
        print(f"warning: {one_line(fault)}", file=sys.stderr)
    values = [_value(one, known) for one in known.registry.agents]
    if json:
        from realtime_chat.cli.json_out import put

        put({"schema": "realtime-chat/agents/1", "agents": values})
        return
    rows = [_row(value) for value in values]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for *cells, description in rows:
        print("  ".join([*map(str.ljust, cells, widths), description]))


def _row(value: dict[str, Any]) -> tuple[str, str, str, str]:
    from realtime_chat.core.printable import one_line

    asked = [str(model) for model in value["models"].values() if model]
    models = ", ".join(dict.fromkeys(asked)) or "the provider's"
    return (
        one_line(value["name"], 30),
        ", ".join(value["transports"]),
        one_line(models, 40),
        one_line(value["description"], 90),
    )


def _known(files: list[Path], config: Path | None) -> "Known":
    """Raises ConfigError, ModuleFailed."""
    import asyncio

    from realtime_chat.cli.agents import known_agents
    from realtime_chat.cli.settings import load
    from realtime_chat.tools.printing import stdout_kept

    with stdout_kept():
        return asyncio.run(known_agents(load(config), files))


def _value(agent: "Agent", known: "Known") -> dict[str, Any]:
    import os

    from realtime_chat.core.agents.registry import model_of

    first = agent.default_transport
    transports: list[str] = [first, *(kind for kind in agent.profiles if kind != first)]
    hint = known.hints.get(agent.name)
    return {
        "name": agent.name,
        "description": agent.description,
        "default_transport": first,
        "transports": transports,
        "models": {
            kind: model_of(profile, hint=hint, environ=os.environ) or None
            for kind, profile in agent.profiles.items()
        },
        "source": known.sources[agent.name],
    }
