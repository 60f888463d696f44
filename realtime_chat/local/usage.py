"""The counts on `response.done`, by rules of thumb that are the same for every engine.

What a brain's service counted is told as it is: text alone, for the model neither hears nor speaks. Else no tokenizer
runs here, so: one text token per four characters begun, one audio token per 100 ms of the user's
speech and per 50 ms of the assistant's, begun ones counted. Nothing is cached.
"""

from collections.abc import Iterable, Sequence

import msgspec

from realtime_chat.local.engines.ports import BrainUsage
from realtime_chat.local.items import Item
from realtime_chat.local.schema import Json

CHARACTERS_PER_TOKEN = 4
_HEARD_MS_PER_TOKEN = 100
_SPOKEN_MS_PER_TOKEN = 50


def text_tokens(*texts: str) -> int:
    return sum(_begun(len(text), CHARACTERS_PER_TOKEN) for text in texts)


def output_tokens(items: Iterable[Item]) -> tuple[int, int]:
    """Text and audio tokens of these answers."""
    text = audio = 0
    for item in items:
        text += text_tokens(item.said(), item.shown.get("arguments", ""))
        audio += _begun(item.sound_ms, _SPOKEN_MS_PER_TOKEN)
    return text, audio


def count(instructions: str, tools: Sequence[Json], context: Iterable[Item], output: Iterable[Item]) -> Json:
    """The `usage` object of a response."""
    heard_text = text_tokens(instructions) + (text_tokens(_json(tools)) if tools else 0)
    heard_audio = 0
    for item in context:
        if item.spoken:
            heard_audio += _begun(item.sound_ms, _HEARD_MS_PER_TOKEN)
        else:
            heard_text += text_tokens(
                item.said(), item.shown.get("arguments", ""), item.shown.get("output", "")
            )
    text, audio = output_tokens(output)
    return _usage_object(heard_text, heard_audio, text, audio)


def told(usage: BrainUsage) -> Json:
    """The `usage` object of a response that a service counted."""
    return _usage_object(usage.input, 0, usage.output, 0, cached=usage.cached)


def _usage_object(heard_text: int, heard_audio: int, text: int, audio: int, *, cached: int = 0) -> Json:
    none = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
    return {
        "total_tokens": heard_text + heard_audio + text + audio,
        "input_tokens": heard_text + heard_audio,
        "output_tokens": text + audio,
        "input_token_details": {
            **none,
            "text_tokens": heard_text,
            "audio_tokens": heard_audio,
            "cached_tokens": cached,
            "cached_tokens_details": {**none, "text_tokens": cached},
        },
        "output_token_details": {"text_tokens": text, "audio_tokens": audio},
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _begun(amount: int, per_token: int) -> int:
    return -(-amount // per_token)
