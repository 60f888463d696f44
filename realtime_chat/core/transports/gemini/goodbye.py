"""What Gemini means by closing: it sends no error events, all there is to go by is a code and some words. Pure."""

from realtime_chat.core.errors import Category, ConnectionLost, Rejected, TransportError

_KEY = (
    "api key",
    "api_key",
    "unauthenticated",
    "authentication credential",
    "unregistered callers",
    "permission denied",
    "permission_denied",
)
_QUOTA = ("quota", "billing", "prepayment", "credits")
#: Codes by which it refuses what it was sent: not understood, and not allowed.
_REFUSALS = frozenset({1007, 1008})


def meaning(
    loss: ConnectionLost, *, settled: bool, leaving: bool, resumed: bool, key_name: str
) -> TransportError:
    """The error that it is. `settled`: the setup was taken; `leaving`: the end was announced; `resumed`: an earlier
    connection's handle was shown.

    A key, a quota and a setup that were refused stay refused. All else may pass by itself, a refused handle too: the
    next connection is made without one.
    """
    reason = str(loss.details.get("reason", ""))
    words = reason.lower()
    details = {"code": loss.details.get("code"), "reason": reason}
    if any(each in words for each in _KEY):
        return Rejected(f"The service refused the key ({reason}). Check {key_name}.", **details)
    if any(each in words for each in _QUOTA):
        text = f"The service has no quota left for this key ({reason}). Look at its plan, or use another key."
        return Rejected(text, kind="quota_exceeded", **details)
    refused = details["code"] in _REFUSALS and not settled
    if refused and not resumed and not leaving:
        said = reason or details["code"]
        text = f"The service refused the session ({said}). Check the model, the voice and the tools."
        return Rejected(text, kind="rejected", **details)
    return loss.as_category(Category.RETRYABLE)
