"""The words' stage on a screen: what they show lies over the talk."""

from collections.abc import Sequence
from typing import assert_never

from textual.app import App

from realtime_chat.cli.tui.screens.choice import ChoiceScreen
from realtime_chat.cli.tui.screens.devices import Chosen, DevicesScreen
from realtime_chat.cli.tui.screens.sessions import Choice, SessionPicker
from realtime_chat.cli.tui.screens.statistics import StatisticsScreen
from realtime_chat.cli.tui.surface import Place, Surface
from realtime_chat.cli.words.desk import GoOn, Leaving
from realtime_chat.cli.words.stage import Pick, Sight
from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.folding import fold
from realtime_chat.core.history import History
from realtime_chat.core.printable import one_line


class ScreenStage:
    """A Stage, of one app."""

    def __init__(self, app: App[Leaving], surface: Surface, place: Place) -> None:
        self._app = app
        self._surface = surface
        self._place = place

    @property
    def talk_key(self) -> str:
        """On an empty line."""
        return "Space"

    @property
    def themes(self) -> Sequence[str]:
        """By name."""
        return sorted(self._app.available_themes)

    def say(self, text: str) -> None:
        """A note."""
        self._surface.say(text)

    def copyable(self, number: int) -> str:
        """Of what is shown."""
        return self._surface.copyable(number)

    def copy(self, text: str) -> None:
        """By the terminal, which may refuse without a word."""
        self._app.copy_to_clipboard(text)
        self.say(f"Copied {len(text)} characters, if your terminal allows that; /export writes a file.")

    def copy_selected(self) -> bool:
        """What is selected with the mouse; whether anything was."""
        text = self._app.screen.get_selected_text()
        if not text:
            return False
        self.copy(text)
        return self.select_nothing()

    def select_nothing(self) -> bool:
        """Whether anything was selected with the mouse."""
        selects = bool(self._app.screen.selections)
        self._app.screen.clear_selection()
        return selects

    def find(self, text: str) -> None:
        """Mark them where they stand."""
        self._surface.find(text)

    def change_theme(self, name: str) -> None:
        """At once."""
        if not name:
            self.say(f"{self._app.theme}; there are {', '.join(self.themes)}.")
        elif name not in self._app.available_themes:
            raise InvalidArguments(f"There is no theme {one_line(name, 40)}; /theme lists them.")
        else:
            self._app.theme = name

    async def show(self, sight: Sight) -> None:
        """A screen over the talk, which goes on."""
        match sight:
            case "devices":
                desk = self._place.desk
                screen = DevicesScreen(desk.devices, lambda: self._surface.level, desk.used)
                self._app.push_screen(screen, self._use)  # pyright: ignore[reportUnknownMemberType]
            case "stats":
                self._app.push_screen(StatisticsScreen(self._logged, self._place.desk.prices))  # pyright: ignore[reportUnknownMemberType]
            case "sessions":
                picker = SessionPicker(self._place.store, self._place.session_id)
                self._app.push_screen(picker, self._go_on)  # pyright: ignore[reportUnknownMemberType]
            case "help":
                self._app.push_screen("help")  # pyright: ignore[reportUnknownMemberType]
            case _:
                assert_never(sight)

    def pick(self, pick: Pick) -> None:
        """From a list."""

        def chosen(name: str | None) -> None:
            if name is not None:
                self._app.run_worker(pick.use(name), name=pick.word)

        self._app.push_screen(ChoiceScreen(pick.title, pick.names, pick.current), chosen)  # pyright: ignore[reportUnknownMemberType]

    def leave(self, left: Leaving) -> None:
        """The screen ends."""
        self._app.exit(left)

    def _logged(self) -> History:
        """In a thread of its own: what no other thread writes."""
        return fold(self._place.store.read(self._place.session_id))

    def _go_on(self, choice: Choice | None) -> None:
        if choice is not None:
            self.leave(GoOn(session_id=choice.session_id))

    def _use(self, chosen: Chosen | None) -> None:
        if chosen is not None:
            flags = {f"{chosen.direction}_device": chosen.name}
            self.leave(GoOn(session_id=self._place.session_id, flags=flags))
