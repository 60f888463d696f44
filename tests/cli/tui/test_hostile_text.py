"""What a model, a tool, a log or a name says: inert, and the layout stays whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from realtime_chat.cli.tui.feed import Note
from realtime_chat.cli.tui.glyphs import LONG, steady
from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.history import AnnouncedEntry, AssistantEntry, Entry, UserEntry
from tests.cli.tui.drawn import assistant, call, drawing, feed_of, read, user

CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
FAMILY = "👩\u200d👩\u200d👧"
NASTY = [
    "\x1b[31mred\x1b[2J",
    "\x1b]52;c;aGk=\x07",
    "\x9b2J",
    "\u202egnp.exe",
    "&#x202e;[x](<http://a/&#x202e;b>)",
    "a\u200bb\u200dc\ufeff",
    FAMILY,
    "🇩🇪 ❤\ufe0f 👍🏽",
    "z" + "\u0301" * 300,
    "\ta\tb\r\nc\rd",
    "[red]x[/red] [link=x] [@click=app.quit]y[/]",
    "漢字" * 60,
    "\ud800 half",
    "\u2028\u2029\x85",
    "> " * 60 + "deep",
    "- " * 60 + "deep",
    "|" * 200,
    "\U000e0041\U000e0042hidden",
]

#: All of Unicode, but what matters here often.
TEXT = st.lists(
    st.one_of(st.text(), st.sampled_from(NASTY), st.sampled_from(["\n", "**", "`", "```\n", "- ", "|"]))
).map("".join)
WIDTHS = st.integers(1, 130)


def rows_of(text: str) -> list[Entry]:
    error = ErrorInfo(kind="tool_failed", message=text, category=Category.FATAL)
    return [
        user(text),
        UserEntry(turn_id="t", item_id="i", source="spoken", error=text),
        AnnouncedEntry(turn_id="t", item_id="j", text=text),
        assistant(text),
        assistant(text, streaming=True),
        assistant(f"a {text} b", heard=f"a {text[:3]}"),
        call(1, name=text, arguments=text),
        call(2, name=text, arguments='{"a": ' + repr(text) + "}", status="ok", output=text),
        call(3, status="failed", error=error),
    ]


def check(text: str, width: int, *, opened: bool = False) -> None:
    entries = rows_of(text)
    feed = feed_of(*entries)
    feed.progress["c1"] = text
    at = drawing(feed, width, opened={"c1", "c2", "c3"} if opened else set())
    for row in [*entries, Note(text), Note(text, "error", text)]:
        strips = at.strips(row)
        assert strips
        for strip in strips:
            assert strip.cell_length == cell_len(strip.text) <= width
            assert not CONTROL.search(strip.text)
            assert all(segment.control is None for segment in strip)
            assert all(segment.style is None or segment.style.link is None for segment in strip)
            assert all(segment.style is None or not segment.style.meta for segment in strip)


@given(TEXT, WIDTHS, st.booleans())
def test_any_text_is_lines_within_the_width_and_nothing_that_drives_a_terminal(
    text: str, width: int, opened: bool
):
    check(text, width, opened=opened)


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("width", [2, 20, 80])
def test_known_attacks_are_shown_and_not_obeyed(text: str, width: int):
    check(text, width)


@given(st.text())
def test_steady_text_is_as_wide_as_its_letters_one_by_one(text: str):
    """What terminals join or not, or widen or not, is not in it."""
    steadied = steady(text).replace("\n", "").replace("\t", "")
    assert cell_len(steadied) == sum(map(cell_len, steadied))


def test_joined_emoji_and_flags_are_drawn_in_parts():
    assert read(user(f"{FAMILY} 🇩🇪")) == ["👩👩👧 DE"]


def test_letters_of_other_scripts_keep_their_marks():
    words = "Việt — हिन्दी — עִבְרִית — ไทย"
    assert read(user(words)) == [words]
    assert read(user("z" + "\u0301" * 300)) == ["z\u0301\u0301\u0301"]


@pytest.mark.parametrize(
    "letter", ["x", "x ", "*", "[", "`", "> ", "|", "漢", "\u0301", "\n", "- a\n", "<", "\t"]
)
def test_a_megabyte_is_cut_with_a_word_about_the_rest(letter: str):
    """The whole is in the log; the screen's work is bounded by what is shown of it."""
    entry = assistant((letter * 1_000_000)[:1_000_000])
    shown = "".join(read(entry, 200))
    assert "more characters" in shown
    assert len(shown) < 2 * LONG


def test_a_megabyte_of_a_tool_is_cut_too():
    entry = call(1, status="ok", output="x" * 1_000_000, arguments="y" * 1_000_000, name="z" * 1_000_000)
    folded, opened = read(entry), read(entry, opened={"c1"})
    assert len(folded) == 4
    assert folded[-1].strip().endswith("+ more lines")
    assert "980,000 more characters" in "".join(opened)


def test_an_answer_of_a_megabyte_may_still_grow():
    entry: AssistantEntry = assistant("x" * 1_000_000, streaming=True)
    at = drawing(feed_of(entry))
    first = len(at.strips(entry))
    entry.text += "y" * 1000
    assert len(at.strips(entry)) == first
