"""What a look at microphone and speaker means for a user. Pure."""

from collections.abc import Iterator

from realtime_chat.audio.levels import SILENCE_DB
from realtime_chat.audio.trial import BURST_MS
from realtime_chat.cli.checks.finding import Finding, Verdict
from realtime_chat.cli.checks.sound import Opened, SoundReport
from realtime_chat.core.pcm import PCM16_24K, PcmFormat

#: Louder than a quiet room: somebody spoke, or the noise was heard.
HEARD_DB = -50.0
#: An echo that comes later is not found by the canceller.
LATE_MS = 400
#: Softer by so many dB: an echo interrupts nobody; by so many: it may.
GOOD_DB, WEAK_DB = 20.0, 10.0

_NO_MICROPHONE = "it is muted, or this terminal may not use it: check the system's sound settings and privacy"
_CONNECT = "connect one, or go on without: `text`, or `talk` with --in and --out"
_HEADPHONES = "headphones (--headphones) or a lower volume cure it"


def sound_findings(report: SoundReport) -> list[Finding]:
    """Of each device, and of the way from one to the other. Without devices: one."""
    if report.devices is None:
        return [Finding("sound", _absent(report), report.problem)]
    if not report.devices:
        return [Finding("sound", _absent(report), "there is no sound device", _CONNECT)]
    return [_speaker(report), _microphone(report), *_path(report), *_in_time(report)]


def _absent(report: SoundReport) -> Verdict:
    """Nobody needs a device who does not talk; who asks for a trial does."""
    return Verdict.FAILED if report.audible else Verdict.NOTE


def _speaker(report: SoundReport) -> Finding:
    speaker, other = report.speaker, "choose another with --output-device"
    if not speaker:
        return Finding("speaker", _absent(report), "there is none", _CONNECT)
    if isinstance(speaker, str):
        return Finding("speaker", Verdict.FAILED, speaker)
    if not speaker.blocks:
        return Finding("speaker", Verdict.FAILED, f"{speaker.name} opens, but takes no sound", other)
    played = report.trial.played_ms if report.trial is not None else None
    if played is not None and played < BURST_MS:
        detail = f"{speaker.name} took {played} of {BURST_MS} ms"
        return Finding("speaker", Verdict.FAILED, detail, other, {"played_ms": played})
    measured = _measured(speaker)
    cure = f"if you heard nothing, raise the volume or {other}" if report.audible else ""
    return Finding("speaker", Verdict.OK, f"{speaker.name} at {_words(speaker.spoken)}", cure, measured)


def _microphone(report: SoundReport) -> Finding:
    microphone, other = report.microphone, "choose another with --input-device"
    if not microphone:
        return Finding("microphone", _absent(report), "there is none", _CONNECT)
    if isinstance(microphone, str):
        return Finding("microphone", Verdict.FAILED, microphone)
    heard, loudest = (report.trial.heard_ms, report.trial.loudest_db) if report.trial else (None, None)
    if not heard or loudest is None:
        detail = f"{microphone.name} opens, but gives no sound at all"
        return Finding("microphone", Verdict.FAILED, detail, other)
    measured = {**_measured(microphone), "loudest_db": round(loudest, 1)}
    detail = f"{microphone.name} at {_words(microphone.spoken)}"
    if loudest <= SILENCE_DB:
        # Some sources give zeros while nobody speaks; only after a noise it is sure.
        verdict = Verdict.FAILED if report.audible else Verdict.NOTE
        cure = _NO_MICROPHONE if report.audible else f"{_NO_MICROPHONE} (--sound makes sure)"
        return Finding("microphone", verdict, f"{detail} gives digital silence", cure, measured)
    detail = f"{detail}, loudest {loudest:.0f} dB"
    if report.audible and loudest <= HEARD_DB:
        return Finding("microphone", Verdict.NOTE, detail, "quiet: speak up or raise its level", measured)
    return Finding("microphone", Verdict.OK, detail, "", measured)


def _path(report: SoundReport) -> Iterator[Finding]:
    trial = report.trial
    if trial is None or trial.played_ms is None or trial.loudest_db in (None, SILENCE_DB):
        return  # a microphone that gives nothing says nothing about the speaker
    if trial.delay_ms is None:
        yield Finding("echo", Verdict.OK, "the microphone does not hear the speaker")
        return
    detail = f"the microphone hears the speaker {trial.delay_ms} ms later"
    measured = {"delay_ms": trial.delay_ms}
    late = trial.delay_ms > LATE_MS
    cure = f"too late for echo cancellation: {_HEADPHONES}" if late else ""
    yield Finding("echo", Verdict.NOTE if late else Verdict.OK, detail, cure, measured)
    yield _reduction(trial.reduction_db, disturbed=any(_late(report).values()))


def _reduction(softer: float | None, *, disturbed: bool) -> Finding:
    if softer is None:
        return Finding("echo reduction", Verdict.NOTE, "not measured", _HEADPHONES)
    measured = {"reduction_db": round(softer, 1)}
    detail = f"echo cancellation makes it {softer:.0f} dB softer"
    if softer >= GOOD_DB:
        return Finding("echo reduction", Verdict.OK, detail, "", measured)
    if disturbed:
        cure = "blocks came too late meanwhile, which confuses it: try again when nothing else runs"
        return Finding("echo reduction", Verdict.NOTE, detail, cure, measured)
    weak = "an answer may interrupt itself" if softer >= WEAK_DB else "an answer will interrupt itself"
    return Finding("echo reduction", Verdict.NOTE, detail, f"{weak}: {_HEADPHONES}", measured)


def _in_time(report: SoundReport) -> Iterator[Finding]:
    late = _late(report)
    if not late:
        return
    measured = {"seconds": round(report.seconds, 1)} | {f"{what}_xruns": n for what, n in late.items()}
    if not any(late.values()):
        detail = f"no sound was lost in {report.seconds:.1f} s"
        yield Finding("sound in time", Verdict.OK, detail, "", measured)
        return
    blocks = " and ".join(f"{n} of the {what}'s" for what, n in late.items() if n)
    detail = f"in {report.seconds:.1f} s {blocks} blocks came too late"
    yield Finding("sound in time", Verdict.NOTE, detail, "close what keeps the processor busy", measured)


def _late(report: SoundReport) -> dict[str, int]:
    """Blocks of each device that came too late."""
    opened = {"microphone": report.microphone, "speaker": report.speaker}
    return {what: one.xruns for what, one in opened.items() if isinstance(one, Opened)}


def _measured(opened: Opened) -> dict[str, float | int | str]:
    return {"device": opened.name, "rate_hz": opened.spoken.rate, "channels": opened.spoken.channels}


def _words(spoken: PcmFormat) -> str:
    """24 kHz; 44.1 kHz, 2 channels, converted."""
    rate = f"{spoken.rate / 1000:g} kHz"
    channels = f", {spoken.channels} channels" if spoken.channels > 1 else ""
    return rate + channels + ("" if spoken == PCM16_24K else ", converted")
