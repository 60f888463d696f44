"""All the words together."""

from collections.abc import Mapping, Sequence

from realtime_chat.cli import slash
from realtime_chat.cli.words.hand import Hand
from realtime_chat.cli.words.keeping import KeepWords
from realtime_chat.cli.words.talking import TalkWords
from realtime_chat.cli.words.telling import FactWords


class Vocabulary:
    """One for a presenter."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._actions = {
            **TalkWords(hand).actions,
            **FactWords(hand).actions,
            **KeepWords(hand).actions,
        }

    async def run(self, typed: slash.Typed) -> None:
        """Do it, or say that there is no such word. May raise what the conversation refuses with."""
        if typed.word is None:
            self._hand.stage.say(slash.unknown(typed))
            return
        await self._actions[typed.word.name](typed.rest)

    def choices(self) -> Mapping[str, Sequence[str]]:
        """What may follow some of the words."""
        desk = self._hand.desk
        themes = self._hand.stage.themes
        return {
            "theme": themes,
            "voice": desk.voices,
            "model": desk.models,
            "provider": desk.providers,
            "agent": desk.agents,
        }
