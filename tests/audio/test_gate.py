"""A gate lets speech through whole, with what is before and after it, and no silence beside."""

import numpy as np

from realtime_chat.audio.gate import MARGIN_MS, PREROLL_MS, VoiceGate
from realtime_chat.audio.vad import Energy, TurnDetector
from realtime_chat.core.framing import Framer
from realtime_chat.core.pcm import pcm_bytes, pcm_ms
from tests.local.engines import voices

ROOM = np.random.default_rng(3).normal(0, 8, 24_000 * 20).astype("<i2").tobytes()


def through(gate: VoiceGate, pcm: bytes) -> list[bytes]:
    return [gate.passed(frame) for frame in Framer().feed(pcm)]


def room(ms: int) -> bytes:
    return ROOM[: pcm_bytes(ms)]


def test_a_quiet_room_costs_nothing() -> None:
    assert not any(through(VoiceGate(500), room(10_000)))


def test_a_sentence_passes_whole_with_the_silence_before_and_after_it() -> None:
    speech = voices.say("what time is it")
    passed = b"".join(through(VoiceGate(500), room(5000) + speech + room(10_000)))
    assert speech in passed
    assert passed.index(speech) >= pcm_bytes(PREROLL_MS - 200)
    around_ms = pcm_ms(len(passed)) - pcm_ms(len(speech))
    assert 500 + MARGIN_MS - 500 < around_ms < 500 + MARGIN_MS + PREROLL_MS + 200


def test_the_providers_detector_hears_the_same_turns_behind_the_gate() -> None:
    sound = b"".join(
        room(3000) + voices.say(text) for text in ("what time is it", "list the files", "what can you do")
    ) + room(3000)
    gated = b"".join(through(VoiceGate(500), sound))
    assert len(gated) < len(sound) * 0.8
    assert [type(one) for one in TurnDetector().feed(gated)] == [
        type(one) for one in TurnDetector().feed(sound)
    ]


def test_it_opens_again_after_each_pause_also_without_the_network() -> None:
    speech = voices.say("what time is it")
    gate = VoiceGate(500, Energy)
    passed = b"".join(through(gate, room(2000) + speech + room(6000) + speech + room(3000)))
    assert passed.count(speech) == 2
    assert pcm_ms(len(passed)) < 2 * (pcm_ms(len(speech)) + 500 + MARGIN_MS + PREROLL_MS + 500)
