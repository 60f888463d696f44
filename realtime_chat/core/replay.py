"""What a new connection is given of an old conversation: text only, paired calls, the heard part (PROTOCOL row 13).

Provider-failed partial text is evidence, never replayed (P21); usage neither (P31). Ids are left blank: the
sender gives fresh ones (row 15).
"""

from collections.abc import Sequence
from typing import assert_never

from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, History, ToolEntry, UserEntry
from realtime_chat.core.messages import Item


def replay_items(history: History) -> list[Item]:
    """One item for each entry worth telling, a call followed at once by its output."""
    items: list[Item] = []
    for entry in history.items:
        match entry:
            case UserEntry(text=text):
                if text:
                    items.append(Item(item_id="", kind="message", role="user", text=text))
            case AnnouncedEntry(text=text):
                items.append(Item(item_id="", kind="message", role="system", text=text))
            case AssistantEntry():
                said = entry.text if entry.heard_text is None else entry.heard_text
                if said and not entry.partial and not entry.streaming:
                    items.append(Item(item_id="", kind="message", role="assistant", text=said))
            case ToolEntry() if entry.status != "running":
                items.append(
                    Item(
                        item_id="",
                        kind="function_call",
                        call_id=entry.call_id,
                        name=entry.name,
                        arguments=entry.arguments,
                    )
                )
                items.append(
                    Item(item_id="", kind="function_call_output", call_id=entry.call_id, output=entry.output)
                )
            case ToolEntry():
                pass  # unpaired: a provider would refuse its lonely half
            case _:
                assert_never(entry)
    return items


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
    texts = (item.text, item.name, item.arguments, item.output)
    return 8 + sum(len(text.encode()) for text in texts if text) // 4
