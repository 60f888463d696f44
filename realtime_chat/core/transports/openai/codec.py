"""The OpenAI Realtime dialect (GA, and beta spellings read): JSON text frames ⇄ neutral messages.

This folder is the only place that knows OpenAI's event names. Reading starts at decode.py, writing at
encode.py; session_update.py is the one big frame.
"""

from realtime_chat.core.messages import Incoming, Outgoing
from realtime_chat.core.transports.openai.decode import decode
from realtime_chat.core.transports.openai.encode import encode


class OpenAICodec:
    """A `Codec` without any state: one serves every connection."""

    def decode(self, frame: bytes) -> Incoming:
        """The message of a frame; never raises."""
        return decode(frame)

    def encode(self, message: Outgoing) -> bytes:
        """The frame of a message. Raises InvalidArguments for an item that cannot be created."""
        return encode(message)
