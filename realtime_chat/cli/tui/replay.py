"""The screen of a replay: the same as a talk's, but its keys move the player, and nothing can be sent."""

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import BindingType

from realtime_chat.cli.tui import keys
from realtime_chat.cli.tui.app import INTERRUPTED, ChatApp
from realtime_chat.cli.tui.banner import Banner
from realtime_chat.cli.tui.surface import REPLAYED, Manner
from realtime_chat.cli.words.desk import Desk
from realtime_chat.core.events import Envelope, Mode, Noticed
from realtime_chat.core.player import Player
from realtime_chat.core.replayed import Replayed

OVER = "The replay is over. Left shows a turn again, Esc leaves."


class ReplayApp(ChatApp):
    """Runs the player once it is up; stays when that is over."""

    BINDINGS: ClassVar[list[BindingType]] = keys.REPLAY
    MANNER: ClassVar[Manner] = REPLAYED

    def __init__(
        self,
        replayed: Replayed,
        session_id: str,
        *,
        mode: Mode,
        banner: Banner,
        keymap: Mapping[str, str] | None = None,
        desk: Desk | None = None,
    ) -> None:
        super().__init__(replayed, session_id, mode=mode, banner=banner, keymap=keymap, desk=desk)
        self.draft.placeholder = "Only words behind a slash"
        self._session_id = session_id
        self._bus = replayed.supervisor.bus
        self._player: Player = replayed.player

    def on_ready(self) -> None:
        """Begin."""
        self._play()

    def _play(self) -> None:
        self.run_worker(self._run(), name="player")

    async def _run(self) -> None:
        await self._player.run()
        over = Noticed(text=OVER)  # by the bus, for what came before it may not be drawn yet
        self._bus.publish(Envelope(id="replay", session_id=self._session_id, seq=None, ts="", data=over))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Space and the arrows are the input line's while something stands in it."""
        if action in ("talk", "next_turn", "last_turn"):
            return len(self.screen_stack) == 1 and not self.draft.value
        return super().check_action(action, parameters)

    async def action_talk(self) -> None:
        """Space: stand still, or go on."""
        self._player.pause(not self._player.paused)
        self.surface.draw()

    def action_next_turn(self) -> None:
        """The arrow to the right."""
        self._player.skip()

    def action_last_turn(self) -> None:
        """The arrow to the left: what was there until then is shown at once."""
        was_over = self._player.over
        before = self._player.back()
        self.followed.waiting()  # of the time that is taken back
        self.surface.begin_anew()
        for envelope in before:
            self.surface.take(envelope)
        self.surface.draw()
        if was_over:
            self._play()

    async def action_dismiss(self) -> None:
        """Esc."""
        if not self.stage.select_nothing():
            self.exit(0)

    async def action_step_back(self) -> None:
        """Ctrl+C: there is nothing to interrupt."""
        if not self.stage.copy_selected():
            self.exit(INTERRUPTED)
