"""Any event that there is, with any values that its types allow: what a log may hold that somebody else has written."""

import string
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from realtime_chat.core.events import DURABLE_TYPES, Envelope, UnknownEvent

#: Few, so that events are about one another.
IDS = st.sampled_from(["a", "b", "", "../../x", "\x1b]0;id\x07"])
#: What a terminal obeys, what a page would take for a mark, what is long, and what is nothing.
WORDS = st.sampled_from(
    [
        "",
        "Hello there.",
        "\x1b[2J\x1b[31mred\x07",
        "\x1b]52;c;aGk=\x1b\\",
        "\x9b31m\x85\u2028\u202egnp.exe\u2066",
        "[bold red]markup[/] [@click=app.quit]x[/]",
        "# a\n- b\r\n```\n<script>&amp;",
        "\r\x08\x7f",
        "漢字👩\u200d👩\u200d👧 \u0301",
        '{"a": [1, {"b": null}]}',
        "[" * 5000,
        "../../../etc/passwd\0",
        "x" * 3000,
    ]
)
NUMBERS = st.sampled_from([0, 1, -1, 7, 1000, 2**31, 2**53, -(2**63), 2**64 - 1])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
TIMES = st.sampled_from(
    [
        "2026-01-01T09:00:00+00:00",
        "2026-01-01T09:00:07.5+00:00",
        "2026-11-21T23:59:59-11:00",
        "2026-01-01T09:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "",
        "\x1b[2Jnoon",
    ]
)


def _value(name: str, kind: Any) -> st.SearchStrategy[Any]:
    """Anything of a type."""
    parts = get_args(kind)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return a(kind)
    if get_origin(kind) in (list, tuple):
        return st.lists(_value(name, parts[0]), max_size=2)
    if get_origin(kind) is dict:
        return st.dictionaries(WORDS, JSON, max_size=2)
    if get_origin(kind) is Literal:
        return st.sampled_from(parts)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if parts:
        return st.one_of([_value(name, part) for part in parts])
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: IDS if name.endswith("_id") else WORDS,
        int: NUMBERS,
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        type(None): st.none(),
    }
    return plain[kind]


def a(kind: type[Any]) -> st.SearchStrategy[Any]:
    """One of these structs; what has a default may be left out."""
    fields = msgspec.structs.fields(kind)
    needed = {one.name: _value(one.name, one.type) for one in fields if one.required}
    other = {one.name: _value(one.name, one.type) for one in fields if not one.required}
    return st.fixed_dictionaries(needed, optional=other).map(lambda values: kind(**values))


_UNKNOWN = st.builds(
    UnknownEvent,
    type=st.text(string.ascii_lowercase, min_size=1).filter(lambda name: name not in DURABLE_TYPES),
    data=st.dictionaries(WORDS, JSON, max_size=2),
)
EVENTS = st.one_of([*map(a, DURABLE_TYPES.values()), _UNKNOWN])


@st.composite
def logs(draw: st.DrawFn, most: int = 30) -> list[Envelope]:
    """A log's envelopes, numbered; nothing says that the events make sense."""
    events = draw(st.lists(EVENTS, max_size=most))
    return [
        Envelope(id=f"e{seq}", session_id="s", seq=seq, ts=draw(TIMES), data=data)
        for seq, data in enumerate(events)
    ]
