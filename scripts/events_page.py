"""Write docs/events.md from the code: every event, when it comes, what it carries. Run as a program by `make events`.

The code is the source: a docstring says when an event may come, a comment beside a field what it means.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from realtime_chat.core import event_parts
from realtime_chat.core.events import DURABLE_TYPES, LIVE_TYPES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "events.md"
HEAD = """# Events

Everything that happens in a session is one of these: on the bus, in the log, on the screen, and with `--events` as one
JSON line each. This page is written from the code by `make events`.

Each travels in an envelope:

| field | what it is |
|---|---|
| `id` | of this event alone |
| `session_id` | the session's |
| `seq` | 0, 1, 2, … for durable events, without gaps; null for live ones |
| `ts` | when, in UTC, ISO 8601 |
| `type` | one of the names below |
| `data` | its fields; what has its default is left out |

**Durable** events are numbered and on disk before anybody sees them. **Live** ones are only shown. Order within a turn:
`turn_started`; `user_message` (spoken words follow as `user_transcript`, perhaps late) or `announced`; for each answer
its deltas, `assistant_message`, `tool_call`, `usage_reported`; `tool_result` as each tool ends; last exactly one of
`turn_completed`, `turn_failed`, `turn_interrupted`. A reader keeps what it does not know: a newer version wrote it.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, types in (("Durable events", DURABLE_TYPES), ("Live events", LIVE_TYPES)):
        parts.append(f"## {title}\n")
        parts += [_section(name, cls) for name, cls in types.items()]
    parts.append("## Parts\n\nObjects inside them.\n")
    parts += [_section(cls.__name__, cls) for cls in _parts()]
    parts.append("## Words\n\nThe types that are one of a few words.\n\n| type | words |\n|---|---|")
    parts += [f"| `{name}` | {' '.join(f'`{word}`' for word in words)} |" for name, words in _words()]
    return "\n".join(parts) + "\n"


def _words() -> Iterator[tuple[str, Sequence[str]]]:
    for name, value in sorted(vars(event_parts).items()):
        if get_origin(value) is Literal:
            yield name, get_args(value)
        elif inspect.isclass(value) and issubclass(value, StrEnum) and value is not StrEnum:
            yield name, list(value)


def _parts() -> Iterator[type[Any]]:
    for _, cls in inspect.getmembers(event_parts, inspect.isclass):
        ours = cls.__module__ == event_parts.__name__ and issubclass(cls, msgspec.Struct)
        if ours and cls is not event_parts.BaseEvent:
            yield cls


def _section(name: str, cls: type[Any]) -> str:
    lines = [f"### `{name}`", "", inspect.cleandoc(cls.__doc__ or ""), ""]
    rows = list(_rows(cls))
    if rows:
        lines += ["| field | type | default | |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _rows(cls: type[Any]) -> Iterator[str]:
    source = textwrap.dedent(inspect.getsource(cls))
    written = source.splitlines()
    (body,) = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    for node in body.body:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            continue
        if node.target.id == "type":
            continue
        kind = ast.unparse(node.annotation).replace("|", "\\|")
        default = f"`{ast.unparse(node.value)}`" if node.value is not None else "required"
        comment = written[(node.end_lineno or node.lineno) - 1].partition("#")[2].strip()
        meaning = "" if comment.startswith("noqa") else comment.replace("|", "\\|")
        yield f"| `{node.target.id}` | `{kind}` | {default} | {meaning} |"


def main() -> int:
    """Write it."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
