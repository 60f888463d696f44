"""What the machine's parts share: the tray, the open turn, the sequencer. No part keeps a copy."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from realtime_chat.core.errors import Category, ErrorInfo, InvalidArguments, Unreachable
from realtime_chat.core.events import (
    Event,
    InterruptReason,
    LinkChanged,
    LinkState,
    Noticed,
    Source,
    TurnPhase,
    TurnPhaseChanged,
)
from realtime_chat.core.machine.answers import Answers
from realtime_chat.core.machine.batch import ToolBatch
from realtime_chat.core.machine.effects import Effect, Emit, Send
from realtime_chat.core.machine.latency import Marks
from realtime_chat.core.machine.rounds import Rounds
from realtime_chat.core.machine.sequencer import ResponseSequencer
from realtime_chat.core.messages import Configure, Item, Outgoing
from realtime_chat.core.options import SessionOptions, TurnOptions
from realtime_chat.core.ports import Capabilities

#: A provider runs one response at a time; more dead ones than this wait for their end in no honest talk.
GRAVES = 64
CUTS_BY_ITSELF = (
    "This provider cuts and answers by itself: interruptions = false and barge_in = tolerant do not apply."
)


ENDED = frozenset({LinkState.CLOSED, LinkState.ERROR})
#: Where messages go out.
LINKED = frozenset({LinkState.CONNECTED, LinkState.CONFIGURING, LinkState.READY, LinkState.CLOSING})


class Turn(msgspec.Struct):
    """The open turn: from user input to its one terminal event."""

    turn_id: str
    source: Source
    started_at: float
    waits: Marks  # how long the user does
    phase: TurnPhase = TurnPhase.IDLE
    cut: InterruptReason | None = None  # interrupted; waits for the speaker's ledger
    user_logged: bool = False
    user_item: str = ""
    unsent: Item | None = None  # of the user's, typed while there was no connection
    has_words: bool = False  # the log knows what the user said
    begun: bool = False  # a response to it began
    again: bool = False  # it was asked, and its connection went: once may be chance
    lost: ErrorInfo | None = None  # its connection went; waits for the speaker's ledger
    connection: int = 0
    audio_ms: int = 0
    responses: list[str] = msgspec.field(default_factory=list[str])
    interim: set[str] = msgspec.field(default_factory=set[str])  # of them, those that only bridge a wait
    answers: Answers = msgspec.field(default_factory=Answers)
    calls: dict[str, list[Item]] = msgspec.field(default_factory=dict[str, list[Item]])
    batch: ToolBatch | None = None
    rounds: Rounds = msgspec.field(default_factory=Rounds)
    options: TurnOptions = TurnOptions()

    @property
    def may_be_asked_again(self) -> bool:
        """On another connection, without a doubt: nothing came of it yet (P23), and its words can be told."""
        return self.phase is TurnPhase.THINKING and self.has_words and not self.begun and self.cut is None


class MachineState:
    """One per session. `now` is set by the machine at every input; seconds of a monotonic clock."""

    def __init__(
        self,
        options: SessionOptions,
        *,
        speaker: bool,
        turns_before: int,
        classify: Callable[[ErrorInfo], Category | None] | None = None,
    ) -> None:
        """`classify`: how much an error weighs, where that is not what it usually does (J24)."""
        self._classify = classify
        self.options = options
        self.speaker = speaker
        self.now = 0.0
        #: When anybody did anything last: the user, or the provider.
        self.active_at = 0.0
        #: When the provider said anything last.
        self.heard_at = 0.0
        self.link = LinkState.IDLE
        #: Of the connection there is, or of the last.
        self.capabilities = Capabilities()
        #: How many connections were ready; an item of an earlier one is unknown to this one.
        self.connection = 0
        self.turn: Turn | None = None
        self.sequencer = ResponseSequencer()
        #: Responses nobody waits for any more → their turn: deltas are dropped until their end. The last GRAVES
        #: only: of an older one, whose end never came, no usage is told.
        self.dead: dict[str, str] = {}
        #: What the model was told of earlier in this session, and is not any more.
        self.tools_off: frozenset[str] = frozenset()
        self.interrupted = False
        self._turns = turns_before
        self._ids = 0
        self._tray: list[Effect] = []

    def do(self, effect: Effect) -> None:
        """Put an effect into the tray."""
        self._tray.append(effect)

    def emit(self, event: Event) -> None:
        """Put an event into the tray."""
        self._tray.append(Emit(event))

    def send(self, message: Outgoing) -> None:
        """Put a message into the tray; where nobody takes one, it is forgotten."""
        if self.link in LINKED:
            self._tray.append(Send(message))

    def require_link(self) -> None:
        """Raises Unreachable without a connection that takes messages."""
        if self.link is not LinkState.READY:
            raise Unreachable("There is no connection to the model right now. Wait a moment and try again.")

    def weighed(self, error: ErrorInfo) -> ErrorInfo:
        """The error, as much as it weighs for this agent."""
        try:
            category = self._classify(error) if self._classify is not None else None
        except Exception:  # somebody else's code; an error of it must not hide the one that happened
            return error
        return error if category is None else msgspec.structs.replace(error, category=category)

    def require_answers(self) -> None:
        """Raises InvalidArguments in a session that never answers."""
        if not self.options.answers:
            raise InvalidArguments(
                "This session only writes down what is said; speak, or choose another agent."
            )

    def bury(self, response_id: str, turn_id: str) -> None:
        """Nobody waits for this response any more."""
        self.dead.pop(response_id, None)
        self.dead[response_id] = turn_id
        if len(self.dead) > GRAVES:
            del self.dead[next(iter(self.dead))]

    def adapt(self) -> None:
        """To what this provider can do; the user is told what does not apply."""
        options, detection = self.options, self.options.turn_detection
        judged = not (options.allow_interruptions and options.server_creates and options.server_interrupts)
        if self.capabilities.judged_speech or not judged or detection is None or isinstance(detection, str):
            return
        served = replace(detection, create_response=None, interrupt_response=None)
        self.options = replace(options, turn_detection=served, allow_interruptions=True, barge_in="instant")
        self.emit(Noticed(text=CUTS_BY_ITSELF, level="warning"))

    def reconfigure(self, options: SessionOptions) -> None:
        """Other options from now on; a provider that listens is told."""
        self.options = options
        self.adapt()
        options = self.options
        if self.link is LinkState.READY:
            self.send(Configure(options=options))

    @property
    def tools_spent(self) -> ErrorInfo | None:
        """Why the open turn may use no tool any more; None while it may."""
        turn = self.turn
        if turn is not None and not turn.options.tools:
            return ErrorInfo(kind="no_tools", message="The model wants a tool, and this turn is to use none.")
        return turn.rounds.limit(turn.options.over(self.options)) if turn is not None else None

    @property
    def tray(self) -> tuple[Effect, ...]:
        """What this input brought about so far."""
        return tuple(self._tray)

    def take(self) -> list[Effect]:
        """Empty the tray."""
        tray, self._tray = self._tray, []
        return tray

    def new_item_id(self) -> str:
        """A client-made item id, unique on this connection, ≤ 32 characters."""
        self._ids += 1
        return f"user_{self._turns}_{self._ids}"

    def new_turn(self, source: Source) -> Turn:
        """Take the slot. The caller emits TurnStarted."""
        self._turns += 1
        self.interrupted = False
        self.turn = Turn(
            f"t{self._turns}", source, self.now, Marks(zero=self.now), connection=self.connection
        )
        return self.turn

    def move_link(self, link: LinkState, detail: str = "", *, retry_in_s: float = 0.0) -> None:
        """The only place where the link's state changes."""
        old = self.link
        if old is not link:
            self.link = link
            self.emit(LinkChanged(old=old, new=link, detail=detail, retry_in_s=retry_in_s))

    def enter(self, turn: Turn, phase: TurnPhase) -> None:
        """The only place where a turn's phase changes."""
        if turn.phase is not phase:
            turn.phase = phase
            self.emit(TurnPhaseChanged(turn_id=turn.turn_id, phase=phase))
