"""Use by day: how many sessions and turns, which tokens, and what they cost."""

from collections.abc import Iterable
from datetime import date, tzinfo

import msgspec

from realtime_chat.core.events import TranscriptionUsage, Usage
from realtime_chat.core.history import History, TurnEntry
from realtime_chat.core.moments import moment
from realtime_chat.core.prices import Cost, PriceList
from realtime_chat.core.usage import UsageEntry, answers, transcriptions


class DayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a day, or several together (`day` None), came to."""

    day: date | None
    sessions: int
    turns: int
    usage: Usage
    transcription: TranscriptionUsage
    cost: Cost


class DayBook:
    """Takes sessions one by one, and keeps only their use: of thousands, none need stay in memory.

    A day is one of `zone`, None for the machine's own; a session counts on each day on which something happened in it.
    Days before `first` are left out.
    """

    def __init__(self, prices: PriceList, *, zone: tzinfo | None = None, first: date | None = None) -> None:
        self._prices = prices
        self._zone = zone
        self._first = first
        self._sessions: dict[date, set[str]] = {}
        self._turns: dict[date, int] = {}
        self._reports: dict[date, list[UsageEntry]] = {}

    def take(self, history: History) -> None:
        """One more session; of a fork, what came after it: the rest is its parent's."""
        for turn in _own_turns(history):
            if (day := self._day(turn.at)) is not None:
                self._turns[day] = self._turns.get(day, 0) + 1
                self._sessions.setdefault(day, set()).add(history.session_id)
        for report in history.reports:
            if (day := self._day(report.at)) is not None:
                self._reports.setdefault(day, []).append(report)
                self._sessions.setdefault(day, set()).add(history.session_id)

    def days(self) -> list[DayRecord]:
        """Days on which something happened, the latest last."""
        return [self._record(day, [day]) for day in sorted(self._sessions)]

    def in_all(self) -> DayRecord:
        """All of them together."""
        return self._record(None, self._sessions)

    def _record(self, day: date | None, days: Iterable[date]) -> DayRecord:
        days = list(days)
        reports = [report for one in days for report in self._reports.get(one, [])]
        return DayRecord(
            day=day,
            sessions=len(set[str]().union(*(self._sessions[one] for one in days))),
            turns=sum(self._turns.get(one, 0) for one in days),
            usage=answers(reports),
            transcription=transcriptions(reports),
            cost=self._prices.estimate(reports),
        )

    def _day(self, at: str) -> date | None:
        when = moment(at)
        if when is None:
            return None
        day = when.astimezone(self._zone).date()
        return None if self._first is not None and day < self._first else day


def _own_turns(history: History) -> list[TurnEntry]:
    copied = history.parent.turn_id if history.parent is not None else ""
    ids = [turn.turn_id for turn in history.turns]
    return history.turns[ids.index(copied) + 1 :] if copied in ids else history.turns
