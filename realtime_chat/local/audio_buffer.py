"""The input audio buffer: what the client appended since the last commit or clear, and where speech is in it.

Positions are milliseconds of all sound the session ever received, as `audio_start_ms` and `audio_end_ms` are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, assert_never

from realtime_chat.core.pcm import pcm_bytes, pcm_ms
from realtime_chat.local.errors import Refusal, bad_value
from realtime_chat.local.session_config import TurnDetection

MIN_COMMIT_MS = 100
#: Push-to-talk holds at most ten minutes; the client is told to commit or clear.
MAX_BUFFER_MS = 600_000
#: While nobody speaks, a detector that needs a moment to be sure finds at least this much of the past.
KEPT_QUIET_MS = 1_000
#: A detector looks at this much per step, so that one huge append cannot hold up other connections.
STEP_MS = 1_000


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Speech began at `at_ms`, prefix padding included."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The silence after speech lasted long enough, until `at_ms`: it is part of the turn (OpenAI: `audio_end_ms`)."""

    at_ms: int


SpeechChange: TypeAlias = SpeechStarted | SpeechStopped


class SpeechDetector(Protocol):
    """Finds speech in sound. Above: the input buffer. Below: a voice activity detector."""

    def feed(self, pcm: bytes) -> list[SpeechChange]:
        """Changes in these samples, at milliseconds since the first sample this detector was fed."""
        ...


DetectorFactory: TypeAlias = Callable[[TurnDetection], SpeechDetector]


class InputBuffer:
    """Sound between two commits. One state: `item_id` is set while speech runs."""

    def __init__(self, make_detector: DetectorFactory) -> None:
        self._make_detector = make_detector
        self._settings: TurnDetection | None = None
        self._detector: SpeechDetector | None = None
        self._detector_from = 0
        self._pcm = bytearray()
        self._received = 0
        self._examined = 0
        self.item_id: str | None = None

    @property
    def examined_ms(self) -> int:
        """How far the detector has come."""
        return pcm_ms(self._examined)

    @property
    def held_ms(self) -> int:
        return pcm_ms(len(self._pcm))

    def configure(self, settings: TurnDetection | None) -> None:
        """Take new turn detection; the same settings change nothing, others start afresh at this point."""
        if settings != self._settings:
            self._settings = settings
            self._restart()

    def append(self, pcm: bytes) -> None:
        """Raises Refusal when the buffer is full, or the sound is not whole samples."""
        if len(pcm) % 2:
            raise bad_value("audio", "must hold whole 16-bit samples.")
        if self.held_ms + pcm_ms(len(pcm)) > MAX_BUFFER_MS:
            message = f"the buffer holds at most {MAX_BUFFER_MS} ms; commit or clear it."
            raise bad_value("audio", message)
        self._pcm += pcm
        self._received += len(pcm)
        if self._settings is None:
            self._examined = self._received

    def examine(self) -> list[SpeechChange]:
        """Look at the next second of sound that was not looked at; [] and `behind` False at the end."""
        if self._settings is None or not self.behind:
            return []
        if self._detector is None:
            self._detector = self._make_detector(self._settings)
            self._detector_from = self._examined
        unseen = self._received - self._examined
        start = len(self._pcm) - unseen
        piece = bytes(self._pcm[start : start + min(unseen, pcm_bytes(STEP_MS))])
        self._examined += len(piece)
        offset = pcm_ms(self._detector_from)
        changes = [_shifted(change, offset) for change in self._detector.feed(piece)]
        if self.item_id is None and not changes:
            self._forget_quiet(self._settings)
        return changes

    @property
    def behind(self) -> bool:
        """There is sound that the detector has not heard."""
        return self._settings is not None and self._examined < self._received

    def take_until(self, end_ms: int, *, start_ms: int) -> bytes:
        """Cut out start_ms..end_ms (session time) and forget what came before it."""
        begin = self._received - len(self._pcm)
        end = min(max(pcm_bytes(end_ms) - begin, 0), len(self._pcm))
        start = min(max(pcm_bytes(start_ms) - begin, 0), end)
        sound = bytes(self._pcm[start:end])
        del self._pcm[:end]
        return sound

    def take_all(self) -> bytes:
        """Everything held. Raises Refusal below 100 ms; the buffer stays as it is then."""
        if self.held_ms < MIN_COMMIT_MS:
            message = (
                f"Expected at least {MIN_COMMIT_MS}ms of audio, but the buffer only has {self.held_ms}ms."
            )
            raise Refusal("input_audio_buffer_commit_empty", message)
        sound = bytes(self._pcm)
        self.clear()
        return sound

    def end_speech(self) -> None:
        """Speech ended or is taken to have ended; a detector that still hears it starts afresh."""
        self.item_id = None
        self._detector = None

    def clear(self) -> None:
        """Forget the sound and any speech that runs."""
        self._pcm.clear()
        self._restart()

    def _restart(self) -> None:
        self._detector = None
        self._examined = self._received
        self.item_id = None

    def _forget_quiet(self, settings: TurnDetection) -> None:
        keep = pcm_bytes(max(settings.prefix_padding_ms, KEPT_QUIET_MS)) + self._received - self._examined
        if len(self._pcm) > keep:
            del self._pcm[: len(self._pcm) - keep]


def _shifted(change: SpeechChange, offset: int) -> SpeechChange:
    match change:
        case SpeechStarted(at_ms):
            return SpeechStarted(max(at_ms, 0) + offset)
        case SpeechStopped(at_ms):
            return SpeechStopped(max(at_ms, 0) + offset)
        case _:
            assert_never(change)
