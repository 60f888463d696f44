"""The devices of a talk on the screen: opened once, before anything is said; what is missing is told, not fatal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from realtime_chat.audio.choice import Device, Direction, chosen
from realtime_chat.core.errors import AudioUnavailable
from realtime_chat.core.ports import AudioSink, AudioSource, Clock, Recording, SoundCard

if TYPE_CHECKING:
    from realtime_chat.audio.capture import MicrophoneSource
    from realtime_chat.audio.card import Lasting
    from realtime_chat.audio.echo import EchoPath
    from realtime_chat.audio.playback import DeviceSink, Tap
    from realtime_chat.audio.recording import TalkRecording


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Ports with the names of their devices; None where there is none, and `note` says why in one line.

    The indexes are the system's numbers of the devices as they were opened, -1 where there is none.
    """

    source: AudioSource | None = None
    sink: AudioSink | None = None
    card: SoundCard | None = None
    recording: Recording | None = None
    microphone: str | None = None
    speaker: str | None = None
    microphone_index: int = -1
    speaker_index: int = -1
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user wants of the devices; names as `audio.choice` takes them."""

    input_device: str | None = None
    output_device: str | None = None
    hands_free: bool = False
    headphones: bool = False
    half_duplex: bool = False
    echo_cancellation: bool = True
    noise_suppression: bool = False
    gain_control: bool = False
    record: str | None = None


def open_sound(clock: Clock, wishes: Wishes) -> Sound:
    """The named microphone and speaker, or the system's default ones. Each may be missing without the other.

    Raises InvalidArguments for a name that is no device's, or for a recording that is there already.
    """
    from realtime_chat.audio.devices import devices
    from realtime_chat.audio.recording import TalkRecording

    try:
        known = devices()
    except AudioUnavailable as error:
        return _without_sound(error.message, wishes)
    heard = _wanted(known, wishes.input_device, "input")
    played = _wanted(known, wishes.output_device, "output")
    recording = TalkRecording(wishes.record, clock) if wishes.record is not None else None
    echo = _echo_path(wishes)
    missing: list[str] = []
    source = _microphone(heard, echo, missing)
    sink = _speaker(clock, played, _taps(echo, recording), missing)
    if echo is not None and source is not None and sink is not None:
        echo.watch(_losses(source, sink))
    heard_by, played_by = _taken(known, heard, "input"), _taken(known, played, "output")
    lasting: list[Lasting] = [one for one in (source, sink) if one is not None]
    if not lasting:
        return _without_sound(missing[0], wishes, recording)
    return Sound(
        source=source,
        sink=sink,
        card=_card(lasting, clock, news=_news(clock, source, echo, recording), echo=echo),
        recording=recording,
        microphone=heard_by.name if source is not None else None,
        speaker=played_by.name if sink is not None else None,
        microphone_index=heard_by.number,
        speaker_index=played_by.number,
        note=missing[0] if missing else "",
    )


def _microphone(
    device: Device | None, echo: "EchoPath | None", missing: list[str]
) -> "MicrophoneSource | None":
    from realtime_chat.audio.devices import open_microphone

    try:
        return open_microphone(device, echo)
    except AudioUnavailable as error:
        missing.append(error.message)
        return None


def _speaker(clock: Clock, device: Device | None, tap: "Tap", missing: list[str]) -> "DeviceSink | None":
    from realtime_chat.audio.devices import open_speaker

    try:
        return open_speaker(clock, device, tap)
    except AudioUnavailable as error:
        missing.append(error.message)
        return None


def _without_sound(why: str, wishes: Wishes, recording: "TalkRecording | None" = None) -> Sound:
    if recording is not None:
        recording.close()
    return Sound(note=why + (" Nothing is recorded." if wishes.record is not None else ""))


def _echo_path(wishes: Wishes) -> "EchoPath | None":
    if wishes.headphones and not wishes.half_duplex:
        return None
    from realtime_chat.audio.echo import EchoPath, WebRtcCanceller

    wanted = wishes.echo_cancellation and not wishes.half_duplex
    canceller = partial(
        WebRtcCanceller,
        noise_suppression=wishes.noise_suppression,
        gain_control=wishes.gain_control,
    )
    echo = EchoPath(canceller if wanted else None, half_duplex=wishes.half_duplex)
    echo.hands_free(wishes.hands_free)
    return echo


def _losses(source: "MicrophoneSource", sink: "DeviceSink") -> Callable[[], int]:
    return lambda: source.stream.xruns + sink.stream.xruns


def _card(
    lasting: "list[Lasting]", clock: Clock, *, news: Callable[[], str | None], echo: "EchoPath | None"
) -> SoundCard:
    from realtime_chat.audio import card
    from realtime_chat.audio.devices import restart

    if echo is None:
        return card.SoundCard(lasting, restart, clock, news=news)
    return card.SoundCard(lasting, restart, clock, news=news, on_hands_free=echo.hands_free)


def _taps(echo: "EchoPath | None", recording: "TalkRecording | None") -> "Tap":
    """Who sees what the speaker takes; in its thread."""
    taps = [one.played for one in (echo, recording) if one is not None]

    def tap(block: bytes, delay_s: float) -> None:
        for each in taps:
            each(block, delay_s)

    return tap


def _news(
    clock: Clock,
    source: "MicrophoneSource | None",
    echo: "EchoPath | None",
    recording: "TalkRecording | None",
) -> Callable[[], str | None]:
    from realtime_chat.audio.places_news import news_of_places

    asked = [news_of_places(clock)]
    asked += [source.take_hint] if source is not None else []
    asked += [one.take_news for one in (echo, recording) if one is not None]
    return lambda: next((news for ask in asked if (news := ask()) is not None), None)


def _wanted(known: Sequence[Device], name: str | None, direction: Direction) -> Device | None:
    return chosen(known, name, direction) if name is not None else None


def check_devices(heard: str | None, played: str | None) -> None:
    """Raises InvalidArguments, as `open_sound` does, for a name that is no device's."""
    from realtime_chat.audio.devices import devices

    try:
        known = devices()
    except AudioUnavailable:
        return
    _wanted(known, heard, "input")
    _wanted(known, played, "output")


class _Taken(NamedTuple):
    name: str
    number: int


def _taken(known: Sequence[Device], wanted: Device | None, direction: Direction) -> _Taken:
    """The one that was named, or the system's default one."""
    taken = wanted or next((device for device in known if device.is_default(direction)), None)
    return _Taken("default", -1) if taken is None else _Taken(taken.name, taken.index)
