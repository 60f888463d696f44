"""JSON Schema → the part of OpenAPI's that Gemini takes for a function's parameters. Pure.

What the service does not know it refuses, and the whole session with it; so a keyword is kept only when it is known.
Lost is what narrows values further, never what a value is.
"""

from collections.abc import Mapping
from typing import Any, cast

from realtime_chat.core.transports.openai.fields import Fields, objs, text

_TYPES = {
    "string": "STRING",
    "integer": "INTEGER",
    "number": "NUMBER",
    "boolean": "BOOLEAN",
    "array": "ARRAY",
    "object": "OBJECT",
}
_FORMATS = {
    "STRING": frozenset({"date-time", "enum"}),
    "INTEGER": frozenset({"int32", "int64"}),
    "NUMBER": frozenset({"float", "double"}),
}
_KEPT = {
    "STRING": ("minLength", "maxLength", "pattern"),
    "INTEGER": ("minimum", "maximum"),
    "NUMBER": ("minimum", "maximum"),
    "ARRAY": ("minItems", "maxItems"),
    "OBJECT": ("minProperties", "maxProperties"),
}
#: Schemas within schemas, and all of them together: a definition that is used everywhere is written out everywhere.
_DEEPEST, _MOST = 16, 2000


def parameters(schema: Mapping[str, Any]) -> Fields | None:
    """A function's parameters; None for one that takes none, which the service wants left out."""
    read = _Reader(dict(schema)).read(dict(schema))
    return read if read.get("properties") else None


class _Reader:
    """One schema, with the definitions that its parts refer to; one that holds itself is an object, and no more."""

    def __init__(self, root: Fields) -> None:
        self._root = root
        self._inside: list[str] = []  # the definitions that are being read
        self._left = _MOST

    def read(self, schema: object) -> Fields:
        """What the service understands of it; something written, where it says nothing."""
        self._left -= 1
        if not isinstance(schema, dict) or self._left < 0:
            return {"type": "STRING"}
        named: list[str] = []
        fields = self._resolved(cast(Fields, schema), named)
        if set(named) & set(self._inside) or len(self._inside) > _DEEPEST:
            return {"type": "OBJECT"}
        self._inside += named or [""]
        found = self._found(fields)
        del self._inside[-len(named or [""]) :]
        return found

    def _found(self, fields: Fields) -> Fields:
        kinds, nullable = _kinds(fields)
        choices = [each for each in _choices(fields) if each.get("type") != "null"]
        nullable = nullable or len(choices) < len(_choices(fields))
        about: Fields = {"description": text(fields, "description")} if text(fields, "description") else {}
        if nullable:
            about["nullable"] = True
        if len(choices) == 1:
            return {**self.read(choices[0]), **about}
        if choices:
            return {"anyOf": [self.read(each) for each in choices], **about}
        if len(kinds) > 1:
            return {"anyOf": [self._plain(fields, kind) for kind in kinds], **about}
        return {**self._plain(fields, kinds[0] if kinds else _guessed(fields)), **about}

    def _plain(self, fields: Fields, kind: str) -> Fields:
        """Of one type."""
        found: Fields = {"type": kind}
        found.update({key: fields[key] for key in _KEPT.get(kind, ()) if _is_plain(fields.get(key))})
        if (form := text(fields, "format")) in _FORMATS.get(kind, ()):
            found["format"] = form
        if kind == "STRING" and (values := _values(fields)):
            found["enum"] = values
        if kind == "ARRAY":
            found["items"] = self.read(fields.get("items"))
        if kind == "OBJECT":
            found.update(self._members(fields))
        return found

    def _members(self, fields: Fields) -> Fields:
        members = {name: self.read(each) for name, each in _dict(fields, "properties").items()}
        if not members:
            return {}
        listed = fields.get("required")
        wanted = cast("list[object]", listed) if isinstance(listed, list) else []
        required = [name for name in members if name in wanted]
        return {"properties": members, **({"required": required} if required else {})}

    def _resolved(self, fields: Fields, named: list[str]) -> Fields:
        """With what `$ref` names and `allOf` joins put in its place; `named` gets the names."""
        found = dict(fields)
        pointer = text(fields, "$ref")
        if pointer and pointer not in named:
            named.append(pointer)
            found = {**self._resolved(self._target(pointer), named), **found}
        for part in objs(fields, "allOf"):
            joined = self._resolved(part, named)
            both = {**_dict(joined, "properties"), **_dict(found, "properties")}
            found = {**joined, **found, **({"properties": both} if both else {})}
        return found

    def _target(self, pointer: str) -> Fields:
        place = self._root
        for step in pointer.removeprefix("#/").split("/"):
            place = _dict(place, step.replace("~1", "/").replace("~0", "~"))
        return place


def _dict(fields: Fields, key: str) -> Fields:
    value = fields.get(key)
    return cast(Fields, value) if isinstance(value, dict) else {}


def _choices(fields: Fields) -> list[Fields]:
    return objs(fields, "anyOf") or objs(fields, "oneOf")


def _kinds(fields: Fields) -> tuple[list[str], bool]:
    """The types that are named, and whether null is one of them."""
    named = fields.get("type")
    names = cast("list[object]", named) if isinstance(named, list) else [named]
    known = [_TYPES[name] for name in names if isinstance(name, str) and name in _TYPES]
    return known, "null" in names or fields.get("nullable") is True


def _guessed(fields: Fields) -> str:
    """The type of a schema that names none."""
    if "properties" in fields:
        return "OBJECT"
    return "ARRAY" if "items" in fields else "STRING"


def _values(fields: Fields) -> list[str]:
    """The texts to choose from; the service takes no others."""
    listed = fields.get("enum", [fields["const"]] if "const" in fields else [])
    values = cast("list[object]", listed) if isinstance(listed, list) else []
    return [value for value in values if isinstance(value, str) and value]


def _is_plain(value: object) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)
