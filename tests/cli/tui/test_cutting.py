"""Esc while an answer is heard: silence, one truncation at the ear's position, heard and unheard told apart.

The speaker is the shipped twin, and it plays by a clock that the test moves.
"""

from collections.abc import Sequence
from pathlib import Path

from realtime_chat.audio.playback import DeviceSink
from realtime_chat.audio.streams import Fill, SteppedOutput
from realtime_chat.cli.tui.widgets.transcript import Transcript
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.events import AnswerHeard, Envelope, TurnInterrupted
from realtime_chat.core.history import AssistantEntry
from realtime_chat.core.messages import (
    AudioDelta,
    CancelResponse,
    Incoming,
    Item,
    Outgoing,
    OutputTranscript,
    OutputTranscriptDelta,
    ResponseCreated,
    ResponseDone,
    TruncateItem,
)
from realtime_chat.core.pcm import pcm_bytes, pcm_ms
from realtime_chat.core.transports.scripted import Step, expect
from realtime_chat.core.virtual_audio import VirtualSink
from tests.cli.tui.stage import Stage, asked, staged

WORDS = "one two three four five six seven eight"
ENDED = ResponseDone(
    response_id="r1",
    status="completed",
    items=(Item(item_id="a1", kind="message", role="assistant", status="completed", text=WORDS),),
)
LATE = AudioDelta(response_id="r1", item_id="a1", pcm=b"\x01\x00" * 24_000)


def aloud(*then: Incoming) -> list[Step]:
    """A question, and an answer of 4 s of which all sound came at once."""
    said: Sequence[Incoming] = (
        ResponseCreated(response_id="r1"),
        OutputTranscriptDelta(response_id="r1", item_id="a1", delta=WORDS),
        AudioDelta(response_id="r1", item_id="a1", pcm=b"\x01\x00" * (pcm_bytes(4000) // 2)),
        *then,
    )
    return asked(*said)


async def listened(stage: Stage, clock: VirtualClock, ms: int) -> None:
    """Ask, and hear so much of the answer."""
    await stage.type("Count")
    await stage.shows("seven eight")
    await stage.until(lambda: "speaking" in stage.strip)
    await clock.advance(ms / 1000)


def logged(stage: Stage) -> list[Envelope]:
    return list(stage.conversation.supervisor.store.read(stage.session_id))


def sent(stage: Stage, *kinds: type[Outgoing]) -> list[Outgoing]:
    return [one for one in stage.transport.sent if isinstance(one, kinds)]


def dimmed(stage: Stage) -> str:
    """The words that are drawn as unheard."""
    transcript = stage.app.query_one(Transcript)
    segments = [one for y in range(transcript.size.height) for one in transcript.render_line(y)]
    return " ".join(one.text for one in segments if one.style is not None and one.style.strike)


async def test_esc_is_silence_one_cancel_and_one_truncation_at_the_ear(tmp_path: Path):  # C28, T12, C6
    clock = VirtualClock()
    sink = VirtualSink(clock)
    script = [*aloud(), *expect(CancelResponse, LATE, ResponseDone(response_id="r1", status="cancelled"))]
    async with staged(tmp_path, script, mode="voice", sink=sink, clock=clock) as stage:
        await listened(stage, clock, 1500)
        await stage.pilot.press("escape")
        await stage.shows("eight (unheard)")
        await stage.until(lambda: "ready" in stage.strip or "interrupted" in stage.strip)
        await clock.advance(10)
        assert pcm_ms(len(sink.heard["a1"])) == 1500
        assert sent(stage, CancelResponse, TruncateItem)[1:] == [
            TruncateItem(item_id="a1", audio_end_ms=1500)
        ]
        (answer,) = [one for one in logged(stage) if isinstance(one.data, AnswerHeard)]
        assert isinstance(answer.data, AnswerHeard)
        assert (answer.data.played_ms, answer.data.produced_ms) == (1500, 4000)
        assert [one.type for one in logged(stage)].count("turn_interrupted") == 1
        assert answer.data.heard_text + dimmed(stage) == WORDS
        assert 0 < len(answer.data.heard_text) < len(WORDS)


async def test_esc_works_when_generation_has_ended_and_only_the_sound_goes_on(tmp_path: Path):  # C28
    clock = VirtualClock()
    sink = VirtualSink(clock)
    said = OutputTranscript(response_id="r1", item_id="a1", text=WORDS)
    async with staged(tmp_path, aloud(said, ENDED), mode="voice", sink=sink, clock=clock) as stage:
        await listened(stage, clock, 2000)
        await stage.until(lambda: "assistant_message" in [one.type for one in logged(stage)])
        await stage.pilot.press("escape")
        await stage.shows("eight (unheard)")
        await clock.advance(10)
        assert pcm_ms(len(sink.heard["a1"])) == 2000
        assert sent(stage, CancelResponse) == []
        await stage.until(lambda: sent(stage, TruncateItem) != [])
        assert sent(stage, TruncateItem) == [TruncateItem(item_id="a1", audio_end_ms=2000)]
        (answer,) = [
            one
            for one in stage.conversation.history(stage.session_id).items
            if isinstance(one, AssistantEntry)
        ]
        assert (answer.heard_ms, answer.interrupted, answer.text) == (2000, True, WORDS)
        assert [one.data.reason for one in logged(stage) if isinstance(one.data, TurnInterrupted)] == [
            "manual"
        ]
        await stage.pilot.press("escape")  # M16: a second one finds nothing to cut
        await settle()
        assert len(sent(stage, TruncateItem)) == 1


async def test_an_answer_that_was_heard_to_its_end_is_not_cut(tmp_path: Path):  # C28, T11
    clock = VirtualClock()
    sink = VirtualSink(clock)
    async with staged(tmp_path, aloud(ENDED), mode="voice", sink=sink, clock=clock) as stage:
        await listened(stage, clock, 4000)
        await stage.until(lambda: "ready" in stage.strip)
        await stage.pilot.press("escape")
        await clock.advance(1)
        assert pcm_ms(len(sink.heard["a1"])) == 4000
        assert sent(stage, CancelResponse, TruncateItem) == []
        assert "unheard" not in stage.screen
        assert sink.ledger() == {}  # a talk of hours keeps no count of its first minute
        assert [one.type for one in logged(stage)][-1] == "turn_completed"


class Device:
    """A speaker that can be pulled out."""

    def __init__(self, clock: VirtualClock) -> None:
        self.sink = DeviceSink(self._open, clock)

    def _open(self, fill: Fill) -> SteppedOutput:
        self.stream = SteppedOutput(fill)
        return self.stream


async def test_a_speaker_that_goes_away_in_the_middle_of_an_answer_cuts_it_where_it_was_heard(
    tmp_path: Path,
):
    clock = VirtualClock()
    device = Device(clock)
    async with staged(tmp_path, aloud(ENDED), mode="voice", sink=device.sink, clock=clock) as stage:
        await stage.type("Count")
        await stage.shows("seven eight")
        device.stream.step(1500)
        device.sink.release()
        await clock.advance(1)
        await stage.shows("eight (unheard)")
        (cut,) = [one.data for one in logged(stage) if isinstance(one.data, TurnInterrupted)]
        assert cut.reason == "device_lost"
        await stage.until(lambda: sent(stage, TruncateItem) != [])
        assert sent(stage, TruncateItem) == [TruncateItem(item_id="a1", audio_end_ms=1500)]
        device.sink.reopen()
        device.sink.resume()
        device.stream.step(500)
        assert not any(device.stream.sound)


async def test_an_answer_that_comes_while_the_speaker_is_away_is_read_and_not_cut(tmp_path: Path):
    clock = VirtualClock()
    device = Device(clock)
    device.sink.release()
    async with staged(tmp_path, aloud(ENDED), mode="voice", sink=device.sink, clock=clock) as stage:
        await stage.type("Count")
        await stage.until(lambda: "turn_completed" in [one.type for one in logged(stage)])
        assert "unheard" not in stage.screen
        assert sent(stage, TruncateItem) == []
