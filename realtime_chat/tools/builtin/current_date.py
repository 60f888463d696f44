"""What day it is, here."""

from realtime_chat.tools.base import ToolContext, tool


@tool(need="read", parallel_safe=True)
def current_date(ctx: ToolContext) -> dict[str, str]:
    """Tell the present local date of the user, to be spoken and as ISO 8601."""
    now = ctx.clock.wall().astimezone()
    return {
        "spoken": f"{now:%A}, {now.day} {now:%B} {now.year}",
        "iso": now.date().isoformat(),
        "weekday": f"{now:%A}",
        "time_zone": now.tzname() or "",
    }
