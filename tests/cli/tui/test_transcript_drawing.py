"""Rows as lines: markdown, what was not heard, and the cards of tools."""

import json

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from realtime_chat.cli.tui.copying import last_answer, whole
from realtime_chat.core.errors import Category, ErrorInfo
from realtime_chat.core.history import AssistantEntry
from tests.cli.tui.drawn import assistant, call, drawing, feed_of, read, user

GUIDE = """\
# Sorting

Use `sorted()` for a **new list**, see [docs](https://a.org).

1. a key:
   - by length
   - by name
2. reverse

> Stable sorts
> keep order.

```python
def f():
    return 1
```

| way | cost |
|---|---|
| `sort` | n log n |

***
Done."""


def test_markdown_is_drawn_as_what_it_means():
    assert read(assistant(GUIDE)) == [
        "Sorting",
        "",
        "Use sorted() for a new list, see docs (https://a.org).",
        "",
        "1. a key:",
        "   • by length",
        "   • by name",
        "2. reverse",
        "",
        "│ Stable sorts",
        "│ keep order.",
        "",
        "def f():",
        "    return 1",
        "",
        "way  │ cost",
        "─────┼────────",
        "sort │ n log n",
        "",
        "─" * 63,
        "",
        "Done.",
    ]


def test_words_of_a_list_and_a_quote_wrap_beside_their_marks():
    assert read(assistant("- one two three four\n\n> one two three four"), 19)[1:] == [
        "• one two three",
        "  four",
        "",
        "│ one two three",
        "│ four",
    ]


def test_a_table_that_is_too_wide_names_each_cell():
    wide = f"| way | cost |\n|---|---|\n| sort | {'n ' * 40}|\n| heap | x |"
    shown = read(assistant(wide))
    assert shown[:2] == ["way: sort", "  cost: " + " ".join(["n"] * 27)]
    assert shown[-2:] == ["way: heap", "  cost: x"]


@pytest.mark.parametrize(
    "text", ["~~gone~~", "&lt;b&gt; &#x202e;", "<b>bold</b>", "[red]x[/red]", "[link=http://x]y[/link]"]
)
def test_what_is_no_markdown_of_ours_stands_as_it_was_written(text: str):
    assert read(assistant(text)) == [text]


def test_a_link_that_is_its_own_words_is_said_once():
    assert read(assistant("<https://a.b> [https://a.b](https://a.b)")) == ["https://a.b https://a.b"]


def struck(entry: AssistantEntry) -> tuple[str, str]:
    """What is drawn as heard and as not heard, without empty space."""
    heard, unheard = "", ""
    at = drawing(feed_of(entry))
    for strip in at.strips(entry):
        for segment in strip.crop(at.indent):
            if segment.style is not None and segment.style.strike:
                unheard += segment.text
            else:
                heard += segment.text
    return "".join(heard.split()), "".join(unheard.split())


@pytest.mark.parametrize(
    ("text", "heard", "shown", "silent"),
    [
        ("one two three", "one two", "onetwo", "three"),
        ("one two three", "", "", "onetwothree"),
        ("a **bold move** b", "a **bold", "abold", "moveb"),
        ("- one\n- two\n- three", "- one\n", "•one", "•two•three"),
        ("Intro.\n\n# Title\n\nrest", "Intro.", "Intro.", "Titlerest"),
        ("see\n\n```py\na = 1\nb = 2\n```", "see\n\n```py\na = 1", "seea=1", "b=2"),
        # markup that the cut has torn apart is shown as it was written
        ("x ```py\ny", "x ```p", "x```p", "yy"),
        ("# A\n\n```python\nb\n```", "# A\n\n```pyt", "#A```pyt", "honb```"),
    ],
)
def test_what_was_not_heard_is_told_apart_to_the_letter(text: str, heard: str, shown: str, silent: str):
    # T12
    before, after = struck(assistant(text, heard=heard))
    assert after.replace("•", "") == silent.replace("•", "")
    assert before.removesuffix("(unheard)").replace("•", "") == shown.replace("•", "")
    assert before.endswith("(unheard)")


@given(st.text(st.sampled_from("ab *_`\n#->|[]()1."), min_size=1), st.data())
def test_any_cut_shows_every_letter_on_its_side(text: str, data: st.DataObject):
    # T12
    at = data.draw(st.integers(0, len(text) - 1))
    before, after = struck(assistant(text, heard=text[:at]))
    for letter in "ab":
        assert before.removesuffix("(unheard)").count(letter) == text[:at].count(letter)
        assert after.count(letter) == text[at:].count(letter)


def growing(text: str, steps: list[int], width: int = 80) -> None:
    entry = assistant("", streaming=True)
    at = drawing(feed_of(entry), width)
    for end in steps:
        entry.text = text[:end]
        kept = [strip.text for strip in at.strips(entry)]
        assert kept == [strip.text for strip in drawing(feed_of(entry), width).strips(entry)]


def test_an_answer_that_grows_letter_by_letter_looks_at_each_as_if_it_had_come_at_once():
    growing(GUIDE, list(range(len(GUIDE) + 1)))


@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b b",
                "\n",
                "\n\n",
                "- ",
                "1. ",
                "> ",
                "```",
                "```\n",
                "#",
                " ",
                "    ",
                "---",
                "|",
                "*",
                "`",
            ]
        )
    ),
    st.integers(1, 5),
)
def test_an_answer_of_any_markup_grows_as_if_it_had_come_at_once(parts: list[str], step: int):
    text = "".join(parts)
    growing(text, [*range(0, len(text), step), len(text)])


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(["a", "bcd", "éé", "漢字漢", "word" * 8, " ", "  ", "**", "`", "\n", "\n===\n"]),
        max_size=60,
    ),
    st.integers(1, 5),
    st.integers(20, 40),
)
def test_a_long_paragraph_grows_as_if_it_had_come_at_once(parts: list[str], step: int, width: int):
    text = " ".join(parts)
    growing(text, [*range(0, len(text), step), len(text)], width)


@given(st.text(st.sampled_from("abé漢 \n\t\u00a0\u3000.,)1!?&:=")))
def test_what_needs_no_parser_looks_as_if_it_had_had_one(text: str):
    """A backslash below makes the parser look at all of it."""
    words = read(assistant(text))
    assume(any(words))
    assert "\n".join(read(assistant(f"{text}\n\n\\#"))) == "\n".join([*words, "", "#"])


def test_a_running_call_says_since_when_and_what_it_was_asked():
    assert read(call(1)) == ['read_file · running 37 s · path: "a.txt"']


def test_a_folded_result_is_two_lines_and_how_many_more():
    entry = call(1, status="ok", output="\n".join(f"line {n}" for n in range(14)), duration_ms=41)
    assert read(entry) == [
        'read_file · ok 41 ms · path: "a.txt"',
        "→ line 0",
        "  line 1",
        "  … 12 more lines",
    ]


def test_an_open_card_shows_arguments_and_result_member_by_member():
    entry = call(1, status="ok", output=json.dumps({"lines": [1, 2]}), duration_ms=1234)
    assert read(entry, opened={"c1"}) == [
        "read_file · ok 1.2 s",
        "  {",
        '    "path": "a.txt"',
        "  }",
        "→ {",
        '    "lines": [',
        "      1,",
        "      2",
        "    ]",
        "  }",
    ]


def test_a_failed_call_says_why_and_long_arguments_do_not_hide_it():
    error = ErrorInfo(kind="tool_failed", message="No such file.", category=Category.FATAL)
    entry = call(
        1, status="failed", error=error, arguments=json.dumps({"path": "x" * 500}), duration_ms=125_000
    )
    head, why = read(entry)
    assert head.startswith('read_file · failed 2 min 05 s · path: "xxx')
    assert head.endswith("…")
    assert why == "→ No such file."


@pytest.mark.parametrize("arguments", ["", "{", "[1, 2]", '"\\ud800"', "[" * 5000, "9" * 5000])
def test_arguments_that_are_no_object_are_shown_as_they_came(arguments: str):
    shown = read(call(1, arguments=arguments))
    assert len(shown) == 1
    assert arguments[:10] in shown[0]


def test_one_copies_the_source_of_an_answer_and_what_of_it_was_not_heard():
    rows = [assistant("**one**", 1), assistant("two three", 2, heard="two"), user("x", 3)]
    assert last_answer(rows) == "two [unheard: three]"
    assert last_answer(rows, 2) == "**one**"
    assert last_answer(rows, 3) == last_answer(rows, 0) == ""


def test_the_whole_talk_is_copied_with_who_said_what():
    rows = [user("Read\x1b"), call(1, status="ok", output="x"), assistant("Done.")]
    assert whole(rows) == 'you: Read␛\n\ntool: read_file {"path": "a.txt"}\n→ x\n\nassistant: Done.'
