"""What the screen says about itself before anything is said."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Banner:
    """Whom one talks with and through what; all of it may be untrusted text.

    `why` tells why this provider was chosen. `microphone` and `speaker` name devices, None where there is
    none; `audio_note` then says why, in one line. `notes`: what else to say before the talk begins.
    """

    provider: str
    why: str
    model: str
    voice: str
    microphone: str | None
    speaker: str | None
    audio_note: str
    agent: str = ""
    notes: tuple[str, ...] = ()
