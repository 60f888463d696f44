"""What the next talk takes over of the flags that the first one was begun with."""

from pathlib import Path

from realtime_chat.cli.flags import Flags
from realtime_chat.cli.going_on import lasting_flags, next_flags
from realtime_chat.cli.words.desk import GoOn

BEGUN = Flags(
    mode="voice",
    last=True,
    record="talk.wav",
    instructions="Rhyme.",
    agent="cards",
    provider="local",
    data_dir=Path("d"),
)


def test_an_earlier_talk_goes_on_in_its_own_mode_with_its_own_instructions_and_agent() -> None:
    after = next_flags(BEGUN, GoOn(session_id="20260101T090000-abcdef"))
    assert (after.session, after.mode, after.instructions) == ("20260101T090000-abcdef", None, None)
    assert after.agent is None
    assert (after.last, after.record) == (False, None)
    assert (after.provider, after.data_dir) == ("local", Path("d"))
    after.check()


def test_a_new_talk_is_begun_as_the_first_one_was_in_the_mode_of_now() -> None:
    after = next_flags(BEGUN, GoOn(session_id=None, flags={"mode": "text"}))
    assert (after.session, after.mode, after.instructions) == (None, "text", "Rhyme.")
    after.check()


def test_the_same_talk_goes_on_with_another_device() -> None:
    after = next_flags(BEGUN, GoOn(session_id="s", flags={"input_device": "USB"}))
    assert (after.session, after.input_device, after.output_device) == ("s", "USB", None)


def test_what_was_begun_with_is_there_again_for_a_new_talk_whatever_came_between() -> None:
    lasting = lasting_flags(BEGUN, GoOn(session_id="s", flags={"provider": "openai", "model": None}))
    after = next_flags(lasting, GoOn(session_id=None, flags={"mode": "text"}))
    assert (after.instructions, after.agent, after.provider) == ("Rhyme.", "cards", "openai")
    after.check()
