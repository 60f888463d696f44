"""A session as a Markdown page: readable, and text from outside has no power over it."""

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from realtime_chat.cli.markdown import page
from realtime_chat.core import events as ev
from realtime_chat.core.errors import ErrorInfo
from realtime_chat.core.printable import printable
from tests.core.stories import Story, heard, said, spoken, typed

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {
    *("heading", "paragraph", "bullet_list", "list_item", "blockquote", "strong", "em"),
    *("inline", "text", "fence", "hardbreak", "softbreak"),
}
HOSTILE = [
    "# a heading\n\n---\n\nTitle\n===\n\n- a\n+ b\n1. c\n2) d",
    "<script>alert(1)</script> <!-- & &amp; --> <http://a.b>",
    "![pixel](http://a.b/x.png) [link](javascript:x)\n\n[ref]: http://a.b",
    "```\ncode\n```\n\n~~~\n\n    indented\n\n````` five",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "\x1b[31mred\x1b]0;title\x07\r\n\x9b2J\u202egnp.exe\x00",
    "*_~~all~~_* `tick` \\ $x$ trailing\\\n> quote",
]
outside = st.one_of(
    st.sampled_from(HOSTILE), st.text(alphabet="#*_`~<>[]()|\\-+=:.1 \n\t&!ax\x1b"), st.text()
)


def told(text: str) -> Story:
    """A session in which everybody says `text`, and the model's names are made of it."""
    return Story().tell(
        ev.SessionStarted(provider=text, model=text, voice=text, mode="voice"),
        *typed("t1", text),
        ev.Announced(turn_id="t1", item_id="n1", text=text),
        ev.ToolCall(turn_id="t1", response_id="r", call_id="c1", name=text, arguments=text),
        ev.ToolResult(turn_id="t1", call_id="c1", name=text, ok=False, output=text),
        said("t1", text),
        *spoken("t2", text),
        heard("t2", text[: len(text) // 2], 800, 2000),
        said("t2", text, audio_ms=2000, interrupted=True),
        ev.TurnInterrupted(turn_id="t2", reason="barge_in"),
        ev.TurnStarted(turn_id="t3", source="spoken"),
        ev.UserMessage(turn_id="t3", item_id="u3", source="spoken", audio_ms=900),
        ev.UserTranscript(item_id="u3", error=text),
        ev.TurnFailed(
            turn_id="t3", terminal_status="failed", error=ErrorInfo(kind="server_error", message=text)
        ),
    )


def parsed(markdown: str) -> list[Token]:
    tokens: list[Token] = []
    for token in MARKDOWN.parse(markdown):
        tokens += [token, *(token.children or [])]
    return tokens


def kinds(tokens: list[Token]) -> Counter[str]:
    return Counter(token.type.removesuffix("_open") for token in tokens if not token.type.endswith("_close"))


def paragraphs(tokens: list[Token]) -> Iterator[str]:
    """The words of each, as a reader sees them."""
    for token in tokens:
        if token.type == "inline":
            yield "".join(
                child.content or "\n" * (child.type == "hardbreak") for child in token.children or []
            )


@given(outside)
def test_whatever_is_said_the_page_has_only_our_marks(text: str) -> None:
    markdown = page(told(text).history())
    assert printable(markdown) == markdown
    found = kinds(parsed(markdown))
    assert set(found) <= OURS
    assert (found["heading"], found["fence"], found["bullet_list"]) == (2, 1, 1)
    assert found["blockquote"] <= 1
    assert (found["strong"], found["list_item"]) == (7, 4 if text.strip() else 3)


@given(outside)
def test_every_word_is_read_as_it_was_said(text: str) -> None:
    tokens = parsed(page(told(text).history()))
    read = "\n".join(paragraphs(tokens)).split()
    words = printable(text).split()
    assert any(read[at : at + len(words)] == words for at in range(len(read) - len(words) + 1))
    (call,) = [token.content for token in tokens if token.type == "fence"]
    assert call == printable(f"{text} {text}") + "\n→ " + printable(text) + "\n"


def test_a_page_is_what_one_expects_to_read() -> None:
    story = Story().tell(
        ev.SessionStarted(provider="local", model="commands", voice="en", mode="voice"),
        *typed("t1", "what is two plus two"),
        ev.ToolCall(turn_id="t1", response_id="r", call_id="c1", name="calculate", arguments='{"e": "2+2"}'),
        ev.ToolResult(turn_id="t1", call_id="c1", name="calculate", ok=True, output="4"),
        said("t1", "Four.\n- as ever"),
        ev.TurnCompleted(turn_id="t1"),
    )
    story.tell(*spoken("t2", "count"), after_s=24 * 3600)
    story.tell(heard("t2", "One,", 400, 1200), said("t2", "One, two.", audio_ms=1200, interrupted=True))
    assert page(story.history()) == (
        "# what is two plus two\n\n"
        "- Session: s1\n- Began: 2026-01-01 09:00 UTC\n- Last used: 2026-01-04 09:00 UTC\n"
        "- Answered by: local, commands, en\n\n"
        "## 2026-01-01\n\n"
        "**You** · 09:00:02\n\nwhat is two plus two\n\n"
        '**Tool** · 09:00:03 · calculate · ok\n\n```text\ncalculate {"e": "2+2"}\n→ 4\n```\n\n'
        "**Assistant** · 09:00:05\n\nFour.\\\n\\- as ever\n\n"
        "## 2026-01-03\n\n"
        "**You** · 09:00:06 · spoken\n\ncount\n\n"
        "## 2026-01-04\n\n"
        "**Assistant** · 09:00:07\n\nOne,\n\n> *Not heard:* two.\n"
    )


def test_an_empty_session_is_a_page_too() -> None:
    assert page(Story().history()) == "# A conversation\n\n\n"
