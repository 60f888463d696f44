"""Times of a log. What a log holds may be edited, or made by somebody else: what is no time is None."""

from datetime import UTC, datetime


def moment(at: str) -> datetime | None:
    """A timestamp as a time in UTC, which any zone can show; without a zone it is taken as UTC."""
    try:
        found = datetime.fromisoformat(at)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if datetime.min.year < found.year < datetime.max.year else None
