"""From a server's JSON Schema to one that providers accept; what a server writes is never trusted. Pure."""

from typing import Any, cast

from realtime_chat.tools.parameters import JsonSchema

#: Deeper ones are no tool's arguments.
_DEPTH = 24
_ANY_OBJECT: JsonSchema = {"type": "object", "properties": {}, "additionalProperties": True}
#: What providers refuse at the top of a tool's schema, or have no use for.
_NOT_ON_TOP = frozenset({"$schema", "$id", "$comment", "oneOf", "anyOf", "allOf", "enum", "not", "const"})


def accepted(schema: JsonSchema) -> JsonSchema:
    """An object schema on top, every array with its items; one that cannot be told becomes "any object".

    The server checks the arguments itself, so a schema may lose a rule here and no harm is done.
    """
    top = _followed(schema)
    if top.get("type") != "object":
        return _ANY_OBJECT
    kept = {key: value for key, value in top.items() if key not in _NOT_ON_TOP}
    if "$defs" in schema:
        kept["$defs"] = schema["$defs"]
    if not isinstance(kept.get("properties"), dict):
        kept["properties"] = {}
    try:
        return cast("JsonSchema", _whole(kept, 0))
    except RecursionError:
        return _ANY_OBJECT


def _followed(schema: JsonSchema) -> JsonSchema:
    """What a `$ref` on the top points to."""
    parts = str(schema.get("$ref", "")).split("/")
    found: Any = schema.get(parts[1]) if len(parts) == 3 and parts[0] == "#" else None
    target: Any = cast("dict[str, Any]", found).get(parts[2]) if isinstance(found, dict) else None
    return cast("JsonSchema", target) if isinstance(target, dict) else schema


def _whole(value: Any, depth: int) -> Any:
    if depth > _DEPTH:
        raise RecursionError
    if isinstance(value, list):
        return [_whole(entry, depth + 1) for entry in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    whole = {key: _whole(entry, depth + 1) for key, entry in cast("dict[str, Any]", value).items()}
    if whole.get("type") == "array" and "items" not in whole:
        whole["items"] = {}
    return whole
