"""`trace FILE`: what took how long, read back from what `--trace FILE` wrote (M26)."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime_chat.core.printable import one_line

if TYPE_CHECKING:
    from realtime_chat.cli.spans import Span


class SpanType(StrEnum):
    """What took time."""

    TURN = "turn"
    RESPONSE = "response"
    BATCH = "batch"
    TOOL = "tool"


#: By the first word of a span's name.
_TYPES = {
    "invoke_agent": SpanType.TURN,
    "chat": SpanType.RESPONSE,
    "tool_batch": SpanType.BATCH,
    "execute_tool": SpanType.TOOL,
}

File = Annotated[Path, typer.Argument(metavar="FILE", help="What --trace FILE wrote.", show_default=False)]
Type = Annotated[SpanType | None, typer.Option("--type", help="Only these.")]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="TIME", help="Only what began then or later: 2026-11-21, 2026-11-21T09:30."
    ),
]
Last = Annotated[int | None, typer.Option("--last", min=1, help="Only so many, the latest.")]
Json = Annotated[bool, typer.Option("--json", help="Print the spans as JSON lines.")]


def trace(file: File, kind: Type = None, since: Since = None, last: Last = None, json: Json = False) -> None:
    """What took how long: the turns, answers and tools that `--trace FILE` noted, in the order they ended."""
    began = _moment(since) if since is not None else None
    found = list(selected(_spans(file), kind=kind, since=began, last=last))
    if json:
        from realtime_chat.cli.json_out import put

        for span in found:
            put(span)
        return
    for span in found:
        print(_line(span))


def selected(
    spans: "Iterable[Span]", *, kind: SpanType | None, since: datetime | None, last: int | None
) -> "list[Span]":
    """Those of that type that began then or later; the latest `last` of them. Order is kept."""
    found = [
        span
        for span in spans
        if (kind is None or _type(span) is kind) and (since is None or _times(span)[0] >= since)
    ]
    return found if last is None else found[-last:]


def _spans(file: Path) -> "Iterator[Span]":
    """A line that is no span (a disk was full, a program was killed) is told and passed over."""
    import msgspec

    from realtime_chat.cli.spans import Span

    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        from realtime_chat.core.errors import NotFound

        raise NotFound(f"There is no trace {file}; `talk --trace {file}` writes one.") from None
    except OSError as error:
        from realtime_chat.core.errors import InvalidArguments

        raise InvalidArguments(f"The trace {file} cannot be read ({error.strerror}).") from error
    decode = msgspec.json.Decoder(Span).decode
    for number, line in enumerate(lines, 1):
        try:
            span = decode(line)
            _times(span)
        except (ValueError, RecursionError):
            print(f"warning: line {number} of {file} is no span; it is passed over.", file=sys.stderr)
        else:
            yield span


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        from realtime_chat.core.errors import InvalidArguments

        raise InvalidArguments(f"--since takes a time like 2026-11-21T09:30, not {text!r}.") from None
    return moment.astimezone()  # without a zone: this machine's


def _times(span: "Span") -> tuple[datetime, datetime]:
    """When it began and ended."""
    return datetime.fromisoformat(span.start_time), datetime.fromisoformat(span.end_time)


def _type(span: "Span") -> SpanType | None:
    return _TYPES.get(span.name.split(" ")[0])


def _line(span: "Span") -> str:
    began, ended = _times(span)
    took = f"{(ended - began).total_seconds() * 1000:.0f} ms"
    what = span.attributes.get("gen_ai.tool.name") or span.attributes.get("realtime_chat.batch.tools") or ""
    if isinstance(what, list):
        what = ", ".join(str(name) for name in what)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    fault = span.attributes.get("error.type", "")
    shown = [one_line(str(part)) for part in (what, fault) if part]
    kind = _type(span) or one_line(span.name)
    return f"{began.astimezone():%Y-%m-%d %H:%M:%S}  {kind:<9}{took:>10}  {span.status:<6} {' · '.join(shown)}".rstrip()
