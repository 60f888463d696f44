"""What a screen draws as lists, tables and marks, as lines to be read one after the other: pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from realtime_chat.cli import slash
from realtime_chat.cli.costs import in_words
from realtime_chat.cli.words.device_line import Line, marks_of, name_of
from realtime_chat.core import interruption_records as interruptions
from realtime_chat.core.events import Latency
from realtime_chat.core.history import (
    AnnouncedEntry,
    AssistantEntry,
    Entry,
    History,
    ToolEntry,
    TurnEntry,
    UserEntry,
)
from realtime_chat.core.latency import latency_of
from realtime_chat.core.moments import moment
from realtime_chat.core.prices import PriceList
from realtime_chat.core.store.documents import SessionSummary

#: Of a longer list, the newest; of a place where words were found, so many characters on either side.
MOST, AROUND = 10, 60
KEYS = (
    "An empty line begins and ends what you say; hands-free it mutes.",
    "A typed line is sent; it interrupts an answer. Ctrl+C only interrupts, and ends an idle talk. Ctrl+D ends it.",
    "A call that waits is answered by y (once), a (this session), p (for good), or n.",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """Numbered things, from 1: the word that takes one of them, and what stands behind it for each."""

    word: str = ""
    rests: Sequence[str] = ()

    def taken(self, typed: slash.Typed) -> slash.Typed:
        """The same, with what the number means in its place."""
        if typed.word is None or typed.word.name != self.word or not typed.rest.isdecimal():
            return typed
        number = int(typed.rest)
        if not 0 < number <= len(self.rests):
            return typed
        return slash.Typed(typed.name, self.rests[number - 1], typed.word)


def help_lines() -> list[str]:
    """Keys and words."""
    return [*KEYS, *(f"{usage}: {summary}." for usage, summary in slash.help_rows())]


def names(title: str, listed: Sequence[str], current: str, word: str) -> list[str]:
    """One of several, by number."""
    lines = [
        f"{number}. {name}{', in use' if name == current else ''}" for number, name in enumerate(listed, 1)
    ]
    return [f"{title}:", *lines, f"/{word} NUMBER takes one of them."]


def devices(listed: Sequence[Line], used: Sequence[Line]) -> list[str]:
    """Microphones and speakers, in the order given."""
    if not listed:
        return ["There is no sound device."]
    return [
        *(
            f"{number}. {', '.join([f'{one.kind}: {name_of(one, listed)}', *marks_of(one, listed, used)])}"
            for number, one in enumerate(listed, 1)
        ),
        "/devices NUMBER goes on with one of them.",
    ]


def sessions(newest: Sequence[SessionSummary], total: int, here: str) -> list[str]:
    """The newest of all that there are; `here` is the one that runs."""
    lines = [f"{number}. {_session(one, here)}" for number, one in enumerate(newest, 1)]
    if total > len(newest):
        lines.append(f"{total - len(newest):,} more: `realtime-chat sessions list` and `sessions search`.")
    return [*lines, "/resume NUMBER goes on with one of them; so does /resume with a name or an id."]


def _session(one: SessionSummary, here: str) -> str:
    turns = _many(one.turns, "turn")
    this = "this talk, " if one.session_id == here else ""
    said = ", ".join(part for part in (one.name, one.error or one.title) if part)
    return f"{this}{_minute(one.last_at)}, {turns}: {said or 'nothing said'}"


def _minute(at: str) -> str:
    when = moment(at)  # a log that cannot be read has none
    return "at an unknown time" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M")


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


# ------------------------------------------------------------ statistics


def statistics(history: History, prices: PriceList) -> list[str]:
    """Turns, interruptions, how long each of the last ones let its user wait, and the cost."""
    cut = interruptions.statistics(interruptions.interruptions_of(history))
    after = f", after {cut.average_position_ms / 1000:.1f} seconds of sound" if cut.count else ""
    waits = latency_of(history)
    lines = [f"{_turns(history.turns)}; {_many(cut.count, 'interruption')}{after}."]
    if waits.turns > 1:
        lines += [
            f"In the middle of {waits.turns} turns: {_waited(waits.p50)}.",
            f"One turn in twenty is slower than: {_waited(waits.p95)}.",
        ]
    measured = [(number, turn) for number, turn in enumerate(history.turns, 1) if turn.latency is not None]
    lines += [
        f"Turn {number}, {turn.source}: {_waited(turn.latency)}."
        for number, turn in measured[-MOST:]
        if turn.latency is not None
    ]
    cost = in_words(prices.estimate(history.reports))
    return [*lines, f"{history.usage.total:,} tokens{f', {cost}' if cost else ''}. /cost tells more."]


def _turns(turns: Sequence[TurnEntry]) -> str:
    total = _many(len(turns), "turn")
    kinds = [(sum(one.source == kind for one in turns), kind) for kind in ("spoken", "typed", "announced")]
    failed = sum(one.status in ("failed", "partial_failed", "timed_out") for one in turns)
    told = [f"{number:,} {kind}" for number, kind in (*kinds, (failed, "failed")) if number]
    return f"{total}{': ' if told else ''}{', '.join(told)}"


def _waited(latency: Latency) -> str:
    stages = (
        ("committed", latency.commit_ms),
        ("first word", latency.first_token_ms),
        ("first sound", latency.first_audio_ms),
        ("heard", latency.first_audible_ms),
    )
    told = [f"{stage} after {ms:,} ms" for stage, ms in stages if ms is not None]
    return ", ".join(told) or "not measured"


# ------------------------------------------------------------ finding


def found(history: History, text: str) -> list[str]:
    """Where it was said: the newest places, in their order. Case does not matter, nor how words are spaced."""
    pattern = re.compile(r"\s+".join(re.escape(part) for part in text.split()), re.IGNORECASE)
    places = [
        f"Turn {number}, {who}: {_around(said, match)}"
        for number, who, said in _spoken(history)
        if (match := pattern.search(said)) is not None
    ]
    if not places:
        return ["That was not said in this talk."]
    many = _many(len(places), "place")
    newest = f"; the last {MOST}" if len(places) > MOST else ""
    return [f"{many}{newest}:", *places[-MOST:]]


def _spoken(history: History) -> list[tuple[int, str, str]]:
    numbers = {turn.turn_id: number for number, turn in enumerate(history.turns, 1)}
    return [(numbers.get(one.turn_id, 0), *_who(one)) for one in history.items]


def _who(entry: Entry) -> tuple[str, str]:
    match entry:
        case UserEntry():
            return "you", entry.text or ""
        case AssistantEntry():
            return "assistant", entry.text
        case AnnouncedEntry():
            return "notice", entry.text
        case ToolEntry():
            said = entry.error.message if entry.error is not None else entry.output
            return f"tool {entry.name}", f"{entry.arguments} {said}"
        case _:
            assert_never(entry)


def _around(said: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - AROUND), match.end() + AROUND
    return f"{'…' if start else ''}{said[start:end]}{'…' if end < len(said) else ''}"
