"""Frames of Gemini's, read without trust: whatever is missing or odd is nothing."""

import base64
import binascii
import re
from typing import cast

from realtime_chat.core import messages as m
from realtime_chat.core.events import Usage
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.transports.openai.fields import Fields, obj, objs, text, whole

_RATE = re.compile(r"rate=(\d+)")
#: Hz; other sound is not ours to play.
_OUTPUT_RATE = "24000"
_URL_SAFE = str.maketrans("-_", "+/")


def read_frame(frame: bytes) -> Fields | m.Malformed:
    """The object of a frame, which may come as text or as bytes."""
    try:
        fields = read_json(frame)
    except NotJson as error:
        return m.Malformed(detail=f"parse_error: a frame of {len(frame)} bytes is not JSON ({error})")
    if not isinstance(fields, dict):
        return m.Malformed(detail=f"parse_error: a frame of {len(frame)} bytes is not a JSON object")
    return cast(Fields, fields)


def sound(part: Fields) -> bytes | m.Malformed:
    """The sound of a part, whole samples of it; b"" where there is none that we play."""
    data = obj(part, "inlineData")
    kind, words = text(data, "mimeType"), text(data, "data")
    rate = _RATE.search(kind)
    if not kind.startswith("audio/pcm") or (rate is not None and rate[1] != _OUTPUT_RATE):
        return b""
    try:
        pcm = base64.b64decode(words.translate(_URL_SAFE) + "=" * (-len(words) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        return m.Malformed(detail=f"bad_audio: {len(words)} characters of sound are not base64 ({error})")
    return pcm[: len(pcm) - len(pcm) % 2]


def usage(fields: Fields) -> Usage | None:
    """What was used, of `usageMetadata`; thoughts are output, and billed as text. None where nothing is told."""
    told = obj(fields, "usageMetadata")
    if not told:
        return None
    into, out, cached = (
        _by_kind(told, key) for key in ("promptTokensDetails", "responseTokensDetails", "cacheTokensDetails")
    )
    thoughts = whole(told, "thoughtsTokenCount") or 0
    prompt = (whole(told, "promptTokenCount") or 0) + (whole(told, "toolUsePromptTokenCount") or 0)
    said = (whole(told, "responseTokenCount") or whole(told, "candidatesTokenCount") or 0) + thoughts
    return Usage(
        input=prompt,
        output=said,
        total=prompt + said,
        input_text=into.get("TEXT", 0),
        input_audio=into.get("AUDIO", 0),
        input_image=into.get("IMAGE", 0) + into.get("VIDEO", 0),
        cached=whole(told, "cachedContentTokenCount") or 0,
        cached_text=cached.get("TEXT", 0),
        cached_audio=cached.get("AUDIO", 0),
        cached_image=cached.get("IMAGE", 0),
        output_text=out.get("TEXT", 0) + thoughts,
        output_audio=out.get("AUDIO", 0),
        extras={"thoughts": thoughts} if thoughts else {},
    )


def _by_kind(told: Fields, key: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in objs(told, key):
        kind = text(each, "modality")
        found[kind] = found.get(kind, 0) + max(0, whole(each, "tokenCount") or 0)
    return found
