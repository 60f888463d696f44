"""The user's own editor, for what is long to say."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual.app import App, SuspendNotSupported

from realtime_chat.cli.words.desk import Leaving
from realtime_chat.core.errors import InvalidArguments


def edited(app: App[Leaving], text: str) -> str:
    """The text as it was left in $VISUAL, $EDITOR or vi; the screen waits. Raises InvalidArguments."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="realtime-chat-") as folder:
        file = Path(folder) / "draft.md"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        try:
            with app.suspend():
                code = subprocess.run([*shlex.split(command), str(file)], check=False).returncode
        except SuspendNotSupported:
            raise InvalidArguments("This terminal cannot be lent to an editor.") from None
        except (OSError, ValueError) as error:
            raise InvalidArguments(f"The editor {command} cannot be run ({error}); set EDITOR.") from error
        if code:
            raise InvalidArguments(f"The editor {command} ended with {code}; the draft is as it was.")
        return file.read_text(encoding="utf-8", errors="replace").rstrip("\n")
