"""Speech over an answer where a "mhm" is tolerated: listen for a moment before anything is cut.

The utterance is an aside until it is judged, and its messages wait. The answer is turned down meanwhile:

* the voice goes on for a window (`overlap_ms`), or words come that are no backchannel: it is speech. The answer is
  cut by the one interruption, and what waited is heard now, as the beginning of the user's turn;
* it stops before: the answer goes on as loud as before. Words that come later may still say that it was speech
  ("stop!" is shorter than the window). Else it was a backchannel, and its item goes, so that no answer is to it.

Without words to come (no transcription), what is short is a backchannel.
"""

from collections.abc import Callable
from typing import Literal, assert_never

import msgspec

from realtime_chat.core.backchannels import Backchannels
from realtime_chat.core.events import TurnPhase
from realtime_chat.core.machine.effects import Duck, StartTimer, StopTimer
from realtime_chat.core.machine.interruption import Interruption
from realtime_chat.core.machine.speech import Heard, SpeechInput
from realtime_chat.core.machine.state import MachineState, Turn
from realtime_chat.core.messages import (
    AudioCommitted,
    ClearAudio,
    DeleteItem,
    InputTranscript,
    InputTranscriptDelta,
    InputTranscriptFailed,
    UserSpeechStarted,
    UserSpeechStopped,
)

#: Asides that wait for their words; of more, the oldest is forgotten, and stays where the provider put it.
MOST = 8


class Aside(msgspec.Struct):
    """An utterance over the answer of the turn `over`; `held` are its messages so far."""

    over: str
    held: list[Heard]
    words: str = ""
    stopped: bool = False
    committed: bool = False
    verdict: Literal["open", "speech", "backchannel"] = "open"


class Overlap:
    """At most one aside has the window open: the answer is turned down, and a timer runs."""

    def __init__(
        self,
        state: MachineState,
        *,
        speech: SpeechInput,
        interruption: Interruption,
        hear: Callable[[Heard], None],
    ) -> None:
        """`hear` takes the messages of an aside that was speech, in order, once the answer is settled."""
        self._state = state
        self._speech = speech
        self._interruption = interruption
        self._hear = hear
        self._asides: dict[str, Aside] = {}
        self._window: str | None = None
        self._voice: bool | None = None  # as an ear of our own hears it; None: there is none

    def takes(self, message: Heard) -> bool:
        """True when the message belongs to an aside, and waits with it."""
        if isinstance(message, UserSpeechStarted):
            return self._begins(message)
        aside = self._asides.get(message.item_id)
        if aside is None:
            return False
        aside.held.append(message)
        self._learn(message.item_id, aside, message)
        self._decide(message.item_id, aside)
        return True

    def voice(self, speaking: bool) -> None:
        """Our own ear hears the user begin or stop; an utterance that goes on after a pause has a window again."""
        self._voice = speaking
        if speaking and self._window is None and self._state.turn is not None and (going_on := self._open()):
            self._open_window(going_on[-1])

    def timed_out(self) -> None:
        """The window is over: who still speaks means to speak. Where no ear of our own says otherwise, one does."""
        item_id = self._window
        if item_id is None:
            return
        if self._voice is False:
            self._close_window()
        else:
            self._is_speech(item_id)

    def settle(self) -> None:
        """When the answer has ended, whoever is still speaking has the floor."""
        if self._state.turn is None and self._voice is not False:
            for item_id in self._open():
                self._is_speech(item_id)

    def silenced(self) -> None:
        """Someone at the keyboard cut the answer: what is being said goes with it, as it does without an answer."""
        going_on = self._open()
        for item_id in going_on:
            del self._asides[item_id]
        if going_on:
            self._close_window()
            self._speech.passed_over()
            self._state.send(ClearAudio())

    def forget(self) -> None:
        """The session or its connection ends."""
        self._asides.clear()
        self._close_window()

    def _open(self) -> list[str]:
        """Asides whose end the provider has not told."""
        return [item_id for item_id, aside in self._asides.items() if not aside.stopped]

    def _begins(self, message: UserSpeechStarted) -> bool:
        turn = self._state.turn
        free = turn is None or turn.cut is not None or turn.phase is TurnPhase.HEARING
        if turn is None or free or not self._state.options.tolerant:
            return False
        self._asides.pop(message.item_id, None)
        if len(self._asides) == MOST:
            del self._asides[next(iter(self._asides))]
        self._asides[message.item_id] = Aside(turn.turn_id, [message])
        self._open_window(message.item_id)
        return True

    def _learn(self, item_id: str, aside: Aside, message: Heard) -> None:
        known = Backchannels(self._state.options.backchannels)
        match message:
            case UserSpeechStarted():
                pass  # made the aside
            case UserSpeechStopped():
                aside.stopped = True
            case AudioCommitted():
                aside.stopped = aside.committed = True
            case InputTranscriptDelta(delta=delta):
                aside.words += delta
                if not known.may_be_all_of(aside.words):
                    aside.verdict = "speech"
            case InputTranscript(text=text):
                aside.verdict = "backchannel" if known.are_all_of(text) else "speech"
            case InputTranscriptFailed():
                aside.verdict = "backchannel"
            case _:
                assert_never(message)
        if aside.stopped and self._window == item_id:
            self._close_window()

    def _is_speech(self, item_id: str) -> None:
        aside = self._asides[item_id]
        aside.verdict = "speech"
        self._decide(item_id, aside)

    def _decide(self, item_id: str, aside: Aside) -> None:
        turn = self._state.turn
        wordless = aside.verdict == "open" and not self._state.options.transcribes
        if aside.verdict == "speech":
            if turn is None or turn.turn_id == aside.over or not aside.stopped:
                self._takes_the_floor(item_id, aside)
            elif aside.committed:
                self._joins(turn, item_id, aside)
        elif aside.committed and (aside.verdict == "backchannel" or wordless):
            del self._asides[item_id]
            self._speech.passed_over()
            self._state.send(DeleteItem(item_id=item_id))

    def _takes_the_floor(self, item_id: str, aside: Aside) -> None:
        del self._asides[item_id]
        if self._state.turn is not None:
            self._interruption.begin("barge_in")
        if self._window == item_id:
            self._close_window()  # after the silence, so that nothing gets loud before it
        for message in aside.held:
            self._hear(message)

    def _joins(self, turn: Turn, item_id: str, aside: Aside) -> None:
        """Its words came when another turn had begun: they are in the model's sight, and in the log of that turn."""
        del self._asides[item_id]
        self._speech.join(turn, item_id)
        for message in aside.held:
            if isinstance(message, InputTranscriptDelta | InputTranscript | InputTranscriptFailed):
                self._speech.transcript(message)

    def _open_window(self, item_id: str) -> None:
        if self._window is None and self._state.speaker:
            self._state.do(Duck(True))
        self._window = item_id
        self._state.do(StartTimer("overlap", self._state.options.overlap_ms / 1000))

    def _close_window(self) -> None:
        if self._window is None:
            return
        self._window = None
        self._state.do(StopTimer("overlap"))
        if self._state.speaker:
            self._state.do(Duck(False))
