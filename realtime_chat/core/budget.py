"""A limit on what a session may cost, by the estimate: it says when little is left, and when it is spent.

It decides and does nothing: who holds it ends the talk.
"""

from enum import StrEnum

from realtime_chat.core.events import UsageReported, UserTranscript
from realtime_chat.core.prices import PriceList
from realtime_chat.core.usage import UsageEntry, of_answer, of_transcript

NEARLY = 0.8


class BudgetNews(StrEnum):
    """Each is told once."""

    NEARLY_SPENT = "nearly_spent"
    SPENT = "spent"


class Budget:
    """`limit_usd` for what is taken from now on, and what was `spent_usd` before (of a resumed session, say).

    Whoever sets one asks `PriceList.knows` first: what has no price cannot be watched; it is counted in `unpriced`.
    """

    def __init__(
        self,
        limit_usd: float,
        prices: PriceList,
        *,
        provider: str,
        model: str,
        transcription_model: str = "",
        spent_usd: float = 0.0,
    ) -> None:
        self.limit_usd = limit_usd
        self.spent_usd = spent_usd
        self.unpriced = 0
        self._prices = prices
        self._provider = provider
        self._model = model
        self._transcription_model = transcription_model
        self._told = BudgetNews.SPENT if self.is_spent else None

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.spent_usd >= self.limit_usd

    def take(self, event: UsageReported | UserTranscript) -> BudgetNews | None:
        """Count what was used; the news, the first time that there is any."""
        entry = self._entry(event)
        cost = self._prices.cost_of(entry) if entry is not None else 0.0
        if cost is None:
            self.unpriced += 1
            return None
        self.spent_usd += cost
        news = self._now()
        if news is None or news is self._told or self._told is BudgetNews.SPENT:
            return None
        self._told = news
        return news

    def _now(self) -> BudgetNews | None:
        if self.is_spent:
            return BudgetNews.SPENT
        return BudgetNews.NEARLY_SPENT if self.spent_usd >= NEARLY * self.limit_usd else None

    def _entry(self, event: UsageReported | UserTranscript) -> UsageEntry | None:
        if isinstance(event, UsageReported):
            return of_answer(event, at="", provider=self._provider, model=self._model)
        return of_transcript(event, at="", provider=self._provider, model=self._transcription_model)
