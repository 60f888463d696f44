"""Every word behind a slash means something in lines, too: what a screen draws is told, what it lists has numbers."""

from pathlib import Path

import pytest

from realtime_chat.cli import slash
from realtime_chat.cli.words.desk import Desk, GoOn
from realtime_chat.cli.words.device_line import Line
from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.transports.scripted import expect, hang
from realtime_chat.core.virtual_audio import VirtualSink, VirtualSource
from tests.cli.program import logs
from tests.cli.test_plain_talk import ready, talking
from tests.cli.tui.real_terminal import terminal
from tests.cli.tui.stage import answered, asked


async def looked_up() -> list[str]:
    return ["sound        ok", "data folder  ok"]


DESK = Desk(
    tools=lambda: ["get_time: The time."],
    permissions=lambda: ["ask: you are asked."],
    devices=lambda: [Line("output", "HDMI"), Line("input", "USB", is_default=True)],
    doctor=looked_up,
    used=[Line("input", "USB")],
    voices=("cedar", "marin"),
    models=("parrot", "raven"),
)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("/tools", ["get_time: The time."]),
        ("/mcp", ["There are no MCP servers; [mcp.servers.NAME] in the settings adds one."]),
        ("/permissions", ["ask: you are asked."]),
        ("/doctor", ["Looking; it takes a few seconds.", "sound ok", "data folder ok"]),
        ("/instructions", ["There are no instructions."]),
        ("/theme", ["Lines have no colours; [ui] theme in the settings is the screen's."]),
        ("/theme nord", ["Lines have no colours; [ui] theme in the settings is the screen's."]),
        ("/copy 3", ["Error: There is no such answer to copy."]),
        ("/find", ["Error: Say what to look for: /find WORDS."]),
        ("/find rain", ["That was not said in this talk."]),
        ("/theem", ["There is no /theem; nothing was sent. Did you mean /theme?"]),
        (
            "/devices",
            [
                "1. microphone: USB, in use, default",
                "2. speaker: HDMI",
                "/devices NUMBER goes on with one of them.",
            ],
        ),
        (
            "/voice",
            ["Voice:", "1. cedar", "2. marin", "/voice NUMBER takes one of them."],
        ),
        ("/stats", ["0 turns; 0 interruptions.", "0 tokens. /cost tells more."]),
        ("/text", ["Text mode."]),
    ],
)
async def test_a_word_tells_in_lines_and_nothing_is_sent(tmp_path: Path, typed: str, told: list[str]) -> None:
    async with talking(tmp_path, [hang()], desk=DESK) as talk:
        assert await talk.asks(typed) == told
        assert not [one for one in talk.transport.sent if isinstance(one, wire.CreateItem)]


async def test_help_names_every_word_and_what_the_keys_do(tmp_path: Path) -> None:
    async with talking(tmp_path) as talk:
        for word in ("/help", "/keys"):
            told = "\n".join(await talk.asks(word))
            assert all(f"\n{one.usage}: " in told for one in slash.WORDS)
            assert "Ctrl+C" in told


@pytest.mark.parametrize(
    ("listed", "typed", "flags"),
    [
        ("/devices", "/devices 2", {"output_device": "HDMI"}),
        ("/model", "/model 2", {"model": "raven"}),
        ("/help", "/devices in USB", {"input_device": "USB"}),
    ],
)
async def test_a_number_takes_what_stood_under_it(
    tmp_path: Path, listed: str, typed: str, flags: dict[str, str]
) -> None:
    async with talking(tmp_path, desk=DESK) as talk:
        await talk.type(listed)
        await talk.type(typed)
        assert talk.left == [GoOn(session_id=talk.session_id, flags=flags)]


async def test_a_number_of_no_list_is_a_name_like_any_other(tmp_path: Path) -> None:
    async with talking(tmp_path, desk=DESK) as talk:
        await talk.type("/devices")
        await talk.type("/model 7")
        assert talk.left == [GoOn(session_id=talk.session_id, flags={"model": "7"})]


async def test_earlier_talks_are_listed_and_one_is_taken_by_its_number(tmp_path: Path) -> None:
    async with talking(tmp_path, asked(*answered("It rained in Lisbon."))) as earlier:
        await earlier.type("How was the trip?")
        await earlier.over()
    async with talking(tmp_path) as talk:
        first, second, how = await talk.asks("/resume")
        assert first.startswith("1. this talk, ")
        assert second.endswith("1 turn: How was the trip?")
        assert how.startswith("/resume NUMBER")
        assert await talk.asks("/resume 1") == ["Error: That is this talk."]
        await talk.type("/resume 2")
        await talk.type("/new")
        assert talk.left == [
            GoOn(session_id=earlier.session_id),
            GoOn(session_id=None, flags={"mode": "voice"}),
        ]


async def test_what_was_said_is_found_copied_counted_and_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    file = tmp_path / "talk.md"
    async with talking(tmp_path / "sessions", asked(*answered("It rained\nin Lisbon."))) as talk:
        await talk.type("How was the trip?")
        await talk.tells("Assistant: It rained")
        await talk.over()
        assert await talk.asks("/find RAINED IN") == ["1 place:", "Turn 1, assistant: It rained in Lisbon."]
        assert (await talk.asks("/copy"))[0].startswith("Copied 20 characters")
        assert capsys.readouterr().out == "\x1b]52;c;SXQgcmFpbmVkCmluIExpc2Jvbi4=\a"
        monkeypatch.setenv("TERM", "dumb")
        assert "has no clipboard" in (await talk.asks("/copy"))[0]
        assert capsys.readouterr().out == ""
        assert (await talk.asks("/stats"))[0] == "1 turn: 1 typed; 0 interruptions."
        status = await talk.asks("/status")
        assert "1 turn." in status[0]
        assert ", connected since " in status[1]
        await talk.type(f"/export {file}")
        assert "Lisbon" in file.read_text(encoding="utf-8")
        assert await talk.asks("/rename the trip") == ["This talk is called the trip."]
        await talk.type("/fork")
        (left,) = talk.left
        assert isinstance(left, GoOn)
        assert left.session_id not in (None, talk.session_id)


async def test_voice_and_text_mute_and_volume_are_told_as_they_change(tmp_path: Path) -> None:
    script = [*expect(wire.Configure, wire.SessionUpdated()), hang()]
    sink = VirtualSink(VirtualClock())
    async with talking(tmp_path, script, source=VirtualSource(), sink=sink) as talk:
        assert (await talk.asks("/mute"))[0].startswith("Push-to-talk: the microphone is open only")
        assert await talk.asks("/volume") == ["The volume is 100 %."]
        assert await talk.asks("/volume 40%") == ["The volume is 40 % now."]
        assert await talk.asks("/volume loud") == ["Error: /volume takes a number from 0 to 100."]
        assert await talk.asks("/text") == ["Text mode."]
        assert await talk.asks("/vad") == ["Error: Hands-free or not is for voice mode, with a microphone."]
        assert await talk.asks("/voice") == ["Voice mode."]


async def test_a_talk_is_left_for_a_new_one_and_what_was_typed_ahead_goes_there(tmp_path: Path) -> None:
    async with terminal(tmp_path, "text", "--plain", "--provider", "local") as held:
        await ready(held)
        held.type(b"what is two plus two\n")
        await held.until(lambda shown: b"2 plus 2 is 4." in shown)
        held.type(b"/new\nwhat is two plus three\n")
        await held.until(lambda shown: b"2 plus 3 is 5." in shown)
        held.type(b"/quit\n")
        assert await held.ended() == 0
    assert len(logs(tmp_path)) == 2
