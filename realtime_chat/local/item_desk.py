"""`conversation.item.*`: what a client does to the items."""

from realtime_chat.local.hearings import Hearings
from realtime_chat.local.items import Item, check_item, created_item, decode_audio
from realtime_chat.local.schema import Json
from realtime_chat.local.session_state import SessionState
from realtime_chat.local.wire_audio import WireDecoder


class ItemDesk:
    """Carries out item events, or raises Refusal and changes nothing."""

    def __init__(self, state: SessionState, hearings: Hearings) -> None:
        self._state = state
        self._hearings = hearings

    def create(self, event: Json) -> None:
        given = check_item(event["item"], "item")
        previous = event.get("previous_item_id")
        self._state.items.check_new(given, previous)
        item = self.make(given, "item")
        self.insert(item, previous)
        self.listen(item)

    def delete(self, event: Json) -> None:
        self._state.items.delete(event["item_id"])
        self._state.outbox.emit("conversation.item.deleted", item_id=event["item_id"])

    def retrieve(self, event: Json) -> None:
        item = self._state.items.find(event["item_id"], code="item_retrieve_invalid_item_id")
        self._state.outbox.emit("conversation.item.retrieved", item=item.with_sound())

    def truncate(self, event: Json) -> None:
        item = self._state.items.find(event["item_id"], code="item_truncate_invalid_item_id")
        item.truncate(event["content_index"], event["audio_end_ms"])
        told = {name: event[name] for name in ("item_id", "content_index", "audio_end_ms")}
        self._state.outbox.emit("conversation.item.truncated", **told)

    def insert(self, item: Item, previous: str | None = None) -> None:
        """Put a whole item into the conversation and say so."""
        before = self._state.items.insert(item, previous)
        for kind in ("conversation.item.added", "conversation.item.done"):
            self._state.outbox.emit(kind, previous_item_id=before, item=item.copy())

    def make(self, given: Json, path: str) -> Item:
        """The item of a checked wire object. Raises Refusal for sound that is none."""
        item = created_item(given.get("id") or self._state.ids.new("item"), given)
        for index, part in enumerate(given.get("content", [])):
            if part["type"] == "input_audio":
                sound = decode_audio(part["audio"], f"{path}.content[{index}].audio")
                item.add_sound(WireDecoder(self._state.config.input_format).decode(sound))
        return item

    def listen(self, item: Item) -> None:
        """Have its speech recognised, unless the client wrote down what it says."""
        if item.spoken and not item.said():
            self._hearings.ask(item)
