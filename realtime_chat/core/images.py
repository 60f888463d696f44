"""Pictures of the user's: what is one, how big it may be, and how it stands in a talk. Pure."""

from base64 import b64encode
from typing import Final

import msgspec

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.event_parts import ImageRef
from realtime_chat.core.message_parts import Image, Item, MediaType

#: Of one picture; as base64 in a frame it is a third more.
MAX_IMAGE_BYTES: Final = 10 << 20
_BEGINNINGS: tuple[tuple[bytes, MediaType], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
#: In the place of a picture, for a model that has no eyes.
UNSEEN = "[a picture that you cannot see]"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture and what the user calls it: its file's name."""

    name: str
    image: Image


class KeptImage(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that is on disk beside its session's log, so that another connection can be shown it, too."""

    ref: ImageRef
    image: Image


def image_of(data: bytes) -> Image:
    """What these bytes are, by how they begin. Raises InvalidArguments for none, or too big a one."""
    kind: MediaType | None = next((one for start, one in _BEGINNINGS if data.startswith(start)), None)
    if kind is None:
        raise InvalidArguments("That is no picture that a model takes; give a PNG or JPEG file.")
    if len(data) > MAX_IMAGE_BYTES:
        raise InvalidArguments(f"The picture is bigger than {MAX_IMAGE_BYTES >> 20} MiB; give a smaller one.")
    return Image(media_type=kind, data=data)


def data_uri(image: Image) -> str:
    """A picture as an address that holds it, as services of several dialects take it."""
    return f"data:{image.media_type};base64,{b64encode(image.data).decode()}"


def caption(ref: ImageRef) -> str:
    """A picture in a transcript."""
    kind = ref.media_type.removeprefix("image/").upper()
    return f"[{ref.name}, {kind}, {max(1, round(ref.size / 1000)):,} kB]"


def without_eyes(item: Item) -> Item:
    """The same, for a model that cannot see."""
    if not item.images:
        return item
    words = "\n".join(filter(None, (item.text, *(UNSEEN for _ in item.images))))
    return msgspec.structs.replace(item, text=words, images=())
