"""Questions about this conversation, answered from its history; and what the client says of it."""

import re

from realtime_chat.local.engines.brain.commands.command import Command, Plan, Slots, plural
from realtime_chat.local.engines.ports import BrainRequest

#: How our client says that tools take their time.
_WAITING = re.compile(r"Still running: .+\.")


def waiting(notice: str) -> str:
    """What to say while the client's tools run; empty when it says nothing of that."""
    found = any(_WAITING.fullmatch(line) for line in notice.splitlines())
    return "That takes a moment; I am still on it." if found else ""


def _said(request: BrainRequest, role: str) -> list[str]:
    return [turn.text for turn in request.history if turn.role == role and turn.text.strip()]


def _last_question(slots: Slots, request: BrainRequest) -> Plan:
    asked = _said(request, "user")
    return f"You said: {_ended(asked[-1])}" if asked else "This is the first thing you have said to me."


def _first_question(slots: Slots, request: BrainRequest) -> Plan:
    asked = _said(request, "user")
    return f"The first thing you said was: {_ended(asked[0])}" if asked else "This is the first thing."


def _repeat(slots: Slots, request: BrainRequest) -> Plan:
    answers = _said(request, "assistant")
    return answers[-1] if answers else "I have not said anything yet."


def _count(slots: Slots, request: BrainRequest) -> Plan:
    count = len(_said(request, "user"))
    return f"You have said {plural(count, 'thing')} before this." if count else "This is the first."


def _summary(slots: Slots, request: BrainRequest) -> Plan:
    asked = _said(request, "user")[-5:]
    if not asked:
        return "We have not talked about anything yet."
    return "You said: " + " Then: ".join(_ended(text) for text in asked)


def _ended(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


COMMANDS = (
    Command(
        name="last_question",
        sentences=(
            "what did i [just] (ask|say) [you] [before|last|last time|just now]",
            "what was my (last|previous) question",
        ),
        typed=(
            "what (have i|had i) (asked|said) [you] [before|last|so far]",
            "what was my last (message|input)",
        ),
        act=_last_question,
    ),
    Command(
        name="first_question",
        sentences=("what was my first question", "what did i ask [you] first"),
        typed=("what did i say first",),
        act=_first_question,
    ),
    Command(
        name="repeat",
        sentences=(
            "(repeat|say) that [again]",
            "what did you [just] say",
            "[please] repeat your [last] answer",
        ),
        typed=("[what was] your last answer", "(repeat|again|pardon|come again)", "say it again"),
        act=_repeat,
    ),
    Command(
        name="count_questions",
        sentences=("how many questions (did i ask|have i asked)",),
        typed=("how (many|often) (questions|things|times) (did|have) i (ask|asked|say|said) [you] [so far]",),
        act=_count,
    ),
    Command(
        name="summary",
        sentences=("what (did we talk|have we talked) about",),
        typed=("(what did|what have) we (discuss|discussed|talk about|talked about) [so far]",),
        act=_summary,
    ),
)
