"""What the program has to say by itself: it waits until nobody talks, and is then told in a turn of its own.

A pause after whatever was there before keeps the slot free for a moment: for the user's next question, and for
whoever cut an answer in order to ask another.
"""

from realtime_chat.core.commands import Announce
from realtime_chat.core.errors import SessionBusy
from realtime_chat.core.events import Announced, LinkState
from realtime_chat.core.machine.effects import StartTimer, StopTimer, Sync
from realtime_chat.core.machine.speech import SpeechInput
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import CreateItem, Item

#: Announcements that may wait; nobody can follow more of them in one answer.
MOST_WAITING = 8
#: Seconds of quiet before an announcement.
PAUSE_S = 1.0
#: What makes a fact something to say.
REQUEST = "Tell the user."


class Announcements:
    """In the order they were made; all that wait share one turn and one answer.

    Bound: MOST_WAITING. Policy: one more is refused, and stays with whoever made it. End: told, or never, when
    the session ends before.
    """

    def __init__(self, state: MachineState, slot: TurnSlot, speech: SpeechInput) -> None:
        self._state = state
        self._slot = slot
        self._speech = speech
        self._waiting: list[Announce] = []
        self._free_since: float | None = None
        self._pausing = False

    def add(self, announcement: Announce) -> None:
        """One more. Raises SessionBusy when too many wait, InvalidArguments where nothing is answered."""
        self._state.require_answers()
        if len(self._waiting) == MOST_WAITING:
            raise SessionBusy(f"{MOST_WAITING} announcements wait already; try again when they were told.")
        self._waiting.append(announcement)

    def settle(self) -> None:
        """After every input: begin, where it has been quiet for long enough."""
        if not self._is_quiet():
            self._free_since = None
            self._end_pause()
            return
        now = self._state.now
        if self._free_since is None:
            self._free_since = now
        if not self._waiting or self._pausing:
            return
        left = self._free_since + PAUSE_S - now
        if left <= 0:
            self._begin()
        else:
            self._pausing = True
            self._state.do(StartTimer("announcement", left))

    def pause_over(self) -> None:
        """It has been quiet for long enough."""
        if self._pausing:
            self._pausing = False
            self._begin()

    def _is_quiet(self) -> bool:
        """No turn, nobody who speaks, nothing said that waits for its commit."""
        state, speech = self._state, self._speech
        held = state.options.push_to_talk and speech.pending_ms > 0
        return state.link is LinkState.READY and state.turn is None and not speech.user_speaks and not held

    def _begin(self) -> None:
        state = self._state
        turn = self._slot.open("announced")
        turn.user_logged = turn.has_words = True
        told, self._waiting = self._waiting, []
        for one in told:
            state.emit(Announced(turn_id=turn.turn_id, item_id=one.item_id, text=one.text))
        state.do(Sync())
        for one in told:
            text = f"{one.text}\n{REQUEST}"
            state.send(CreateItem(item=Item(item_id=one.item_id, kind="message", role="system", text=text)))
        state.sequencer.wish()
        self._slot.think(turn)

    def _end_pause(self) -> None:
        if self._pausing:
            self._pausing = False
            self._state.do(StopTimer("announcement"))
