"""What a session can be found by: the words that were said in it, made comparable, and its name.

Words are runs of letters and digits without case and accents; in scripts that are written without spaces each sign is
one. A *phrase* is what one looks for: words that stand together, of which the last may go on (`pan` finds "pancake").
The index and the plain scan both use what stands here, so they find the same.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from realtime_chat.core.history import AssistantEntry, History, UserEntry

Phrase: TypeAlias = tuple[str, ...]
Who: TypeAlias = Literal["user", "assistant", "name"]

#: Characters of an excerpt before the match, and all of it.
BEFORE, EXCERPT = 40, 160

_SIGNS = "\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(f"[{_SIGNS}]|[^\\W_{_SIGNS}]+")


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the session list; `error` is set when the log cannot be read."""

    session_id: str
    name: str = ""
    created_at: str = ""
    last_at: str = ""
    title: str = ""
    turns: int = 0
    parent_id: str = ""
    error: str | None = None


class Said(msgspec.Struct, frozen=True):
    """One utterance; of an answer that was cut, what was heard."""

    who: Who
    at: str
    text: str


class Document(msgspec.Struct, frozen=True):
    """A session as the list and the search see it."""

    summary: SessionSummary
    said: tuple[Said, ...] = ()


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A session in which all that was looked for was said, and the place of most of it."""

    session: SessionSummary
    who: Who
    at: str
    excerpt: str


def document_of(session_id: str, history: History) -> Document:
    """What of a folded session can be listed and found."""
    summary = SessionSummary(
        session_id=session_id,
        name=history.name,
        created_at=history.created_at,
        last_at=history.last_at,
        title=history.title,
        turns=len(history.turns),
        parent_id=history.parent.parent_id if history.parent is not None else "",
    )
    return Document(summary, tuple(_said(history)))


def words(text: str) -> list[str]:
    """The words of a text, comparable."""
    if not text.isascii():
        text = "".join(
            sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)
        )
    return _WORD.findall(text.casefold())


def phrases(asked: Sequence[str]) -> list[Phrase]:
    """What is looked for, one phrase of each text that has words in it."""
    return [phrase for one in asked if (phrase := tuple(words(one)))]


def place(said: Sequence[str], phrase: Phrase) -> int | None:
    """Where in these words the phrase begins."""
    *whole, last = phrase
    for start in range(len(said) - len(whole)):
        end = start + len(whole)
        if said[end].startswith(last) and list(said[start:end]) == whole:
            return start
    return None


def hit(summary: SessionSummary, said: Sequence[Said], wanted: Sequence[Phrase]) -> Hit | None:
    """The first utterance with most of the phrases; None when one of them was never said."""
    missing = set(wanted)
    most, best = 0, None
    for one in said:
        spoken = words(one.text)
        here = {phrase for phrase in wanted if place(spoken, phrase) is not None}
        missing -= here
        if len(here) > most:
            most, best = len(here), one
    if missing or best is None:
        return None
    return Hit(session=summary, who=best.who, at=best.at, excerpt=excerpt(best.text, wanted))


def excerpt(text: str, wanted: Sequence[Phrase]) -> str:
    """A piece of the text with the first match in it, cut between words where there are any."""
    chunks = list(re.finditer(r"\S+", text))
    spoken = [(word, chunk) for chunk in chunks for word in words(chunk[0])]
    places = [place([word for word, _ in spoken], phrase) for phrase in wanted]
    match = spoken[min(found for found in places if found is not None)][1].start()
    begin = next((chunk.start() for chunk in chunks if chunk.start() >= match - BEFORE), match)
    end = begin + EXCERPT
    return (
        f"{'…' if text[:begin].strip() else ''}{text[begin:end].strip()}{'…' if text[end:].strip() else ''}"
    )


def _said(history: History) -> Iterator[Said]:
    if history.name:
        yield Said("name", history.created_at, history.name)
    for entry in history.items:
        match entry:
            case UserEntry(text=text, at=at) if text:
                yield Said("user", at, text)
            case AssistantEntry(at=at):
                heard = entry.text if entry.heard_text is None else entry.heard_text
                if heard:
                    yield Said("assistant", at, heard)
            case _:
                pass  # what tools answered, and notices, were not said
