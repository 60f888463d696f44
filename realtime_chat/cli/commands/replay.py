"""`sessions replay`: a session once more, on the screen that showed it; needs no model, no key and no lease."""

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from realtime_chat.cli.commands.sessions import Config, DataDir, Id, minute, note_newer, open_store

if TYPE_CHECKING:
    from realtime_chat.cli.plain import LinePresenter
    from realtime_chat.cli.settings import Settings
    from realtime_chat.cli.tui.banner import Banner
    from realtime_chat.core.events import Envelope
    from realtime_chat.core.history import History
    from realtime_chat.core.player import Accompaniment
    from realtime_chat.core.store.directory import SessionStore

Speed = Annotated[
    float | None,
    typer.Option("--speed", min=0.1, max=100, help="So many times as fast; sound only at 1, the default."),
]
Plain = Annotated[bool, typer.Option("--plain", help="As lines: at once, or in time when --speed is given.")]


class _Heard(NamedTuple):
    """What sounds, through which device, or why nothing does."""

    sound: "Accompaniment | None" = None
    speaker: str | None = None
    note: str = ""


def replay(
    session: Id,
    speed: Speed = None,
    plain: Plain = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Watch a session again: words as they were spoken, tools, interruptions, and its sound if it was recorded."""
    from realtime_chat.cli.flags import at_terminal, lines_wanted

    store = open_store(data_dir, config)
    session_id = store.resolve(session)
    note_newer(store, session_id)
    log = list(store.read(session_id))
    if not lines_wanted(plain) and at_terminal():
        raise typer.Exit(_screen(store, log, speed or 1.0, config))
    if speed is None:
        presenter = _lines()
        for envelope in log:
            presenter.event(envelope)
        return
    import asyncio  # as heavy as all of this program's --help

    asyncio.run(_in_time(log, speed))


def _lines() -> "LinePresenter":
    from realtime_chat.cli.plain import LinePresenter
    from realtime_chat.cli.plain_talk import nothing, put

    return LinePresenter(put, ring=nothing, quiet=False, replayed=True)


async def _in_time(log: "Sequence[Envelope]", speed: float) -> None:
    from realtime_chat.cli.announcing import beside
    from realtime_chat.core.bus import Bus
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.player import Player

    bus, presenter = Bus(), _lines()
    player = Player(log, bus, SystemClock(), speed=speed)
    session_id = log[0].session_id if log else ""
    with bus.subscribe(session_id) as events:

        async def play() -> None:
            await player.run()
            bus.end(session_id)

        async with beside(play(), "player"):
            async for envelope in events:
                presenter.event(envelope)


def _screen(store: "SessionStore", log: "Sequence[Envelope]", speed: float, config: Path | None) -> int:
    import asyncio

    from realtime_chat.cli.settings import load
    from realtime_chat.cli.signals import let_go_of_dead_terminals
    from realtime_chat.cli.tui.terminal import owned
    from realtime_chat.core.folding import fold

    settings = load(config)
    try:
        with owned():
            return asyncio.run(_show(store, log, fold(log), speed=speed, settings=settings))
    finally:
        let_go_of_dead_terminals()


async def _show(
    store: "SessionStore",
    log: "Sequence[Envelope]",
    history: "History",
    *,
    speed: float,
    settings: "Settings",
) -> int:
    from realtime_chat.cli.costs import price_list
    from realtime_chat.cli.tui.replay import ReplayApp
    from realtime_chat.cli.tui.terminal import held
    from realtime_chat.cli.words.desk import Desk, GoOn
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.player import Player
    from realtime_chat.core.replayed import Replayed, nobody

    clock = SystemClock()
    supervisor = nobody(store, clock)
    async with _sound(history, log, speed) as heard:
        player = Player(log, supervisor.bus, clock, speed=speed, sound=heard.sound)
        replayed = Replayed(supervisor, player, history)
        app = ReplayApp(
            replayed,
            history.session_id,
            mode=history.mode,
            banner=_banner(history, heard, speed),
            keymap=settings.ui.keys,
            desk=Desk(prices=price_list(settings)),
        )
        if settings.ui.theme in app.available_themes:
            app.theme = settings.ui.theme
        left = await held(app)
    if isinstance(left, GoOn) and left.session_id is not None:
        print(f"Go on with: realtime-chat resume {left.session_id}", file=sys.stderr)
    return left if isinstance(left, int) else 0


def _banner(history: "History", heard: _Heard, speed: float) -> "Banner":
    from realtime_chat.cli.tui.banner import Banner

    faster = f", {speed:g} times as fast" if speed != 1.0 else ""
    return Banner(
        provider=f"a replay of {history.provider}",
        why=f"it began on {minute(history.created_at)} UTC{faster}",
        model=history.model,
        voice=history.voice,
        microphone=None,
        speaker=heard.speaker,
        audio_note=heard.note,
    )


@asynccontextmanager
async def _sound(history: "History", log: "Sequence[Envelope]", speed: float) -> AsyncGenerator[_Heard]:
    """What was recorded, where there is something to play it with; a replay is silent otherwise."""
    if not history.recordings:
        yield _Heard(note="nothing was recorded")
        return
    if speed != 1.0:
        yield _Heard(note="sound comes only with --speed 1")
        return
    from realtime_chat.audio.devices import open_speaker
    from realtime_chat.audio.recorded import RecordedTalk
    from realtime_chat.cli.replay_sound import ReplaySound
    from realtime_chat.core.beats import times_of
    from realtime_chat.core.clock import SystemClock
    from realtime_chat.core.errors import AudioUnavailable
    from realtime_chat.core.events import RecordingStarted

    files = [
        (Path(one.data.path), at_s)
        for one, at_s in zip(log, times_of(log), strict=True)
        if isinstance(one.data, RecordingStarted)
    ]
    with RecordedTalk(files) as recorded:
        if not recorded:
            yield _Heard(note="the recording is gone")
            return
        try:
            speaker = open_speaker(SystemClock())
        except AudioUnavailable as error:
            yield _Heard(note=error.message)
            return
        try:
            yield _Heard(ReplaySound(recorded, speaker), "the system's", "a replay needs none")
        finally:
            await speaker.close()
