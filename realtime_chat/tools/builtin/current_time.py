"""What time it is, here."""

from datetime import datetime

from realtime_chat.tools.base import ToolContext, tool


@tool(need="read", parallel_safe=True)
def current_time(ctx: ToolContext) -> dict[str, str]:
    """Tell the present local time of the user, to be spoken and as ISO 8601."""
    now = ctx.clock.wall().astimezone()
    return {
        "spoken": spoken_time(now),
        "iso": now.isoformat(timespec="seconds"),
        "time_zone": now.tzname() or "",
    }


def spoken_time(when: datetime) -> str:
    """A time of day as people say it: 3:05 PM."""
    return f"{when.hour % 12 or 12}:{when.minute:02} {'AM' if when.hour < 12 else 'PM'}"
