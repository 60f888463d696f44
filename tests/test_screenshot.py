"""The picture in the README is of the screen as it is."""

import html
import re
import time
from collections.abc import Generator
from pathlib import Path

import pytest

pytest.importorskip("scripts.screenshot", reason="the scripts are not beside the tests")

from scripts.screenshot import PICTURE, draw


def words(picture: str) -> list[str]:
    """What one reads in it, line by line."""
    return [html.unescape(text).strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", picture)]


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """The screen shows the time of the place where one is."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system keeps its own time zone")
async def test_the_picture_in_the_readme_shows_the_screen_of_today(tmp_path: Path) -> None:
    readme = (PICTURE.parent.parent / "README.md").read_text(encoding="utf-8")
    assert f"docs/{PICTURE.name}" in readme
    shown = words(await draw(tmp_path))
    assert shown == words(PICTURE.read_text(encoding="utf-8")), "run `python -m scripts.screenshot`"
    assert any("(unheard)" in line for line in shown)
