"""The flags of `talk`, `text` and `resume` as one value, and what they may not be together."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """As given; None or False means not given. `mode` None: the session's last one."""

    mode: Mode | None
    prompt: str | None = None
    session: str | None = None
    last: bool = False
    input_file: str | None = None
    output_file: str | None = None
    vad: bool | None = None
    input_device: str | None = None
    output_device: str | None = None
    headphones: bool = False
    no_aec: bool = False
    record: str | None = None
    provider: str | None = None
    url: str | None = None
    model: str | None = None
    voice: str | None = None
    instructions: str | None = None
    tools: list[Path] | None = None
    no_tools: bool = False
    permission: Literal["auto", "ask", "read-only"] | None = None
    trace: Path | None = None
    max_minutes: float | None = None
    max_cost: float | None = None
    config: Path | None = None
    data_dir: Path | None = None
    plain: bool = False
    json: bool = False
    events: bool = False
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    def check(self) -> None:
        """Raises InvalidArguments for a contradiction."""
        if self.mode is None and self.session is None and not self.last:
            raise InvalidArguments(
                "resume needs a SESSION, or --last; `realtime-chat sessions list` shows yours."
            )
        if self.json and self.events:
            raise InvalidArguments("--json and --events exclude each other; choose one.")
        if self.output_file == "-" and (self.json or self.events):
            raise InvalidArguments("--out - puts sound on stdout, so it excludes --json and --events.")
        if self.output_file and not self.input_file and self.prompt is None:
            raise InvalidArguments("--out needs --in (a question) or a PROMPT.")
        if self.record and self.input_file:
            raise InvalidArguments(
                "--record keeps a talk with the microphone; --in and --out are files already."
            )
        if self.record and self.headless:
            raise InvalidArguments(
                "--record keeps the sound of a talk on the screen; leave it out, or talk in a terminal "
                "without a PROMPT, --plain, --json and --events."
            )
        if self.tools and self.no_tools:
            raise InvalidArguments("--tools and --no-tools exclude each other; choose one.")
        if self.input_file and self.prompt is not None:
            raise InvalidArguments("--in speaks the question; leave out the PROMPT.")

    @property
    def headless(self) -> bool:
        """True when no screen may be drawn."""
        asked = self.plain or self.json or self.events or self.prompt is not None
        return asked or bool(self.input_file) or not (sys.stdin.isatty() and sys.stdout.isatty())
