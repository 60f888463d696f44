"""Untrusted text made inert: what a model, a tool, a server or a log says never drives the terminal.

Control and escape sequences are shown, not executed (ESC becomes ␛); line ends and tabs stay where asked for.
"""

import re

#: C0 without tab and newline, DEL, C1, and the bidirectional overrides that reorder what one reads.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def printable(text: str) -> str:
    """The text with every control character replaced by a visible sign; newlines and tabs stay."""
    return _CONTROL.sub(_sign, text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 500) -> str:
    """The text as one printable line, cut after `limit` characters."""
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "�"
