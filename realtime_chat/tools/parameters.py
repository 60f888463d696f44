"""What a function's signature means as JSON: one Parameter per argument, each with its schema and its check.

Known types: str, int, float, bool, list[str], Literal of strings or of whole numbers, and `… | None`.
Anything else is refused when the tool is made, so that no call can find out.
"""

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args, get_origin

from realtime_chat.core.errors import InvalidArguments

JsonSchema: TypeAlias = dict[str, Any]

KNOWN = "str, int, float, bool, list[str], Literal[…] or one of these with `| None`"


class Mismatch(ValueError):
    """A value is not of the wanted shape; the caller says which argument it was."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One type: its JSON Schema, its name in words, and `accept`, which returns the value as Python wants
    it or raises Mismatch."""

    schema: JsonSchema
    words: str
    accept: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool."""

    name: str
    shape: Shape
    required: bool
    default: Any = None

    @property
    def schema(self) -> JsonSchema:
        """Its JSON Schema, with the default a model may rely on."""
        return self.shape.schema if self.required else {**self.shape.schema, "default": self.default}


def read_signature(
    function: Callable[..., Any], *, tool: str, context: type
) -> tuple[tuple[Parameter, ...], str | None]:
    """The parameters a model fills in, and the name of the one that takes the context (or None).

    The context parameter is the one annotated with `context`, or named `ctx` without annotation (M4).
    Raises InvalidArguments naming the parameter that cannot be told to a model.
    """
    hints = _hints(function, tool)
    parameters: list[Parameter] = []
    context_name: str | None = None
    for entry in inspect.signature(function).parameters.values():
        hint = hints.get(entry.name, inspect.Parameter.empty)
        if hint is context or (entry.name == "ctx" and hint is inspect.Parameter.empty):
            context_name = entry.name
        else:
            parameters.append(_parameter(entry, hint, f"Tool {tool!r}, parameter {entry.name!r}"))
    return tuple(parameters), context_name


def object_schema(parameters: tuple[Parameter, ...]) -> JsonSchema:
    """The JSON Schema object of all parameters together."""
    return {
        "type": "object",
        "properties": {parameter.name: parameter.schema for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.required],
        "additionalProperties": False,
    }


def _hints(function: Callable[..., Any], tool: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError) as error:
        raise InvalidArguments(f"Tool {tool!r}: an annotation cannot be read ({error}).") from error


def _parameter(entry: inspect.Parameter, hint: Any, where: str) -> Parameter:
    if entry.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
        raise InvalidArguments(f"{where}: a model gives arguments by name; use plain named parameters.")
    if hint is inspect.Parameter.empty:
        raise InvalidArguments(f"{where} has no type; annotate it with {KNOWN}.")
    shape = _shape(hint)
    if shape is None:
        raise InvalidArguments(f"{where} has the unsupported type {hint!r}; use {KNOWN}.")
    if entry.default is inspect.Parameter.empty:
        return Parameter(entry.name, shape, required=True)
    try:
        shape.accept(entry.default)
    except Mismatch as error:
        raise InvalidArguments(f"{where} has a default that is not {shape.words}.") from error
    return Parameter(entry.name, shape, required=False, default=entry.default)


def _shape(hint: Any) -> Shape | None:
    if isinstance(hint, type) and hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is list and inner == (str,):
        return Shape({"type": "array", "items": {"type": "string"}}, "a list of texts", _accept_texts)
    if origin is Literal:
        return _choice(inner)
    if origin in (typing.Union, types.UnionType):
        return _optional(inner)
    return None


def _optional(inner: tuple[Any, ...]) -> Shape | None:
    others = [hint for hint in inner if hint is not types.NoneType]
    if len(others) != 1 or len(inner) != 2:
        return None
    shape = _shape(others[0])
    if shape is None:
        return None
    return Shape(
        {"anyOf": [shape.schema, {"type": "null"}]},
        f"{shape.words} or null",
        lambda value: None if value is None else shape.accept(value),
    )


def _choice(choices: tuple[Any, ...]) -> Shape | None:
    kinds: set[type[Any]] = {type(choice) for choice in choices}
    if kinds not in ({str}, {int}):
        return None
    words = "one of " + ", ".join(repr(choice) for choice in choices)

    def accept(value: Any) -> Any:
        if type(value) not in kinds or value not in choices:
            raise Mismatch(words)
        return value

    return Shape(
        {"type": "string" if kinds == {str} else "integer", "enum": list(choices)},
        words,
        accept,
    )


def _accept_text(value: Any) -> str:
    if not isinstance(value, str):
        raise Mismatch
    return value


def _accept_whole(value: Any) -> int:
    """5.0 counts as 5: some models write every number with a point."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Mismatch
    return value


def _accept_number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Mismatch
    try:
        return float(value)
    except OverflowError as error:
        raise Mismatch from error


def _accept_truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Mismatch
    return value


def _accept_texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Mismatch
    return [_accept_text(entry) for entry in typing.cast("list[Any]", value)]


_PLAIN: dict[type, Shape] = {
    str: Shape({"type": "string"}, "a text", _accept_text),
    int: Shape({"type": "integer"}, "a whole number", _accept_whole),
    float: Shape({"type": "number"}, "a number", _accept_number),
    bool: Shape({"type": "boolean"}, "true or false", _accept_truth),
}
