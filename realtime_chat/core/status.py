"""A session's snapshot for a status bar or a caller (J9, J10)."""

import msgspec

from realtime_chat.core.events import LinkState, Mode, TurnPhase
from realtime_chat.core.lifecycle import State, StatusWord, status_word
from realtime_chat.core.session import Session


class SessionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is the four-word projection of the twelve states; `queue_length` counts waiting messages,
    `asks`: a call waits for a human's word.

    `user_speaks` as the provider's detector hears it; `hands_free`: that detector ends the user's turns;
    `listening`: the microphone's sound goes to the model; `volume`: of answers, in percent, None without a speaker;
    `tools`: what the model may call, by name.
    """

    session_id: str
    status: StatusWord
    is_active: bool
    state: State
    link: LinkState
    phase: TurnPhase
    turn_id: str | None
    asks: bool
    user_speaks: bool
    hands_free: bool
    listening: bool
    volume: int | None
    mode: Mode
    provider: str
    model: str
    queue_length: int
    connected_at: str | None
    tools: tuple[str, ...] = ()


def status_of(session: Session) -> SessionStatus:
    """A live session's snapshot."""
    machine = session.machine
    turn = machine.turn
    word = status_word(machine.state)
    return SessionStatus(
        session_id=session.session_id,
        status=word,
        is_active=word == "active",
        state=machine.state,
        link=machine.link,
        phase=turn.phase if turn is not None else TurnPhase.IDLE,
        turn_id=turn.turn_id if turn is not None else None,
        asks=turn is not None and turn.batch is not None and bool(turn.batch.waiting),
        user_speaks=machine.user_speaks,
        hands_free=not machine.options.push_to_talk,
        listening=session.uplink.listening,
        volume=session.speaker.volume if session.speaker is not None else None,
        mode="voice" if machine.options.spoken else "text",
        provider=session.setup.provider,
        model=session.setup.model,
        queue_length=session.queue_length,
        connected_at=session.connected_at,
        tools=tuple(tool.name for tool in machine.options.tools),
    )
