"""A conversation that is only shown again: what a screen asks of a live one, answered from the log."""

from collections.abc import Iterable
from dataclasses import dataclass

from realtime_chat.core.bus import Subscription
from realtime_chat.core.conversation import Attachment, Conversation
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import LinkState
from realtime_chat.core.folding import Folding
from realtime_chat.core.history import History
from realtime_chat.core.lifecycle import project, status_word
from realtime_chat.core.player import Player
from realtime_chat.core.ports import Clock
from realtime_chat.core.session import Session
from realtime_chat.core.status import SessionStatus
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor


class _Nobody(Supervisor):
    """Runs no session, so whatever would change one is refused in words that fit."""

    def live(self, session_id: str) -> Session:
        raise InvalidArguments("This is a replay: nothing is sent and nothing is changed.")


@dataclass(frozen=True, slots=True)
class Replayed(Conversation):
    """Every method that asks something of a live session raises InvalidArguments; `history` is all of the log."""

    player: Player
    about: History

    def subscribe(
        self, session_id: str, *, only: Iterable[str] | None = None, coalesce: bool = False
    ) -> Subscription:
        """What is replayed from now on."""
        return self.supervisor.bus.subscribe(session_id, only=only, coalesce=coalesce)

    def attach(self, session_id: str, *, coalesce: bool = False) -> Attachment:
        """Nothing so far, and all of it to come; to be called before the player runs."""
        return Attachment(Folding(), self.subscribe(session_id, coalesce=coalesce))

    def status(self, session_id: str) -> SessionStatus:
        """As if it were live; paused and closed are said of the replay."""
        player, about = self.player, self.about
        link = LinkState.CLOSED if player.over else LinkState.PAUSED if player.paused else LinkState.READY
        state = project(link, player.phase, interrupted=False)
        word = status_word(state)
        return SessionStatus(
            session_id=session_id,
            status=word,
            is_active=word == "active",
            state=state,
            link=link,
            phase=player.phase,
            turn_id=None,
            asks=False,
            user_speaks=False,
            hands_free=False,
            listening=False,
            volume=None,
            mode=about.mode,
            provider=about.provider,
            model=about.model,
            queue_length=0,
            connected_at=None,
        )


def nobody(store: SessionStore, clock: Clock) -> Supervisor:
    """For a Replayed: its bus, and the sessions to read. It is not entered, for it holds nothing."""
    return _Nobody(store, clock)
