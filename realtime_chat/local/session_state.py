"""What the parts of one connection's protocol machine share."""

from dataclasses import dataclass, field

from realtime_chat.local.ids import Ids
from realtime_chat.local.items import Items
from realtime_chat.local.outbox import Outbox
from realtime_chat.local.session_config import SessionConfig, SessionType


@dataclass(eq=False)
class SessionState:
    """One connection. `spoke_already` is set by the first sound of an answer, and never taken back."""

    ids: Ids
    outbox: Outbox
    config: SessionConfig
    conversation_id: str
    items: Items = field(default_factory=Items)
    spoke_already: bool = False


def new_session(seed: str, kind: SessionType) -> SessionState:
    ids = Ids(seed)
    return SessionState(
        ids=ids,
        outbox=Outbox(ids),
        config=SessionConfig(ids.new("sess"), kind),
        conversation_id=ids.new("conv"),
    )
