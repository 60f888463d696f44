"""`response.*`: one active response at a time, and one that may be due after it."""

from collections.abc import Sequence

from realtime_chat.local.audio_buffer import InputBuffer
from realtime_chat.local.context import question
from realtime_chat.local.errors import Refusal
from realtime_chat.local.item_desk import ItemDesk
from realtime_chat.local.items import Item
from realtime_chat.local.response_options import response_options
from realtime_chat.local.responses import Response, Stage
from realtime_chat.local.schema import Json
from realtime_chat.local.session_state import SessionState


class ResponseDesk:
    """Begins, finds and ends responses. `settle()` is the only place where one makes room for the next.

    `quiet_since_ms` is where in the session's sound the last answer will have been heard to its end, as long
    as the user did nothing since.
    """

    def __init__(self, state: SessionState, items: ItemDesk, buffer: InputBuffer) -> None:
        self._state = state
        self._items = items
        self._buffer = buffer
        self._due = False
        self.quiet_since_ms: int | None = None
        self.active: Response | None = None

    def create(self, event: Json) -> None:
        """The client wants a response now. Raises Refusal while one is active, and where none is given."""
        if not self._state.config.answers:
            message = "A transcription session gives no responses; open a realtime session."
            raise Refusal("invalid_session_type", message)
        if self.active is not None:
            message = f"Conversation already has an active response in progress: {self.active.id}."
            raise Refusal("conversation_already_has_active_response", message)
        self._begin(event.get("response") or {})

    def cancel(self, event: Json) -> None:
        wanted = event.get("response_id")
        if self.active is None or wanted not in (None, self.active.id):
            raise Refusal("response_cancel_not_active", "Cancellation failed: no such response is active.")
        self.active.cancel("client_cancelled")

    def interrupt(self) -> None:
        """The user speaks over the answer."""
        if self.active is not None:
            self.active.cancel("turn_detected")
            self.settle()

    def respond_when_free(self) -> None:
        """Turn detection wants a response: now, or after the active one. Several wishes are one."""
        self._due = True
        self.settle()

    def with_id(self, response_id: str) -> Response | None:
        """The active response, if it is this one; late work finds None."""
        return self.active if self.active is not None and self.active.id == response_id else None

    def listen(self) -> None:
        """Speech was recognised; a response may have waited for it."""
        if self.active is not None:
            self.active.listen()

    def unheard(self, item: Item, message: str) -> None:
        """Speech could not be recognised; a response that would answer it fails."""
        if self.active is not None and question(self.active.context) is item:
            self.active.fail("transcription_failed", message)

    def settle(self) -> None:
        """Let go of an ended response; begin one that is due."""
        if self.active is not None and self.active.stage is Stage.ENDED:
            self.quiet_since_ms = self._buffer.examined_ms + self.active.spoken_ms
            self.active = None
        if self.active is None and self._due:
            self._begin({})

    def _begin(self, change: Json) -> None:
        options = response_options(change, self._state.config.shown, spoke_already=self._state.spoke_already)
        context = list(self._state.items) if options.input is None else self._given(options.input)
        self._due = False
        self.active = Response(options, context=context, state=self._state)
        self.active.listen()

    def _given(self, given: Sequence[Json]) -> list[Item]:
        items = [self._given_item(item, f"response.input[{index}]") for index, item in enumerate(given)]
        for item in items:
            self._items.listen(item)
        return items

    def _given_item(self, given: Json, path: str) -> Item:
        if given["type"] == "item_reference":
            return self._state.items.find(given["id"], code="invalid_value")
        return self._items.make({**given, "id": None}, path)
