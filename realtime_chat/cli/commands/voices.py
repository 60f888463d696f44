"""`voices`: the voices that `--voice` takes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from realtime_chat.core.printable import one_line

if TYPE_CHECKING:
    from realtime_chat.cli.settings import Settings

#: Piper loads a voice of up to 100 MB first.
ASKED_S = 30

Provider = Annotated[
    str | None, typer.Option("--provider", help="Whose voices. Default: those of the provider in force.")
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file to use.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value.")]


def voices(provider: Provider = None, json: Json = False, config: Config = None) -> None:
    """The voices of a provider, one a line."""
    from realtime_chat.cli.desk import VOICES
    from realtime_chat.cli.flags import Flags
    from realtime_chat.cli.providers.choice import choose
    from realtime_chat.cli.settings import load

    settings = load(config)
    choice = choose(Flags(mode="voice", provider=provider), settings, os.environ)
    known = _spoken_here(settings) if choice.embedded else VOICES.get(choice.name, ())
    if json:
        from realtime_chat.cli.json_out import put

        put({"schema": "realtime-chat/voices/1", "provider": choice.name, "voices": list(known)})
        return
    for voice in known:
        print(one_line(voice))
    if not known:
        print(f"{choice.name} tells no voices; --voice takes any name that it knows.")


def _spoken_here(settings: "Settings") -> Sequence[str]:
    """Of the embedded server, which speaks for models that only write, too. Raises AudioUnavailable where it cannot."""
    import subprocess
    import sys

    import msgspec

    from realtime_chat.cli.local_engines import engine_settings
    from realtime_chat.core.errors import AudioUnavailable

    wanted = msgspec.json.encode(engine_settings(settings.local, os.environ))
    asked = [sys.executable, "-P", "-m", "realtime_chat.local.voice_names"]
    try:
        done = subprocess.run(asked, input=wanted + b"\n", capture_output=True, timeout=ASKED_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise AudioUnavailable(f"The engine that speaks told no voices within {ASKED_S} s.") from error
    if done.returncode != 0:
        raise AudioUnavailable(
            done.stderr.decode("utf-8", "replace").strip() or "No voice could be asked for."
        )
    return msgspec.json.decode(done.stdout, type=list[str])
