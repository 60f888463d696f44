"""A typed message: logged at once, sent now or to the next connection."""

from realtime_chat.core.events import TurnPhase, UserMessage
from realtime_chat.core.machine.effects import Sync
from realtime_chat.core.machine.outage import Outage
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import CreateItem, Item


class TypedInput:
    """Opens turns by text."""

    def __init__(self, state: MachineState, slot: TurnSlot, outage: Outage) -> None:
        self._state = state
        self._slot = slot
        self._outage = outage

    def send(self, text: str) -> None:
        """A turn of this text; one that is asked while the connection is away waits for it.

        Raises SessionBusy, and Unreachable where there never was a connection.
        """
        state, away = self._state, self._outage.away
        self._slot.refuse_if_busy()
        if not away:
            state.require_link()
        turn = self._slot.open("typed")
        item = Item(item_id=state.new_item_id(), kind="message", role="user", text=text)
        turn.user_logged = turn.has_words = True
        state.emit(UserMessage(turn_id=turn.turn_id, item_id=item.item_id, source="typed", text=text))
        state.do(Sync())
        if away:
            turn.unsent = item
            state.enter(turn, TurnPhase.THINKING)
            self._outage.resume()
            return
        state.send(CreateItem(item=item))
        state.sequencer.wish()
        self._slot.think(turn)
