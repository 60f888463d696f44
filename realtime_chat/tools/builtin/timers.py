"""The user's timers: `timers.json` in the data folder, so that they outlive the program."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from realtime_chat.core.errors import InvalidArguments, TimedOut
from realtime_chat.core.json_text import NotJson, read_json
from realtime_chat.core.ports import Clock
from realtime_chat.tools.builtin.current_time import spoken_time
from realtime_chat.tools.builtin.datafolder import StorageFailed, changing, read_text, write_text

FILE = "timers.json"
MAX_TIMERS = 50
MAX_SECONDS = 7 * 24 * 3600
#: A timer that rang is told of for an hour, then forgotten.
REMEMBERED = timedelta(hours=1)
#: How often `announce_due` looks; a timer is a matter of seconds.
LOOK_S = 1.0


class Timer(msgspec.Struct, frozen=True, kw_only=True):
    """One timer; `due` in UTC. `announced`: `announce_due` has told of its end."""

    label: str
    seconds: int
    due: datetime
    announced: bool = False

    @property
    def ending(self) -> str:
        """What is announced; the embedded server's brain knows this sentence."""
        return f'The timer "{self.label}" has ended.'

    def report(self, now: datetime) -> dict[str, Any]:
        """What the model is told."""
        left = (self.due - now).total_seconds()
        return {
            "label": self.label,
            "seconds": self.seconds,
            "due": left <= 0,
            "remaining_s": max(0, round(left)),
            "remaining": spoken_duration(max(0, round(left))),
            "due_at": self.due.astimezone().isoformat(timespec="seconds"),
            "due_spoken": spoken_time(self.due.astimezone()),
        }


def load(data_dir: Path, now: datetime) -> list[Timer]:
    """All timers, the next one first. Raises StorageFailed when their file is not theirs any more."""
    text = read_text(data_dir / FILE)
    if not text.strip():
        return []
    try:
        timers = read_json(text, list[Timer])
        kept = [timer for timer in timers if timer.due + REMEMBERED > now]
    except (NotJson, TypeError, OverflowError) as error:  # TypeError: a date without a zone
        raise StorageFailed("timers.json cannot be read; delete it to begin anew.") from error
    return sorted(kept, key=lambda timer: timer.due)


def save(data_dir: Path, timers: list[Timer]) -> None:
    """Keep these timers and no others; only while `changing` is held."""
    write_text(data_dir / FILE, msgspec.json.encode(timers).decode("utf-8") + "\n")


def add(data_dir: Path, now: datetime, *, seconds: int, label: str) -> Timer:
    """A new timer; without a label its duration names it. Raises InvalidArguments."""
    if not 1 <= seconds <= MAX_SECONDS:
        raise InvalidArguments(f"A timer runs from 1 to {MAX_SECONDS} seconds (a week).")
    timer = Timer(
        label=label or spoken_duration(seconds),
        seconds=seconds,
        due=now.astimezone(UTC) + timedelta(seconds=seconds),
    )
    with changing(data_dir):
        timers = load(data_dir, now)
        if len(timers) >= MAX_TIMERS:
            raise InvalidArguments(f"{MAX_TIMERS} timers are kept already; cancel some first.")
        save(data_dir, [*timers, timer])
    return timer


def cancel(data_dir: Path, now: datetime, *, label: str) -> Timer:
    """Take a timer away: the one of that label, or the only one. Raises InvalidArguments that names them."""
    with changing(data_dir):
        timers = load(data_dir, now)
        chosen = _choose(timers, label.strip().casefold())
        timers.remove(chosen)
        save(data_dir, timers)
    return chosen


async def announce_due(
    data_dir: Path, clock: Clock, tell: Callable[[Sequence[Timer]], Awaitable[object]]
) -> None:
    """Tell of every timer once, within a second of its end, also of those that ended while nobody ran this.

    `tell` returns when they were told; those that end meanwhile come after. Of several programs one tells. Runs until
    cancelled, or until `tell` raises; what was not told by then is left for the next one that runs this. A folder
    that cannot be read is tried again.
    """
    while True:
        due: list[Timer] = []
        with suppress(StorageFailed, TimedOut):
            due = await asyncio.to_thread(_mark_due, data_dir, clock.wall())
        try:
            if due:
                await tell(due)
        except BaseException:
            await _leave(data_dir, clock.wall(), due)
            raise
        await clock.sleep(LOOK_S)


def spoken_duration(seconds: int) -> str:
    """A duration as people say it: 1 hour 30 minutes."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (rest, "second")]
    said = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(said) or "0 seconds"


def _choose(timers: list[Timer], label: str) -> Timer:
    if not timers:
        raise InvalidArguments("No timer is running.")
    exact = [timer for timer in timers if timer.label.casefold() == label]
    fitting = exact[:1] or [timer for timer in timers if label in timer.label.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(timer.label for timer in timers)
    if not fitting:
        raise InvalidArguments(f"No timer has that label; there are: {names}.")
    raise InvalidArguments(f"Say which timer: {names}.")


def _mark_due(data_dir: Path, now: datetime) -> list[Timer]:
    """Those that ended and were not announced; they are marked, so that a restart does not repeat them."""
    if not any(_rings(timer, now) for timer in load(data_dir, now)):
        return []
    with changing(data_dir):
        timers = load(data_dir, now)
        rung = [timer for timer in timers if _rings(timer, now)]
        save(data_dir, [_announced(timer) if timer in rung else timer for timer in timers])
    return [_announced(timer) for timer in rung]


async def _leave(data_dir: Path, now: datetime, untold: list[Timer]) -> None:
    with suppress(StorageFailed, TimedOut):
        await asyncio.to_thread(_unmark, data_dir, now, untold)


def _unmark(data_dir: Path, now: datetime, untold: list[Timer]) -> None:
    with changing(data_dir):
        timers = load(data_dir, now)
        save(
            data_dir,
            [msgspec.structs.replace(one, announced=False) if one in untold else one for one in timers],
        )


def _rings(timer: Timer, now: datetime) -> bool:
    return timer.due <= now and not timer.announced


def _announced(timer: Timer) -> Timer:
    return msgspec.structs.replace(timer, announced=True)
