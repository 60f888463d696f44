"""The answer items of one turn, as they grow: text, sound, calls; keyed by item id, never by "the current
one", because a model may write several items of one response at once (docs/protocol.md).
"""

from collections.abc import Iterable, Iterator

import msgspec

from realtime_chat.core.events import AssistantMessage, TextDelta, TranscriptDelta, Truncation
from realtime_chat.core.messages import Item, ResponseDone
from realtime_chat.core.pcm import pcm_ms
from realtime_chat.core.ports import ToolRequest


class AnswerItem(msgspec.Struct):
    """One message item of an answer; `produced` counts bytes of sound received."""

    item_id: str
    response_id: str
    parts: list[str] = msgspec.field(default_factory=list[str])
    spoken: bool = False
    produced: int = 0
    whole: str | None = None
    logged: bool = False

    @property
    def text(self) -> str:
        """The words so far, or the whole once it is known."""
        return self.whole if self.whole is not None else "".join(self.parts)

    @property
    def produced_ms(self) -> int:
        """Milliseconds of sound received."""
        return pcm_ms(self.produced)


class Answers:
    """All answer items of a turn, over its responses, in order of appearance."""

    def __init__(self) -> None:
        self._items: dict[str, AnswerItem] = {}

    def __iter__(self) -> Iterator[AnswerItem]:
        return iter(self._items.values())

    def item(self, item_id: str, response_id: str) -> AnswerItem:
        """The item, begun now if it is new."""
        found = self._items.get(item_id)
        if found is None:
            found = self._items[item_id] = AnswerItem(item_id, response_id)
        return found

    def unlogged(self, response_id: str | None = None) -> list[AnswerItem]:
        """Items with words that no AssistantMessage carries yet."""
        return [
            item
            for item in self._items.values()
            if not item.logged and item.text and response_id in (None, item.response_id)
        ]

    @property
    def has_text(self) -> bool:
        """True when anything was said or written in this turn."""
        return any(item.text for item in self._items.values())

    @property
    def spoken_ms(self) -> int:
        """Sound received in this turn."""
        return sum(item.produced_ms for item in self._items.values())

    def take(self, done: ResponseDone) -> None:
        """Adopt what a response's end says about its messages: texts whose deltas never came."""
        for item in done.items:
            if item.kind == "message" and item.item_id and item.text:
                answer = self.item(item.item_id, done.response_id)
                if not answer.text:
                    answer.whole = item.text
                    answer.spoken = answer.spoken or item.spoken


def message(
    item: AnswerItem,
    turn_id: str,
    *,
    partial: bool = False,
    interrupted: bool = False,
    truncation: Truncation = "unknown",
) -> AssistantMessage:
    """The durable fact of an item; it counts as logged from here on."""
    item.logged = True
    return AssistantMessage(
        turn_id=turn_id,
        response_id=item.response_id,
        item_id=item.item_id,
        text=item.text,
        spoken=item.spoken,
        audio_ms=item.produced_ms,
        partial=partial,
        interrupted=interrupted,
        truncation=truncation,
    )


def growing(answers: Answers, turn_id: str) -> list[TextDelta | TranscriptDelta]:
    """What no AssistantMessage carries yet, as one delta an item: for a viewer who comes in the middle."""
    return [
        (TranscriptDelta if item.spoken else TextDelta)(
            turn_id=turn_id, response_id=item.response_id, item_id=item.item_id, delta=item.text
        )
        for item in answers.unlogged()
    ]


def calls_of(done: ResponseDone, seen: Iterable[Item]) -> list[Item]:
    """The calls of a response in the model's order: those its end names, then others that were finished."""
    ordered = {item.call_id: item for item in done.items if item.kind == "function_call" and item.call_id}
    for item in seen:
        if item.call_id:
            ordered.setdefault(item.call_id, item)
    return list(ordered.values())


def request(item: Item) -> ToolRequest:
    """A call as the toolbox takes it."""
    return ToolRequest(call_id=item.call_id or "", name=item.name or "", arguments=item.arguments or "")
