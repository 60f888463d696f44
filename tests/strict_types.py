"""Does an event say exactly what the official SDK declares? Stricter than the SDK, which lets extras pass.

The class is picked by `type`; then every field must be declared and valid, recursively. What the real service
sends beyond the SDK's declarations is allowed here by name, and nothing else.
"""

from functools import cache
from typing import Any, get_args

from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent
from pydantic import BaseModel, ValidationError

#: Undeclared in the SDK, seen from the real service: the last steps of the path they may stand at.
_ALLOWED = {
    ("session", "id"),
    ("session", "object"),
    ("session", "expires_at"),
    ("item", "phase"),
    ("output", "phase"),
    ("output_token_details", "reasoning_tokens"),
}


def check_server_event(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event from a server; [] when nothing is."""
    return _check(event, _classes(RealtimeServerEvent))


def check_client_event(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event from a client; [] when nothing is.

    `item_reference` inputs of `response.create` are declared for sending only, so they are left out here.
    """
    return _check(_without_references(event), _classes(RealtimeClientEvent))


def _check(event: dict[str, Any], classes: dict[str, type[BaseModel]]) -> list[str]:
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in classes:
        return [f"unknown type {kind!r}"]
    try:
        model = classes[kind].model_validate(event)
    except ValidationError as error:
        return [f"{kind}: {problem['loc']}: {problem['msg']}" for problem in error.errors()]
    return [f"{kind}: undeclared {'.'.join(path)}" for path in _extras(model, ()) if not _allowed(kind, path)]


@cache
def _classes(union: Any) -> dict[str, type[BaseModel]]:
    members = get_args(get_args(union)[0])
    return {get_args(member.model_fields["type"].annotation)[0]: member for member in members}


def _allowed(kind: str, path: tuple[str, ...]) -> bool:
    if path == ("obfuscation",) and kind.endswith(".delta"):
        return True
    return path[-2:] in _ALLOWED


def _extras(value: Any, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    if isinstance(value, BaseModel):
        found = [(*path, name) for name in value.model_extra or {}]
        for name in type(value).model_fields:
            found += _extras(getattr(value, name), (*path, name))
        return found
    if isinstance(value, list):
        return [extra for member in value for extra in _extras(member, path)]
    return []


def _without_references(event: dict[str, Any]) -> dict[str, Any]:
    response = event.get("response")
    if not isinstance(response, dict) or not isinstance(response.get("input"), list):
        return event
    kept = [item for item in response["input"] if item.get("type") != "item_reference"]
    return {**event, "response": {**response, "input": kept}}
