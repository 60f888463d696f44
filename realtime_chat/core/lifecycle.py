"""The twelve states of a session (T1) as a checked projection of the link's and the turn's states.

Nobody sets a state: `project` derives it, `Lifecycle.enter` refuses a move that is not in the table, so a
state that could not follow shows as an error where it was caused, not as a wrong word on a screen.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from realtime_chat.core.errors import ChatError
from realtime_chat.core.events import LinkState, TurnPhase


class State(StrEnum):
    """T1."""

    INITIALIZING = "initializing"
    CONNECTED = "connected"
    CONFIGURING = "configuring"
    READY = "ready"
    LISTENING = "listening"
    PROCESSING = "processing"
    RESPONDING = "responding"
    INTERRUPTED = "interrupted"
    PAUSED = "paused"
    CLOSING = "closing"
    CLOSED = "closed"
    ERROR = "error"


_TALK = frozenset({State.READY, State.LISTENING, State.PROCESSING, State.RESPONDING, State.INTERRUPTED})
_END = frozenset({State.CLOSING, State.CLOSED, State.ERROR})
#: From each state, where one may go (T2: connected → configuring → ready).
MOVES: dict[State, frozenset[State]] = {
    State.INITIALIZING: frozenset({State.CONNECTED, State.PAUSED}) | _END,
    State.CONNECTED: frozenset({State.CONFIGURING, State.PAUSED}) | _END,
    State.CONFIGURING: frozenset({State.READY, State.PAUSED}) | _END,
    **{state: (_TALK - {state}) | {State.PAUSED} | _END for state in _TALK},
    State.PAUSED: frozenset({State.INITIALIZING, State.CONNECTED, State.READY}) | _END,
    State.CLOSING: frozenset({State.CLOSED, State.ERROR}),
    State.CLOSED: frozenset(),
    State.ERROR: frozenset({State.CLOSED}),
}

_BY_PHASE = {
    TurnPhase.IDLE: State.READY,
    TurnPhase.HEARING: State.LISTENING,
    TurnPhase.THINKING: State.PROCESSING,
    TurnPhase.ACTING: State.PROCESSING,
    TurnPhase.RESPONDING: State.RESPONDING,
    TurnPhase.SPEAKING: State.RESPONDING,
}
_BY_LINK = {
    LinkState.IDLE: State.INITIALIZING,
    LinkState.CONNECTING: State.INITIALIZING,
    LinkState.CONNECTED: State.CONNECTED,
    LinkState.CONFIGURING: State.CONFIGURING,
    LinkState.PAUSED: State.PAUSED,
    LinkState.RECONNECTING: State.PAUSED,
    LinkState.CLOSING: State.CLOSING,
    LinkState.CLOSED: State.CLOSED,
    LinkState.ERROR: State.ERROR,
}


def project(link: LinkState, phase: TurnPhase, *, interrupted: bool) -> State:
    """The state that link and turn make together; `interrupted`: the last turn was cut and none is open."""
    if link is not LinkState.READY:
        return _BY_LINK[link]
    if phase is TurnPhase.IDLE and interrupted:
        return State.INTERRUPTED
    return _BY_PHASE[phase]


def way(here: State, goal: State) -> tuple[State, ...]:
    """The moves from one state to the other: connected before it is configured, ready before it is anything else."""
    if goal is State.CONFIGURING and here in (State.INITIALIZING, State.PAUSED):
        return State.CONNECTED, goal
    return (State.READY, goal) if here is State.CONFIGURING and goal in _TALK - {State.READY} else (goal,)


class Transition(msgspec.Struct, frozen=True):
    """One move; `at` in monotonic seconds."""

    at: float
    old: State
    new: State


StatusWord: TypeAlias = Literal["active", "paused", "closed", "error"]
Handler: TypeAlias = Callable[[State, State], Awaitable[None] | None]
HISTORY = 256


class Lifecycle:
    """Keeps the state, its history and its handlers (T3, T4). Pure: it calls nobody."""

    def __init__(self, at: float = 0.0) -> None:
        self.state = State.INITIALIZING
        self.history: deque[Transition] = deque(maxlen=HISTORY)
        self._created = at
        self._since = at
        self._first: dict[State, float] = {}
        self._on_state: dict[State, list[Handler]] = {}
        self._on_move: dict[tuple[State, State], list[Handler]] = {}

    def enter(self, state: State, *, at: float) -> Transition | None:
        """Move; None when already there. Raises ChatError(illegal_transition) for a move not in the table."""
        if state is self.state:
            return None
        if state not in MOVES[self.state]:
            raise ChatError(f"A session cannot go from {self.state} to {state}.", kind="illegal_transition")
        move = Transition(at, self.state, state)
        self.state = state
        self._since = at
        self._first.setdefault(state, at)
        self.history.append(move)
        return move

    @property
    def is_active(self) -> bool:
        """True unless closed or in error (T4)."""
        return self.state not in (State.CLOSED, State.ERROR)

    @property
    def can_accept_input(self) -> bool:
        """True in ready, listening and responding (T4)."""
        return self.state in (State.READY, State.LISTENING, State.RESPONDING)

    @property
    def time_to_ready_ms(self) -> int | None:
        """From the beginning to the FIRST ready; later ones do not move it (C29)."""
        ready = self.first(State.READY)
        return None if ready is None else round((ready - self._created) * 1000)

    def first(self, state: State) -> float | None:
        """When it was entered for the first time, in monotonic seconds."""
        return self._first.get(state)

    def watched(self, move: Transition) -> bool:
        """Whether there are `handlers` for it."""
        return move.new in self._on_state or (move.old, move.new) in self._on_move

    def seconds_in_state(self, at: float) -> float:
        """Seconds since the last move, never negative."""
        return max(0.0, at - self._since)

    def on_state(self, state: State, handler: Handler) -> None:
        """Call `handler(old, new)` when the state is entered."""
        self._on_state.setdefault(state, []).append(handler)

    def on_move(self, old: State, new: State, handler: Handler) -> None:
        """Call `handler(old, new)` at exactly this move."""
        self._on_move.setdefault((old, new), []).append(handler)

    def handlers(self, move: Transition) -> tuple[Handler, ...]:
        """Whom to call at a move: those of the move before those of the state (T3)."""
        return (*self._on_move.get((move.old, move.new), ()), *self._on_state.get(move.new, ()))


def status_word(state: State) -> StatusWord:
    """The four-word status of J9."""
    match state:
        case State.CLOSED:
            return "closed"
        case State.ERROR:
            return "error"
        case State.PAUSED:
            return "paused"
        case _:
            return "active"
