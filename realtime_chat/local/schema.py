"""Small checks that compose: each takes a JSON value and its path, and gives it back or raises Refusal.

They exist because the protocol answers a bad field with its own code and the field's path, which no general
validator does. A check never changes a value; merging and defaults belong to the caller.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from realtime_chat.local.errors import bad_value, missing_parameter, too_long, unknown_parameter, wrong_type

Json: TypeAlias = dict[str, Any]
Check: TypeAlias = Callable[[Any, str], Any]


def text(limit: int = 1 << 20, *, empty: bool = True) -> Check:
    """A string of at most `limit` characters."""

    def check(value: Any, path: str) -> str:
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        if len(value) > limit:
            raise too_long(path, limit, len(value))
        if not value and not empty:
            raise bad_value(path, "must not be empty.")
        return value

    return check


def flag(value: Any, path: str) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise wrong_type(path, "a boolean", value)
    return value


def integer(low: int, high: int) -> Check:
    """A whole number in low..high."""

    def check(value: Any, path: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(path, "an integer", value)
        if not low <= value <= high:
            raise bad_value(path, f"must be {low} to {high}, but is {value}.")
        return value

    return check


def number(low: float, high: float) -> Check:
    """A number in low..high."""

    def check(value: Any, path: str) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise wrong_type(path, "a number", value)
        if not low <= value <= high:
            raise bad_value(path, f"must be {low} to {high}, but is {value}.")
        return value

    return check


def choice(*values: Any) -> Check:
    """One of these literal values."""

    def check(value: Any, path: str) -> Any:
        if any(value == allowed and type(value) is type(allowed) for allowed in values):
            return value
        raise bad_value(path, "supported values are " + ", ".join(repr(v) for v in values) + ".")

    return check


def nullable(inner: Check) -> Check:
    """null, or what `inner` takes."""
    return lambda value, path: None if value is None else inner(value, path)


def either(*, string: Check, otherwise: Check) -> Check:
    """`string` for strings, `otherwise` for the rest."""
    return lambda value, path: (string if isinstance(value, str) else otherwise)(value, path)


def array(inner: Check, limit: int = 1024) -> Check:
    """A list of at most `limit` values."""

    def check(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise wrong_type(path, "an array", value)
        members = cast("list[Any]", value)
        if len(members) > limit:
            raise bad_value(path, f"may have at most {limit} members, but has {len(members)}.")
        return [inner(member, f"{path}[{index}]") for index, member in enumerate(members)]

    return check


def anything(value: Any, path: str) -> Any:
    """Any JSON value, not looked into."""
    del path
    return value


def json_object(value: Any, path: str) -> Json:
    """An object, not looked into."""
    if not isinstance(value, dict):
        raise wrong_type(path, "an object", value)
    return cast("Json", value)


def record(fields: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """An object with only these fields."""

    def check(value: Any, path: str) -> Json:
        given = json_object(value, path)
        for name in required:
            if name not in given:
                raise missing_parameter(_join(path, name))
        return {name: _field(fields, name, inner, path) for name, inner in given.items()}

    return check


def _field(fields: Mapping[str, Check], name: str, value: Any, path: str) -> Any:
    check = fields.get(name)
    if check is None:
        raise unknown_parameter(_join(path, name[:64]))
    return check(value, _join(path, name))


def tagged(kinds: Mapping[str, Check], key: str = "type") -> Check:
    """An object whose `key` says which check applies."""

    def check(value: Any, path: str) -> Json:
        given = json_object(value, path)
        if key not in given:
            raise missing_parameter(_join(path, key))
        kind = choice(*kinds)(given[key], _join(path, key))
        return kinds[kind](given, path)

    return check


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
