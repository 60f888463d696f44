"""Read a list."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.lists import list_path, read_items


@tool(need="read", parallel_safe=True)
def read_list(list: str, ctx: ToolContext) -> dict[str, Any]:
    """Read a list of the user, such as "shopping". A list nobody made has no items."""
    path = list_path(ctx.data_dir, list)
    items = read_items(path)
    return {"list": path.stem, "count": len(items), "items": items}
