"""`python -m realtime_chat.local.voice_names`: the voices that the embedded server can speak with, as a JSON list.

A program of its own, as the server is: the synthesiser's licence stays with the process that loads it. One line of
stdin is the engines, as JSON (`engines/settings`). Exit 1 when the voices cannot be asked for; the reason is on stderr.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

import msgspec

from realtime_chat.core.errors import ChatError
from realtime_chat.local.engines.settings import EngineSettings, Espeak, Mouth, Piper, Speech


def main() -> int:
    """Print them; the exit code."""
    settings = msgspec.json.decode(sys.stdin.readline(), type=EngineSettings)
    try:
        known = voices(settings.mouth)
    except ChatError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(msgspec.json.encode(known).decode())
    return 0


def voices(mouth: Mouth) -> Sequence[str]:
    """Their names; of a service, the one that the settings name, for it has no list."""
    match mouth:
        case Espeak():
            from realtime_chat.local.engines.tts.espeak import EspeakSpeech  # loads the library

            return EspeakSpeech(mouth.voice).voices()
        case Piper():
            from realtime_chat.local.engines.tts.piper import PiperSpeech  # loads numpy

            return PiperSpeech(Path(mouth.voice)).voices()
        case Speech():
            return (mouth.voice,)
        case _:
            assert_never(mouth)


if __name__ == "__main__":
    sys.exit(main())
