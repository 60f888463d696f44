"""The message of one response, as it is said or written: one item, one content part."""

import base64
from typing import Literal

from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.local.items import answer_item
from realtime_chat.local.outbox import Outbox
from realtime_chat.local.schema import Json
from realtime_chat.local.wire_audio import WireEncoder

#: The longest sound in one delta.
_DELTA_BYTES = pcm_bytes(200)


class Answer:
    """Emits what lies between `content_part.added` and `content_part.done`; the response frames it.

    `text` is what it says as far as that is known, and may grow; `say` tells the client of it. `where` = response_id
    and output_index of its item.
    """

    def __init__(
        self,
        item_id: str,
        *,
        modality: Literal["text", "audio"],
        audio_format: str,
        outbox: Outbox,
    ) -> None:
        self.item = answer_item(item_id)
        self.text = ""
        self._audio = modality == "audio"
        self._outbox = outbox
        self._encoder = WireEncoder(audio_format)
        self._said = 0
        self._where: Json = {}

    def begin(self, where: Json) -> None:
        self._where = {**where, "item_id": self.item.id, "content_index": 0}
        part = {"type": "audio", "transcript": ""} if self._audio else {"type": "text", "text": ""}
        self._outbox.emit("response.content_part.added", **self._where, part=part)
        name = "transcript" if self._audio else "text"
        self.item.shown["content"] = [{"type": f"output_{part['type']}", name: ""}]

    @property
    def said(self) -> int:
        """How many characters were said."""
        return self._said

    def say(self, text_end: int) -> None:
        """Its words up to this character, as far as they were not said yet."""
        words = self.text[self._said : text_end]
        if not words:
            return
        self._said += len(words)
        kind = "response.output_audio_transcript.delta" if self._audio else "response.output_text.delta"
        self._outbox.emit(kind, **self._where, delta=words)
        if not self.item.truncated:
            self.item.parts()[0]["transcript" if self._audio else "text"] += words

    def sound(self, pcm: bytes) -> None:
        """Its next sound, 24 kHz PCM of any length."""
        for start in range(0, len(pcm), _DELTA_BYTES):
            piece = pcm[start : start + _DELTA_BYTES]
            self.item.add_sound(piece)
            self._send(self._encoder.encode(piece))

    def end(self) -> None:
        """No more comes, whether all of it was said or not."""
        words, where = self.text[: self._said], self._where
        if self._audio:
            self._send(self._encoder.finish())
            self._outbox.emit("response.output_audio.done", **where)
            self._outbox.emit("response.output_audio_transcript.done", **where, transcript=words)
            part = {"type": "audio", "transcript": words}
        else:
            self._outbox.emit("response.output_text.done", **where, text=words)
            part = {"type": "text", "text": words}
        self._outbox.emit("response.content_part.done", **where, part=part)

    def _send(self, encoded: bytes) -> None:
        if encoded:
            delta = base64.b64encode(encoded).decode("ascii")
            self._outbox.emit("response.output_audio.delta", **self._where, delta=delta)
