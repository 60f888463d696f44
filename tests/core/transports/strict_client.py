"""Strict check of client events against the official SDK's types.

Its models accept undeclared keys and choose the wrong class rather than complain, so: the class by `type`,
then validate, then walk what was not declared.
"""

from typing import Any, get_args

from openai.types.realtime import RealtimeClientEvent
from pydantic import BaseModel, ValidationError

_CLASSES: dict[str, type[BaseModel]] = {
    get_args(cls.model_fields["type"].annotation)[0]: cls
    for cls in get_args(get_args(RealtimeClientEvent)[0])
}


def check_client_event(event: dict[str, Any]) -> list[str]:
    """What is wrong with a client event, one line each; [] for a good one."""
    cls = _CLASSES.get(event.get("type", ""))
    if cls is None:
        return [f"unknown type {event.get('type')!r}"]
    try:
        model = cls.model_validate(event)
    except ValidationError as error:
        return [f"{each['loc']}: {each['msg']}" for each in error.errors()]
    return _undeclared(model, event["type"])


def _undeclared(value: object, path: str) -> list[str]:
    if isinstance(value, BaseModel):
        extra = [f"{path}.{key} is not declared" for key in value.model_extra or {}]
        return extra + [line for name, each in value for line in _undeclared(each, f"{path}.{name}")]
    if isinstance(value, list):
        return [line for index, each in enumerate(value) for line in _undeclared(each, f"{path}[{index}]")]
    return []
