"""Tell of all timers."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin import timers


@tool(need="read", parallel_safe=True)
def list_timers(ctx: ToolContext) -> dict[str, Any]:
    """Tell which timers run and how long each still has; `due` is true for those ended in the last hour."""
    now = ctx.clock.wall()
    return {"timers": [timer.report(now) for timer in timers.load(ctx.data_dir, now)]}
