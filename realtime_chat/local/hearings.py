"""Which of the user's messages are being recognised, and what the client is told when that is done."""

from realtime_chat.local.engines.ports import Hearing
from realtime_chat.local.items import Item
from realtime_chat.local.outbox import Outbox, Transcribe

_KIND = "conversation.item.input_audio_transcription"
_NOTHING = Hearing(text="", confidence=0.0, understood=False)


class Hearings:
    """Speech that was asked to be recognised, until it is. The answer may come after the item was deleted."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._waiting: dict[str, Item] = {}
        self._told: set[str] = set()

    def ask(self, item: Item, *, tell: bool = False) -> None:
        """Have it recognised, once; `tell`: the client gets the transcript."""
        if item.id in self._waiting or item.hearing is not None:
            return
        self._waiting[item.id] = item
        if tell:
            self._told.add(item.id)
        self._outbox.ask(Transcribe(item_id=item.id, pcm=bytes(item.sound)))

    def done(self, item_id: str, hearing: Hearing) -> None:
        """What was recognised. Words the engine is not sure of are not shown as a transcript."""
        item = self._waiting.pop(item_id)
        item.hearing = hearing
        if self._is_told(item_id):
            self._tell(item, hearing.text if hearing.understood else "")

    def failed(self, item_id: str, message: str) -> Item:
        """It could not be recognised; the item counts as not understood."""
        item = self._waiting.pop(item_id)
        item.hearing = _NOTHING
        if self._is_told(item_id):
            error = {"type": "server_error", "code": "transcription_failed", "message": message}
            self._outbox.emit(f"{_KIND}.failed", item_id=item_id, content_index=0, error=error)
        return item

    def _is_told(self, item_id: str) -> bool:
        told = item_id in self._told
        self._told.discard(item_id)
        return told

    def _tell(self, item: Item, words: str) -> None:
        where = {"item_id": item.id, "content_index": 0}
        item.parts()[0]["transcript"] = words
        if words:
            self._outbox.emit(f"{_KIND}.delta", **where, delta=words)
        usage = {"type": "duration", "seconds": item.sound_ms / 1000}
        self._outbox.emit(f"{_KIND}.completed", **where, transcript=words, usage=usage)
