"""A limit on the cost: told once when little is left, once when it is spent, and never before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import events as ev
from realtime_chat.core.budget import Budget, BudgetNews
from realtime_chat.core.prices import Price, PriceList

PRICES = PriceList(
    {"m": Price(text_in=1_000_000), "ear": Price(per_minute=60)}
)  # a dollar a token, or a second


def budget(limit: float, *, spent: float = 0.0, model: str = "m", provider: str = "openai") -> Budget:
    return Budget(limit, PRICES, provider=provider, model=model, transcription_model="ear", spent_usd=spent)


def answer(tokens: int) -> ev.UsageReported:
    usage = ev.Usage(input=tokens, total=tokens, input_text=tokens)
    return ev.UsageReported(turn_id="t", response_id="r", usage=usage)


def words(seconds: float) -> ev.UserTranscript:
    return ev.UserTranscript(item_id="u", text="hi", usage=ev.TranscriptionUsage(seconds=seconds))


def test_it_says_once_that_little_is_left_and_once_that_it_is_spent() -> None:
    held = budget(10)
    assert [held.take(answer(tokens)) for tokens in (7, 1, 1, 1, 5)] == [
        None,
        BudgetNews.NEARLY_SPENT,
        None,
        BudgetNews.SPENT,
        None,
    ]
    assert (held.spent_usd, held.is_spent) == (15, True)


def test_an_answer_that_overruns_it_at_once_says_only_that_it_is_spent() -> None:
    held = budget(10)
    assert [held.take(answer(20)), held.take(answer(1))] == [BudgetNews.SPENT, None]


def test_the_words_of_the_user_cost_too() -> None:
    held = budget(10)
    assert held.take(words(8)) is BudgetNews.NEARLY_SPENT
    assert held.take(ev.UserTranscript(item_id="u", text="hi")) is None
    assert held.spent_usd == pytest.approx(8)


def test_what_was_spent_before_counts_and_a_spent_one_has_no_news() -> None:
    assert budget(10, spent=7).take(answer(1)) is BudgetNews.NEARLY_SPENT
    held = budget(10, spent=10)
    assert (held.is_spent, held.take(answer(1))) == (True, None)


def test_the_embedded_server_never_spends_it() -> None:
    held = budget(0.01, provider="local")
    assert held.take(answer(1000)) is None
    assert (held.spent_usd, held.unpriced) == (0, 0)


def test_what_has_no_price_is_counted_and_not_taken_for_nothing() -> None:
    held = budget(10, model="nobody-knows")
    assert held.take(answer(1000)) is None
    assert (held.spent_usd, held.unpriced) == (0, 1)


@given(st.integers(1, 100), st.lists(st.integers(0, 30), max_size=20))
def test_the_news_come_in_their_order_and_at_most_once(limit: int, used: list[int]) -> None:
    held = budget(limit)
    news: list[BudgetNews] = []
    spent = 0
    for tokens in used:
        spent += tokens
        if (told := held.take(answer(tokens))) is not None:
            news.append(told)
        assert held.is_spent == (spent >= limit)
        assert (BudgetNews.SPENT in news) == held.is_spent
    assert news in ([], [BudgetNews.NEARLY_SPENT], [BudgetNews.SPENT], list(BudgetNews))
