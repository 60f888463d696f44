"""The user's lists: `lists/NAME.txt` in the data folder, one item a line."""

from pathlib import Path

from realtime_chat.tools.builtin.datafolder import read_text, slug, write_text

MAX_ITEMS = 500
ITEM_CHARS = 200


def list_path(data_dir: Path, name: str) -> Path:
    """Where the list of that name is kept; never outside `lists`. Raises InvalidArguments."""
    return data_dir / "lists" / f"{slug(name)}.txt"


def read_items(path: Path) -> list[str]:
    """Its items; none when there is no such list."""
    return [line.strip() for line in read_text(path).split("\n") if line.strip()]


def write_items(path: Path, items: list[str]) -> None:
    """Replace its items."""
    write_text(path, "".join(f"{item}\n" for item in items))


def place_of(item: str, items: list[str]) -> int | None:
    """Where `item` stands, whatever its capitals."""
    return next((at for at, kept in enumerate(items) if kept.casefold() == item.casefold()), None)
