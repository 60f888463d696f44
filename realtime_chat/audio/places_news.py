"""Telling the user when the system moved the microphone or the speaker to another device."""

import shutil
import threading
from collections.abc import Callable
from typing import TypeAlias

from realtime_chat.audio.system_sound import PactlSound, Place, Places, SystemSound
from realtime_chat.core.ports import Clock

#: Seconds from the beginning of one look to the next.
LOOK_S = 3.0

#: Runs a call that may block, elsewhere, and returns at once.
RunElsewhere: TypeAlias = Callable[[Callable[[], None]], None]


class PlacesNews:
    """Looks now and then, while it is asked for news: nobody asks, nobody looks.

    `take_news` is for one thread, and never blocks; a look runs in another, one at a time.
    """

    def __init__(self, system: SystemSound, clock: Clock, run: RunElsewhere | None = None) -> None:
        self._system = system
        self._clock = clock
        self._run = run or in_thread
        self._next_look = clock.monotonic()
        self._looking = False  # set here, cleared by the look
        self._found: Places | None = None  # what the last look found
        self._known = Places()
        self._news: dict[str, str] = {}  # the latest of each device

    def take_news(self) -> str | None:
        """One line for the user, once: "The microphone is now NAME." What the first look finds is no news."""
        if not self._looking:
            self._compare()
            self._look_again()
        return self._news.pop(next(iter(self._news))) if self._news else None

    def _look_again(self) -> None:
        now = self._clock.monotonic()
        if now >= self._next_look:
            self._next_look, self._looking = now + LOOK_S, True
            self._run(self._look)

    def _look(self) -> None:
        try:
            self._found = self._system.places()
        finally:
            self._looking = False

    def _compare(self) -> None:
        found, self._found = self._found, None
        if found is not None:
            self._news |= moved(self._known, found)
            self._known = Places(
                found.microphone or self._known.microphone, found.speaker or self._known.speaker
            )


def moved(known: Places, found: Places) -> dict[str, str]:
    """A line for each device that is another than before, by its name. Pure."""
    both = (
        ("microphone", known.microphone, found.microphone),
        ("speaker", known.speaker, found.speaker),
    )
    return {
        what: _line(what, now)
        for what, before, now in both
        if before is not None and now is not None and before.name != now.name
    }


def news_of_places(clock: Clock) -> Callable[[], str | None]:
    """`take_news` for this system; where nobody can be asked there is never any."""
    if shutil.which("pactl") is None:
        return lambda: None
    return PlacesNews(PactlSound(), clock).take_news


def in_thread(call: Callable[[], None]) -> None:
    """In a thread that no exit has to wait for."""
    threading.Thread(target=call, name="places", daemon=True).start()


def _line(what: str, place: Place) -> str:
    if not place.hears_speaker:
        return f"The {what} is now {place.description}."
    return (
        f"The {what} is now {place.description}, which hears what the speaker plays, not you. "
        "Connect a microphone, or choose one with --input-device."
    )
