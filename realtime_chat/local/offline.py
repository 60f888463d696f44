"""The engines of this package, ready to be loaded: nothing to download, nothing to configure."""

from realtime_chat.audio.vad import Change, Started, TurnDetector
from realtime_chat.local.audio_buffer import SpeechChange, SpeechStarted, SpeechStopped
from realtime_chat.local.engines.ports import Brain, SpeechToText, TextToSpeech
from realtime_chat.local.session_config import TurnDetection
from realtime_chat.local.workshop import EngineSet


class _Detector:
    """The audio room's turn detector in the server's words."""

    def __init__(self, settings: TurnDetection) -> None:
        self._silence_ms = settings.silence_duration_ms
        self._ended_ms = 0
        self._turns = TurnDetector(
            threshold=settings.threshold,
            prefix_padding_ms=settings.prefix_padding_ms,
            silence_duration_ms=settings.silence_duration_ms,
        )

    def feed(self, pcm: bytes) -> list[SpeechChange]:
        """See SpeechDetector."""
        return [self._named(change) for change in self._turns.feed(pcm)]

    def _named(self, change: Change) -> SpeechChange:
        """What follows the voice belongs to the turn: a last "s" is too soft to be taken for voice."""
        if isinstance(change, Started):
            return SpeechStarted(max(change.at_ms, self._ended_ms))
        self._ended_ms = change.at_ms + self._silence_ms
        return SpeechStopped(self._ended_ms)


def offline_engines() -> EngineSet:
    """Loaders, each run on its engine's own thread."""
    return EngineSet(
        speech_to_text=_speech_to_text, brain=_brain, text_to_speech=_text_to_speech, detector=_Detector
    )


def _speech_to_text() -> SpeechToText:
    from realtime_chat.local.engines.brain.commands.grammar import spoken_graph  # loads hassil, 0.2 s
    from realtime_chat.local.engines.stt.sphinx import SphinxSpeechToText  # loads numpy and the model

    graph = spoken_graph()
    return SphinxSpeechToText(graph.arcs, graph.finals)


def _brain() -> Brain:
    from realtime_chat.local.engines.brain.commands.brain import CommandsBrain  # loads hassil, 0.2 s

    return CommandsBrain()


def _text_to_speech() -> TextToSpeech:
    from realtime_chat.local.engines.tts.espeak import EspeakSpeech  # loads the library

    return EspeakSpeech()
