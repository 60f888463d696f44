"""Estimates: each token is billed once, at its own price; what is not known is not made up."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core.events import Usage
from realtime_chat.core.prices import LIST_PRICES, Cost, Price, PriceList
from realtime_chat.core.usage import UsageEntry

PRICE = Price(
    text_in=4, text_cached=0.4, text_out=16, audio_in=32, audio_cached=0.8, audio_out=64, image_in=5
)
OURS = PriceList({"m": PRICE})
MILLION = 1_000_000


def report(
    tokens: Usage | None = None, *, model: str = "m", provider: str = "openai", seconds: float = 0.0
) -> UsageEntry:
    return UsageEntry(
        turn_id="t",
        item_id="r",
        at="",
        provider=provider,
        model=model,
        tokens=tokens or Usage(),
        seconds=seconds,
    )


def test_a_cached_token_is_billed_at_its_own_price_and_not_at_the_full_one_too() -> None:
    usage = Usage(
        input=3 * MILLION,
        input_text=MILLION,
        input_audio=2 * MILLION,
        cached=MILLION,
        cached_text=MILLION // 4,
        cached_audio=3 * MILLION // 4,
        output=MILLION,
        output_text=MILLION // 2,
        output_audio=MILLION // 2,
    )
    text, sound, answer = 0.75 * 4 + 0.25 * 0.4, 1.25 * 32 + 0.75 * 0.8, 0.5 * 16 + 0.5 * 64
    assert OURS.cost_of(report(usage)) == pytest.approx(text + sound + answer)


def test_cached_tokens_of_no_told_kind_are_taken_off_the_text_first() -> None:
    usage = Usage(input=MILLION, input_text=MILLION // 2, input_audio=MILLION // 2, cached=3 * MILLION // 4)
    assert OURS.cost_of(report(usage)) == pytest.approx(0.5 * 0.4 + 0.25 * 0.8 + 0.25 * 32)


def test_without_a_price_for_cached_tokens_nothing_is_taken_off() -> None:
    usage = Usage(input=MILLION, input_text=MILLION, cached=MILLION, cached_text=MILLION)
    assert PriceList({"m": Price(text_in=3)}).cost_of(report(usage)) == pytest.approx(3)


def test_more_cached_tokens_than_input_are_no_gain() -> None:
    usage = Usage(input=MILLION, input_audio=MILLION, cached=5 * MILLION, cached_audio=5 * MILLION)
    assert OURS.cost_of(report(usage)) == pytest.approx(0.8)


def test_tokens_of_no_told_kind_beside_others_are_text() -> None:
    usage = Usage(input=3 * MILLION, input_text=MILLION, input_audio=MILLION, output=MILLION, output_audio=1)
    expected = 2 * 4 + 32 + (MILLION - 1) / MILLION * 16 + 64 / MILLION
    assert OURS.cost_of(report(usage)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "usage",
    [
        Usage(input=10),  # text or sound?
        Usage(input=10, input_text=10, output=5),
        Usage(total=15),
    ],
)
def test_tokens_that_may_be_text_or_sound_have_no_estimate(usage: Usage) -> None:
    assert OURS.cost_of(report(usage)) is None


def test_a_kind_without_a_price_has_no_estimate_and_costs_nothing_where_it_was_not_used() -> None:
    written = PriceList({"m": Price(text_in=4, text_out=16)})
    assert written.cost_of(report(Usage(input=MILLION, input_text=MILLION))) == pytest.approx(4)
    assert written.cost_of(report(Usage(input=2, input_text=1, input_audio=1))) is None
    assert written.cost_of(report(seconds=60)) is None


def test_transcription_is_billed_by_the_minute_or_by_its_own_models_tokens() -> None:
    listed = PriceList()
    assert listed.cost_of(report(model="whisper-1", seconds=90)) == pytest.approx(0.009)
    tokens = Usage(input=MILLION, input_audio=MILLION, output=MILLION, total=2 * MILLION)
    assert listed.cost_of(report(tokens, model="gpt-4o-transcribe")) == pytest.approx(12.5)


def test_an_unknown_model_has_no_estimate_and_the_embedded_server_costs_nothing() -> None:
    usage = Usage(input=10, input_text=10)
    assert OURS.cost_of(report(usage, model="nobody-knows")) is None
    assert OURS.cost_of(report(usage, model="")) is None
    assert OURS.cost_of(report(usage, provider="local", model="local-commands")) == 0
    assert OURS.knows("local", "local-commands")
    assert OURS.knows("openai", "m")
    assert not OURS.knows("openai", "nobody-knows")


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("gpt-realtime", "gpt-realtime"),
        ("gpt-realtime-2025-08-28", "gpt-realtime"),
        ("gpt-realtime-2.1", "gpt-realtime-2.1"),
        ("gpt-realtime-mini-2025-12-15", "gpt-realtime-mini"),
        ("gpt-4o-realtime-preview-2024-12-17", "gpt-4o-realtime-preview"),
        ("gpt-4o-mini-transcribe-2025-03-20", "gpt-4o-mini-transcribe"),
        ("gpt-realtime-whisper", "gpt-realtime-whisper"),
        ("gemini-2.5-flash-native-audio-preview-12-2025", "gemini-2.5-flash-native-audio"),
        ("gemini-3.1-flash-live-preview", "gemini-3.1-flash-live"),
        ("gemini-2.5-flash-native-audio-latest", "gemini-2.5-flash-native-audio"),
    ],
)
def test_a_dated_model_has_the_price_of_its_name(model: str, row: str) -> None:
    assert PriceList().price_of(model) == LIST_PRICES[row]


@pytest.mark.parametrize(
    "model", ["gpt-realtime-3", "gpt-realtime-translate", "gpt-realtimes", "gpt", "whisper-10"]
)
def test_another_model_whose_name_begins_alike_has_no_price(model: str) -> None:
    assert PriceList().price_of(model) is None


def test_the_users_row_goes_over_ours_key_by_key_and_the_longest_name_counts() -> None:
    mine = PriceList(
        {"gpt-realtime-2025-08-28": Price(audio_out=1), "gpt-realtime": Price(text_in=2), "mine": PRICE}
    )
    general, dated = mine.price_of("gpt-realtime"), mine.price_of("gpt-realtime-2025-08-28")
    assert general is not None
    assert dated is not None
    assert (general.text_in, general.text_out, general.audio_out) == (2, 16, 64)
    assert (dated.text_in, dated.text_out, dated.audio_out) == (2, 16, 1)
    assert mine.price_of("mine") == PRICE
    assert PriceList().price_of("gpt-realtime") == LIST_PRICES["gpt-realtime"]


def test_every_row_says_where_and_when_it_was_looked_up() -> None:
    for price in LIST_PRICES.values():
        assert price.source.startswith("https://")
        assert date.fromisoformat(price.read_on) <= date(2030, 1, 1)


def test_a_sum_leaves_out_what_has_no_price_and_says_how_many() -> None:
    known, unknown = report(Usage(input=MILLION, input_text=MILLION)), report(model="nobody-knows")
    assert OURS.estimate([known, known]) == Cost(usd=8)
    assert OURS.estimate([known, unknown]) == Cost(usd=4, unpriced=1)
    assert OURS.estimate([unknown]) == Cost(usd=None, unpriced=1)
    assert OURS.estimate([]) == Cost()
    assert OURS.estimate([known, unknown]).complete is None
    assert OURS.estimate([known]).complete == 4


counts = st.integers(0, 10**6)


@given(counts, counts, counts, st.data())
def test_what_is_cached_never_makes_an_answer_dearer_nor_free(
    text: int, sound: int, image: int, data: st.DataObject
) -> None:
    whole = Usage(
        input=text + sound + image,
        total=text + sound + image,
        input_text=text,
        input_audio=sound,
        input_image=image,
    )
    cached = data.draw(st.integers(0, whole.input))
    partly = Usage(
        input=whole.input,
        total=whole.total,
        input_text=text,
        input_audio=sound,
        input_image=image,
        cached=cached,
        cached_text=data.draw(st.integers(0, min(text, cached))),
    )
    full, less = OURS.cost_of(report(whole)), OURS.cost_of(report(partly))
    assert full is not None
    assert less is not None
    assert less <= full + 1e-9
    assert (less == 0) == (full == 0)
