"""Money in words: the prices in force, and an estimate as a user reads it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from realtime_chat.core.events import Envelope
from realtime_chat.core.folding import fold
from realtime_chat.core.moments import moment
from realtime_chat.core.prices import Cost, Price, PriceList

if TYPE_CHECKING:
    from realtime_chat.cli.settings import Settings


def price_list(settings: "Settings") -> PriceList:
    """The list prices under the user's own."""
    return PriceList({name: Price(**row.model_dump()) for name, row in settings.prices.items()})


def cost_since(log: Iterable[Envelope], began: datetime, prices: PriceList) -> Cost:
    """What was used of a session after a moment. Raises what reading the log does."""
    reports = fold(log).reports
    return prices.estimate(one for one in reports if (at := moment(one.at)) is not None and at >= began)


def in_words(cost: Cost) -> str:
    """ "about $0.04, an estimate"; "" where there is no cost, or none is known."""
    if not cost.usd:
        return ""
    amount = f"about ${cost.usd:.2f}" if cost.usd >= 0.005 else "less than $0.01"
    left_out = f", without {cost.unpriced} of unknown price" if cost.unpriced else ""
    return f"{amount}, an estimate{left_out}"
