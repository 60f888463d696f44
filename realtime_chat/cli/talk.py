"""`talk`, `text` and `resume`: read the flags, choose how to present, hold the conversation."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext

from realtime_chat.cli import failures, json_out, stdin
from realtime_chat.cli.compose import Composition, composed, find, store
from realtime_chat.cli.costs import cost_since, in_words, price_list
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.going_on import lasting_flags, next_flags
from realtime_chat.cli.headless import Begin, Stopped, lines, one_turn, require_text, spoken, typed
from realtime_chat.cli.images import picture
from realtime_chat.cli.paths import program
from realtime_chat.cli.present import (
    EventsPresenter,
    JsonPresenter,
    PlainPresenter,
    Presenter,
    SilentPresenter,
)
from realtime_chat.cli.project import tell_of_unconfirmed
from realtime_chat.cli.settings import Settings, load
from realtime_chat.cli.signals import let_go_of_dead_terminals
from realtime_chat.cli.tui.terminal import held, loading, owned, waiting
from realtime_chat.cli.words.desk import Leaving
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import ChatError, InvalidArguments, TimedOut
from realtime_chat.core.ports import AudioSink
from realtime_chat.core.prices import PriceList
from realtime_chat.core.printable import one_line
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.tools.printing import stdout_kept

#: Holds a talk: the exit code, or what to go on with.
Hold = Callable[[Composition, Flags], Awaitable[Leaving]]


class _Way:
    """What this run cost, and how to come back to its session; told last, whatever happened before."""

    def __init__(self, sessions: SessionStore, prices: PriceList | None) -> None:
        self._sessions = sessions
        self._prices = prices
        self._known = set(sessions.ids())
        self._began = SystemClock().wall()
        self.session_id: str | None = None

    def tell(self) -> None:
        """A line on stderr where there was a cost, and one when there is a session."""
        fresh = [one for one in self._sessions.ids() if one not in self._known]
        session_id = self.session_id or (fresh[0] if fresh else None)
        if session_id is not None:
            if self._prices is not None and (cost := self._cost(session_id, self._prices)):
                print(f"This talk: {cost}.", file=sys.stderr)
            print(f"Resume with: {program()} resume {session_id}", file=sys.stderr)

    def _cost(self, session_id: str, prices: PriceList) -> str:
        try:
            return in_words(cost_since(self._sessions.read(session_id), self._began, prices))
        except (ChatError, OSError):
            return ""  # a log that cannot be read was told of already


def converse(flags: Flags) -> int:
    """The exit code. A failure under `--json` is a value on stdout, too."""
    way: _Way | None = None
    try:
        flags.check()
        settings = load(flags.config)
        sessions = store(settings, flags.data_dir)
        find(sessions, flags)  # before stdin is waited for
        tell_of_unconfirmed(flags.config)
        hold, sink = _plan(flags, settings)
        way = _Way(sessions, None if flags.json or flags.events else price_list(settings))
        with owned() if flags.attended else nullcontext(), stdout_kept():
            return asyncio.run(_run(flags, settings, hold, sink, way))
    except Stopped as stopped:
        return stopped.code
    except BrokenPipeError:
        raise
    except Exception as error:  # the seam to the user: one line, one value, one exit code
        if flags.json:
            json_out.put(json_out.failure_value(error))
        code = failures.tell(error, debug=flags.debug)
        return failures.IDLE_TIMEOUT if isinstance(error, TimedOut) else code
    finally:
        let_go_of_dead_terminals()  # the screen gave back what it had taken
        if way is not None and not flags.quiet:
            way.tell()


def _plan(flags: Flags, settings: Settings) -> tuple[Hold, AudioSink | None]:
    """How this run presents; whatever can be refused is refused here, before anything starts."""
    if flags.by_line:
        keyboard = stdin.typed_lines()
        return lambda composition, flags: _by_line(composition, flags, settings, keyboard), None
    if flags.attended:
        return lambda composition, flags: _screen(composition, flags, settings), None
    wait = settings.limits.await_idle_s
    presenter = _presenter(flags, settings)
    sink: AudioSink | None = None
    begin: Begin | None = None
    images = [picture(file) for file in flags.images or ()]
    prompt = stdin.whole() if flags.prompt == "-" else flags.prompt
    if flags.input_file is not None:
        from realtime_chat.audio.files import FileSource

        begin = spoken(FileSource(flags.input_file, SystemClock(), paced=False))
    elif prompt is not None:
        begin = typed(require_text(prompt), images)
    elif flags.mode == "voice":
        raise InvalidArguments("talk needs a terminal, or --in FILE; `text` takes typed questions.")
    if flags.output_file is not None:
        from realtime_chat.audio.files import sink_to

        sink = sink_to(flags.output_file)
    if begin is None and (flags.json or not flags.plain):
        begin = typed(stdin.whole(), images)
    if begin is None:
        return lambda composition, _: lines(composition, presenter, await_idle_s=wait), sink
    chosen = begin
    return lambda composition, _: one_turn(composition, chosen, presenter, await_idle_s=wait), sink


async def _run(flags: Flags, settings: Settings, hold: Hold, sink: AudioSink | None, way: _Way) -> int:
    """One talk after another, for as long as the screen is left for the next."""
    lasting = flags
    while True:
        with loading() if flags.attended and not flags.by_line else nullcontext():
            left = await _one(flags, settings, hold, sink, way)
        if isinstance(left, int):
            return left
        lasting, flags = lasting_flags(lasting, left), next_flags(lasting, left)


async def _one(flags: Flags, settings: Settings, hold: Hold, sink: AudioSink | None, way: _Way) -> Leaving:
    async with composed(flags, settings, sink=sink, devices=flags.attended) as composition:
        way.session_id = composition.session_id
        choice = composition.provider
        if flags.verbose:
            print(one_line(f"provider: {choice.name} · {choice.model} ({choice.why})"), file=sys.stderr)
        return await hold(composition, flags)


def _presenter(flags: Flags, settings: Settings) -> Presenter:
    if flags.json:
        return JsonPresenter(price_list(settings))
    if flags.events:
        return EventsPresenter()
    if flags.output_file == "-":
        return SilentPresenter()
    return PlainPresenter(quiet=flags.quiet)


def _by_line(
    composition: Composition, flags: Flags, settings: Settings, typed: Iterator[str]
) -> Awaitable[Leaving]:
    from realtime_chat.cli.desk import desk_of
    from realtime_chat.cli.plain_talk import talk_by_line

    desk = desk_of(composition, flags, settings)
    return talk_by_line(composition, typed, desk=desk, quiet=flags.quiet, earcons=settings.ui.earcons)


def _screen(composition: Composition, flags: Flags, settings: Settings) -> Awaitable[Leaving]:
    from realtime_chat.cli.announcing import timers_announced
    from realtime_chat.cli.desk import desk_of
    from realtime_chat.cli.tui.app import ChatApp
    from realtime_chat.cli.tui.banner import Banner

    async def show() -> Leaving:
        conversation = composition.conversation
        choice, sound = composition.provider, composition.sound
        with waiting(f"Connecting to {choice.name} …"):
            session_id = await composition.start()
        banner = Banner(
            provider=choice.name,
            why=choice.why,
            model=choice.model,
            voice=choice.voice or "",
            microphone=sound.microphone,
            speaker=sound.speaker,
            audio_note=sound.note,
            agent=composition.setup.agent,
            notes=composition.notes,
        )
        mode = composition.setup.mode
        desk = desk_of(composition, flags, settings)
        keymap = settings.ui.keys
        app = ChatApp(conversation, session_id, mode=mode, banner=banner, keymap=keymap, desk=desk)
        if settings.ui.theme in app.available_themes:
            app.theme = settings.ui.theme
        async with timers_announced(composition, session_id):
            return await held(app)

    return show()
