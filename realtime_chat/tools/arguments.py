"""From the argument text a model wrote to the keywords a function takes; every fault is told to the model."""

import difflib
from typing import Any, cast

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.tools.parameters import Parameter
from realtime_chat.tools.shapes import Mismatch


def read_arguments(text: str, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The keywords of a call; "" means no arguments.

    Raises InvalidArguments that names ALL faults at once, so that one more try can be right: not JSON, not an
    object, missing, unknown (with the nearest name) or wrongly typed arguments.
    """
    given = decoded(text)
    known = {parameter.name: parameter for parameter in parameters}
    faults = [_unknown(name, list(known)) for name in given if name not in known]
    keywords: dict[str, Any] = {}
    for name, parameter in known.items():
        if name not in given:
            if parameter.required:
                faults.append(f"argument {name!r} ({parameter.shape.words}) is missing")
            continue
        try:
            keywords[name] = parameter.shape.accept(given[name])
        except Mismatch as error:
            faults.append(_mismatch(parameter, given[name], str(error)))
    if faults:
        raise InvalidArguments(f"Call it again with other arguments: {'; '.join(faults)}.")
    return keywords


def decoded(text: str) -> dict[str, Any]:
    """What the model wrote, as an object; "" is an empty one. Raises InvalidArguments."""
    if not text.strip():
        return {}
    try:
        given: Any = read_json(text)
    except NotJson as error:
        raise InvalidArguments(
            f"The arguments are not valid JSON ({error}); send one JSON object."
        ) from error
    if not isinstance(given, dict):
        raise InvalidArguments(f"The arguments must be one JSON object, not {_words(given)}.")
    return cast("dict[str, Any]", given)


def _mismatch(parameter: Parameter, value: Any, inside: str) -> str:
    if inside:
        return f"argument {parameter.name!r} is not {parameter.shape.words} ({inside})"
    return f"argument {parameter.name!r} must be {parameter.shape.words}, not {_words(value)}"


def _unknown(name: str, known: list[str]) -> str:
    shown = repr(name[:60])
    if not known:
        return f"argument {shown} is unknown (it takes none)"
    near = difflib.get_close_matches(name[:64], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(known)}"
    return f"argument {shown} is unknown ({hint})"


def _words(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number" if isinstance(value, float) else f"the number {value}"[:60]
        case str():
            return f"the text {value[:40]!r}"
        case list():
            return "a list"
        case _:
            return "an object"
