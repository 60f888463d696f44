"""Facts: what of a session will still be true tomorrow. Stateless only; it never says one twice."""

import re
from collections.abc import Iterable

from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.profile import Beside, StatelessProfile
from realtime_chat.core.agents.prompting import NOTHING, is_nothing
from realtime_chat.core.events import AssistantMessage, Event, FactsNoted
from realtime_chat.core.history import FactsEntry

NAME = "facts"
KNOWN = "known"
_MARK = re.compile(r"^(?:[-*•]|\d{1,3}[.)])\s+")
#: The model is reminded of so many; older ones are still never told again.
REMINDED = 60
INSTRUCTIONS = (
    "You follow a talk and keep what will still be true tomorrow: names, relations, preferences, places, dates, "
    "decisions, figures. Write each new fact as one short sentence on a line of its own, about the user in the third "
    "person. Nothing that was asked and not stated, nothing of passing interest, nothing that is known already. "
    f"Where there is nothing new, answer with {NOTHING} alone."
)


def facts_in(answer: str) -> list[str]:
    """A line each, without list marks."""
    lines = (_MARK.sub("", line.strip()) for line in answer.splitlines())
    return [line for line in lines if not is_nothing(line)]


async def _remember(beside: Beside) -> None:
    """What it told before this run is known."""
    told = [fact for one in beside.earlier if isinstance(one, FactsEntry) for fact in one.facts]
    beside.storage.set(KNOWN, list(dict.fromkeys(told)))


async def _note(beside: Beside, text: str) -> None:
    known: list[str] = beside.storage.get(KNOWN, [])
    reminder = "\n".join(known[-REMINDED:]) or "(none yet)"
    answer = await beside.ask(f"Known already:\n{reminder}\n\nSaid now:\n{text}")
    before = {fact.casefold() for fact in known}
    fresh = [fact for fact in dict.fromkeys(facts_in(answer)) if fact.casefold() not in before]
    if fresh:
        beside.storage.set(KNOWN, [*known, *fresh])
        await beside.facts(fresh)


def _as_facts(event: Event) -> Iterable[Event]:
    if isinstance(event, AssistantMessage) and (facts := facts_in(event.text)):
        yield FactsNoted(agent=NAME, turn_id=event.turn_id, facts=facts)


FACTS = Agent(
    name=NAME,
    description="Keeps durable facts from what is said.",
    default_transport="stateless",
    profiles={
        "stateless": StatelessProfile(
            agent=NAME,
            instructions=INSTRUCTIONS,
            default_model="gpt-4o-mini",
            model_variable="FACTS_STATELESS_MODEL",
            tools=(),
            route=_as_facts,
            on_message=_note,
            on_session_start=_remember,
        )
    },
)
