"""What a new connection is told of the talk, from the log; and the note of what it is not told."""

from collections.abc import Callable, Iterable

from realtime_chat.core.events import Envelope, HistoryTrimmed, ImageRef
from realtime_chat.core.folding import fold
from realtime_chat.core.messages import Image, Item
from realtime_chat.core.replay import latest, replay_items


class Seed:
    """Asked anew for each connection."""

    def __init__(
        self,
        log: Callable[[], Iterable[Envelope]],
        tokens: int,
        image: Callable[[ImageRef], Image | None],
    ) -> None:
        """`log` reads all of it; about `tokens` of it are told. `image` fetches a picture, if it is still there."""
        self._log = log
        self._image = image
        self._tokens = tokens
        self._news: HistoryTrimmed | None = None

    def items(self) -> tuple[Item, ...]:
        """The last of the talk, in order."""
        whole = replay_items(fold(self._log()), self._image)
        told = latest(whole, self._tokens)
        left_out = len(whole) - len(told)
        self._news = HistoryTrimmed(told=len(told), left_out=left_out) if left_out else None
        return tuple(told)

    def take_news(self) -> HistoryTrimmed | None:
        """What the last connection was not told, once."""
        news, self._news = self._news, None
        return news
