"""Which sessions are old enough to go."""

from collections.abc import Sequence
from datetime import datetime

from realtime_chat.core.moments import moment
from realtime_chat.core.store.documents import SessionSummary


def outdated(sessions: Sequence[SessionSummary], *, before: datetime, keep: int = 0) -> list[SessionSummary]:
    """Those last used before that time, but never the `keep` that were used last; the oldest first.

    One that cannot be read, or in which nothing is, is never among them: nobody knows how old it is.
    """
    dated = [(at, one) for one in sessions if one.error is None and (at := moment(one.last_at)) is not None]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return [one for at, one in dated[keep:] if at < before][::-1]
