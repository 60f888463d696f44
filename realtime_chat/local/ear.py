"""`input_audio_buffer.*`: sound in, and the turns that speech in it makes."""

from realtime_chat.local.audio_buffer import InputBuffer, SpeechChange, SpeechStarted, SpeechStopped
from realtime_chat.local.hearings import Hearings
from realtime_chat.local.item_desk import ItemDesk
from realtime_chat.local.items import decode_audio, user_audio_item
from realtime_chat.local.response_desk import ResponseDesk
from realtime_chat.local.schema import Json
from realtime_chat.local.session_state import SessionState
from realtime_chat.local.wire_audio import WireDecoder

#: Speech that goes on for longer becomes a turn of its own, so that a noisy room ends one day.
MAX_SPEECH_MS = 60_000


class Ear:
    """Push-to-talk when the session has no turn detection; otherwise speech starts and ends turns."""

    def __init__(
        self,
        state: SessionState,
        *,
        buffer: InputBuffer,
        hearings: Hearings,
        items: ItemDesk,
        responses: ResponseDesk,
    ) -> None:
        self._state = state
        self._buffer = buffer
        self._hearings = hearings
        self._items = items
        self._responses = responses
        self._speech_from_ms = 0
        self._decoder = WireDecoder(state.config.input_format)

    def configure(self) -> None:
        """Take over the session's settings after each change."""
        self._buffer.configure(self._state.config.turn_detection)
        if self._decoder.kind != self._state.config.input_format:
            self._decoder = WireDecoder(self._state.config.input_format)

    def append(self, event: Json) -> None:
        self._buffer.append(self._decoder.decode(decode_audio(event["audio"], "audio")))

    def commit(self, event: Json) -> None:
        del event
        item_id = self._buffer.item_id or self._state.ids.new("item")
        self._commit(item_id, self._buffer.take_all())

    def clear(self, event: Json) -> None:
        del event
        self._buffer.clear()
        self._state.outbox.emit("input_audio_buffer.cleared")

    def advance(self) -> bool:
        """Examine the next second of sound; True while there is more."""
        for change in self._buffer.examine():
            self._changed(change)
        self._end_long_speech()
        self._end_long_silence()
        return self._buffer.behind

    def _changed(self, change: SpeechChange) -> None:
        match change:
            case SpeechStarted(at_ms):
                self._started(at_ms)
            case SpeechStopped(at_ms):
                self._stopped(at_ms)

    def _started(self, at_ms: int) -> None:
        item_id = self._state.ids.new("item")
        self._buffer.item_id = item_id
        self._speech_from_ms = at_ms
        self._responses.quiet_since_ms = None
        self._state.outbox.emit("input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=item_id)
        detection = self._state.config.turn_detection
        if detection is not None and detection.interrupt_response:
            self._responses.interrupt()

    def _stopped(self, at_ms: int) -> None:
        item_id, self._buffer.item_id = self._buffer.item_id, None
        if item_id is None:
            return
        self._state.outbox.emit("input_audio_buffer.speech_stopped", audio_end_ms=at_ms, item_id=item_id)
        self._commit(item_id, self._buffer.take_until(at_ms, start_ms=self._speech_from_ms))
        detection = self._state.config.turn_detection
        if detection is not None and detection.create_response:
            self._responses.respond_when_free()

    def _commit(self, item_id: str, pcm: bytes) -> None:
        last = self._state.items.last_id
        self._state.outbox.emit("input_audio_buffer.committed", previous_item_id=last, item_id=item_id)
        item = user_audio_item(item_id, pcm)
        self._responses.quiet_since_ms = None
        self._items.insert(item)
        self._hearings.ask(item, tell=self._state.config.transcribes)

    def _end_long_speech(self) -> None:
        now = self._buffer.examined_ms
        if self._buffer.item_id is not None and now - self._speech_from_ms >= MAX_SPEECH_MS:
            self._stopped(now)
            self._buffer.end_speech()

    def _end_long_silence(self) -> None:
        detection, since = self._state.config.turn_detection, self._responses.quiet_since_ms
        if detection is None or detection.idle_timeout_ms is None or since is None:
            return
        now = self._buffer.examined_ms
        if now - since < detection.idle_timeout_ms or self._responses.active is not None:
            return
        item_id = self._state.ids.new("item")
        self._state.outbox.emit(
            "input_audio_buffer.timeout_triggered", audio_start_ms=since, audio_end_ms=now, item_id=item_id
        )
        self._commit(item_id, self._buffer.take_until(now, start_ms=since))
        self._responses.respond_when_free()
