"""What tools may do by themselves, without a screen: the flag, the settings, the exit code."""

import asyncio
import json
from pathlib import Path

import pytest

from realtime_chat.cli.listeners import listening
from realtime_chat.cli.permissions import hooks, permissions
from realtime_chat.cli.settings_tables import HookSettings, PermissionSettings
from realtime_chat.core.bus import Bus
from realtime_chat.core.errors import ConfigError
from realtime_chat.core.events import ApprovalRequested, Envelope
from tests.cli.program import logs, program

SUM = "what is twelve times seven"


def settings(home: Path, *lines: str) -> tuple[str, str]:
    file = home / "settings.toml"
    file.write_text("\n".join(("[permissions]", *lines)))
    return "--config", str(file)


async def test_with_nobody_to_ask_a_call_is_denied_and_the_exit_code_is_3(tmp_path: Path):
    # P18, P19, P27, C18
    run = await program(tmp_path, "text", SUM, "--json", *settings(tmp_path, 'ask = ["calculate"]'))
    answer = json.loads(run.out)
    assert run.code == 3
    assert answer["status"] == "completed"
    (call,) = answer["tool_calls"]
    assert (call["ok"], call["error"]["kind"]) == (False, "permission_denied")
    assert call["error"]["details"]["by"] == "no_asker"
    (log,) = logs(tmp_path)
    logged = [json.loads(line) for line in log.read_text().splitlines()[1:]]
    (decided,) = [one["data"] for one in logged if one["type"] == "permission_decision"]
    assert (decided["allowed"], decided["by"]) == (False, "no_asker")


async def test_a_denial_is_told_in_plain_mode(tmp_path: Path):
    run = await program(tmp_path, "text", SUM, *settings(tmp_path, 'deny = ["calculate"]'))
    assert "tool: calculate denied. The rule calculate denies it." in run.told
    assert run.code == 0  # a rule's denial is an answer, too
    run = await program(tmp_path, "text", SUM, *settings(tmp_path, 'ask = ["calculate"]'))
    assert any("--permission auto" in line for line in run.told)
    assert run.code == 3


async def test_what_only_reads_is_never_asked_about(tmp_path: Path):
    # P18, C18: the default is ask
    run = await program(tmp_path, "text", SUM, "--json")
    assert run.code == 0
    assert json.loads(run.out)["tool_calls"][0]["ok"]


@pytest.mark.parametrize(("mode", "ok"), [("ask", True), ("auto", True), ("read-only", False)])
async def test_the_flag_decides_over_the_settings(tmp_path: Path, mode: str, ok: bool):
    # P18: read-only denies what changes, also your own list
    wish = "add milk to my shopping list"
    arguments = ("--permission", mode, *settings(tmp_path, 'mode = "read-only"'))
    run = await program(tmp_path, "text", wish, "--json", *arguments)
    assert [call["ok"] for call in json.loads(run.out)["tool_calls"]] == [ok]


async def test_an_unknown_mode_is_refused_before_anything_starts(tmp_path: Path):
    run = await program(tmp_path, "text", SUM, "--permission", "maybe")
    assert run.code == 2
    assert "read-only" in run.err.decode()


@pytest.mark.parametrize(("answer", "ok"), [("exit 0", True), ("echo not now; exit 2", False)])
async def test_a_hook_of_the_settings_has_a_say_and_prints_nothing_of_its_own(
    tmp_path: Path, answer: str, ok: bool
):
    # X19
    check = tmp_path / "a check"
    check.write_text(f"#!/bin/sh\n{answer}\n")
    check.chmod(0o700)
    file = tmp_path / "settings.toml"
    file.write_text(f"[hooks]\npre_tool_use = [\"'{check}' --strict\"]\n")
    run = await program(tmp_path, "text", SUM, "--json", "--config", str(file))
    (call,) = json.loads(run.out)["tool_calls"]
    assert (run.code, call["ok"]) == (0, ok)
    assert ok or "not now" in call["error"]["message"]


async def test_a_program_is_told_of_each_turns_end_and_can_spoil_nothing(tmp_path: Path):
    # X19
    told, check, file = tmp_path / "told", tmp_path / "tell", tmp_path / "settings.toml"
    check.write_text(f"#!/bin/sh\ncat >> '{told}'\necho noise\nexit 3\n")
    check.chmod(0o700)
    file.write_text(f"[hooks]\nstop = ['./no-such-program', '{check}']\n")
    run = await program(tmp_path, "text", SUM, "--json", "--config", str(file))
    answer = json.loads(run.out)
    assert (run.code, answer["status"]) == (0, "completed")
    event = json.loads(told.read_text())
    assert (event["hook"], event["type"]) == ("stop", "turn_completed")
    assert event["session_id"] == answer["session_id"]


async def test_programs_are_told_of_a_sessions_begin_what_was_said_and_its_end(tmp_path: Path):
    # X19
    told, tell, file = tmp_path / "told", tmp_path / "tell", tmp_path / "settings.toml"
    tell.write_text(f"#!/bin/sh\ncat >> '{told}'\necho >> '{told}'\n")
    tell.chmod(0o700)
    hooks = "".join(
        f"{hook} = ['{tell}']\n" for hook in ("session_start", "session_end", "user_prompt_submit")
    )
    file.write_text(f"[hooks]\n{hooks}")
    first = json.loads((await program(tmp_path, "text", SUM, "--json", "--config", str(file))).out)
    await program(tmp_path, "resume", first["session_id"], SUM, "--json", "--config", str(file))
    events = [json.loads(line) for line in told.read_text().splitlines()]
    assert [(event["hook"], event["type"]) for event in events] == [
        ("session_start", "session_started"),
        ("user_prompt_submit", "user_message"),
        ("session_end", "session_closed"),
        ("session_start", "session_resumed"),
        ("user_prompt_submit", "user_message"),
        ("session_end", "session_closed"),
    ]
    assert events[1]["data"]["text"] == SUM


async def test_a_program_is_told_when_a_call_waits_for_a_word(tmp_path: Path):
    # X19
    bus = Bus()
    settings = HookSettings(notification=["/bin/sh -c 'cat > told'"])
    async with asyncio.timeout(5), listening(settings, tmp_path) as listeners:
        listeners.follow(bus, "s")
        asked = ApprovalRequested(turn_id="t1", call_id="c1", name="write_file", arguments="{}")
        bus.publish(Envelope(id="1", session_id="s", seq=0, ts="", data=asked))
        bus.end("s")
    event = json.loads((tmp_path / "told").read_text())
    assert (event["hook"], event["data"]["name"]) == ("notification", "write_file")


@pytest.mark.parametrize("line", ["", "'open"])
def test_a_hook_that_cannot_be_read_names_its_setting(line: str):
    with pytest.raises(ConfigError, match=r"hooks\.post_tool_use"):
        hooks(HookSettings(post_tool_use=[line]))


def test_a_rule_that_cannot_be_read_names_its_setting(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"permissions\.deny.*'two words'"):
        permissions(PermissionSettings(deny=["two words"]), None, workspace=tmp_path, data_dir=tmp_path)
