"""What use costs, as an estimate: list prices by model, which the user may override.

USD per million tokens, or per minute of sound. Each row names the page that tells it and the day it was looked up; a
provider may have changed it since, and what was agreed with an account is not here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from realtime_chat.core.event_parts import Usage
from realtime_chat.core.usage import UsageEntry

#: Run on the user's own machine: nobody sends a bill.
FREE_PROVIDERS = frozenset({"local", "ollama"})
#: What may follow a row's name in the name of one version of that model: -2025-08-28, -preview-12-2025, -latest.
_VERSION = re.compile(r"(-preview)?(-\d{4}-\d{2}-\d{2}|-\d{2}-\d{4}|-latest)?")
_MILLION = 1_000_000


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """One model's prices. None: not known, and no estimate is made of what would need it.

    A `*_cached` that is None: nothing is taken off for cached tokens.
    """

    text_in: float | None = None
    text_cached: float | None = None
    text_out: float | None = None
    audio_in: float | None = None
    audio_cached: float | None = None
    audio_out: float | None = None
    image_in: float | None = None
    image_cached: float | None = None
    per_minute: float | None = None
    source: str = ""
    read_on: str = ""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate of several reports together: None when no price is known of any, or there are none.

    `unpriced` reports are not in `usd`.
    """

    usd: float | None = None
    unpriced: int = 0

    @property
    def complete(self) -> float | None:
        """The sum, if it is that of all."""
        return None if self.unpriced else self.usd


class PriceList:
    """The prices in force: ours, and the user's `own` rows over them."""

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._rows = dict(LIST_PRICES)
        for name, price in sorted((own or {}).items(), key=lambda row: len(row[0])):
            below = self.price_of(name) or Price()
            given = {key: value for key, value in msgspec.structs.asdict(price).items() if value is not None}
            self._rows[name] = msgspec.structs.replace(below, **given)

    def price_of(self, model: str) -> Price | None:
        """The row of the model, or the longest one of which it is a version; None for a model we do not know."""
        names = [
            name
            for name in self._rows
            if model.startswith(name) and _VERSION.fullmatch(model, pos=len(name)) is not None
        ]
        return self._rows[max(names, key=len)] if names else None

    def knows(self, provider: str, model: str) -> bool:
        """Whether there can be an estimate at all."""
        return provider in FREE_PROVIDERS or self.price_of(model) is not None

    def cost_of(self, entry: UsageEntry) -> float | None:
        """USD for one report; 0 from a free provider, None where a price that it needs is not known."""
        if entry.provider in FREE_PROVIDERS:
            return 0.0
        price = self.price_of(entry.model)
        if price is None:
            return None
        tokens = _cost_of_tokens(entry.tokens, price)
        if not entry.seconds:
            return tokens
        if price.per_minute is None or tokens is None:
            return None
        return tokens + entry.seconds / 60 * price.per_minute

    def estimate(self, entries: Iterable[UsageEntry]) -> Cost:
        """USD for all of them."""
        costs = [self.cost_of(entry) for entry in entries]
        known = [cost for cost in costs if cost is not None]
        return Cost(usd=sum(known) if known else None, unpriced=len(costs) - len(known))


def _cost_of_tokens(usage: Usage, price: Price) -> float | None:
    into = _by_kind(usage.input, (usage.input_text, usage.input_audio, usage.input_image), price.audio_in)
    out = _by_kind(usage.output, (usage.output_text, usage.output_audio), price.audio_out)
    if into is None or out is None or (usage.total and not any(into) and not any(out)):
        return None
    cached = _cached(usage, into)
    full = (price.text_in, price.audio_in, price.image_in)
    reduced = (price.text_cached, price.audio_cached, price.image_cached)
    bill = [
        *((count - part, rate) for count, part, rate in zip(into, cached, full, strict=True)),
        *(
            (part, rate if less is None else less)
            for part, rate, less in zip(cached, full, reduced, strict=True)
        ),
        *zip(out, (price.text_out, price.audio_out), strict=True),
    ]
    if any(count and rate is None for count, rate in bill):
        return None
    return sum(count * (rate or 0.0) for count, rate in bill) / _MILLION


def _by_kind(total: int, told: Sequence[int], sound_price: float | None) -> list[int] | None:
    """Tokens by kind, text first. What is told of no kind, beside others that are, is text.

    None: nothing was told, and it may be sound, which costs eight times as much.
    """
    untold = max(0, total - sum(told))
    if untold and not any(told) and sound_price is not None:
        return None
    return [told[0] + untold, *told[1:]]


def _cached(usage: Usage, kinds: Sequence[int]) -> list[int]:
    """How much of each kind of input was cached: never more than there is of it.

    What is told of no kind is text first: a cache holds the beginning, and the estimate is rather too high.
    """
    told = (usage.cached_text, usage.cached_audio, usage.cached_image)
    parts = [min(part, count) for part, count in zip(told, kinds, strict=True)]
    untold = max(0, usage.cached - sum(told))
    for kind, count in enumerate(kinds):
        more = min(untold, count - parts[kind])
        parts[kind] += more
        untold -= more
    return parts


_READ_ON = "2026-11-21"
_OPENAI = "https://developers.openai.com/api/docs/models/"
_GEMINI = "https://ai.google.dev/gemini-api/docs/pricing"


def _openai(page: str, /, **prices: float) -> Price:
    return Price(**prices, source=_OPENAI + page, read_on=_READ_ON)


def _gemini(**prices: float) -> Price:
    return Price(**prices, source=_GEMINI, read_on=_READ_ON)


_BIG = {
    **{"text_in": 4.0, "text_cached": 0.4, "audio_in": 32.0, "audio_cached": 0.4, "audio_out": 64.0},
    **{"image_in": 5.0, "image_cached": 0.5},
}
_MINI = {
    **{"text_in": 0.6, "text_cached": 0.06, "text_out": 2.4, "audio_in": 10.0, "audio_cached": 0.3},
    **{"audio_out": 20.0, "image_in": 0.8, "image_cached": 0.08},
}
_PREVIEW = {"text_in": 5.0, "text_cached": 2.5, "text_out": 20.0, "audio_in": 40.0, "audio_cached": 2.5}
_MINI_PREVIEW = {"text_in": 0.6, "text_cached": 0.3, "text_out": 2.4, "audio_in": 10.0, "audio_cached": 0.3}

#: By model; a row counts for the versions of its model, too.
LIST_PRICES: Mapping[str, Price] = {
    "gpt-realtime": _openai("gpt-realtime-1.5", **_BIG, text_out=16.0),  # the first one; priced as 1.5
    "gpt-realtime-1.5": _openai("gpt-realtime-1.5", **_BIG, text_out=16.0),
    "gpt-realtime-2": _openai("gpt-realtime-2", **_BIG, text_out=24.0),
    "gpt-realtime-2.1": _openai("gpt-realtime-2.1", **_BIG, text_out=24.0),
    "gpt-realtime-mini": _openai("gpt-realtime-2.1-mini", **_MINI),  # compared there: the same
    "gpt-realtime-2.1-mini": _openai("gpt-realtime-2.1-mini", **_MINI),
    "gpt-4o-realtime-preview": _openai("gpt-4o-realtime-preview", **_PREVIEW, audio_out=80.0),
    "gpt-4o-mini-realtime-preview": _openai("gpt-4o-mini-realtime-preview", **_MINI_PREVIEW, audio_out=20.0),
    "whisper-1": _openai("whisper-1", per_minute=0.006),
    "gpt-realtime-whisper": _openai("gpt-realtime-whisper", per_minute=0.017),
    "gpt-transcribe": _openai("gpt-transcribe", per_minute=0.0045),
    "gpt-4o-transcribe": _openai("gpt-4o-transcribe", text_in=2.5, audio_in=2.5, text_out=10.0),
    "gpt-4o-mini-transcribe": _openai("gpt-4o-mini-transcribe", text_in=1.25, audio_in=1.25, text_out=5.0),
    "gemini-3.1-flash-live": _gemini(text_in=0.75, audio_in=3.0, image_in=1.0, text_out=4.5, audio_out=12.0),
    "gemini-2.5-flash-native-audio": _gemini(
        text_in=0.5, audio_in=3.0, image_in=3.0, text_out=2.0, audio_out=12.0
    ),
}
