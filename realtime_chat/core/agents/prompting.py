"""What agents beside a talk have in common: an answer that is nothing, an answer that becomes a card."""

from realtime_chat.core.agents.profile import Beside

#: What a model is told to say when there is nothing to say, and what it says instead.
NOTHING = "-"
_NOTHINGS = frozenset({"", NOTHING, "–", "—", "none", "nothing", "n/a"})
TITLE_CHARACTERS = 80


def is_nothing(text: str) -> bool:
    """Whether a model said that there is nothing to say."""
    return text.strip().strip(".*`").casefold() in _NOTHINGS


def title_and_text(answer: str) -> tuple[str, str]:
    """The first line without its marks, and the rest."""
    head, _, rest = answer.strip().partition("\n")
    return head.strip().lstrip("#").strip(" *_:")[:TITLE_CHARACTERS], rest.strip()


async def answer_as_card(beside: Beside, text: str) -> None:
    """For an agent that has no better idea: its answer is a card."""
    answer = await beside.ask(text)
    if not is_nothing(answer):
        await beside.card(*title_and_text(answer))
