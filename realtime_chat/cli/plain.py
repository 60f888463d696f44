"""A talk as lines that a screen reader reads and a dumb terminal shows: states are words, each thing stands there once.

No colours, no cursor, no interim words. An answer comes sentence by sentence, as each is complete.
"""

from collections.abc import Callable
from typing import assert_never

from realtime_chat.cli.sentences import Sentences
from realtime_chat.core import events as ev
from realtime_chat.core.events import ApprovalRequested, Envelope, LinkState, TurnPhase
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, History, ToolEntry, UserEntry
from realtime_chat.core.images import caption
from realtime_chat.core.printable import one_line, printable

Put = Callable[[str], None]

#: Characters of a call's arguments that are told; of a longer one it is said how much is missing.
SHOWN = 20_000
#: Words of the last that was heard, to know the place by.
PLACE_WORDS = 6


class LinePresenter:
    """`put` gets one printable line at a time; `ring` is called when an answer has ended.

    `quiet`: neither states nor tools are told. `replayed`: nobody types now, so what was typed is told, and no call
    asks for an answer.
    """

    def __init__(self, put: Put, *, ring: Callable[[], None], quiet: bool, replayed: bool = False) -> None:
        self._put = put
        self._replayed = replayed
        self._ring = ring
        self._quiet = quiet
        self._open: dict[str, Sentences] = {}  # answers that grow
        self._told: set[str] = set()  # answers that are over; grows with the talk, as its log does
        self._speaks = ""  # the answer whose words came last
        self._thinks = ""  # the turn of which that was said
        self._heard: ev.AnswerHeard | None = None
        self._said = False  # something, in this turn
        self._mutes = False
        self._answers = True  # False where what is said is only written down
        self._asks: dict[str, ApprovalRequested] = {}

    @property
    def asks(self) -> ApprovalRequested | None:
        """What waits longest for a human's word."""
        return next(iter(self._asks.values()), None)

    def say(self, text: str) -> None:
        """A line of the program's own."""
        self._speaks = ""
        self._put(one_line(text, SHOWN))

    def state(self, text: str) -> None:
        """The same, where it is not to be quiet."""
        if not self._quiet:
            self.say(text)

    def event(self, envelope: Envelope) -> None:
        """Say what is new in it."""
        data = envelope.data
        match data:
            case ev.TextDelta() | ev.TranscriptDelta() | ev.AssistantMessage():
                self._answer(data)
            case ev.UserMessage(text=str(text), images=images) if self._replayed:
                self.say(" ".join(("You:", *filter(None, (text, *map(caption, images))))))
            case ev.UserTranscript(text=text, error=error):
                self.say(f"You said: {text}" if text else f"You were not understood: {error or 'no words'}.")
            case ev.Announced(text=text):
                self.say(f"Notice: {text}")
            case ev.CardWritten() | ev.FactsNoted():
                for line in aside_lines(data):
                    self.say(line)
            case ev.ToolCall() | ev.ToolResult() | ev.ApprovalRequested() | ev.PermissionDecided():
                self._tool(data)
            case (
                ev.TurnStarted()
                | ev.TurnPhaseChanged()
                | ev.AnswerHeard()
                | ev.TurnCompleted()
                | ev.TurnFailed()
                | ev.TurnInterrupted()
            ):
                self._turn(data)
            case _:
                self._news(envelope)

    def earlier(self, history: History) -> None:
        """The last turn of what was said before, so that one knows where one is."""
        self._answers = history.intent == "conversation"
        if not history.turns:
            return
        many = "1 turn" if len(history.turns) == 1 else f"{len(history.turns)} turns"
        self.state(f"This talk has {many} so far. The last one:")
        for entry in (one for one in history.items if one.turn_id == history.turns[-1].turn_id):
            match entry:
                case UserEntry(shown=text):
                    self.say(f"You: {text or '(not understood)'}")
                case AssistantEntry():
                    self._lines(entry.item_id, Sentences().rest(entry.text))
                    if entry.unheard_text.strip():
                        self.say(_unheard(entry.heard_text or ""))
                case AnnouncedEntry(text=text):
                    self.say(f"Notice: {text}")
                case ToolEntry():
                    self.state(f"Tool {entry.name}: {entry.status}.")
                case _:
                    assert_never(entry)

    def _answer(self, data: ev.TextDelta | ev.TranscriptDelta | ev.AssistantMessage) -> None:
        if data.item_id in self._told:
            return  # it was cut, and said then
        answer = self._open.setdefault(data.item_id, Sentences())
        if isinstance(data, ev.AssistantMessage):
            self._lines(data.item_id, answer.rest(data.text))
            self._over(data.item_id)
        else:
            self._lines(data.item_id, answer.feed(data.delta))

    def _lines(self, item_id: str, sentences: list[str]) -> None:
        for sentence in sentences:
            for line in printable(sentence).split("\n"):
                self._put(line if self._speaks == item_id else f"Assistant: {line}")
                self._speaks = item_id
                self._said = True

    def _over(self, item_id: str) -> None:
        self._open.pop(item_id, None)
        self._told.add(item_id)

    def _tool(self, data: ev.ToolCall | ev.ToolResult | ev.ApprovalRequested | ev.PermissionDecided) -> None:
        match data:
            case ev.ToolCall():
                self._said = True
                self.state(f"Tool {data.name} is called.")
            case ev.ApprovalRequested():
                self._asks[data.call_id] = data
                if self.asks is data:
                    self._question(data)
            case ev.PermissionDecided():
                if not data.allowed:
                    self.say(f"{data.name} was denied. {data.reason}")
                elif data.by == "user":
                    self.state(f"Tool {data.name} runs.")
                self._settled(data.call_id)
            case ev.ToolResult():
                self._result(data)
                self._settled(data.call_id)
            case _:
                assert_never(data)

    def _result(self, data: ev.ToolResult) -> None:
        if data.ok:
            self.state(f"Tool {data.name} is done.")
        elif data.error is None or data.error.kind != "permission_denied":
            self.state(f"Tool {data.name} failed: {data.error.message if data.error else data.output}")

    def _settled(self, call_id: str) -> None:
        asked = self.asks
        if self._asks.pop(call_id, None) is asked and asked is not None and self.asks is not None:
            self._question(self.asks)

    def _question(self, asks: ApprovalRequested) -> None:
        missing = len(asks.arguments) - SHOWN
        more = f" … and {missing} characters more, which are not told." if missing > 0 else ""
        self.say(f"The assistant wants to run {asks.name}. {asks.reason}")
        self._put(f"Its arguments: {one_line(asks.arguments[:SHOWN], 4 * SHOWN)}{more}")
        if self._replayed:
            return
        covers = f" a and p cover {asks.scope}." if asks.scope else ""
        self.say(f"Answer y (once), a (this session), p (always), or n.{covers}")

    def _turn(
        self,
        data: ev.TurnStarted
        | ev.TurnPhaseChanged
        | ev.AnswerHeard
        | ev.TurnCompleted
        | ev.TurnFailed
        | ev.TurnInterrupted,
    ) -> None:
        match data:
            case ev.TurnStarted():
                self._said, self._heard = False, None
            case ev.TurnPhaseChanged(turn_id=turn_id, phase=TurnPhase.THINKING):
                if self._thinks != turn_id:
                    self._thinks = turn_id
                    self.state("Thinking.")
            case ev.AnswerHeard():
                self._heard = data
            case ev.TurnCompleted(truncation=truncation):
                if truncation == "truncated":
                    self.say("The answer was cut at the model's length limit.")
                elif not self._said and self._answers:
                    self.say("No answer came.")
                self._ring()
            case ev.TurnFailed(error=error):
                self._flush()
                self.say(f"Error: {error.message}")
                self._ring()
            case ev.TurnInterrupted():
                self._interrupted()
            case _:
                pass  # the other phases show by what is said

    def _flush(self) -> None:
        """Words that wait for the end of their sentence, which does not come."""
        for item_id, answer in list(self._open.items()):
            self._lines(item_id, answer.rest())
            self._over(item_id)

    def _interrupted(self) -> None:
        self._flush()
        heard = self._heard
        cut = heard is not None and heard.played_ms < heard.produced_ms
        self.say(_unheard(heard.heard_text) if heard is not None and cut else "Interrupted.")

    def _news(self, envelope: Envelope) -> None:
        match envelope.data:
            case ev.Noticed(text=text):
                self.say(text)
            case ev.ErrorOccurred(error=error):
                self.say(f"Warning: {error.message}")
            case ev.LinkChanged(new=new, detail=detail) if detail and new is not LinkState.ERROR:
                self.say(detail)
            case ev.MuteApproaching(in_s=in_s):
                if in_s and not self._mutes:
                    self.say(f"The microphone closes in {in_s} seconds if nothing is said.")
                self._mutes = in_s > 0
            case ev.SessionStarted(intent=intent) | ev.SessionResumed(intent=intent):
                self._answers = intent == "conversation"
            case ev.SaveStateChanged(saved=saved):
                self.say("Everything is saved again." if saved else "Warning: the disk refuses what is said.")
            case ev.HistoryTrimmed(told=told, left_out=left_out):
                self.say(f"The model knows the last {told} of {told + left_out} entries of this talk.")
            case _:
                pass  # progress is for a screen


def aside_lines(aside: ev.CardWritten | ev.FactsNoted) -> list[str]:
    """What an agent beside the talk tells, in words."""
    match aside:
        case ev.CardWritten(title=title, text=text):
            return [f"Card: {' · '.join(filter(None, [title, *text.splitlines()]))}"]
        case ev.FactsNoted(facts=facts):
            return [f"Fact: {fact}" for fact in facts]
        case _:
            assert_never(aside)


def _unheard(heard: str) -> str:
    place = heard.split()[-PLACE_WORDS:]
    if not place:
        return "Interrupted; nothing of the answer was heard."
    return f"Interrupted; the last words were not heard, those after: {' '.join(place)}"
