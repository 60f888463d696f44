"""Cuts a stream of PCM into frames: the 20 ms that sources give, or another size. Pure."""

from realtime_chat.core.pcm import FRAME_BYTES


class Framer:
    """24 kHz mono s16le in chunks of any size, also odd ones; frames of one size out."""

    def __init__(self, size: int = FRAME_BYTES) -> None:
        """`size` in bytes."""
        self._size = size
        self._held = b""

    def feed(self, pcm: bytes) -> list[bytes]:
        """The frames that `pcm` completes, in order."""
        data = self._held + pcm
        whole = len(data) - len(data) % self._size
        self._held = data[whole:]
        return [data[start : start + self._size] for start in range(0, whole, self._size)]

    def rest(self) -> bytes:
        """What is left at the end, shorter than a frame; half a sample is dropped. A new stream may begin."""
        rest = self._held[: len(self._held) // 2 * 2]
        self._held = b""
        return rest
