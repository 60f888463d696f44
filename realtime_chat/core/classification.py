"""Which of a provider's refusals another try cannot cure, by its codes and by its words (J24, docs/protocol.md).

Not knowing means trying again: most that goes wrong on a network passes.
"""

from realtime_chat.core.errors import Category

#: In an error event, as its code or its type.
FATAL_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "invalid_api_key",
        "account_deactivated",
        "billing_hard_limit_reached",
    }
)
#: What a refused request is called, where the same one would be refused again (X21).
_FATAL_KINDS = frozenset({"unauthorized", "not_found", "bad_request"})
#: Room is needed first: time, or a shorter talk.
_CAPACITY = ("rate_limit", "context_length_exceeded")
#: In a goodbye; some services say with it what others say in an event.
_FATAL_WORDS = (
    "invalid api key",
    "api key not valid",
    "unauthorized",
    "forbidden",
    "unknown parameter",
    "unknown name",
    "invalid request",
    *(code.replace("_", " ") for code in sorted(FATAL_CODES)),
)
#: The close code of a peer that does not want what we do (RFC 6455 §7.4.1).
_POLICY = 1008


def category_of_error(*codes: str) -> Category:
    """FATAL when any of the codes of an error event says that trying again cannot help."""
    return Category.FATAL if FATAL_CODES.intersection(codes) else Category.RETRYABLE


def category_of_failure(code: str) -> Category:
    """The same for the code of an answer that failed; CAPACITY when it asked for too much."""
    if any(each in code for each in _CAPACITY):
        return Category.CAPACITY
    return Category.FATAL if code in _FATAL_KINDS else category_of_error(code)


def category_of_goodbye(code: int, reason: str) -> Category:
    """FATAL when the close code or the peer's words with it say so."""
    words = reason.lower().replace("_", " ").replace("-", " ")
    fatal = code == _POLICY or any(each in words for each in _FATAL_WORDS)
    return Category.FATAL if fatal else Category.RETRYABLE
