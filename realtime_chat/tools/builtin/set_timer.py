"""Start a timer."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin import timers
from realtime_chat.tools.builtin.datafolder import one_line

LABEL_CHARS = 80


@tool(need="own", parallel_safe=False)
def set_timer(seconds: int, ctx: ToolContext, label: str = "") -> dict[str, Any]:
    """Start a timer of so many seconds; the label says what it is for, such as "tea"."""
    name = one_line(label, what="label", limit=LABEL_CHARS) if label.strip() else ""
    now = ctx.clock.wall()
    return timers.add(ctx.data_dir, now, seconds=seconds, label=name).report(now)
