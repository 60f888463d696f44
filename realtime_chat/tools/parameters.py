"""What a function's signature means as JSON: one Parameter per argument, each with its schema and its check.

The types are those of `shapes`. Anything else is refused when the tool is made, so that no call can find out.
"""

import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.shapes import KNOWN, JsonSchema, Mismatch, Shape, shape_of


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
        if self.required:
            return self.shape.schema
        return {**self.shape.schema, "default": _as_json(self.default)}


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
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        raise InvalidArguments(f"Tool {tool!r}: an annotation cannot be read ({error}).") from error


def _parameter(entry: inspect.Parameter, hint: Any, where: str) -> Parameter:
    if entry.kind not in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY):
        raise InvalidArguments(f"{where}: a model gives arguments by name; use plain named parameters.")
    if hint is inspect.Parameter.empty:
        raise InvalidArguments(f"{where} has no type; annotate it with {KNOWN}.")
    try:
        shape = shape_of(hint)
    except (NameError, TypeError, AttributeError) as error:  # inside a class that it names
        raise InvalidArguments(f"{where}: an annotation cannot be read ({error}).") from error
    if shape is None:
        raise InvalidArguments(f"{where} has the unsupported type {hint!r}; use {KNOWN}.")
    if entry.default is inspect.Parameter.empty:
        return Parameter(entry.name, shape, required=True)
    try:
        shape.accept(_as_json(entry.default))
    except (Mismatch, TypeError) as error:
        raise InvalidArguments(f"{where} has a default that is not {shape.words}.") from error
    return Parameter(entry.name, shape, required=False, default=entry.default)


def _as_json(default: Any) -> Any:
    """A default as the model would write it: an enum's value, a dataclass's fields."""
    dump = getattr(default, "model_dump", None)
    return dump(mode="json") if dump is not None else msgspec.to_builtins(default)
