"""Agents on the command line: listed, chosen, of one's own; and captions of a spoken file."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import logs, program, value
from tests.cli.test_spoken import recording
from tests.core.transports import chat_peer
from tests.core.transports.ways import GOOD_KEY, Fails, Says, Told

POET = """
from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.profile import RealtimeProfile

def heard(event):
    print("heard:", event.text)

POET = Agent(
    name="poet",
    description="Rhymes.",
    default_transport="realtime",
    profiles={"realtime": RealtimeProfile(
        agent="poet", instructions="Answer in rhymes.", tools=("calculate",), handlers={"response": heard}
    )},
)
"""


@pytest.fixture
def poet(tmp_path: Path) -> str:
    file = tmp_path / "poets.py"
    file.write_text(POET, encoding="utf-8")
    return str(file)


def written(log: Path) -> list[dict[str, Any]]:
    """The lines of a log."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def settings(folder: Path, text: str) -> str:
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


async def test_all_agents_are_listed_with_their_transports_and_models(tmp_path: Path, poet: str) -> None:
    # J2, J5
    config = settings(
        tmp_path,
        f'[agents.tutor]\ndescription = "Corrects me"\nmodel = "m"\n[agents.poet]\nmodule = "{poet}"\n',
    )
    plain = await program(tmp_path, "agents", "--config", config)
    assert [line.split()[0] for line in plain.out.decode().splitlines()] == [
        "assistant", "cards", "transcript", "facts", "tutor", "poet",
    ]  # fmt: skip
    found = value(await program(tmp_path, "agents", "--config", config, "--json"))["agents"]
    by_name = {one["name"]: one for one in found}
    assert by_name["facts"]["transports"] == ["stateless"]
    assert by_name["cards"]["models"] == {"realtime": "gpt-realtime", "stateless": "gpt-4o-mini"}
    assert by_name["tutor"] == {
        "name": "tutor",
        "description": "Corrects me",
        "default_transport": "realtime",
        "transports": ["realtime", "stateless"],
        "models": {"realtime": "m", "stateless": "m"},
        "source": "settings",
    }
    assert by_name["poet"]["source"] == poet


async def test_an_agent_of_ones_own_is_talked_with_and_resumed_with_its_talk(
    tmp_path: Path, poet: str
) -> None:
    # J1, J6, J11
    asked = ("text", "what is twelve times seven", "--agent", "poet", "--agents", poet)
    run = await program(tmp_path, *asked)
    assert (run.code, run.out.decode().strip()) == (0, "12 times 7 is 84.")
    assert any(line.startswith("heard: ") for line in run.told)
    (log,) = logs(tmp_path)
    begun = next(one["data"] for one in written(log) if one.get("type") == "session_started")
    assert (begun["agent"], begun["instructions"], begun["tools"]) == (
        "poet",
        "Answer in rhymes.",
        ["calculate"],
    )
    again = ("resume", "--last", "--json")
    went_on = value(await program(tmp_path, *again, "--agents", poet, stdin=b"what is two plus two"))
    assert went_on["text"] == "2 plus 2 is 4."
    gone = await program(tmp_path, *again, stdin=b"what is two plus two")
    assert gone.code == 2
    assert "There is no agent 'poet'" in gone.told[0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("text", "hi", "--agent", "card"), "There is no agent 'card' (transport: its own)"),
        (
            ("text", "hi", "--agent", "facts", "--transport", "realtime"),
            "facts cannot be had over the realtime",
        ),
        (("text", "hi", "--agent", "transcript"), "transcript only listens over the realtime transport"),
        (("text", "hi", "--with", "card"), "There is no agent 'card' (transport: stateless)"),
        (("text", "hi", "--with", "cards"), "The agents beside a talk need a model"),
        (("text", "hi", "--agents", "nowhere.py"), "The agents file nowhere.py is not there"),
    ],
)
async def test_a_wish_that_cannot_be_met_is_one_line_and_leaves_no_session(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    # J3, check 25
    run = await program(tmp_path, *arguments)
    assert run.code in (1, 2)
    assert len(run.told) == 1
    assert told in run.told[0]
    assert logs(tmp_path) == []


async def test_a_broken_file_of_agents_is_told_and_harms_no_other(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n", encoding="utf-8")
    config = settings(tmp_path, f'[agents.tutor]\nmodule = "{broken}"\n')
    run = await program(tmp_path, "text", "what is twelve times seven", "--config", config)
    assert run.code == 0
    assert "line 1: ZeroDivisionError" in run.told[0]
    named = await program(tmp_path, "text", "hi", "--config", config, "--agent", "tutor")
    assert named.code == 2
    assert "line 1: ZeroDivisionError" in named.told[0]


async def test_captions_of_a_spoken_file_are_the_product(tmp_path: Path) -> None:
    # J2, J12
    question = str(recording(tmp_path / "q.wav", "what is twelve times seven"))
    talk = ("talk", "--in", question, "--agent", "transcript")
    plain = await program(tmp_path, *talk)
    assert (plain.code, plain.out.decode()) == (0, "what is twelve times seven\n")
    told = value(await program(tmp_path, *talk, "--json"))
    assert (told["status"], told["text"], told["tool_calls"]) == (
        "completed",
        "what is twelve times seven",
        [],
    )


async def test_agents_beside_an_offline_talk_tell_by_a_server_of_the_settings(tmp_path: Path) -> None:
    async with asyncio.timeout(50), chat_peer.peer() as peer:
        config = settings(
            tmp_path, f'[provider.openai]\nurl = "{peer.server.url}"\nmodel = "m"\ntransport = "stateless"\n'
        )
        asked = ("text", "what is twelve times seven", "--provider", "local", "--config", config)
        peer.replies.append(Says("A sum\nTwelve times seven is 84."))
        told = value(await program(tmp_path, *asked, "--with", "cards", "--json", key=GOOD_KEY))
        assert told["text"] == "12 times 7 is 84."
        assert [(one["kind"], one["agent"], one["title"]) for one in told["asides"]] == [
            ("card", "cards", "A sum")
        ]
        assert peer.heard[-1].text == "User: what is twelve times seven\nAssistant: 12 times 7 is 84."
        assert any(one.get("type") == "card_written" for one in written(logs(tmp_path)[0]))
        peer.replies.append(Fails("overloaded", "Come back later."))
        failed = await program(tmp_path, *asked, "--with", "facts", key=GOOD_KEY)
        assert (failed.code, failed.out.decode()) == (0, "12 times 7 is 84.\n")
        assert len([line for line in failed.told if "facts beside this talk failed" in line]) == 1


async def test_facts_of_a_talk_come_without_a_connection(tmp_path: Path) -> None:
    # J2, J5
    async with asyncio.timeout(50), chat_peer.peer() as peer:
        peer.replies.append(Says("The user is called Ana."))
        asked = ("text", "I am Ana.", "--agent", "facts", "--url", peer.server.url, "-m", "m", "--json")
        told = value(await program(tmp_path, *asked, key=GOOD_KEY))
        assert (told["text"], told["model"]) == ("The user is called Ana.", "m")
        assert peer.heard == [Told("user", "I am Ana.")]
