"""What a check found, as a value; and how a list of them is told. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from realtime_chat.core.printable import one_line

Number: TypeAlias = float | int | str


class Verdict(StrEnum):
    """`note`: the program works, but not with all it has, or not as well as it could."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was found and what to do about it, both without a full stop, for they become one line.

    `measured` by names with their units (`delay_ms`).
    """

    name: str
    verdict: Verdict
    detail: str
    cure: str = ""
    measured: Mapping[str, Number] = field(default_factory=dict[str, Number])


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether nothing failed."""
    return all(one.verdict is not Verdict.FAILED for one in findings)


def lines(findings: Sequence[Finding]) -> list[str]:
    """One line each, for a terminal."""
    return [_line(one) for one in findings]


def summary(findings: Sequence[Finding]) -> str:
    """The last line."""
    failed = sum(one.verdict is Verdict.FAILED for one in findings)
    notes = sum(one.verdict is Verdict.NOTE for one in findings)
    if not failed:
        return "Nothing is wrong." if not notes else f"Nothing failed; {_count(notes, 'note')}."
    return f"{_count(failed, 'check')} failed" + (f", {_count(notes, 'note')}." if notes else ".")


def values(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The same for a program."""
    return [
        {
            "name": one.name,
            "ok": one.verdict is not Verdict.FAILED,
            "verdict": one.verdict.value,
            "detail": one.detail,
            "cure": one.cure,
            "measured": dict(one.measured),
        }
        for one in findings
    ]


def _line(one: Finding) -> str:
    word = "FAILED" if one.verdict is Verdict.FAILED else one.verdict.value
    cure = f"; {one.cure}" if one.cure else ""
    return f"{word:<7}{one.name}: {one_line(one.detail + cure)}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
