"""Which sessions are old enough to go."""

from collections.abc import Sequence
from datetime import datetime

from realtime_chat.core.store.documents import SessionSummary


def outdated(sessions: Sequence[SessionSummary], *, before: datetime, keep: int = 0) -> list[SessionSummary]:
    """Those last used before that time, but never the `keep` that were used last; the oldest first.

    One that cannot be read, or in which nothing is, is never among them: nobody knows how old it is.
    """
    dated = [one for one in sessions if one.error is None and one.last_at]
    dated.sort(key=lambda one: datetime.fromisoformat(one.last_at), reverse=True)
    return [one for one in dated[keep:] if datetime.fromisoformat(one.last_at) < before][::-1]
