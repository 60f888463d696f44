"""The whole road, nothing stood in for: the program, its embedded server, speech in and out, tools, the log."""

import asyncio
import json
import shlex
import subprocess
from pathlib import Path

from tests.cli.program import COMMAND, logs, program, started, surroundings, value, written

CANARY = "sk-canary-7d1f"


async def test_a_typed_question_is_answered_by_a_tool_as_one_json_value(tmp_path: Path) -> None:
    answer = value(await program(tmp_path, "text", "what is twelve times seven", "--json"))
    assert (answer["ok"], answer["status"], answer["provider"]) == (True, "completed", "local")
    assert "84" in answer["text"]
    assert [call["name"] for call in answer["tool_calls"]] == ["calculate"]
    assert answer["usage"]["total"] > 0
    assert answer["error"] is None


async def test_a_new_process_goes_on_with_the_same_history_and_seq(tmp_path: Path) -> None:
    first = value(await program(tmp_path, "text", "what is two plus two", "--json"))
    session_id = first["session_id"]
    again = value(await program(tmp_path, "resume", session_id, "what did I ask before", "--json"))
    assert again["session_id"] == session_id  # C19
    assert "what is two plus two" in again["text"]
    shown = value(await program(tmp_path, "sessions", "show", session_id, "--json"))
    assert [item["kind"] for item in shown["items"]] == ["user", "tool", "assistant", "user", "assistant"]
    log = (tmp_path / "data" / "sessions" / f"{session_id}.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["seq"] for line in log.splitlines()[1:]] == list(
        range(shown["last_seq"] + 1)
    )  # C16


async def test_the_last_session_goes_on_with_what_follows_the_flag(tmp_path: Path) -> None:
    first = value(await program(tmp_path, "text", "what is two plus two", "--json"))
    again = value(await program(tmp_path, "resume", "--last", "what did I ask before", "--json"))
    assert again["session_id"] == first["session_id"]
    assert "what is two plus two" in again["text"]
    both = await program(tmp_path, "resume", first["session_id"], "hello", "--last")
    assert (both.code, len(both.told)) == (2, 1)


async def test_events_are_lines_of_the_logs_schema(tmp_path: Path) -> None:
    run = await program(tmp_path, "text", "hello", "--events")
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert {"id", "session_id", "seq", "ts", "type", "data"} == set(lines[0])  # P11
    (log,) = logs(tmp_path)
    logged = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()[1:]]
    assert [line for line in lines if line["seq"] is not None] == logged
    assert logged[-1]["type"] == "session_closed"


async def test_plain_mode_takes_one_turn_a_line(tmp_path: Path) -> None:
    run = await program(tmp_path, "text", "--plain", stdin=b"what is 1 plus 1\nwhat is 2 plus 3\n")
    assert run.code == 0
    assert [line[-2:] for line in run.out.decode().splitlines()] == ["2.", "5."]
    assert b"\x1b" not in run.out + run.err


def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    run = subprocess.run(
        f"{shlex.join(COMMAND)} text hello --events -q | head -1",
        shell=True,
        env=surroundings(tmp_path),
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert len(run.stdout.splitlines()) == 1
    assert b"Traceback" not in run.stderr


async def test_a_key_is_found_in_nothing_that_is_written(tmp_path: Path) -> None:
    arguments = ("text", "hello", "--json", "--provider", "local", "--debug")
    run = await program(tmp_path, *arguments, key=CANARY)
    assert run.code == 0
    assert CANARY.encode() not in written(tmp_path) + run.out + run.err


async def test_a_session_that_is_open_elsewhere_is_refused_with_5(tmp_path: Path) -> None:
    session_id = value(await program(tmp_path, "text", "hello", "--json"))["session_id"]
    async with started(tmp_path, "resume", session_id, "--plain") as holder, asyncio.timeout(50):
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"what is 1 plus 1\n")
        assert await holder.stdout.readline()
        second = await program(tmp_path, "resume", session_id, "hello", "--json")
        holder.stdin.close()
        await holder.stdout.read()
    assert second.code == 5  # P24, C12
    assert json.loads(second.out)["error"]["kind"] == "session_writer_active"


async def test_a_torn_last_line_is_told_and_an_unreadable_middle_one_refused(tmp_path: Path) -> None:
    session_id = value(await program(tmp_path, "text", "hello", "--json"))["session_id"]  # P3, C13
    log = tmp_path / "data" / "sessions" / f"{session_id}.jsonl"
    log.write_bytes(log.read_bytes() + b'{"torn')
    torn = await program(tmp_path, "resume", session_id, "what did i ask before")
    assert (torn.code, torn.out) == (0, b"You said: hello.\n")
    assert b"warning: The last line of the log was torn; its 6 bytes were set aside." in torn.err
    whole = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*whole[:3], b"garbage\n", *whole[4:]]))
    damaged = log.read_bytes()
    refused = await program(tmp_path, "resume", session_id, "hello", "--json")
    assert refused.code == 1
    assert json.loads(refused.out)["error"]["kind"] == "corrupt_log_line"
    assert b"Traceback" not in refused.err
    assert log.read_bytes() == damaged


async def test_a_resume_without_a_session_says_so_before_it_waits_for_words(tmp_path: Path) -> None:
    async with started(tmp_path, "resume", "nope") as process, asyncio.timeout(20):  # its stdin stays open
        assert process.stderr is not None
        assert b"There is no session nope" in await process.stderr.read()
        assert await process.wait() == 2
    run = await program(tmp_path, "resume")
    assert (run.code, run.told) == (
        2,
        ["error: resume needs a SESSION, or --last; `realtime-chat sessions list` shows yours."],
    )
