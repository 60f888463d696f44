"""What a new connection is given of an old conversation: text only, paired calls, the heard part (docs/protocol.md).

Provider-failed partial text is evidence, never replayed (P21); usage neither (P31). Ids are left blank: the
sender gives fresh ones (row 15).
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import assert_never

from realtime_chat.core.event_parts import ImageRef
from realtime_chat.core.history import (
    AnnouncedEntry,
    AssistantEntry,
    Entry,
    History,
    OpaqueEntry,
    ToolEntry,
    UserEntry,
)
from realtime_chat.core.messages import Image, Item

#: What a picture counts for at least: more than it costs, and the bigger the more, since each connection gets it whole.
IMAGE_TOKENS = 2000


def replay_items(history: History, image: Callable[[ImageRef], Image | None] = lambda _: None) -> list[Item]:
    """One item for each entry worth telling, a call followed at once by its output; between them the provider's own.

    `image` fetches a picture; of one that is gone, its line is told.
    """
    items: list[Item] = []
    opaque = deque(history.opaque)
    for index, entry in enumerate(history.items):
        while opaque and opaque[0].before <= index:
            items.append(_opaque(opaque.popleft()))
        items += _told(entry, image)
    return [*items, *map(_opaque, opaque)]


def _told(entry: Entry, image: Callable[[ImageRef], Image | None]) -> list[Item]:
    match entry:
        case UserEntry():
            return [_asked(entry, image)] if entry.shown else []
        case AnnouncedEntry(text=text):
            return [Item(item_id="", kind="message", role="system", text=text)]
        case AssistantEntry():
            said = entry.text if entry.heard_text is None else entry.heard_text
            if not said or entry.partial or entry.streaming:
                return []
            return [Item(item_id="", kind="message", role="assistant", text=said)]
        case ToolEntry() if entry.status != "running":
            call = entry.call_id
            return [
                Item(
                    item_id="", kind="function_call", call_id=call, name=entry.name, arguments=entry.arguments
                ),
                Item(item_id="", kind="function_call_output", call_id=call, output=entry.output),
            ]
        case ToolEntry():
            return []  # unpaired: a provider would refuse its lonely half
        case _:
            assert_never(entry)


def _opaque(entry: OpaqueEntry) -> Item:
    return Item(item_id=entry.item_id, kind="other", raw=entry.content, model=entry.model)


def _asked(entry: UserEntry, image: Callable[[ImageRef], Image | None]) -> Item:
    images = tuple(found for ref in entry.images if (found := image(ref)) is not None)
    whole = len(images) == len(entry.images)
    text = entry.text or "" if whole else entry.shown
    return Item(item_id="", kind="message", role="user", text=text, images=images)


def latest(items: Sequence[Item], tokens: int) -> list[Item]:
    """The last of them that fit into about so many tokens; a call is never parted from its output."""
    kept: list[Item] = []
    for item in reversed(items):
        tokens -= _tokens(item)
        if tokens < 0:
            break
        kept.append(item)
    if kept and kept[-1].kind == "function_call_output":
        kept.pop()
    return kept[::-1]


def _tokens(item: Item) -> int:
    """A guess that is seldom too small: four letters a token, and what surrounds each item."""
    texts = (item.text, item.name, item.arguments, item.output, item.raw)
    pictures = sum(max(IMAGE_TOKENS, len(image.data) // 1000) for image in item.images)
    return 8 + sum(len(text.encode()) for text in texts if text) // 4 + pictures
