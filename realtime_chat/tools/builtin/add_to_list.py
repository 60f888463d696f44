"""Put something on a list."""

from typing import Any

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.tools.base import ToolContext, tool
from realtime_chat.tools.builtin.datafolder import changing, one_line
from realtime_chat.tools.builtin.lists import (
    ITEM_CHARS,
    MAX_ITEMS,
    list_path,
    place_of,
    read_items,
    write_items,
)


@tool(need="own", parallel_safe=False)
def add_to_list(list: str, item: str, ctx: ToolContext) -> dict[str, Any]:
    """Put one item on a list of the user, such as "shopping"; the list is made when it is new.

    `added` is false when it stood there already.
    """
    path = list_path(ctx.data_dir, list)
    line = one_line(item, what="item", limit=ITEM_CHARS)
    with changing(ctx.data_dir):
        items = read_items(path)
        new = place_of(line, items) is None
        if new and len(items) >= MAX_ITEMS:
            raise InvalidArguments(f"The list is full with {MAX_ITEMS} items; remove some first.")
        if new:
            items.append(line)
            write_items(path, items)
    return {"list": path.stem, "item": line, "added": new, "count": len(items)}
