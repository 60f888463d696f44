"""The volume by keys: at once, to its ends and no further, and seen at the top."""

from dataclasses import replace
from pathlib import Path

from realtime_chat.core.clock import SystemClock
from realtime_chat.core.virtual_audio import VirtualSink
from tests.cli.tui.bound import key_of
from tests.cli.tui.stage import BANNER, staged


async def test_ctrl_down_and_ctrl_up_change_it_by_ten_percent(tmp_path: Path):
    sink = VirtualSink(SystemClock())
    async with staged(tmp_path, mode="voice", sink=sink) as stage:
        assert "vol" not in stage.strip
        await stage.pilot.press(key_of("softer"), key_of("softer"))
        await stage.until(lambda: "vol 80 %" in stage.strip)
        assert sink.factor == 0.8
        await stage.pilot.press(*[key_of("louder")] * 3)
        await stage.until(lambda: "vol" not in stage.strip)
        assert sink.factor == 1.0
        await stage.pilot.press(*["ctrl+down"] * 12)
        await stage.until(lambda: "vol 0 %" in stage.strip)
        assert sink.factor == 0.0


async def test_a_draft_is_left_alone(tmp_path: Path):
    async with staged(tmp_path, mode="voice", sink=VirtualSink(SystemClock())) as stage:
        stage.draft.value = "half a thought"
        await stage.pilot.press("ctrl+down")
        await stage.until(lambda: "vol 90 %" in stage.strip)
        assert stage.draft.value == "half a thought"


async def test_without_a_speaker_it_says_so(tmp_path: Path):
    async with staged(tmp_path, banner=replace(BANNER, audio_note="")) as stage:
        await stage.pilot.press("ctrl+up")
        await stage.shows("There is no speaker")


async def test_help_names_the_keys(tmp_path: Path):
    async with staged(tmp_path) as stage:
        await stage.pilot.press("f1")
        await stage.until(lambda: "louder; Ctrl+Down softer" in stage.top)
        assert "settings" not in stage.top


async def test_other_keys_of_ones_own_do_it_too_and_help_names_them(tmp_path: Path):
    sink = VirtualSink(SystemClock())
    async with staged(tmp_path, mode="voice", sink=sink, keymap={"softer": "f6"}) as stage:
        await stage.pilot.press("f6", "ctrl+down")
        await stage.until(lambda: "vol 90 %" in stage.strip)
        await stage.pilot.press("f1")
        await stage.until(lambda: "softer" in next(line for line in stage.top.splitlines() if "f6" in line))


async def test_a_key_for_nothing_that_exists_is_told(tmp_path: Path):
    async with staged(tmp_path, keymap={"shout": "f6"}) as stage:
        await stage.shows("Setting ui.keys: there is no shout", "louder")
