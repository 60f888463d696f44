"""From the settings to the engines, ready to be loaded; by default those of this package, with nothing to download."""

from pathlib import Path
from typing import assert_never

from realtime_chat.audio.vad import Change, Started, TurnDetector
from realtime_chat.local.audio_buffer import SpeechChange, SpeechStarted, SpeechStopped
from realtime_chat.local.engines.installed import check
from realtime_chat.local.engines.ports import Brain, SpeechToText, TextToSpeech
from realtime_chat.local.engines.settings import (
    Chat,
    Commands,
    Ear,
    EngineSettings,
    Espeak,
    Mouth,
    Piper,
    Speech,
    Sphinx,
    Transcription,
    Whisper,
)
from realtime_chat.local.engines.threads import (
    Recogniser,
    Synthesiser,
    Thinker,
    ThreadedBrain,
    ThreadedSpeechToText,
    ThreadedTextToSpeech,
)
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


def chosen_engines(settings: EngineSettings) -> EngineSet:
    """The engines, none of them loaded. Raises ConfigError for one that is not there."""
    check(settings)
    return EngineSet(
        speech_to_text=_ear(settings.ear),
        brain=_brain(settings),
        text_to_speech=_mouth(settings.mouth),
        detector=_Detector,
    )


def _ear(ear: Ear) -> SpeechToText:
    match ear:
        case Sphinx():
            return ThreadedSpeechToText(_sphinx)
        case Whisper():
            return ThreadedSpeechToText(lambda: _whisper(ear))
        case Transcription():
            from realtime_chat.local.engines.stt.service import HttpSpeechToText  # loads httpx

            return HttpSpeechToText(ear)
        case _:
            assert_never(ear)


def _brain(settings: EngineSettings) -> Brain:
    match settings.brain:
        case Commands():
            return ThreadedBrain(_commands)
        case Chat():
            from realtime_chat.local.engines.brain.chat import ChatBrain  # loads httpx

            return ChatBrain(settings.brain, hears_all=not isinstance(settings.ear, Sphinx))
        case _:
            assert_never(settings.brain)


def _mouth(mouth: Mouth) -> TextToSpeech:
    match mouth:
        case Espeak():
            return ThreadedTextToSpeech(lambda: _espeak(mouth))
        case Piper():
            return ThreadedTextToSpeech(lambda: _piper(mouth))
        case Speech():
            from realtime_chat.local.engines.tts.service import HttpTextToSpeech  # loads httpx

            return HttpTextToSpeech(mouth)
        case _:
            assert_never(mouth)


def _sphinx() -> Recogniser:
    from realtime_chat.local.engines.brain.commands.grammar import spoken_graph  # loads hassil, 0.2 s
    from realtime_chat.local.engines.stt.sphinx import SphinxSpeechToText  # loads numpy and the model

    graph = spoken_graph()
    return SphinxSpeechToText(graph.arcs, graph.finals)


def _whisper(ear: Whisper) -> Recogniser:
    from realtime_chat.local.engines.stt.whisper import WhisperSpeechToText  # loads numpy

    return WhisperSpeechToText(Path(ear.model), ear.language)


def _commands() -> Thinker:
    from realtime_chat.local.engines.brain.commands.brain import CommandsBrain  # loads hassil, 0.2 s

    return CommandsBrain()


def _espeak(mouth: Espeak) -> Synthesiser:
    from realtime_chat.local.engines.tts.espeak import EspeakSpeech  # loads the library

    return EspeakSpeech(mouth.voice)


def _piper(mouth: Piper) -> Synthesiser:
    from realtime_chat.local.engines.tts.piper import PiperSpeech  # loads numpy

    return PiperSpeech(Path(mouth.voice))
