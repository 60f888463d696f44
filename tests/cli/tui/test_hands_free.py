"""Hands-free: the microphone is open from the start, Space mutes it, and nothing else closes it."""

from dataclasses import replace
from pathlib import Path

from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.messages import AppendAudio, CancelResponse, CommitAudio, Configure
from realtime_chat.core.options import ServerVad
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.transports.scripted import expect, hang
from realtime_chat.core.virtual_audio import VirtualSource
from tests.cli.tui.bound import key_of
from tests.cli.tui.stage import BANNER, Stage, asked, begun, staged

MICROPHONE = replace(BANNER, microphone="USB", audio_note="")
FRAME = pcm_bytes(20)


def sent(stage: Stage) -> list[bytes]:
    """The frames that went to the model, told apart by their first byte: b"\\x01" loud, b"\\x00" silent."""
    return [one.pcm[:1] for one in stage.transport.sent if isinstance(one, AppendAudio)]


async def test_what_is_said_goes_out_at_once_and_silence_while_muted(tmp_path: Path):
    source = VirtualSource()
    async with staged(tmp_path, mode="voice", hands_free=True, source=source, banner=MICROPHONE) as stage:
        await stage.until(lambda: "listening" in stage.strip)
        assert "Space mute" in stage.hint
        source.push(b"\x01\x01" * (FRAME // 2))
        await stage.until(lambda: sent(stage) == [b"\x01"])
        await stage.pilot.press("space")
        await stage.until(lambda: "muted" in stage.strip)
        source.push(b"\x01\x01" * (FRAME // 2))
        await stage.until(lambda: sent(stage) == [b"\x01", b"\x00"])
        await stage.pilot.press("space")
        await stage.until(lambda: "listening" in stage.strip)
        source.push(b"\x01\x01" * (FRAME // 2))
        await stage.until(lambda: sent(stage) == [b"\x01", b"\x00", b"\x01"])
        assert not [one for one in stage.transport.sent if isinstance(one, CommitAudio)]


async def test_neither_typing_nor_esc_closes_the_microphone(tmp_path: Path):
    script = [*asked(*begun("Once upon")), *expect(CancelResponse)]
    source = VirtualSource()
    async with staged(
        tmp_path, script, mode="voice", hands_free=True, source=source, banner=MICROPHONE
    ) as stage:
        await stage.type("A story")
        await stage.shows("Once upon")
        await stage.pilot.press("escape")
        await stage.shows("Once upon (interrupted)")
        await stage.until(lambda: "listening" in stage.strip)


async def test_in_text_mode_nothing_is_heard_and_back_in_voice_mode_it_listens_again(tmp_path: Path):
    source = VirtualSource()
    async with staged(
        tmp_path, [hang()], mode="voice", hands_free=True, source=source, banner=MICROPHONE
    ) as stage:
        await stage.until(lambda: "listening" in stage.strip)
        await stage.pilot.press("ctrl+t")
        await stage.until(lambda: "text mode" in stage.strip and "listening" not in stage.strip)
        source.push(b"\x01\x01" * (FRAME // 2) * 5)
        await settle()
        await stage.pilot.press("ctrl+t")
        await stage.until(lambda: "listening" in stage.strip)
        source.push(b"\x02\x02" * (FRAME // 2))
        await stage.until(lambda: sent(stage) == [b"\x02"])


async def test_a_microphone_that_nobody_speaks_into_is_closed_and_that_is_counted_down(tmp_path: Path):
    # T15: an idle screen mutes, and ends nothing
    source, clock = VirtualSource(), VirtualClock()
    async with staged(
        tmp_path,
        mode="voice",
        hands_free=True,
        source=source,
        banner=MICROPHONE,
        mute_after_s=60,
        clock=clock,
    ) as stage:
        await stage.until(lambda: "listening" in stage.strip)
        await clock.advance(49)
        assert "mutes" not in stage.strip
        await clock.advance(4)
        await stage.until(lambda: "listening mutes in 7 s" in stage.strip)
        await clock.advance(8)
        await stage.until(lambda: "muted" in stage.strip and "mutes" not in stage.strip)
        await stage.shows("Nothing was said for 60 s", "Unmute to go on.")
        await stage.pilot.press("space")
        await stage.until(lambda: "listening" in stage.strip)


async def test_without_a_microphone_it_is_muted_and_says_so(tmp_path: Path):
    async with staged(tmp_path, mode="voice", hands_free=True) as stage:
        await stage.until(lambda: "muted" in stage.strip)
        await stage.pilot.press("space")
        await stage.shows("You cannot be heard. PortAudio is missing.")


async def test_f2_changes_to_hands_free_and_back_without_a_restart(tmp_path: Path):
    source = VirtualSource()
    async with staged(tmp_path, [hang()], mode="voice", source=source, banner=MICROPHONE) as stage:
        await stage.until(lambda: "Space talk" in stage.hint)
        await stage.pilot.press(key_of("other_turns"))
        await stage.until(lambda: "listening" in stage.strip and "Space mute" in stage.hint)
        await stage.shows("it listens all the time")
        configured = [
            one.options.turn_detection for one in stage.transport.sent if isinstance(one, Configure)
        ]
        assert configured == ["none", ServerVad()]
        await stage.pilot.press(key_of("other_turns"))
        await stage.until(lambda: "ready" in stage.strip and "Space talk" in stage.hint)


async def test_a_word_that_begins_before_the_key_is_heard_whole(tmp_path: Path):
    source = VirtualSource()
    async with staged(tmp_path, [hang()], mode="voice", source=source, banner=MICROPHONE) as stage:
        await stage.until(lambda: "ready" in stage.strip)
        source.push(b"\x01\x01" * (FRAME // 2) * 3)
        await settle()
        await stage.pilot.press("space")
        await stage.until(lambda: "listening" in stage.strip)
        source.push(b"\x02\x02" * (FRAME // 2))
        await stage.until(lambda: sent(stage) != [])
        said = b"".join(one.pcm for one in stage.transport.sent if isinstance(one, AppendAudio))
        assert said == b"\x01\x01" * (FRAME // 2) * 3 + b"\x02\x02" * (FRAME // 2)
