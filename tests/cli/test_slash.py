"""Words behind a slash: which they are, what is none, and how they go on."""

import pytest

from realtime_chat.cli import slash


@pytest.mark.parametrize(
    ("typed", "word", "rest"),
    [
        ("/help", "help", ""),
        ("/rename  the trip ", "rename", "the trip"),
        ("/QUIT", "quit", ""),
        ("/exit", "quit", ""),
        ("/clear", "new", ""),
    ],
)
def test_a_word_is_read_with_what_follows_it(typed: str, word: str, rest: str) -> None:
    found = slash.read(typed)
    assert found is not None
    assert found.word is not None
    assert (found.word.name, found.rest) == (word, rest)


@pytest.mark.parametrize(
    "text", ["hello", "/", "/etc/passwd is what?", "// a comment", " /help", "/a\nb", ""]
)
def test_what_is_meant_for_the_model_is_no_word(text: str) -> None:
    assert slash.read(text) is None


@pytest.mark.parametrize(("typed", "near"), [("/theem", "/theme"), ("/permission", "/permissions")])
def test_an_unknown_word_suggests_the_nearest(typed: str, near: str) -> None:
    found = slash.read(typed)
    assert found is not None
    assert found.word is None
    told = slash.unknown(found)
    assert f"Did you mean {near}?" in told
    assert "nothing was sent" in told


def test_one_that_is_like_none_names_the_help() -> None:
    found = slash.read("/xyzzy")
    assert found is not None
    assert "/help lists them" in slash.unknown(found)


def test_a_beginning_goes_on_in_every_way_that_there_is() -> None:
    assert [text for text, _ in slash.completions("/mo", {})] == ["/model"]
    assert len(slash.completions("/", {})) == len(slash.WORDS)
    assert slash.completions("/theme D", {"theme": ["dark", "dusk", "light"]}) == [
        ("/theme dark", ""),
        ("/theme dusk", ""),
    ]
    assert slash.completions("/theme dark", {"theme": ["dark"]}) == []
    assert slash.completions("hello", {}) == []


def test_every_alias_is_of_a_word_and_every_word_is_in_the_help() -> None:
    names = {one.name for one in slash.WORDS}
    assert set(slash.ALIASES.values()) <= names
    assert {usage.split()[0] for usage, _ in slash.help_rows()} == {f"/{name}" for name in names}
