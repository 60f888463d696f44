"""Envelope ⇄ one line of NDJSON (P11): {"id","session_id","seq","ts","type","data":{…}}.

`type` stands beside `data`, so a reader in any language can choose before it looks inside; here the line is
read in two typed steps (frame, then the payload by its type), about 2 µs together.
"""

from typing import Any

import msgspec

from realtime_chat.core.events import DURABLE_TYPES, LIVE_TYPES, Envelope, UnknownEvent
from realtime_chat.core.json_text import TOO_DEEP, NotJson, is_too_deep


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    session_id: str
    seq: int | None
    ts: str
    type: str
    data: msgspec.Raw


_encoder = msgspec.json.Encoder()
_frame = msgspec.json.Decoder(_Line)
_any = msgspec.json.Decoder(dict[str, Any])
_payload: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(cls) for name, cls in {**DURABLE_TYPES, **LIVE_TYPES}.items()
}


def encode(envelope: Envelope) -> bytes:
    """One line without its newline. Raises TypeError or ValueError for what cannot be written down."""
    data = envelope.data
    raw = _encoder.encode(data.data if isinstance(data, UnknownEvent) else data)
    return _encoder.encode(
        _Line(
            id=envelope.id,
            session_id=envelope.session_id,
            seq=envelope.seq,
            ts=envelope.ts,
            type=data.type,
            data=msgspec.Raw(raw),
        )
    )


def decode(line: bytes) -> Envelope:
    """The envelope of one line; a type we do not know comes as UnknownEvent.

    Raises ValueError, and nothing else, when the line is not an envelope.
    """
    try:
        envelope = _decoded(line)
    except RecursionError:
        raise NotJson(TOO_DEEP) from None
    if is_too_deep(line):
        raise NotJson(TOO_DEEP)
    return envelope


def _decoded(line: bytes) -> Envelope:
    frame = _frame.decode(line)
    decoder = _payload.get(frame.type)
    data = (
        UnknownEvent(type=frame.type, data=_any.decode(frame.data))
        if decoder is None
        else decoder.decode(frame.data)
    )
    return Envelope(id=frame.id, session_id=frame.session_id, seq=frame.seq, ts=frame.ts, data=data)
