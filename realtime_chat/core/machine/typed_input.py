"""A typed message: logged at once, sent now or to the next connection."""

from realtime_chat.core.commands import SendText
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import TurnPhase, UserMessage
from realtime_chat.core.machine.effects import Sync
from realtime_chat.core.machine.outage import Outage
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.machine.turns import TurnSlot
from realtime_chat.core.messages import CreateItem, Item

BLIND = "Who answers here cannot see pictures. /model or --provider goes on with a model that can."


class TypedInput:
    """Opens turns by text."""

    def __init__(self, state: MachineState, slot: TurnSlot, outage: Outage) -> None:
        self._state = state
        self._slot = slot
        self._outage = outage

    def send(self, command: SendText) -> None:
        """A turn of this text; one that is asked while the connection is away waits for it.

        Raises SessionBusy, InvalidArguments where nothing is answered, or for a picture that nobody would see, and
        Unreachable where there never was a connection.
        """
        state, away = self._state, self._outage.away
        state.require_answers()
        self._slot.refuse_if_busy()
        if not away:
            state.require_link()
        if command.images and not state.capabilities.image_input:
            raise InvalidArguments(BLIND)
        turn = self._slot.open("typed")
        turn.options = command.options
        text, shown = command.text, command.images
        images = tuple(one.image for one in shown)
        item = Item(item_id=state.new_item_id(), kind="message", role="user", text=text, images=images)
        turn.user_logged = turn.has_words = True
        refs = [one.ref for one in shown]
        state.emit(
            UserMessage(turn_id=turn.turn_id, item_id=item.item_id, source="typed", text=text, images=refs)
        )
        state.do(Sync())
        if away:
            turn.unsent = item
            state.enter(turn, TurnPhase.THINKING)
            self._outage.resume()
            return
        state.send(CreateItem(item=item))
        state.sequencer.wish()
        self._slot.think(turn)
