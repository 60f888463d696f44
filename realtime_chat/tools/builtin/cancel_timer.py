"""Stop a timer."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin import timers


@tool(need="own", parallel_safe=False)
def cancel_timer(ctx: ToolContext, label: str = "") -> dict[str, Any]:
    """Stop the timer of that label; without a label the only one there is."""
    now = ctx.clock.wall()
    return {"cancelled": timers.cancel(ctx.data_dir, now, label=label).report(now)}
