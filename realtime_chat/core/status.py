"""A session's snapshot for a status bar or a caller (J9, J10)."""

import msgspec

from realtime_chat.core.events import LinkState, Mode, TurnPhase
from realtime_chat.core.lifecycle import State, StatusWord


class SessionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is the four-word projection of the twelve states; `queue_length` counts waiting messages."""

    session_id: str
    status: StatusWord
    is_active: bool
    state: State
    link: LinkState
    phase: TurnPhase
    turn_id: str | None
    mode: Mode
    provider: str
    model: str
    queue_length: int
    connected_at: str | None
