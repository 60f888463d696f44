"""What messages are about: the entries of a provider's conversation."""

from typing import Literal, TypeAlias

import msgspec

ItemKind: TypeAlias = Literal["message", "function_call", "function_call_output", "other"]
Role: TypeAlias = Literal["user", "assistant", "system"]
ItemStatus: TypeAlias = Literal["completed", "incomplete", "in_progress"]
ResponseStatus: TypeAlias = Literal["completed", "cancelled", "incomplete", "failed", "in_progress"]


MediaType: TypeAlias = Literal["image/png", "image/jpeg"]


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A picture as its file has it."""

    media_type: MediaType
    data: bytes


#: Of an item that we do not understand, in bytes: what is kept goes into the log.
MOST_RAW = 64 << 10


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the provider's conversation, as far as we understand it.

    `images` go with a user's message, after its text (which may be "" then). `raw` is all of an "other" one, the JSON
    that the provider sent (at most MOST_RAW bytes, else ""), `name` its type there, and `model` whose it is: to another
    model it means nothing.
    """

    item_id: str
    kind: ItemKind = "other"
    role: Role | None = None
    status: ItemStatus | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    output: str | None = None
    text: str | None = None
    spoken: bool = False
    images: tuple[Image, ...] = ()
    raw: str = ""
    model: str = ""
