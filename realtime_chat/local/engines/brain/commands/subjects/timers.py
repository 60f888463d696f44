"""Timers, kept by the client."""

import re

import msgspec

from realtime_chat.local.engines.brain.commands.command import (
    Command,
    Plan,
    Slots,
    answering,
    calling,
    listed,
    plural,
)
from realtime_chat.local.engines.ports import BrainRequest

#: How our client announces a timer's end; others may say it as they like, and are answered like anything else.
_ENDED = re.compile(r'The timer "(?P<label>.*)" has ended\.')


class Timer(msgspec.Struct, frozen=True):
    label: str = ""
    seconds: int = 0
    remaining_s: int = 0
    due: bool = False


class Timers(msgspec.Struct, frozen=True):
    timers: list[Timer]


class Cancelled(msgspec.Struct, frozen=True):
    cancelled: Timer


def _set(slots: Slots, request: BrainRequest) -> Plan:
    label = {"label": slots["label"]} if slots.get("label") else {}
    return calling("set_timer", seconds=slots["duration"], **label)


def _list(slots: Slots, request: BrainRequest) -> Plan:
    return calling("list_timers")


def _cancel(slots: Slots, request: BrainRequest) -> Plan:
    return calling("cancel_timer", **({"label": slots["label"]} if slots.get("label") else {}))


def _tell_set(slots: Slots, output: Timer) -> str:
    span = spoken_span(slots["duration"])
    return (
        f"The {slots['label']} timer is set for {span}." if slots.get("label") else f"Timer set for {span}."
    )


def _tell_list(slots: Slots, output: Timers) -> str:
    if not output.timers:
        return "No timer is running."
    return " ".join(_state(timer) for timer in output.timers)


def _tell_cancelled(slots: Slots, output: Cancelled) -> str:
    return f"The {_name(output.cancelled)} is cancelled."


def _state(timer: Timer) -> str:
    if timer.due:
        return f"The {_name(timer)} has ended."
    return f"The {_name(timer)} has {spoken_span(timer.remaining_s)} left."


def _name(timer: Timer) -> str:
    """A timer without a label of its own carries its length: "5 minutes" makes "5 minute timer"."""
    if not timer.label:
        return "timer"
    return f"{timer.label.removesuffix('s') if timer.label[:1].isdigit() else timer.label} timer"


def endings(notice: str) -> str:
    """The timers that the client says have ended, as one tells it; empty when it says nothing of timers."""
    found = (_ENDED.fullmatch(line) for line in notice.splitlines())
    names = [_name(Timer(label=match["label"])) for match in found if match is not None]
    return f"Your {listed(names)} {'has' if len(names) == 1 else 'have'} ended." if names else ""


def spoken_span(seconds: int) -> str:
    """ "1 hour, 5 minutes and 3 seconds"."""
    minutes, rest = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (rest, "second")]
    return listed([plural(count, noun) for count, noun in parts if count]) or "0 seconds"


def _setting(name: str, *, sentences: tuple[str, ...], typed: tuple[str, ...] = ()) -> Command:
    return Command(
        name=name,
        sentences=sentences,
        typed=typed,
        act=_set,
        doing="set the timer",
        output=Timer,
        tell=_tell_set,
    )


COMMANDS = (
    _setting(
        "set_timer",
        sentences=("(set|start) a timer for {duration}", "set a {duration} timer", "remind me in {duration}"),
        typed=(
            "[set|start|make] [a|the|another] timer [for|of|to|in] {duration}",
            "[start] [a] {duration} timer",
            "wake me [up] in {duration}",
        ),
    ),
    _setting(
        "set_named_timer",
        sentences=("set a {label} timer for {duration}",),
        typed=(
            "[start|set] [a|the] {label} timer [for|of] {duration}",
            "(set|start) a timer (for|of) {duration} (called|named|for) [the] {label}",
            "remind me in {duration} (to|of|about) {label}",
        ),
    ),
    Command(
        name="set_timer_without_duration",
        sentences=("set a timer", "start a timer"),
        act=answering("For how long? Say, for example: set a timer for five minutes."),
    ),
    Command(
        name="list_timers",
        sentences=(
            "how much time is left [on <my> timer]",
            "how long (is left|until the timer ends)",
            "(what|which) timers are running",
        ),
        typed=(
            "(list|show|read) [me] [all] [my|the] timers",
            "(what are|what about|how are) [my|the] timers",
            "how much time (do i have|remains|is remaining|is left)",
        ),
        act=_list,
        doing="look at the timers",
        output=Timers,
        tell=_tell_list,
    ),
    Command(
        name="cancel_timer",
        sentences=("(cancel|stop) <my> timer", "(cancel|stop) the {label} timer"),
        typed=("(cancel|stop|delete|remove|end) [the|my] {label} timer", "(remove|end) [the|my] timer"),
        act=_cancel,
        doing="cancel the timer",
        output=Cancelled,
        tell=_tell_cancelled,
    ),
)
