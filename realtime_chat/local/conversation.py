"""The protocol machine of one connection: client frames and finished work in, server events and work out.

No socket, no thread, no clock. Drive it like this: `begin()` once, then any of `receive`, `advance`, `heard`,
`not_heard`, `thought`, `spoke`, `speech_ended`, `failed`; after each, send `take_events()` in order and start
`take_effects()`. Call `advance()` until it says False before the next `receive`.

Work comes back under the id it was asked for; what comes for a response that has ended is dropped. At most
one response is active, out-of-band ones included, and each `response.created` is followed by one
`response.done`.
"""

from collections.abc import Callable, Sequence

from realtime_chat.local import client_events
from realtime_chat.local.audio_buffer import DetectorFactory, InputBuffer
from realtime_chat.local.ear import Ear
from realtime_chat.local.engines.ports import BrainReply, Hearing, SpeechChunk
from realtime_chat.local.errors import Refusal
from realtime_chat.local.hearings import Hearings
from realtime_chat.local.item_desk import ItemDesk
from realtime_chat.local.outbox import Effect
from realtime_chat.local.response_desk import ResponseDesk
from realtime_chat.local.schema import Json
from realtime_chat.local.session_config import SessionType
from realtime_chat.local.session_state import new_session


class Conversation:
    """One session over one socket. `seed` (at most 10 characters) keeps its ids apart from others'."""

    def __init__(self, *, seed: str, make_detector: DetectorFactory, kind: SessionType = "realtime") -> None:
        self._state = new_session(seed, kind)
        buffer = InputBuffer(make_detector)
        self._hearings = Hearings(self._state.outbox)
        items = ItemDesk(self._state, self._hearings)
        self._responses = ResponseDesk(self._state, items, buffer)
        self._ear = Ear(
            self._state, buffer=buffer, hearings=self._hearings, items=items, responses=self._responses
        )
        self._handlers: dict[str, Callable[[Json], None]] = {
            "session.update": self._update_session,
            "input_audio_buffer.append": self._ear.append,
            "input_audio_buffer.commit": self._ear.commit,
            "input_audio_buffer.clear": self._ear.clear,
            "conversation.item.create": items.create,
            "conversation.item.delete": items.delete,
            "conversation.item.retrieve": items.retrieve,
            "conversation.item.truncate": items.truncate,
            "response.create": self._responses.create,
            "response.cancel": self._responses.cancel,
        }

    def take_events(self) -> Sequence[Json]:
        """The server events since the last call, to be sent in this order."""
        return self._state.outbox.take_events()

    def take_effects(self) -> Sequence[Effect]:
        """The work since the last call, to be started in this order."""
        return self._state.outbox.take_effects()

    def begin(self) -> None:
        """The connection is open: `session.created` is the first event of all."""
        self._ear.configure()
        self._state.outbox.emit("session.created", session=self._state.config.shown)

    def receive(self, frame: str | bytes) -> None:
        """One frame of the client. What cannot be carried out becomes an `error` event, and nothing else."""
        event: Json = {}
        try:
            event = client_events.read(frame)
            self._handlers[client_events.check(event)](event)
        except Refusal as refusal:
            self._state.outbox.refuse(refusal, client_events.event_id(event))
        self._responses.settle()

    def advance(self) -> bool:
        """Listen to the next second of appended sound; True while there is more."""
        more = self._ear.advance()
        self._responses.settle()
        return more

    def heard(self, item_id: str, hearing: Hearing) -> None:
        """What `Transcribe` recognised."""
        self._hearings.done(item_id, hearing)
        self._responses.listen()

    def not_heard(self, item_id: str, message: str) -> None:
        """`Transcribe` could not be carried out."""
        item = self._hearings.failed(item_id, message)
        self._responses.unheard(item, message)
        self._responses.listen()
        self._responses.settle()

    def thought(self, response_id: str, reply: BrainReply) -> None:
        """The next piece of what `Think` came to; the last has no `more`."""
        if response := self._responses.with_id(response_id):
            response.thought(reply)
        self._responses.settle()

    def spoke(self, response_id: str, chunk: SpeechChunk) -> None:
        """The next chunk of `Speak`."""
        if response := self._responses.with_id(response_id):
            response.spoke(chunk)
        self._responses.settle()

    def speech_ended(self, response_id: str) -> None:
        """`Speak` is through."""
        if response := self._responses.with_id(response_id):
            response.speech_ended()
        self._responses.settle()

    def failed(self, response_id: str, *, code: str, message: str) -> None:
        """`Think` or `Speak` could not be carried out."""
        if response := self._responses.with_id(response_id):
            response.fail(code, message)
        self._responses.settle()

    def _update_session(self, event: Json) -> None:
        config = self._state.config
        config.update(event["session"], spoke_already=self._state.spoke_already)
        self._ear.configure()
        self._state.outbox.emit("session.updated", session=config.shown)
