"""What a type means as JSON: its schema, its name in words, and the way from a JSON value to Python's.

Known: str, int, float, bool, enums and Literals of strings or of whole numbers; lists and str-keyed dicts of what
is known; dataclasses, TypedDicts and pydantic models; `… | None`; and Annotated with a text that describes it.
"""

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast, get_args, get_origin

JsonSchema: TypeAlias = dict[str, Any]

KNOWN = (
    "str, int, float, bool, an enum, Literal[…], a dataclass, TypedDict or pydantic model, "
    "a list[…] or dict[str, …] of these, or one of these with `| None`"
)


class Mismatch(ValueError):
    """A value is not of the wanted shape; the text, if any, says where inside it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One type. `accept` returns the value as Python wants it, or raises Mismatch."""

    schema: JsonSchema
    words: str
    accept: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Field:
    shape: Shape
    required: bool


def shape_of(hint: Any, _inside: tuple[Any, ...] = ()) -> Shape | None:
    """The shape of a type; None when JSON cannot tell it, or when it contains itself."""
    if any(hint is outer for outer in _inside):
        return None
    if isinstance(hint, type) and hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return _described(shape_of(inner[0], _inside), inner[1:])
    if origin is list and inner:
        return _list(shape_of(inner[0], _inside))
    if origin is dict and inner and inner[0] is str:
        return _dict(shape_of(inner[1], _inside))
    if origin is Literal:
        return _choice(dict(zip(inner, inner, strict=True)))
    if origin in (typing.Union, types.UnionType):
        return _optional(inner, _inside)
    if origin is not None or not isinstance(hint, type):
        return None
    return _class(cast("type[Any]", hint), (*_inside, hint))


def _class(hint: type[Any], inside: tuple[Any, ...]) -> Shape | None:
    if issubclass(hint, enum.Enum):
        return _choice({member.value: member for member in hint})
    if hasattr(hint, "model_json_schema") and hasattr(hint, "model_validate"):
        return _model(hint)
    hints = typing.get_type_hints(hint, include_extras=True) if _has_fields(hint) else {}
    if typing.is_typeddict(hint):
        required = cast("frozenset[str]", getattr(hint, "__required_keys__", frozenset[str]()))
        return _object(hint, {name: (_bare(each), name in required) for name, each in hints.items()}, inside)
    if dataclasses.is_dataclass(hint):
        fields = [field for field in dataclasses.fields(hint) if field.init]
        return _object(hint, {one.name: (hints[one.name], _has_no_default(one)) for one in fields}, inside)
    return None


def _has_fields(hint: type[Any]) -> bool:
    return typing.is_typeddict(hint) or dataclasses.is_dataclass(hint)


def _has_no_default(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _bare(hint: Any) -> Any:
    """The type inside Required[…] and NotRequired[…]."""
    return get_args(hint)[0] if get_origin(hint) in (typing.Required, typing.NotRequired) else hint


def _object(
    make: type[Any], members: Mapping[str, tuple[Any, bool]], inside: tuple[Any, ...]
) -> Shape | None:
    fields: dict[str, _Field] = {}
    for name, (hint, required) in members.items():
        shape = shape_of(hint, inside)
        if shape is None:
            return None
        fields[name] = _Field(shape, required)

    def accept(value: Any) -> Any:
        given = _accept_object(value)
        if unknown := [name for name in given if name not in fields]:
            raise Mismatch(f"{unknown[0][:60]!r} is unknown, it has {', '.join(fields)}")
        if missing := [name for name, field in fields.items() if field.required and name not in given]:
            raise Mismatch(f"{missing[0]!r} is missing")
        values = {name: _within(name, fields[name].shape, each) for name, each in given.items()}
        try:
            return make(**values)
        except (TypeError, ValueError) as error:  # its own check, in __post_init__
            raise Mismatch(" ".join(str(error).split())[:200] or type(error).__name__) from error

    schema: JsonSchema = {
        "type": "object",
        "properties": {name: field.shape.schema for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
        "additionalProperties": False,
    }
    return Shape(schema, f"an object with {', '.join(fields)}", accept)


def _model(model: Any) -> Shape | None:
    """A pydantic model: it knows its schema and its check."""
    schema = cast("JsonSchema", model.model_json_schema())
    parts = cast("dict[str, Any]", schema.pop("$defs", {}))
    try:
        whole = cast("JsonSchema", _inlined(schema, parts, depth=0))
    except RecursionError:
        return None

    def accept(value: Any) -> Any:
        try:
            return model.model_validate(_accept_object(value))
        except Mismatch:
            raise
        except ValueError as error:  # pydantic's own error is one
            raise Mismatch(_first_fault(error)) from error

    return Shape(whole, f"an object with {', '.join(whole.get('properties', {}))}", accept)


#: A model that holds itself would be written out for ever.
_DEEPEST = 20


def _inlined(part: Any, parts: Mapping[str, Any], *, depth: int) -> Any:
    """The schema with its references written out: a parameter's schema stands inside another one."""
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(part, list):
        return [_inlined(each, parts, depth=depth) for each in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    known = cast("JsonSchema", part)
    if "$ref" in known:
        target = parts[str(known["$ref"]).rpartition("/")[2]]
        return _inlined(
            {**target, **{key: each for key, each in known.items() if key != "$ref"}}, parts, depth=depth + 1
        )
    return {key: _inlined(each, parts, depth=depth) for key, each in known.items()}


def _first_fault(error: ValueError) -> str:
    faults = getattr(error, "errors", list[Any])()
    if not faults:
        return " ".join(str(error).split())[:200]
    first = cast("dict[str, Any]", faults[0])
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200]


def _described(shape: Shape | None, notes: tuple[Any, ...]) -> Shape | None:
    text = next((note for note in notes if isinstance(note, str)), None)
    if shape is None or text is None:
        return shape
    return Shape({**shape.schema, "description": text}, shape.words, shape.accept)


def _list(shape: Shape | None) -> Shape | None:
    if shape is None:
        return None

    def accept(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Mismatch
        entries = cast("list[Any]", value)
        return [_within(f"entry {place}", shape, entry) for place, entry in enumerate(entries, 1)]

    words = "a list of texts" if shape is _PLAIN[str] else f"a list, each {shape.words}"
    return Shape({"type": "array", "items": shape.schema}, words, accept)


def _dict(shape: Shape | None) -> Shape | None:
    if shape is None:
        return None

    def accept(value: Any) -> dict[str, Any]:
        return {name: _within(name, shape, each) for name, each in _accept_object(value).items()}

    schema: JsonSchema = {"type": "object", "additionalProperties": shape.schema}
    return Shape(schema, f"an object, each value {shape.words}", accept)


def _optional(inner: tuple[Any, ...], inside: tuple[Any, ...]) -> Shape | None:
    others = [hint for hint in inner if hint is not types.NoneType]
    shape = shape_of(others[0], inside) if len(others) == 1 and len(inner) == 2 else None
    if shape is None:
        return None
    return Shape(
        {"anyOf": [shape.schema, {"type": "null"}]},
        f"{shape.words} or null",
        lambda value: None if value is None else shape.accept(value),
    )


def _choice(choices: Mapping[Any, Any]) -> Shape | None:
    """JSON value → Python's."""
    kinds: set[type[Any]] = {type(choice) for choice in choices}
    if kinds not in ({str}, {int}):
        return None
    words = "one of " + ", ".join(repr(choice) for choice in choices)

    def accept(value: Any) -> Any:
        if type(value) not in kinds or value not in choices:
            raise Mismatch
        return choices[value]

    kind = "string" if kinds == {str} else "integer"
    return Shape({"type": kind, "enum": list(choices)}, words, accept)


def _within(name: str, shape: Shape, value: Any) -> Any:
    """The accepted value. Raises Mismatch that says where."""
    try:
        return shape.accept(value)
    except Mismatch as error:
        inner = str(error)
        raise Mismatch(f"{name[:60]}: {inner or 'must be ' + shape.words}") from error


def _accept_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Mismatch
    return cast("dict[str, Any]", value)


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


_PLAIN: dict[type, Shape] = {
    str: Shape({"type": "string"}, "a text", _accept_text),
    int: Shape({"type": "integer"}, "a whole number", _accept_whole),
    float: Shape({"type": "number"}, "a number", _accept_number),
    bool: Shape({"type": "boolean"}, "true or false", _accept_truth),
}
