"""Reading a JSON object that may lack anything: each reader gives a value of the asked type, or nothing.

Compatible servers leave fields out, send null, or another type (docs/protocol.md, never trust a schema).
"""

from typing import Any, TypeAlias, cast

Fields: TypeAlias = dict[str, Any]


def text(fields: Fields, key: str) -> str:
    """The text at `key`, "" when there is none."""
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def number(fields: Fields, key: str) -> float | None:
    """The number at `key`."""
    value = fields.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(fields: Fields, key: str) -> int | None:
    """The number at `key` without its fraction."""
    value = number(fields, key)
    return None if value is None else int(value)


def obj(fields: Fields, key: str) -> Fields:
    """The object at `key`, {} when there is none."""
    value = fields.get(key)
    return cast(Fields, value) if isinstance(value, dict) else {}


def objs(fields: Fields, key: str) -> list[Fields]:
    """The objects in the list at `key`; whatever else is in it is left out."""
    value = fields.get(key)
    if not isinstance(value, list):
        return []
    return [cast(Fields, each) for each in cast(list[object], value) if isinstance(each, dict)]


def texts(fields: Fields, key: str) -> list[str]:
    """The texts in the list at `key`; whatever else is in it is left out."""
    value = fields.get(key)
    return (
        [each for each in cast(list[object], value) if isinstance(each, str)]
        if isinstance(value, list)
        else []
    )
