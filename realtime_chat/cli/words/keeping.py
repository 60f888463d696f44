"""What becomes of the talk, and of who shows it: copied, exported, named, left for another one."""

import asyncio
import os
from pathlib import Path

from realtime_chat.cli.markdown import page
from realtime_chat.cli.words.desk import GoOn
from realtime_chat.cli.words.hand import Actions, Hand
from realtime_chat.core.commands import Rename
from realtime_chat.core.errors import InvalidArguments


class KeepWords:
    """The talk itself goes on, or stays on disk as it is."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    @property
    def actions(self) -> Actions:
        """By word."""
        return {
            "copy": self._copy,
            "export": self._export,
            "rename": self._rename,
            "resume": self._resume,
            "fork": self._fork,
            "new": self._new,
            "theme": self._theme,
            "quit": self._quit,
        }

    async def _copy(self, number: str) -> None:
        try:
            text = self._hand.stage.copyable(int(number or 1))
        except ValueError:
            raise InvalidArguments("/copy takes a number: 1 is the last answer.") from None
        if not text:
            raise InvalidArguments("There is no such answer to copy.")
        self._hand.stage.copy(text)

    async def _export(self, name: str) -> None:
        file = await asyncio.to_thread(
            _written, name or f"{self._hand.session_id}.md", page(self._hand.history)
        )
        self._hand.stage.say(f"Wrote this talk to {file}.")

    async def _rename(self, name: str) -> None:
        await self._hand.conversation.change(self._hand.session_id, Rename(name=name))
        self._hand.stage.say(f"This talk is called {name}." if name else "This talk has no name any more.")

    async def _resume(self, text: str) -> None:
        if not text:
            await self._hand.stage.show("sessions")
            return
        session_id = self._hand.conversation.supervisor.store.resolve(text)
        if session_id == self._hand.session_id:
            raise InvalidArguments("That is this talk.")
        left = GoOn(session_id=session_id)
        await self._hand.desk.check(left)
        self._hand.stage.leave(left)

    async def _fork(self, _: str) -> None:
        store = self._hand.conversation.supervisor.store
        self._hand.stage.leave(GoOn(session_id=await asyncio.to_thread(store.fork, self._hand.session_id)))

    async def _new(self, _: str) -> None:
        self._hand.stage.leave(GoOn(session_id=None, flags={"mode": self._hand.status.mode}))

    async def _theme(self, name: str) -> None:
        self._hand.stage.change_theme(name)

    async def _quit(self, _: str) -> None:
        self._hand.stage.leave(0)


def _written(name: str, text: str) -> Path:
    """The new file (0600). Raises InvalidArguments."""
    file = Path(name).expanduser()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise InvalidArguments(f"{file} is there already; name another file.") from None
    except OSError as error:
        raise InvalidArguments(f"{file} cannot be written ({error.strerror}).") from error
    return file
