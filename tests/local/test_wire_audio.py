"""G.711: the published code points, and that sound survives the way there and back."""

import numpy as np
import pytest

from realtime_chat.core.pcm import RATE
from realtime_chat.local.wire_audio import WireDecoder, WireEncoder
from tests.audio.kit import encoded, sine

TONE = encoded(sine(0.5, RATE, loud=0.37), 2)


@pytest.mark.parametrize(
    ("kind", "code", "value"),
    [
        ("audio/pcmu", 0x00, -32124),
        ("audio/pcmu", 0x80, 32124),
        ("audio/pcmu", 0xFF, 0),
        ("audio/pcma", 0x2A, -32256),
        ("audio/pcma", 0xAA, 32256),
        ("audio/pcma", 0xD5, 8),
    ],
)
def test_a_steady_code_decodes_to_its_published_value(kind: str, code: int, value: int) -> None:
    pcm = np.frombuffer(WireDecoder(kind).decode(bytes([code]) * 4000), dtype="<i2")
    assert abs(int(np.median(pcm)) - value) <= 2


@pytest.mark.parametrize("kind", ["audio/pcmu", "audio/pcma"])
def test_a_tone_survives_the_telephone(kind: str) -> None:
    encoder, decoder, sent = WireEncoder(kind), WireDecoder(kind), TONE
    pieces = [encoder.encode(sent[start : start + 960]) for start in range(0, len(sent), 960)]
    wire = b"".join(pieces) + encoder.finish()
    assert abs(len(wire) - 4000) <= 10
    back = np.frombuffer(decoder.decode(wire), dtype="<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(back * np.hanning(len(back))))
    loudest = np.argmax(spectrum) * 24_000 / len(back)
    assert abs(loudest - 440) < 5
    assert 10_000 < np.abs(back).max() < 14_000


def test_plain_pcm_passes_untouched() -> None:
    assert WireDecoder("audio/pcm").decode(TONE) == TONE
    assert WireEncoder("audio/pcm").encode(TONE) == TONE
