"""What a run without a screen puts where: stdout is product, stderr is narration (P26).

One presenter a format: plain text, one JSON value, or every event as a line. They subscribe and print; none
keeps history.
"""

import sys
from typing import Protocol

from realtime_chat.cli import json_out
from realtime_chat.cli.failures import IDLE_TIMEOUT, INTERRUPTED, NO_ANSWER, NOBODY_TO_ASK
from realtime_chat.cli.plain import aside_lines
from realtime_chat.core import events as ev
from realtime_chat.core.envelope_codec import encode
from realtime_chat.core.events import Envelope
from realtime_chat.core.history import History, ToolEntry, TurnEntry
from realtime_chat.core.prices import PriceList
from realtime_chat.core.printable import one_line, printable

NOBODY = "Nobody can be asked here; --permission auto or a rule in [permissions] allow lets it run."


class Presenter(Protocol):
    """Shows a turn as it goes on and when it is over."""

    def event(self, envelope: Envelope) -> None:
        """Something happened."""
        ...

    def ended(self, history: History, turn: TurnEntry) -> None:
        """The turn is over."""
        ...


class PlainPresenter:
    """The answer's words on stdout as they come, activity on stderr."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._written: dict[str, int] = {}
        self._answers = True  # False where the user's own words are the product

    def event(self, envelope: Envelope) -> None:
        """Print what belongs to the answer, narrate the rest."""
        data = envelope.data
        match data:
            case ev.TextDelta() | ev.TranscriptDelta():
                self._written[data.item_id] = self._written.get(data.item_id, 0) + len(data.delta)
                _put(printable(data.delta))
            case ev.AssistantMessage():
                if data.item_id not in self._written:
                    _put(printable(data.text))
                _put("\n")
            case ev.ToolCall():
                self._tell(f"tool: {data.name} {data.arguments}")
            case ev.PermissionDecided(allowed=False):
                self._tell(f"tool: {data.name} denied. {NOBODY if data.by == 'no_asker' else data.reason}")
            case ev.ToolResult():
                self._tell(f"tool: {data.name} {'ok' if data.ok else 'failed'} ({data.duration_ms} ms)")
            case ev.UserTranscript(text=text) if text:
                self._heard(text)
            case ev.HistoryTrimmed(told=told, left_out=left_out):
                self._tell(f"The model knows the last {told} of {told + left_out} entries of this talk.")
            case ev.Noticed(text=text) | ev.Announced(text=text):
                self._tell(text)
            case ev.LinkChanged(detail=detail, new=new) if detail and new is not ev.LinkState.ERROR:
                self._tell(detail)
            case ev.ErrorOccurred(error=error):
                print(f"warning: {one_line(error.message)}", file=sys.stderr, flush=True)
            case _:
                self._beside(envelope)

    def _heard(self, text: str) -> None:
        if self._answers:
            self._tell(f"heard: {text}")
        else:
            _put(printable(text) + "\n")

    def _beside(self, envelope: Envelope) -> None:
        match envelope.data:
            case ev.SessionStarted(intent=intent) | ev.SessionResumed(intent=intent):
                self._answers = intent == "conversation"
            case ev.CardWritten() | ev.FactsNoted() as aside:
                for line in aside_lines(aside):
                    self._tell(line)
            case _:
                pass  # states and progress are for a screen

    def ended(self, history: History, turn: TurnEntry) -> None:
        """Say how it ended when that is not plain from the answer (P22)."""
        if turn.error is not None:
            print(f"error: {one_line(turn.error.message)}", file=sys.stderr)
        elif turn.truncation == "truncated":
            print("warning: the answer was cut at the model's length limit.", file=sys.stderr)

    def _tell(self, text: str) -> None:
        if not self._quiet:
            print(one_line(text), file=sys.stderr, flush=True)


class JsonPresenter:
    """One value at the end."""

    def __init__(self, prices: PriceList) -> None:
        self._prices = prices

    def event(self, envelope: Envelope) -> None:
        """Nothing while it goes on."""

    def ended(self, history: History, turn: TurnEntry) -> None:
        """The value."""
        json_out.put(json_out.turn_value(history, turn, self._prices))


class EventsPresenter:
    """Each event as one line, the log's schema."""

    def event(self, envelope: Envelope) -> None:
        """One line now."""
        sys.stdout.buffer.write(json_out.inert(encode(envelope)) + b"\n")
        sys.stdout.buffer.flush()

    def ended(self, history: History, turn: TurnEntry) -> None:
        """The terminal event said it."""


class SilentPresenter:
    """stdout carries sound: only errors are told."""

    def event(self, envelope: Envelope) -> None:
        """Nothing."""

    def ended(self, history: History, turn: TurnEntry) -> None:
        """The reason, when there is one."""
        if turn.error is not None:
            print(f"error: {one_line(turn.error.message)}", file=sys.stderr)


def exit_code(history: History, turn: TurnEntry) -> int:
    """P27: 0 for a non-empty answer, 6 for none, 1 failed, 124 timed out, 130 interrupted; 3 when nobody was there
    to allow a call, and no other call did anything."""
    match turn.status:
        case "completed" if _for_want_of_an_asker(history, turn):
            return NOBODY_TO_ASK
        case "completed":
            return 0 if json_out.said(history, turn).strip() else NO_ANSWER
        case "interrupted":
            return INTERRUPTED
        case "timed_out":
            return IDLE_TIMEOUT
        case _:
            return 1


def _for_want_of_an_asker(history: History, turn: TurnEntry) -> bool:
    calls = [
        entry for entry in history.items if isinstance(entry, ToolEntry) and entry.turn_id == turn.turn_id
    ]
    denied = any(call.error is not None and call.error.details.get("by") == "no_asker" for call in calls)
    return denied and not any(call.status == "ok" for call in calls)


def _put(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
