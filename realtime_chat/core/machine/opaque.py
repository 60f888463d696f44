"""Items of the provider's own that we do not understand: kept as they came, told again to the same model (P34).

To another model, or one that changed meanwhile, such an item means nothing, and a service may refuse it even so:
neither harms the talk.
"""

from collections.abc import Iterable, Iterator

from realtime_chat.core.events import LinkState, ProviderItem
from realtime_chat.core.machine.state import MachineState
from realtime_chat.core.messages import CreateItem, Item, ProviderError

#: Items that are known to be in the log; of one before them, a second telling would be logged again.
KNOWN = 1024
_EVENT = "kept_"


class OpaqueItems:
    """Keeps them, tells them again, and knows a refusal of one that was told again."""

    def __init__(self, state: MachineState) -> None:
        self._state = state
        self._known: dict[str, None] = {}
        self._model = ""
        self._told = False

    def keep(self, item: Item) -> bool:
        """Whether an item that is complete is such a one; it is told twice, in its response and in the conversation."""
        if item.kind != "other":
            return False
        cut = item.status in ("incomplete", "in_progress")
        if cut or not item.raw or not item.item_id or item.item_id in self._known:
            return True
        self._remember(item.item_id)
        turn = self._state.turn
        self._state.emit(
            ProviderItem(
                turn_id=turn.turn_id if turn is not None else "",
                item_id=item.item_id,
                kind=item.name or "",
                model=self._model,
                content=item.raw,
            )
        )
        return True

    def told_again(self, seed: Iterable[Item], model: str) -> Iterator[CreateItem]:
        """The seed of a connection with this model: without what another one left."""
        self._model = model
        self._told = False
        for item in seed:
            if item.kind != "other":
                yield CreateItem(item=item)
            elif model and item.model == model:
                self._remember(item.item_id)
                self._told = True
                yield CreateItem(item=item, event_id=f"{_EVENT}{item.item_id}")

    def refused(self, error: ProviderError) -> bool:
        """Whether this is about an item that was told again: the talk goes on without it."""
        if error.caused_by is not None:
            return error.caused_by.startswith(_EVENT)
        telling = self._told and self._state.link is LinkState.CONFIGURING
        return telling and (error.param or "").startswith("item")

    def _remember(self, item_id: str) -> None:
        self._known[item_id] = None
        if len(self._known) > KNOWN:
            del self._known[next(iter(self._known))]
