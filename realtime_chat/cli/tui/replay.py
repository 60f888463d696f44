"""The screen of a replay: the same as a talk's, but its keys move the player, and nothing can be sent."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from realtime_chat.cli.tui.app import INTERRUPTED, ChatApp
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.cli.tui.desk import Desk
from realtime_chat.core.events import Envelope, Mode, Noticed
from realtime_chat.core.player import Player
from realtime_chat.core.replayed import Replayed

HINT = "Replay · Space pause · Right next turn · Esc leave"
OVER = "The replay is over. Esc leaves."


class ReplayApp(ChatApp):
    """Runs the player once it is up; stays when that is over."""

    CSS: ClassVar[str] = """
    #hint { display: none; }
    #replay-hint { height: 1; padding: 0 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "next_turn", "the next turn (empty line)", id="next_turn", priority=True)
    ]

    def __init__(
        self,
        replayed: Replayed,
        session_id: str,
        *,
        mode: Mode,
        banner: Banner,
        desk: Desk | None = None,
    ) -> None:
        super().__init__(replayed, session_id, mode=mode, banner=banner, desk=desk)
        self._draft.placeholder = "Only words behind a slash"
        self._session_id = session_id
        self._bus = replayed.supervisor.bus
        self._player: Player = replayed.player

    def compose(self) -> ComposeResult:
        """The talk's widgets, with other keys told below."""
        yield from super().compose()
        yield Static(HINT, id="replay-hint", markup=False)

    def on_ready(self) -> None:
        """Begin."""
        self.run_worker(self._play(), name="player")

    async def _play(self) -> None:
        await self._player.run()
        over = Noticed(text=OVER)  # by the bus, for what came before it may not be drawn yet
        self._bus.publish(Envelope(id="replay", session_id=self._session_id, seq=None, ts="", data=over))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space and the arrow are the input line's while something stands in it."""
        if action in ("talk", "next_turn"):
            return len(self.screen_stack) == 1 and not self._draft.value
        return super().check_action(action, parameters)

    async def action_talk(self) -> None:
        """Space: stand still, or go on."""
        self._player.pause(not self._player.paused)
        self._surface.draw()

    def action_next_turn(self) -> None:
        """The arrow to the right."""
        self._player.skip()

    async def action_dismiss(self) -> None:
        """Esc."""
        self.exit(0)

    async def action_step_back(self) -> None:
        """Ctrl+C: there is nothing to interrupt."""
        self.exit(INTERRUPTED)
