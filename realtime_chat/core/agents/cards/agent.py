"""Cards: short ones that sum up what is being said, as the talk's own agent or beside a talk."""

from collections.abc import Iterable
from typing import Any

import msgspec

from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.profile import RealtimeProfile, StatelessProfile
from realtime_chat.core.agents.prompting import NOTHING, answer_as_card, is_nothing, title_and_text
from realtime_chat.core.events import AssistantMessage, CardWritten, Event
from realtime_chat.core.options import SessionOptions

NAME = "cards"
_CARD = (
    "a card that sums it up: a title of at most six words on the first line, then one to three short lines with "
    "names, numbers, decisions and open questions. No greeting, no comment, no markdown; the language is the speaker's."
)
ALONE = f"You listen and do not converse. To whatever the user says you answer with {_CARD}"
BESIDE = (
    f"You follow a talk between a user and an assistant, turn by turn. For each turn you write {_CARD} "
    f"Where a turn holds nothing worth a card, answer with {NOTHING} alone."
)


def _written(options: SessionOptions) -> SessionOptions:
    """Nobody wants a card read out over the talk that it sums up."""
    return msgspec.structs.replace(options, written=True)


def _as_card(event: Event) -> Iterable[Event]:
    if isinstance(event, AssistantMessage) and not is_nothing(event.text):
        title, text = title_and_text(event.text)
        yield CardWritten(agent=NAME, turn_id=event.turn_id, title=title, text=text)


_SHARED: dict[str, Any] = {"agent": NAME, "tools": (), "configure": _written, "route": _as_card}

CARDS = Agent(
    name=NAME,
    description="Writes short cards that sum up what is being said.",
    default_transport="realtime",
    profiles={
        "realtime": RealtimeProfile(
            **_SHARED,
            instructions=ALONE,
            default_model="gpt-realtime",
            model_variable="CARDS_REALTIME_MODEL",
        ),
        "stateless": StatelessProfile(
            **_SHARED,
            instructions=ALONE,
            beside=BESIDE,
            default_model="gpt-4o-mini",
            model_variable="CARDS_STATELESS_MODEL",
            on_message=answer_as_card,
        ),
    },
)
