"""The line one types into."""

from textual import events
from textual.widgets import Input


class Draft(Input):
    """An input line that leaves Space to the app's binding while nothing is typed."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Space on an empty line is no text yet."""
        if key == "space" and not self.value:
            return False
        return super().check_consume_key(key, character)

    def on_key(self, event: events.Key) -> None:
        """Space on an empty line goes on to the app's binding."""
        if event.key == "space" and not self.value:
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Lines become one; none is lost."""
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(" ".join(event.text.splitlines()))
