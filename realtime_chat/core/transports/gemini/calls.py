"""Calls that the service waits for: it answers nothing else until it has all their outputs, in one frame."""

import msgspec

from realtime_chat.core.messages import Item
from realtime_chat.core.transports.gemini.contents import as_object
from realtime_chat.core.transports.openai.fields import Fields, obj, objs, text

#: What a call is answered with that nobody ran: it was cut, or came while others were under way.
NOT_RUN = {"error": "This call was not run. Call again if it is still wanted."}


class _Call(msgspec.Struct):
    name: str
    own_id: bool
    output: str | None = None


class OpenCalls:
    """By id, in the order of the model's asking."""

    def __init__(self, name: str) -> None:
        """`name` begins the ids of calls to which the service gave none."""
        self._name = name
        self._made = 0
        self._calls: dict[str, _Call] = {}

    def __bool__(self) -> bool:
        return bool(self._calls)

    @property
    def unanswered(self) -> bool:
        """True while an output is missing."""
        return any(call.output is None for call in self._calls.values())

    def open(self, tool_call: Fields) -> tuple[Item, ...]:
        """The calls of a frame, as items."""
        return tuple(self._opened(call) for call in objs(tool_call, "functionCalls"))

    def take(self, item: Item) -> bool:
        """An output; False for a call that is not open: it was cancelled, or never made here."""
        call = self._calls.get(item.call_id or "")
        if call is None:
            return False
        call.output = item.output or ""
        return True

    def cancel(self, call_ids: list[str]) -> tuple[str, ...]:
        """The service waits no more for these; those that it did wait for."""
        gone = tuple(call_id for call_id in call_ids if call_id in self._calls)
        for call_id in gone:
            self._calls.pop(call_id, None)
        return gone

    def clear(self) -> None:
        """It waits for none any more."""
        self._calls.clear()

    def answer(self) -> Fields:
        """The one frame that answers all of them, with words for those without an output; none is open after it."""
        responses = [_response(call_id, call) for call_id, call in self._calls.items()]
        self._calls.clear()
        return {"toolResponse": {"functionResponses": responses}}

    def _opened(self, call: Fields) -> Item:
        self._made += 1
        own, name = text(call, "id"), text(call, "name")
        call_id = own or f"{self._name}_c{self._made}"
        self._calls[call_id] = _Call(name, bool(own))
        return Item(
            item_id=f"{self._name}_f{self._made}",
            kind="function_call",
            status="completed",
            call_id=call_id,
            name=name,
            arguments=msgspec.json.encode(obj(call, "args")).decode(),
        )


def _response(call_id: str, call: _Call) -> Fields:
    known = {"id": call_id} if call.own_id else {}
    return {
        **known,
        "name": call.name,
        "response": NOT_RUN if call.output is None else as_object(call.output),
    }
