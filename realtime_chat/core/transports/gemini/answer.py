"""One answer of the model, told as a response with a beginning, items and one end: the service knows none of these."""

from collections.abc import Sequence

from realtime_chat.core import messages as m
from realtime_chat.core.events import Usage


class Answer:
    """Each step returns the messages that tell it. All words and sound of one answer are one item.

    `written`: what is said is to be read, so its sound is left out.
    """

    def __init__(self, name: str, *, written: bool, asked: m.CreateResponse | None) -> None:
        """`asked`: our own request, unless the service answers by itself."""
        self.response_id = name
        self.cut = False  # the service said that the user spoke over it
        self.generated = False  # nothing more of it comes but its end
        self._item_id = f"{name}_m"
        self._written = written
        self._metadata = asked.metadata if asked is not None else None
        self._words: list[str] = []
        self._spoken = False
        self._sounding = False
        self._begun = False

    def begin(self) -> m.ResponseCreated:
        """It is there."""
        return m.ResponseCreated(response_id=self.response_id, metadata=self._metadata)

    def write(self, text: str) -> list[m.Incoming]:
        """Words that were written."""
        self._words.append(text)
        place = {"response_id": self.response_id, "item_id": self._item_id}
        return [*self._item(), m.OutputTextDelta(**place, delta=text)]

    def speak(self, text: str) -> list[m.Incoming]:
        """Words that the sound says."""
        if self._written:
            return self.write(text)
        self._words.append(text)
        self._spoken = True
        place = {"response_id": self.response_id, "item_id": self._item_id}
        return [*self._item(), m.OutputTranscriptDelta(**place, delta=text)]

    def sound(self, pcm: bytes) -> list[m.Incoming]:
        """Sound of it."""
        if self._written or not pcm:
            return []
        self._spoken = self._sounding = True
        place = {"response_id": self.response_id, "item_id": self._item_id}
        return [*self._item(), m.AudioDelta(**place, pcm=pcm)]

    def silence(self) -> list[m.Incoming]:
        """All of its sound was heard."""
        if not self._sounding:
            return []
        self._sounding = False
        return [m.AudioDone(response_id=self.response_id, item_id=self._item_id)]

    def call(self, calls: Sequence[m.Item], usage: Usage | None, usage_follows: bool) -> list[m.Incoming]:
        """It ends by asking for tools."""
        told = [
            kind(response_id=self.response_id, item=item)
            for item in calls
            for kind in (m.OutputItemAdded, m.OutputItemDone)
        ]
        closed, items = self._closed("completed")
        done = m.ResponseDone(
            response_id=self.response_id,
            status="completed",
            items=(*items, *calls),
            usage=usage,
            usage_follows=usage_follows,
        )
        return [*closed, *told, done]

    def end(
        self,
        status: m.ResponseStatus,
        usage: Usage | None,
        *,
        reason: str | None = None,
        error: tuple[str, str] | None = None,
        usage_follows: bool = False,
    ) -> list[m.Incoming]:
        """It ends; `error` is a code and a message."""
        closed, items = self._closed("completed" if status == "completed" else "incomplete")
        code, message = error or (None, None)
        done = m.ResponseDone(
            response_id=self.response_id,
            status=status,
            reason=reason,
            error_code=code,
            error_message=message,
            items=items,
            usage=usage,
            usage_follows=usage_follows,
        )
        return [*closed, done]

    def _item(self) -> list[m.Incoming]:
        if self._begun:
            return []
        self._begun = True
        item = m.Item(item_id=self._item_id, kind="message", role="assistant", status="in_progress")
        return [m.OutputItemAdded(response_id=self.response_id, item=item)]

    def _closed(self, status: m.ItemStatus) -> tuple[list[m.Incoming], tuple[m.Item, ...]]:
        """What ends its item, and the item as it is then."""
        if not self._begun:
            return [], ()
        words = "".join(self._words).strip()
        item = m.Item(
            item_id=self._item_id,
            kind="message",
            role="assistant",
            status=status,
            text=words,
            spoken=self._spoken,
        )
        whole = m.OutputTranscript if self._spoken else m.OutputText
        return [
            *self.silence(),
            whole(response_id=self.response_id, item_id=self._item_id, text=words),
            m.OutputItemDone(response_id=self.response_id, item=item),
        ], (item,)
