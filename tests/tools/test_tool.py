"""What `@tool` makes of a function, and what it refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Optional, get_args

import pytest

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import Need, ToolContext, tool
from realtime_chat.tools.registry import Registry


def test_a_tool_is_described_by_its_docstring_and_signature():
    @tool(need="read")
    def weather(
        place: str,
        days: int = 1,
        share: float = 0.5,
        loud: bool = False,
        tags: list[str] | None = None,
        unit: Literal["c", "f"] = "c",
        *,
        level: Literal[1, 2] = 1,
        note: Optional[str] = None,  # noqa: UP045
    ) -> str:
        """Tell the weather.

        Ask for a place.
        """
        return place

    assert weather.schema.name == "weather"
    assert weather.schema.description == "Tell the weather.\n\nAsk for a place."
    assert weather.schema.parameters == {
        "type": "object",
        "properties": {
            "place": {"type": "string"},
            "days": {"type": "integer", "default": 1},
            "share": {"type": "number", "default": 0.5},
            "loud": {"type": "boolean", "default": False},
            "tags": {
                "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}],
                "default": None,
            },
            "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
            "level": {"type": "integer", "enum": [1, 2], "default": 1},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        },
        "required": ["place"],
        "additionalProperties": False,
    }


def test_the_context_is_not_shown_to_the_model():
    # M4
    @tool
    def annotated(surroundings: ToolContext, text: str) -> str:
        """Look around."""
        return text

    @tool
    def bare(ctx, text: str) -> str:  # pyright: ignore
        """Look around."""
        return text

    assert list(annotated.schema.parameters["properties"]) == ["text"]
    assert list(bare.schema.parameters["properties"]) == ["text"]
    assert (annotated.context_name, bare.context_name) == ("surroundings", "ctx")


def _made(function: Callable[..., Any], **declared: Any) -> str:
    function.__doc__ = function.__doc__ or "Does something."
    with pytest.raises(InvalidArguments) as refused:
        tool(**declared)(function)
    return refused.value.message


def untyped(x):  # pyright: ignore
    pass


def wrong_default(x: int = "a"):  # pyright: ignore
    pass


def none_default(x: str = None):  # pyright: ignore  # noqa: RUF013
    pass


def nowhere(x: "NoSuchType"):  # pyright: ignore  # noqa: F821
    pass


def many(*x: str):
    pass


def open_ended(**x: str):
    pass


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (untyped, "has no type"),
        (wrong_default, "a default that is not a whole number"),
        (none_default, "a default that is not a text"),
        (nowhere, "'NoSuchType' is not defined"),
        (many, "by name"),
        (open_ended, "by name"),
    ],
)
def test_a_function_that_no_model_could_use_is_refused_with_the_reason(
    function: Callable[..., Any], told: str
):
    assert told in _made(function)


@pytest.mark.parametrize(
    "hint",
    [
        dict[int, str],
        dict,
        list[bytes],
        list,
        int | str,
        int | str | None,
        Path | None,
        Literal["a", 1],
        Literal[True],
        bytes,
        None,
        Any,
    ],
)
def test_a_type_that_json_cannot_tell_is_refused_by_the_parameters_name(hint: Any):
    def act(x: Any) -> None:
        pass

    act.__annotations__["x"] = hint
    told = _made(act)
    assert "parameter 'x'" in told
    assert "unsupported type" in told


def test_name_docstring_and_need_are_checked():
    def fine(x: str) -> str:
        return x

    with pytest.raises(InvalidArguments, match="docstring"):
        tool(fine)
    assert "letters" in _made(fine, name="a b")
    assert "letters" in _made(fine, name="x" * 65)
    assert "need" in _made(fine, need="everything")


def test_what_changes_things_runs_alone_unless_its_author_says_otherwise():
    # X14, and M22 for tools that declare nothing
    def act() -> None:
        """Act."""

    alone = {need: tool(need=need)(act).mutating for need in get_args(Need)}
    assert alone == {"read": False, "own": True, "write": True, "run": True, "network": False}
    assert not tool(act).mutating
    assert tool(need="read", parallel_safe=False)(act).mutating
    assert not tool(need="write", parallel_safe=True)(act).mutating


def test_two_tools_of_one_name_are_refused():
    @tool
    def act() -> None:
        """Act."""

    with pytest.raises(InvalidArguments, match="'act'"):
        Registry([act, act])
    assert Registry([act]).names == ("act",)
