"""Cuts a stream of PCM into the 20 ms frames that sources give. Pure."""

from realtime_chat.core.pcm import FRAME_BYTES


class Framer:
    """24 kHz mono s16le in chunks of any size, also odd ones; frames of `FRAME_BYTES` out."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, pcm: bytes) -> list[bytes]:
        """The frames that `pcm` completes, in order."""
        data = self._held + pcm
        whole = len(data) - len(data) % FRAME_BYTES
        self._held = data[whole:]
        return [data[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES)]

    def rest(self) -> bytes:
        """What is left at the end, shorter than a frame; half a sample is dropped. A new stream may begin."""
        rest = self._held[: len(self._held) // 2 * 2]
        self._held = b""
        return rest
