"""Why a client event was refused, in the words and codes of the GA protocol."""

from realtime_chat.core.errors import ChatError


class Refusal(ChatError):
    """A client event that cannot be carried out; becomes one `error` event and the socket stays open.

    `code` is the protocol's code, `param` the path of the offending field ("session.audio.input.format").
    """

    kind = "invalid_request_error"

    def __init__(self, code: str | None, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


def unknown_parameter(path: str) -> Refusal:
    return Refusal("unknown_parameter", f"Unknown parameter: '{path}'.", path)


def missing_parameter(path: str) -> Refusal:
    return Refusal("missing_required_parameter", f"Missing required parameter: '{path}'.", path)


def wrong_type(path: str, expected: str, value: object) -> Refusal:
    got = _JSON_NAMES.get(type(value), "another type")
    return Refusal("invalid_type", f"Invalid type for '{path}': expected {expected}, but got {got}.", path)


def bad_value(path: str, message: str) -> Refusal:
    return Refusal("invalid_value", f"Invalid value for '{path}': {message}", path)


def too_long(path: str, limit: int, size: int) -> Refusal:
    return Refusal(
        "string_above_max_length", f"'{path}' may have at most {limit} characters, but has {size}.", path
    )


_JSON_NAMES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    dict: "an object",
    list: "an array",
    type(None): "null",
}
