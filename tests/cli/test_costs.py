"""What a talk cost, as an estimate: in the value of a turn, of a session, and in one line at the end."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.cli.costs import in_words
from realtime_chat.cli.main import run
from realtime_chat.core import events as ev
from realtime_chat.core.clock import VirtualClock
from realtime_chat.core.prices import Cost
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.local.child import Endpoint
from tests.audio.kit import wav
from tests.cli.program import logs, program, value
from tests.core.stories import spoken, typed
from tests.local.engines.voices import say

SESSION = "20260101T090000-abcdef"
MODEL = ("-m", "gpt-realtime-2.1")


def kept(home: Path, events: Iterable[ev.Event], session_id: str = SESSION) -> str:
    """A session on disk; its id."""
    held = SessionStore(home / "data" / "sessions", VirtualClock()).open(session_id)
    for event in events:
        held.log.append(event)
    held.close()
    return session_id


def used(turn: str, tokens: int) -> ev.Event:
    usage = ev.Usage(input=tokens, total=tokens, input_text=tokens)
    return ev.UsageReported(turn_id=turn, response_id=f"r_{turn}", usage=usage)


def started(model: str = "gpt-realtime", provider: str = "openai") -> ev.Event:
    return ev.SessionStarted(provider=provider, model=model, transcription_model="whisper-1")


async def shown(home: Path, session_id: str = SESSION) -> dict[str, Any]:
    return value(await program(home, "sessions", "show", session_id, "--json"))


async def test_a_turn_of_a_priced_model_has_a_cost_and_the_session_the_same(
    tmp_path: Path, embedded: Endpoint
) -> None:
    there = ("--url", embedded.url, *MODEL)
    turn = value(await program(tmp_path, "text", "hello", *there, "--json", key=embedded.token))
    assert 0 < turn["cost_usd"] < 0.1
    session = await shown(tmp_path, turn["session_id"])
    assert (session["cost_usd"], session["cost_is"], session["unpriced"]) == (
        turn["cost_usd"],
        "an estimate",
        0,
    )
    assert [one["cost_usd"] for one in session["turns"]] == [turn["cost_usd"]]


async def test_a_talk_that_cost_something_says_so_before_the_way_back(
    tmp_path: Path, embedded: Endpoint
) -> None:
    there = ("--url", embedded.url, *MODEL)
    ended = await program(tmp_path, "text", "hello", *there, key=embedded.token)
    assert ended.told[-2] == "This talk: less than $0.01, an estimate."
    assert ended.told[-1].startswith("Resume with: ")
    quiet = await program(tmp_path, "text", "hello", *there, "-q", key=embedded.token)
    assert "This talk" not in quiet.err.decode()


async def test_the_embedded_server_costs_nothing_and_says_nothing_of_it(tmp_path: Path) -> None:
    turn = value(await program(tmp_path, "text", "hello", "--json"))
    assert turn["cost_usd"] == 0
    ended = await program(tmp_path, "text", "hello", "--plain")
    assert "This talk" not in ended.err.decode()


async def test_a_model_without_a_price_has_no_cost(tmp_path: Path) -> None:
    kept(tmp_path, [started("nobody-knows"), *typed("t1", "hi"), used("t1", 10)])
    session = await shown(tmp_path)
    assert (session["cost_usd"], session["unpriced"]) == (None, 1)
    assert session["turns"][0]["cost_usd"] is None
    plain = (await program(tmp_path, "sessions", "show", SESSION)).out.decode()
    assert plain.splitlines()[-1] == "Used: 10 tokens"


async def test_the_users_price_counts_and_transcription_is_added_at_its_own(tmp_path: Path) -> None:
    words = ev.UserTranscript(item_id="u_t1", text="hi", usage=ev.TranscriptionUsage(seconds=60))
    kept(tmp_path, [started(), *spoken("t1", "hi"), words, used("t1", 1_000_000)])
    session = await shown(tmp_path)
    assert session["cost_usd"] == pytest.approx(4.006)
    assert session["transcription_usage"]["seconds"] == 60
    config = tmp_path / "mine.toml"
    config.write_text('[prices."gpt-realtime"]\ntext_in = 1.0\n', encoding="utf-8")
    arguments = ("sessions", "show", SESSION, "--config", str(config))
    assert value(await program(tmp_path, *arguments, "--json"))["cost_usd"] == pytest.approx(1.006)
    plain = (await program(tmp_path, *arguments)).out.decode()
    assert plain.splitlines()[-1] == "Used: 1,000,000 tokens; about $1.01, an estimate"


async def test_the_log_names_the_model_that_writes_the_users_words_down(
    tmp_path: Path, embedded: Endpoint
) -> None:
    question = tmp_path / "q.wav"
    question.write_bytes(wav(say("what time is it")))
    there = ("--url", embedded.url, *MODEL, "--in", str(question), "--json")
    value(await program(tmp_path, "talk", *there, key=embedded.token))
    (log,) = logs(tmp_path)
    begun = json.loads(log.read_text(encoding="utf-8").splitlines()[1])
    assert begun["data"]["transcription_model"] == "gpt-realtime-whisper"


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (Cost(usd=0.041), "about $0.04, an estimate"),
        (Cost(usd=12.3, unpriced=2), "about $12.30, an estimate, without 2 of unknown price"),
        (Cost(usd=0.001), "less than $0.01, an estimate"),
        (Cost(usd=0.0), ""),
        (Cost(usd=None, unpriced=1), ""),
    ],
)
def test_an_estimate_is_called_one(cost: Cost, words: str) -> None:
    assert in_words(cost) == words


# ---------------------------------------------------------------- by day


def stats(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, list[str]]:
    """What it printed, and the lines of stderr."""
    assert run(["sessions", "stats", *arguments]) == 0
    out, err = capsys.readouterr()
    return out, err.splitlines()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own settings and sessions."""
    monkeypatch.delenv("REALTIME_CHAT_CONFIG", raising=False)
    monkeypatch.setenv("REALTIME_CHAT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_stats_add_up_what_the_days_used(home: Path, capsys: pytest.CaptureFixture[str]) -> None:  # X27
    kept(home, [started(), *typed("t1", "hi"), used("t1", 500_000)])
    kept(home, [started("nobody-knows"), *typed("t1", "hi"), used("t1", 7)], "20260101T090000-abcdee")
    told = json.loads(stats(capsys, "--json")[0])
    (day,) = told["days"]
    assert (day["sessions"], day["turns"], day["usage"]["input_text"]) == (2, 2, 500_007)
    assert (day["cost_usd"], day["cost_is"], day["unpriced"]) == (2.0, "an estimate", 1)
    assert told["all"] == {**day, "day": None}
    out, err = stats(capsys)
    heads, row, together = out.splitlines()
    assert (heads.split()[0], row.split()[0], err) == ("day", day["day"], [])
    assert together.startswith("in all")
    assert row.endswith("500,007         0       0         0          0  $2.00 + ?")


def test_stats_of_the_last_days_leave_out_the_older(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stats(capsys) == ("There are no sessions yet.\n", [])
    kept(home, [started(), *typed("t1", "hi"), used("t1", 5)])  # its clock stands long ago
    assert stats(capsys, "--days", "2") == ("Nothing was said in that time.\n", [])
    assert json.loads(stats(capsys, "--days", "2", "--json")[0])["days"] == []
    assert len(stats(capsys, "--days", "36500")[0].splitlines()) == 3


def test_a_session_that_cannot_be_read_is_named_and_the_others_count(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(home, [started(), *typed("t1", "hi"), used("t1", 5)])
    broken = kept(home, [started(), *typed("t1", "hi"), used("t1", 5)], "20260101T090000-abcdee")
    log = home / "data" / "sessions" / f"{broken}.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[3:]]))
    out, err = stats(capsys)
    assert err == [f"warning: session {broken} cannot be read, and is not counted."]
    assert out.splitlines()[1].split()[1:3] == ["1", "1"]
    assert json.loads(stats(capsys, "--json")[0])["unreadable"] == [broken]
