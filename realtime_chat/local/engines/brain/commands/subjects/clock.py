"""The time and the date, from the client: the server may stand elsewhere."""

from datetime import date, timedelta

import msgspec

from realtime_chat.local.engines.brain.commands.command import Command, Plan, Slots, calling
from realtime_chat.local.engines.ports import BrainRequest


class Told(msgspec.Struct, frozen=True):
    spoken: str
    iso: str = ""


def _time(slots: Slots, request: BrainRequest) -> Plan:
    return calling("current_time")


def _date(slots: Slots, request: BrainRequest) -> Plan:
    return calling("current_date")


def _tell_time(slots: Slots, output: Told) -> str:
    return f"It is {output.spoken}."


def _tell_date(slots: Slots, output: Told) -> str:
    return f"Today is {output.spoken}."


def _tell_tomorrow(slots: Slots, output: Told) -> str:
    return f"Tomorrow is {_spoken(_day(output) + timedelta(days=1))}."


def _tell_yesterday(slots: Slots, output: Told) -> str:
    return f"Yesterday was {_spoken(_day(output) - timedelta(days=1))}."


def _tell_year(slots: Slots, output: Told) -> str:
    return f"It is {_day(output).year}."


def _tell_month(slots: Slots, output: Told) -> str:
    return f"It is {_day(output):%B %Y}."


def _day(output: Told) -> date:
    """Raises ValueError when the tool sent no ISO date."""
    return date.fromisoformat(output.iso[:10])


def _spoken(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def _about(name: str, tell: object, *sentences: str) -> Command:
    return Command(
        name=name,
        sentences=sentences,
        act=_date,
        doing="look up the date",
        output=Told,
        scalar="spoken",
        tell=tell,  # pyright: ignore[reportArgumentType]
    )


COMMANDS = (
    Command(
        name="time",
        sentences=(
            "(what time is it|what is the time|what's the time|what time it is) [now|right now]",
            "tell me the time",
            "do you have the time",
        ),
        typed=("[the|current] time [now]", "how late is it", "what is the current time"),
        act=_time,
        doing="look up the time",
        output=Told,
        scalar="spoken",
        tell=_tell_time,
    ),
    _about(
        "date",
        _tell_date,
        "(what is|what's|tell me) (the date|today's date|the date today)",
        "what day is (it|it today|today)",
        "what (date|day of the week) is (it|today)",
    ),
    _about("tomorrow", _tell_tomorrow, "(what day|what date) is tomorrow"),
    _about("yesterday", _tell_yesterday, "(what day|what date) was yesterday"),
    _about("year", _tell_year, "(what|which) year is it"),
    _about("month", _tell_month, "(what|which) month is it"),
)
