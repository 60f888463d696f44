"""What the system's sound server says: who it is, and which microphone and speaker our streams hang on now.

PulseAudio and PipeWire move a stream to another device without a word to the program (a headset is unplugged, another
default is chosen), so they are asked, through `pactl`. Elsewhere, and where that is missing, nothing is known.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

#: Seconds that one question may take.
ANSWER_S = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """A device of the sound server. `hears_speaker`: it is no microphone, but what a speaker plays."""

    name: str
    description: str
    hears_speaker: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """Where our streams are; None: there is no such stream of ours."""

    microphone: Place | None = None
    speaker: Place | None = None


class SystemSound(Protocol):
    """The sound server. Above: PlacesNews. Below: `pactl`, or a twin."""

    def places(self) -> Places | None:
        """Where this process's streams are; None when nobody says. Blocks, for seconds at worst; never raises."""
        ...


class PactlSound:
    """The one that `pactl` reaches."""

    def places(self) -> Places | None:
        """See SystemSound; about 10 ms."""
        listing = pactl("list")
        return places_of(listing, os.getpid()) if listing is not None else None


def pactl(*arguments: str) -> str | None:
    """What it prints, in English; None where it is missing or no server answers within ANSWER_S."""
    try:
        done = subprocess.run(
            ["pactl", *arguments],
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def server_of(info: str) -> str:
    """Name and version out of what `pactl info` prints. Pure."""
    fields = dict(re.findall(r"^(Server \w+): (.*)$", info, re.MULTILINE))
    name = fields.get("Server Name", "a sound server")
    if (pipewire := re.search(r"on (PipeWire [\w.]+)", name)) is not None:
        return pipewire[1]
    return f"{'PulseAudio' if name == 'pulseaudio' else name} {fields.get('Server Version', '')}".strip()


def places_of(listing: str, pid: int) -> Places:
    """Out of what `pactl list` prints. Pure."""
    entries = list(_entries(listing))
    devices = {
        kind: {entry.number: entry.place for entry in entries if entry.kind == kind}
        for kind in ("Source", "Sink")
    }

    def place(stream: str, device: str) -> Place | None:
        ours = [one for one in entries if one.kind == stream and one.process == str(pid)]
        return next((devices[device].get(one.fields.get(device, "")) for one in ours), None)

    return Places(place("Source Output", "Source"), place("Sink Input", "Sink"))


@dataclass
class _Entry:
    """`Source #3` and the fields below it."""

    kind: str
    number: str
    fields: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def process(self) -> str:
        return self.fields.get("application.process.id", "").strip('"')

    @property
    def place(self) -> Place:
        name = self.fields.get("Name", "")
        hears_speaker = self.fields.get("Monitor of Sink", "n/a") != "n/a"
        return Place(name, self.fields.get("Description", name), hears_speaker)


def _entries(listing: str) -> Iterator[_Entry]:
    entry = _Entry("", "")
    for line in listing.splitlines():
        if (head := re.fullmatch(r"([A-Z][A-Za-z ]*) #(\d+)", line)) is not None:
            yield entry
            entry = _Entry(head[1], head[2])
        elif (said := re.match(r"\s+([^:=]+?)(?:: | = )(.*)", line)) is not None:
            entry.fields.setdefault(said[1], said[2])
    yield entry
