"""From flags and settings to what a provider is asked for: set once, said once, and only where somebody set it."""

from pathlib import Path
from typing import Any

import pytest

from realtime_chat.cli.compose import options
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.providers.choice import choose
from realtime_chat.cli.settings import Settings, load
from realtime_chat.core import messages as wire
from realtime_chat.core.commands import SetTools
from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.core.events import LinkState
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.transports.openai.session_update import build_session_update
from realtime_chat.core.transports.scripted import ScriptedTransport, expect
from tests.core.driving import READY, driver

EVERYTHING = """
[provider.openai]
voice = "sage"
language = "de"
speed = 1.1
noise_reduction = "far_field"
reasoning_effort = "low"
max_output_tokens = 300
truncation = 0.5
extras = { tracing = "auto", audio = { output = { speed = 0.9 } } }
"""
CLOCK = ToolSchema(name="clock", description="Tells the time.", parameters={"type": "object"})
BELL = ToolSchema(name="bell", description="Rings.", parameters={"type": "object"})


def asked(flags: Flags, settings: Settings) -> dict[str, Any]:
    """The session object that goes out."""
    wanted = options(flags, settings, choose(flags, settings, {}), "voice")
    return build_session_update(wanted)["session"]


def settings_of(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_a_providers_table_reaches_the_wire_and_its_extras_win(tmp_path: Path) -> None:
    # M8, M18
    session = asked(Flags(mode="voice", provider="openai"), settings_of(tmp_path, EVERYTHING))
    assert session["reasoning"] == {"effort": "low"}
    assert session["max_output_tokens"] == 300
    assert session["truncation"] == {"type": "retention_ratio", "retention_ratio": 0.5}
    assert session["tracing"] == "auto"
    heard, said = session["audio"]["input"], session["audio"]["output"]
    assert heard["noise_reduction"] == {"type": "far_field"}
    assert heard["transcription"] == {"model": "gpt-realtime-whisper", "language": "de"}
    assert (said["voice"], said["speed"]) == ("sage", 0.9)


def test_flags_win_over_the_table(tmp_path: Path) -> None:
    flags = Flags(mode="voice", provider="openai", voice="ash", speed=0.8, language="fr", reasoning="high")
    table = (
        '[provider.openai]\nspeed = 1.1\nlanguage = "de"\nreasoning_effort = "low"\nnoise_reduction = "off"\n'
    )
    session = asked(flags, settings_of(tmp_path, table))
    assert session["reasoning"] == {"effort": "high"}
    assert session["audio"]["output"]["speed"] == 0.8
    assert session["audio"]["input"]["transcription"]["language"] == "fr"
    assert session["audio"]["input"]["noise_reduction"] is None


def test_what_nobody_set_is_not_said() -> None:
    session = asked(Flags(mode="voice", provider="local"), Settings())
    assert not {"reasoning", "truncation", "max_output_tokens"} & session.keys()
    assert not {"speed", "voice"} & session["audio"]["output"].keys()
    assert "noise_reduction" not in session["audio"]["input"]


@pytest.mark.parametrize("line", ["speed = 3.0", 'truncation = "sometimes"', "max_output_tokens = 0"])
def test_a_value_that_no_provider_takes_is_refused_where_it_stands(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match=r"provider\.openai\." + line.split()[0]):
        settings_of(tmp_path, f"[provider.openai]\n{line}\n")


async def test_a_session_may_differ_from_its_setup_and_is_configured_before_start_returns(
    tmp_path: Path,
) -> None:
    # M8
    transport = ScriptedTransport(READY)
    house = SessionOptions(turn_detection="none", voice="alloy", extras={"a": 1, "b": 2})
    setup = SessionSetup(transport=lambda: transport, options=house)
    async with driver(tmp_path) as conversation:
        mine = {"voice": "marin", "tools": (BELL,), "extras": {"b": 3}}
        session_id = await conversation.start(setup, overrides=mine)
        assert conversation.status(session_id).link is LinkState.READY
        with pytest.raises(InvalidArguments, match="no session option"):
            await conversation.start(setup, overrides={"colour": "red"})
    (configured,) = (each for each in transport.sent if isinstance(each, wire.Configure))
    told = configured.options
    assert (told.voice, told.tools, told.extras) == ("marin", (BELL,), {"a": 1, "b": 3})
    assert setup.options is house
    assert house.extras == {"a": 1, "b": 2}


async def test_tools_change_while_a_session_runs_and_nothing_else_does(tmp_path: Path) -> None:
    # M7
    transport = ScriptedTransport([*READY, expect(wire.UpdateTools, wire.SessionUpdated())])
    setup = SessionSetup(
        transport=lambda: transport, options=SessionOptions(turn_detection="none", tools=(CLOCK,))
    )
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup)
        await conversation.change(session_id, SetTools(tools=(BELL,)))
        assert conversation.status(session_id).tools == ("bell",)
        assert conversation.history(session_id).tools == ["bell"]
    assert transport.sent[-1] == wire.UpdateTools(tools=(BELL,))
