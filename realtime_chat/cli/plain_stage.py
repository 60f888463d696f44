"""The words' stage where there is no screen: what a screen shows is told in lines, and lists have numbers."""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import assert_never

from realtime_chat.cli import plain_lists, slash
from realtime_chat.cli.plain import LinePresenter
from realtime_chat.cli.plain_lists import Offer
from realtime_chat.cli.tui import copying
from realtime_chat.cli.words.desk import Desk, Leaving
from realtime_chat.cli.words.device_line import choice_of
from realtime_chat.cli.words.stage import Pick, Sight
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import InvalidArguments

#: Terminals that would show the sequence instead of taking the words.
WITHOUT_CLIPBOARD = ("", "dumb", "linux")


class LineStage:
    """A Stage, of one talk. A number behind a word means what the last list of that word had under it."""

    def __init__(
        self,
        lines: LinePresenter,
        conversation: Conversation,
        session_id: str,
        *,
        desk: Desk,
        leave: Callable[[Leaving], None],
    ) -> None:
        self._lines = lines
        self._conversation = conversation
        self._session_id = session_id
        self._desk = desk
        self._leave = leave
        self._offer = Offer()

    @property
    def talk_key(self) -> str:
        """On an empty line."""
        return "Enter"

    @property
    def themes(self) -> Sequence[str]:
        """Lines have no colours."""
        return ()

    def taken(self, typed: slash.Typed) -> slash.Typed:
        """The word as it is meant, where a number stands for what was listed."""
        return self._offer.taken(typed)

    def say(self, text: str) -> None:
        """Line by line."""
        for line in text.splitlines():
            self._lines.say(line)

    def copyable(self, number: int) -> str:
        """Of the whole talk."""
        return copying.last_answer(self._conversation.history(self._session_id).items, number)

    def copy(self, text: str) -> None:
        """By the terminal, which may refuse without a word."""
        if os.environ.get("TERM", "") in WITHOUT_CLIPBOARD:
            raise InvalidArguments("This terminal has no clipboard; /export FILE writes the talk to a file.")
        sys.stdout.write(f"\x1b]52;c;{b64encode(text.encode()).decode()}\a")
        self.say(f"Copied {len(text)} characters, if your terminal allows that; /export writes a file.")

    def find(self, text: str) -> None:
        """Where it was said."""
        if not text.strip():
            raise InvalidArguments("Say what to look for: /find WORDS.")
        self._tell(plain_lists.found(self._conversation.history(self._session_id), text))

    def change_theme(self, name: str) -> None:
        """Nothing to change."""
        self.say("Lines have no colours; [ui] theme in the settings is the screen's.")

    async def show(self, sight: Sight) -> None:
        """All of it, at once."""
        match sight:
            case "help":
                self._tell(plain_lists.help_lines())
            case "stats":
                history = self._conversation.history(self._session_id)
                self._tell(plain_lists.statistics(history, self._desk.prices))
            case "devices":
                await self._devices()
            case "sessions":
                await self._sessions()
            case _:
                assert_never(sight)

    def pick(self, pick: Pick) -> None:
        """By the word, with a number behind it."""
        self._offer = Offer(pick.word, pick.names)
        self._tell(plain_lists.names(pick.title, pick.names, pick.current, pick.word))

    def leave(self, left: Leaving) -> None:
        """The talk ends."""
        self._leave(left)

    async def _devices(self) -> None:
        listed = sorted(await asyncio.to_thread(self._desk.devices), key=lambda one: one.direction)
        ways = {"input": "in", "output": "out"}
        self._offer = Offer("devices", [f"{ways[one.direction]} {choice_of(one, listed)}" for one in listed])
        self._tell(plain_lists.devices(listed, self._desk.used))

    async def _sessions(self) -> None:
        known = await asyncio.to_thread(self._conversation.supervisor.store.summaries)
        newest = known[: plain_lists.MOST]
        self._offer = Offer("resume", [one.session_id for one in newest])
        self._tell(plain_lists.sessions(newest, len(known), self._session_id))

    def _tell(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._lines.say(line)
