"""The terminal's title says what goes on, for who looks at another window."""

from textual.app import App

from realtime_chat.cli.words.desk import Leaving

#: Terminals keep a stack of titles (xterm, and what learned from it); others ignore the words.
_KEEP, _GIVE_BACK = "\x1b[22;0t", "\x1b[23;0t"


class Title:
    """Written only when it changes; given back at the end."""

    def __init__(self, app: App[Leaving]) -> None:
        self._app = app
        self._shown = ""

    def begin(self) -> None:
        """Keep the one that is there."""
        self._write(_KEEP)

    def show(self, word: str) -> None:
        """The state, as in the strip."""
        if word != self._shown:
            self._shown = word
            self._write(f"\x1b]0;{word} · {self._app.TITLE}\x07")

    def end(self) -> None:
        """As it was."""
        self._write(_GIVE_BACK)

    def _write(self, sequence: str) -> None:
        driver = self._app._driver  # pyright: ignore[reportPrivateUsage] - the one writer to the terminal
        if driver is not None and not self._app.is_headless:
            driver.write(sequence)
