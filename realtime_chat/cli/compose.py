"""The only place where audio, tools, the embedded server, core and a presenter meet."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

from realtime_chat.cli import paths
from realtime_chat.cli.agents import Cast, Known, cast, instructions_for, listens, resolved
from realtime_chat.cli.company import Company, company
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import ProviderChoice, provider
from realtime_chat.cli.providers.wishes import wishes
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import ProviderSettings, TurnSettings
from realtime_chat.cli.sound import Sound, Wishes, open_sound
from realtime_chat.cli.trace import Trace, tracing
from realtime_chat.core.agents.factory import configured
from realtime_chat.core.agents.registry import Chosen
from realtime_chat.core.budget import Budget
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import Mode
from realtime_chat.core.folding import fold
from realtime_chat.core.history import History
from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions, TurnDetection
from realtime_chat.core.ports import AudioSink, SpeechGate, Toolbox, TransportFactory, VoiceEar
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor

if TYPE_CHECKING:
    from realtime_chat.cli.listeners import Listeners
    from realtime_chat.cli.toolset import Toolset

#: The longest that semantic_vad waits for the end of a turn, by eagerness.
SEMANTIC_SILENCE_MS = {"low": 8000, "medium": 4000, "high": 2000, "auto": 4000}
_NO_DEVICES = "this session was opened for text; `talk` uses them"


@dataclass(frozen=True, slots=True)
class Composition:
    """All that a presenter needs. `notes`: what the user should know before the talk begins."""

    conversation: Conversation
    setup: SessionSetup
    provider: ProviderChoice
    session_id: str | None
    sound: Sound
    data_dir: Path
    notes: tuple[str, ...] = ()
    trace: Trace | None = None
    listeners: "Listeners | None" = None
    company: Company | None = None
    agents: Known = field(default_factory=Known)

    async def start(self) -> str:
        """Begin the session, or take it up again; its id. Raises as Conversation.start does."""
        session_id = await self.conversation.start(self.setup, self.session_id)
        supervisor = self.conversation.supervisor
        if self.trace is not None:
            self.trace.follow(supervisor.bus, session_id, self.setup)
        if self.listeners is not None:
            from realtime_chat.cli.listeners import BEGINNINGS

            begun = [one for one in supervisor.store.read(session_id) if one.type in BEGINNINGS]
            self.listeners.follow(supervisor.bus, session_id, begun[-1:])
        if self.company is not None:
            self.company.follow(self.conversation, session_id)
        return session_id


def store(settings: Settings, data_dir: Path | None) -> SessionStore:
    """The sessions of this user; makes no folder."""
    return SessionStore(paths.data_dir(data_dir or settings.store.data_dir) / "sessions", SystemClock())


@asynccontextmanager
async def composed(
    flags: Flags, settings: Settings, *, sink: AudioSink | None = None, devices: bool = False
) -> AsyncGenerator[Composition]:
    """Everything up and, on leaving, everything down: sessions first, then the embedded server.

    `devices`: a spoken one opens microphone and speaker. Raises NotFound, InvalidArguments, ConfigError first."""
    sessions = store(settings, flags.data_dir)
    plan = await planned(flags, settings, sessions)
    root = paths.made(paths.data_dir(flags.data_dir or settings.store.data_dir))
    sound = _sound(flags, settings, plan.mode) if devices else Sound(sink=sink, note=_NO_DEVICES)
    async with (
        _tools(flags, settings, root, plan.chosen.profile.tools) as tools,
        _watched(flags, settings, run_id := uuid4().hex) as watchers,
        company(flags, settings, plan.cast, plan.chosen) as beside,
        provider(plan.choice.name, plan.choice.transport).ways(plan.choice, settings, run_id) as transport,
        Supervisor(sessions, SystemClock()) as supervisor,
    ):
        toolbox, notes = await tools()
        setup = replace(_setup(flags, settings, plan, sound, transport), toolbox=toolbox)
        yield Composition(
            Conversation(supervisor),
            configured(setup, plan.chosen),
            plan.choice,
            plan.session_id,
            sound,
            root,
            (*plan.cast.known.faults, *notes),
            *watchers,
            company=beside,
            agents=plan.cast.known,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was decided before anything is opened."""

    session_id: str | None
    before: History
    cast: Cast
    choice: ProviderChoice
    chosen: Chosen
    mode: Mode
    budget: Budget | None


async def planned(flags: Flags, settings: Settings, sessions: SessionStore) -> Plan:
    """What a run with these flags would be. Raises NotFound, InvalidArguments, ConfigError, ModuleFailed."""
    session_id = find(sessions, flags)
    before = fold(sessions.read(session_id)) if session_id is not None else History()
    found = await cast(flags, settings, os.environ, before=before.agent)
    mode = _mode(found, flags, before)
    choice, chosen = resolved(
        found.name, found.transport, found.known, replace(flags, mode=mode), settings, os.environ
    )
    return Plan(
        session_id=session_id,
        before=before,
        cast=found,
        choice=choice,
        chosen=chosen,
        mode=mode,
        budget=_budget(flags, settings, choice),
    )


def _setup(
    flags: Flags, settings: Settings, plan: Plan, sound: Sound, transport: TransportFactory
) -> SessionSetup:
    """All but the tools, which come last."""
    same_agent = plan.before.agent == plan.chosen.agent.name
    told = instructions_for(flags, settings, plan.chosen, same_agent=same_agent)
    return SessionSetup(
        transport=transport,
        options=options(flags, settings, plan.choice, plan.mode, instructions=told),
        provider=plan.choice.recorded,
        model=plan.choice.model,
        mode=plan.mode,
        attended=flags.attended,
        sink=sound.sink,
        source=sound.source,
        card=sound.card,
        recording=sound.recording,
        ear=_ear(settings.turns, sound),
        volume=settings.audio.volume,
        hands_free=_detector(settings.turns),
        gate=voice_gate(settings) if sound.source is not None else None,
        connect_timeout_s=settings.limits.connect_s,
        budget=plan.budget,
    )


def _mode(found: Cast, flags: Flags, before: History) -> Mode:
    """As asked for, else the talk's last; a session that only listens has nothing to do with what is typed."""
    if not listens(found.known.registry.entry(found.name, found.transport)[2]):
        return flags.mode or before.mode
    if flags.mode == "text" or flags.prompt is not None:
        raise InvalidArguments(
            f"The agent {found.name} only listens over the realtime transport; `talk` to it, or use "
            "--transport stateless."
        )
    return "voice"


@asynccontextmanager
async def _watched(
    flags: Flags, settings: Settings, run_id: str
) -> "AsyncGenerator[tuple[Trace | None, Listeners | None]]":
    """Who follows the talk besides its presenter; to be left after the sessions ended."""
    hooks = settings.hooks
    async with tracing(flags.trace, run_id) as trace:
        if not hooks.listens:
            yield trace, None
            return
        from realtime_chat.cli.listeners import listening

        async with listening(hooks, settings.tools.workspace or Path.cwd()) as listeners:
            yield trace, listeners


def _sound(flags: Flags, settings: Settings, mode: Mode) -> Sound:
    if mode != "voice":
        if flags.record:
            raise InvalidArguments("This session is typed, so there is no sound to keep; leave out --record.")
        return Sound(note=_NO_DEVICES)
    audio = settings.audio
    wishes = Wishes(
        input_device=flags.input_device or audio.input_device,
        output_device=flags.output_device or audio.output_device,
        hands_free=_hands_free(flags, settings),
        headphones=flags.headphones or audio.headphones,
        half_duplex=audio.half_duplex,
        echo_cancellation=audio.echo_cancellation and not flags.no_aec,
        noise_suppression=audio.noise_suppression,
        gain_control=audio.gain_control,
        record=flags.record,
    )
    return open_sound(SystemClock(), wishes)


def _either(flag: float | None, setting: float) -> float:
    return setting if flag is None else flag


def _budget(flags: Flags, settings: Settings, choice: ProviderChoice) -> Budget | None:
    """What may be spent. Raises InvalidArguments where nobody knows what is."""
    limit = _either(flags.max_cost, settings.limits.max_cost)
    if not limit:
        return None
    from realtime_chat.cli.costs import price_list

    prices = price_list(settings)
    if not prices.knows(choice.recorded, choice.model):
        raise InvalidArguments(
            f"No price is known for {choice.model}, so --max-cost cannot be watched. "
            'Give one in the settings, below [prices."MODEL"].'
        )
    return Budget(
        limit,
        prices,
        provider=choice.recorded,
        model=choice.model,
        transcription_model=choice.transcription_model or "",
    )


def voice_gate(settings: Settings) -> SpeechGate | None:
    """What lets only speech pass, with all the silence that the provider may wait for; None: everything passes."""
    if not settings.audio.voice_gate:
        return None
    from realtime_chat.audio.gate import USUAL_SILENCE_MS, VoiceGate

    turns = settings.turns
    if turns.detection == "semantic":
        return VoiceGate(SEMANTIC_SILENCE_MS[turns.eagerness or "auto"])
    return VoiceGate(turns.silence_duration_ms or USUAL_SILENCE_MS)


def _hands_free(flags: Flags, settings: Settings) -> bool:
    return settings.turns.detection != "push_to_talk" if flags.vad is None else flags.vad


def find(sessions: SessionStore, flags: Flags) -> str | None:
    """The session that the flags name; None for a new one. Raises InvalidArguments, NotFound."""
    if flags.last:
        known = sessions.ids()
        return known[0] if known else sessions.resolve("last")
    return sessions.resolve(flags.session) if flags.session is not None else None


def options(
    flags: Flags, settings: Settings, choice: ProviderChoice, mode: Mode, *, instructions: str = ""
) -> SessionOptions:
    """What the provider is asked for; `instructions` "": a resumed session keeps its own."""
    turns = settings.turns
    hands_free = mode == "voice" and _hands_free(flags, settings)
    detection: TurnDetection = _detector(turns) if hands_free else "none"
    house = SessionOptions(
        instructions=instructions,
        turn_detection=detection,
        allow_interruptions=turns.interruptions,
        on_interrupt=settings.tools.on_interrupt,
        tell_after_s=settings.tools.tell_after_s,
        max_iterations=settings.tools.max_iterations,
        reconnect_tries=settings.limits.reconnect_tries,
        idle_timeout_s=settings.limits.idle_s,
        mute_after_s=0.0 if choice.is_free else settings.limits.mute_after_s,
        total_timeout_s=60 * _either(flags.max_minutes, settings.limits.max_minutes),
        max_consecutive_mistakes=settings.tools.max_consecutive_mistakes,
        barge_in=turns.barge_in,
        backchannels=tuple(turns.backchannels),
        overlap_ms=turns.overlap_ms,
        titles=settings.ui.titles and flags.attended,  # a script reads no list of sessions
    )
    return house.overridden(wishes(flags, settings.provider.get(choice.name, ProviderSettings()), choice))


def _detector(turns: TurnSettings) -> ServerVad | SemanticVad:
    """Who ends a hands-free turn: what is configured, or silence."""
    served = None if turns.interruptions and turns.barge_in == "instant" else False
    if turns.detection == "semantic":
        return SemanticVad(eagerness=turns.eagerness, create_response=served, interrupt_response=served)
    return ServerVad(
        threshold=turns.threshold,
        prefix_padding_ms=turns.prefix_padding_ms,
        silence_duration_ms=turns.silence_duration_ms,
        create_response=served,
        interrupt_response=served,
    )


def _ear(turns: TurnSettings, sound: Sound) -> VoiceEar | None:
    if turns.barge_in == "instant" or sound.source is None:
        return None
    from realtime_chat.audio.vad import Ear

    return Ear()


_Tools: TypeAlias = Callable[[], Awaitable[tuple[Toolbox | None, tuple[str, ...]]]]


@asynccontextmanager
async def _tools(
    flags: Flags, settings: Settings, root: Path, only: Sequence[str] | None
) -> AsyncGenerator[_Tools]:
    """Whom to ask for the toolbox and its notes when all else is ready: servers take as long to start as that.

    `only`: the names of the tools that the agent may use.
    """
    if flags.no_tools or not settings.tools.enabled or (only is not None and not only):
        yield _no_tools
        return
    from realtime_chat.cli.toolset import started_servers, toolset

    async with started_servers(settings) as servers:

        async def come() -> tuple[Toolbox | None, tuple[str, ...]]:
            found = (await toolset(settings, flags.tools or (), servers)).only(only)
            return _toolbox(found, flags, settings, root), found.faults

        yield come


async def _no_tools() -> tuple[None, tuple[str, ...]]:
    return None, ()


def _toolbox(tools: "Toolset", flags: Flags, settings: Settings, root: Path) -> Toolbox:
    from realtime_chat.cli.permissions import permissions

    workspace = settings.tools.workspace or Path.cwd()
    allowed = permissions(settings.permissions, flags.permission, workspace=workspace, data_dir=root)
    return tools.toolbox(settings, root, allowed)
