"""Gemini Live's dialect: one connection's memory of what was asked, what answers, and what is no longer wanted.

The service knows turns, without ids, acknowledgements or errors. A turn of the model's is known by its first sign and
by `turnComplete`, which waits until its sound would have been played. This folder is the only place that knows
its frames. What we say begins at speaking.py, what it says at listening.py; setup.py is the one big frame.
"""

from collections.abc import Sequence

from realtime_chat.core import messages as m
from realtime_chat.core.errors import ConnectionLost, TransportError
from realtime_chat.core.transports.dialects import Said
from realtime_chat.core.transports.gemini import goodbye
from realtime_chat.core.transports.gemini.calls import OpenCalls
from realtime_chat.core.transports.gemini.exchange import Exchange
from realtime_chat.core.transports.gemini.listening import Listening
from realtime_chat.core.transports.gemini.resumption import Resumption
from realtime_chat.core.transports.gemini.speaking import Downsampler, Speaking
from realtime_chat.core.transports.gemini.voice import Voice

#: The frame that it did not understand may be behind the handle, too.
_NOT_UNDERSTOOD = 1007


class GeminiDialect:
    """A `dialects.Dialect`, for one connection."""

    def __init__(
        self,
        model: str,
        downsampler: Downsampler,
        *,
        name: str,
        resumption: Resumption,
        key_name: str = "the API key",
    ) -> None:
        """`name` begins all ids; no other connection of the session may have it. `resumption` is all connections'."""
        self._x = Exchange(
            name=name, model=model, resumption=resumption, voice=Voice(name), calls=OpenCalls(name)
        )
        self._speaking = Speaking(self._x, downsampler)
        self._listening = Listening(self._x)
        self._key_name = key_name

    def greeting(self) -> Sequence[m.Incoming]:
        """The service waits for us to begin."""
        return [m.SessionCreated(model=self._x.model)]

    def hear(self, frame: bytes) -> Sequence[m.Incoming]:
        """The messages of a frame; never raises."""
        return self._listening.hear(frame)

    def say(self, message: m.Outgoing) -> Said:
        """The frames of a message, and what is heard at once in the service's place. Raises InvalidArguments."""
        return self._speaking.say(message)

    def ended(self, loss: ConnectionLost) -> TransportError:
        """What the service's goodbye meant."""
        x = self._x
        if loss.details.get("code") == _NOT_UNDERSTOOD or (x.resumed and not x.settled):
            x.resumption.forget()
        return goodbye.meaning(
            loss, settled=x.settled, leaving=x.leaving, resumed=x.resumed, key_name=self._key_name
        )
