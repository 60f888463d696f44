"""A session as a readable Markdown page.

What was said, called and answered is text from outside: no mark, tag or control character of it has a meaning on
the page, whatever shows it. Times are UTC.
"""

import re
from typing import assert_never

from realtime_chat.core.history import (
    AnnouncedEntry,
    AssistantEntry,
    CardEntry,
    Entry,
    FactsEntry,
    History,
    ToolEntry,
    TurnEntry,
    UserEntry,
)
from realtime_chat.core.moments import moment
from realtime_chat.core.printable import one_line, printable

#: Marks that mean something anywhere in a line; the ones after them only at its beginning.
_MARKS = re.compile(r"[\\`*_\[\]<>&|~$#]")
_FIRST_MARK = re.compile(r"^([-+=:]|\d+[.)](?=\s|$))")
_STATUS = {"running": "no answer", "ok": "ok", "failed": "failed"}


def page(history: History) -> str:
    """The page, with a newline at its end."""
    blocks = [f"# {_line(one_line(history.title, 80)) or 'A conversation'}", _about(history)]
    last = {entry.turn_id: index for index, entry in enumerate(history.items)}
    turns = {last[turn.turn_id]: turn for turn in history.turns if turn.turn_id in last}
    day = ""
    for index, entry in enumerate(history.items):
        if (date := _date(entry.at)) not in ("", day):
            blocks.append(f"## {date}")
            day = date
        blocks += _entry(entry)
        if index in turns:
            blocks += _ending(turns[index])
    blocks += _asides(history)
    return "\n\n".join(blocks) + "\n"


def _asides(history: History) -> list[str]:
    """What agents beside the talk told, after the talk."""
    blocks = ["## Beside the talk"] if history.asides else []
    for aside in history.asides:
        match aside:
            case CardEntry(title=title, text=text):
                blocks.append("\n\n".join(filter(None, [f"**{_line(one_line(title))}**", _words(text)])))
            case FactsEntry(facts=facts):
                blocks.append("\n".join(f"- {_line(one_line(fact))}" for fact in facts))
            case _:
                assert_never(aside)
    return blocks


def _about(history: History) -> str:
    answered = [history.provider, history.model, history.voice]
    facts = {
        "Session": history.session_id,
        "Began": _minute(history.created_at),
        "Last used": _minute(history.last_at),
        "Answered by": ", ".join(name for name in answered if name.strip()),
        "Tokens": str(history.usage.total or ""),
    }
    return "\n".join(f"- {name}: {_line(one_line(fact))}" for name, fact in facts.items() if fact)


def _entry(entry: Entry) -> list[str]:
    """Its blocks."""
    match entry:
        case UserEntry():
            return [_head("You", entry, "spoken" if entry.source == "spoken" else ""), _question(entry)]
        case AnnouncedEntry(text=text):
            return [_head("Notice", entry), _words(text)]
        case AssistantEntry():
            return [_head("Assistant", entry), *_answer(entry)]
        case ToolEntry():
            return [_head("Tool", entry, entry.name, _STATUS[entry.status]), _call(entry)]
        case _:
            assert_never(entry)


def _head(who: str, entry: Entry, *more: str) -> str:
    facts = [_clock(entry.at), *(_line(one_line(one)) for one in more)]
    return " · ".join([f"**{who}**", *(fact for fact in facts if fact)])


def _question(entry: UserEntry) -> str:
    return _words(entry.shown) or _note(f"Not understood: {entry.error or 'no words came'}")


def _answer(entry: AssistantEntry) -> list[str]:
    blocks = [_words(entry.text if entry.heard_text is None else entry.heard_text)]
    unheard = _words(entry.unheard_text.strip())
    if unheard:
        blocks.append("\n".join(f"> {line}" for line in f"*Not heard:* {unheard}".split("\n")))
    elif entry.interrupted:
        blocks.append(_note("Cut off here."))
    if entry.partial:
        blocks.append(_note("The answer broke off here."))
    return [block for block in blocks if block]


def _call(entry: ToolEntry) -> str:
    content = printable(f"{entry.name} {entry.arguments}")
    if entry.status != "running":
        content += "\n→ " + printable(entry.output)
    longest = max(map(len, re.findall("`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{content}\n{fence}"


def _ending(turn: TurnEntry) -> list[str]:
    return [_note(f"The turn failed: {turn.error.message}")] if turn.error is not None else []


def _note(text: str) -> str:
    return f"*({_line(one_line(text))})*"


def _words(text: str) -> str:
    """Paragraphs; a line's end stays one."""
    lines = [_line(line) for line in printable(text).split("\n")]
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip("\n"))
    return "\n\n".join(paragraph.replace("\n", "\\\n") for paragraph in paragraphs)


def _line(text: str) -> str:
    """One line without a meaning; what indents it are spaces that do not."""
    text = text.expandtabs(4)
    body = text.strip()
    if not body:
        return ""
    indent = "\u00a0" * (len(text) - len(text.lstrip(" ")))
    return indent + _FIRST_MARK.sub(_behind_backslash, _MARKS.sub(r"\\\g<0>", body))


def _behind_backslash(mark: re.Match[str]) -> str:
    return f"{mark[0][:-1]}\\{mark[0][-1]}"


def _date(at: str) -> str:
    return f"{when:%Y-%m-%d}" if (when := moment(at)) is not None else ""


def _clock(at: str) -> str:
    return f"{when:%H:%M:%S}" if (when := moment(at)) is not None else ""


def _minute(at: str) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC" if (when := moment(at)) is not None else ""
