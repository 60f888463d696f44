"""Take something off a list."""

from typing import Any

from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.datafolder import changing, one_line
from realtime_chat.tools.builtin.lists import ITEM_CHARS, list_path, place_of, read_items, write_items


@tool(need="own", parallel_safe=False)
def remove_from_list(list: str, item: str, ctx: ToolContext) -> dict[str, Any]:
    """Take one item off a list of the user. `removed` is false when it was not there."""
    path = list_path(ctx.data_dir, list)
    line = one_line(item, what="item", limit=ITEM_CHARS)
    with changing(ctx.data_dir):
        items = read_items(path)
        at = place_of(line, items)
        if at is not None:
            line = items.pop(at)
            write_items(path, items)
    return {"list": path.stem, "item": line, "removed": at is not None, "count": len(items)}
