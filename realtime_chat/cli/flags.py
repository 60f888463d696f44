"""The flags of `talk`, `text` and `resume` as one value, and what they may not be together."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from realtime_chat.core.errors import InvalidArguments
from realtime_chat.core.events import Mode
from realtime_chat.core.options import ReasoningEffort


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
    transport: Literal["realtime", "stateless"] | None = None
    model: str | None = None
    voice: str | None = None
    speed: float | None = None
    language: str | None = None
    reasoning: ReasoningEffort | None = None
    images: list[str] | None = None
    instructions: str | None = None
    agent: str | None = None
    agents: list[Path] | None = None
    beside: str | None = None
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
        if self.last and self.session is not None:
            raise InvalidArguments("--last names the session already; leave out the SESSION.")
        if self.json and self.events:
            raise InvalidArguments("--json and --events exclude each other; choose one.")
        if self.output_file == "-" and (self.json or self.events):
            raise InvalidArguments("--out - puts sound on stdout, so it excludes --json and --events.")
        if self.output_file and not self.input_file and self.prompt is None:
            raise InvalidArguments("--out needs a question: --in FILE, or `resume SESSION PROMPT`.")
        if self.record and self.input_file:
            raise InvalidArguments(
                "--record keeps a talk with the microphone; --in and --out are files already."
            )
        if self.record and not self.attended:
            raise InvalidArguments(
                "--record keeps the sound of a talk in a terminal; leave it out, or talk there "
                "without a PROMPT, --json and --events."
            )
        if self.tools and self.no_tools:
            raise InvalidArguments("--tools and --no-tools exclude each other; choose one.")
        if self.images and (self.attended or self.input_file or (self.plain and self.prompt is None)):
            raise InvalidArguments("--image goes with a PROMPT; on the screen, /image FILE shows a picture.")
        if self.input_file and self.prompt is not None:
            raise InvalidArguments("--in speaks the question; leave out the PROMPT.")

    @property
    def attended(self) -> bool:
        """True when a human sits at a terminal and talks: more than one turn, in words for humans."""
        asked = self.json or self.events or self.prompt is not None or bool(self.input_file)
        return not asked and at_terminal()

    @property
    def by_line(self) -> bool:
        """True when that human gets lines instead of the screen: by the flag, or because the terminal can no more."""
        return self.attended and lines_wanted(self.plain)


def at_terminal() -> bool:
    """True when a human may sit there: both ways are a terminal's."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def lines_wanted(plain: bool) -> bool:
    """By --plain, by ACCESSIBLE, or by a terminal that can no more than lines."""
    return plain or os.environ.get("ACCESSIBLE", "") not in ("", "0") or os.environ.get("TERM") == "dumb"
