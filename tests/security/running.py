"""Commands in this process, with keys in every place that there is: none is printed, nor what drives a terminal."""

import io
import sys

import pytest

from realtime_chat.cli import main
from tests.security.hostile import DRIVES_A_TERMINAL, stdio

#: One for each place in which a key may stand.
VARIABLES = {
    "OPENAI_API_KEY": "sk-canary-openai-0123456789",
    "AZURE_OPENAI_API_KEY": "canary-azure-0123456789",
    "GEMINI_API_KEY": "canary-gemini-0123456789",
    "GOOGLE_API_KEY": "canary-google-0123456789",
    "STT_API_KEY": "canary-stt-0123456789",
    "BRAIN_API_KEY": "canary-brain-0123456789",
    "TTS_API_KEY": "canary-tts-0123456789",
}
KEPT, SET = "canary-kept-0123456789", "canary-set-0123456789"
CANARIES = [*VARIABLES.values(), KEPT, SET]


def ran(*words: str, code: int | None = 0, given: str = "") -> str:
    """What a command printed, which is no key."""
    with pytest.MonkeyPatch.context() as patch, stdio() as printed:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        ended = main.run(list(words))
    assert code is None or ended == code, (words, printed.text)
    assert not DRIVES_A_TERMINAL.search(printed.text), (words, printed.text)
    assert [key for key in CANARIES if key in printed.text] == [], (words, printed.text)
    return printed.text
