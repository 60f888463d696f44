"""Agents on the command line: listed, chosen, of one's own; and captions of a spoken file."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.cli.agents import cast, resolved
from realtime_chat.cli.compose import composed
from realtime_chat.cli.flags import Flags
from realtime_chat.cli.json_out import turn_value
from realtime_chat.cli.main import run
from realtime_chat.cli.settings import Settings
from realtime_chat.cli.settings_tables import AgentSettings, ProviderSettings
from realtime_chat.cli.side_agents import side_agents
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import ChatError, InvalidArguments
from realtime_chat.core.folding import fold
from realtime_chat.core.prices import PriceList
from realtime_chat.core.store.directory import SessionStore
from tests.cli.program import logs, program, value
from tests.cli.test_spoken import recording
from tests.core.transports import chat_peer
from tests.core.transports.ways import GOOD_KEY, Says, Told

POET = """
from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.profile import StatelessProfile
from realtime_chat.core.agents.prompting import answer_as_card

def heard(event):
    print("heard:", event.text)

POET = Agent(
    name="poet",
    description="Rhymes.",
    default_transport="stateless",
    profiles={"stateless": StatelessProfile(
        agent="poet", instructions="Answer in rhymes.", tools=("calculate",), handlers={"response": heard},
        on_message=answer_as_card,
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


def test_all_agents_are_listed_with_their_transports_and_models(
    tmp_path: Path, poet: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    # J2, J5
    config = settings(
        tmp_path,
        f'[agents.tutor]\ndescription = "Corrects me"\nmodel = "m"\n[agents.poet]\nmodule = "{poet}"\n',
    )
    assert run(["agents", "--config", config]) == 0
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert [line.split()[0] for line in lines] == [
        "assistant", "cards", "transcript", "facts", "tutor", "poet",
    ]  # fmt: skip
    begun = ("Answers, aloud", "Writes short", "Writes down", "Keeps durable", "Corrects me")
    assert len({line.index(words) for line, words in zip(lines, begun, strict=False)}) == 1
    assert run(["agents", "--config", config, "--json"]) == 0
    found = json.loads(capfdbinary.readouterr().out)["agents"]
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
    async with asyncio.timeout(50), chat_peer.peer() as peer:
        peer.replies.append(Says("Roses are red."))
        asked = ("text", "Hi", "--agent", "poet", "--agents", poet, "--url", peer.server.url, "-m", "m")
        talk = await program(tmp_path, *asked, key=GOOD_KEY)
    assert (talk.code, talk.out.decode()) == (0, "Roses are red.\n")
    assert any(line.startswith("heard: ") for line in talk.told)
    (log,) = logs(tmp_path)
    begun = next(one["data"] for one in written(log) if one.get("type") == "session_started")
    assert (begun["agent"], begun["instructions"], begun["tools"]) == (
        "poet",
        "Answer in rhymes.",
        ["calculate"],
    )
    wanted = Flags(mode=None, last=True, data_dir=tmp_path / "data")
    with pytest.raises(InvalidArguments, match="There is no agent 'poet'"):
        await nothing(wanted)


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        ({"agent": "card"}, "There is no agent 'card' (transport: its own)"),
        ({"agent": "facts", "transport": "realtime"}, "facts cannot be had over the realtime"),
        ({"agent": "transcript"}, "transcript only listens over the realtime transport"),
        (
            {"agent": "transcript", "mode": "voice", "provider": "azure", "url": "wss://x", "model": "m"},
            "azure does not",
        ),
        ({"beside": "card"}, "There is no agent 'card' (transport: stateless)"),
        ({"beside": "cards"}, "The agents beside a talk need a model"),
        ({"agents": [Path("nowhere.py")]}, "The agents file nowhere.py is not there"),
    ],
)
async def test_a_wish_that_cannot_be_met_is_refused_before_anything_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wishes: dict[str, Any], told: str
) -> None:
    # J3, check 25
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    wanted: dict[str, Any] = {"mode": "text", "data_dir": tmp_path, **wishes}
    with pytest.raises(ChatError) as refused:
        await nothing(Flags(**wanted))
    assert told in refused.value.message
    assert not (tmp_path / "sessions").exists()


async def nothing(flags: Flags) -> None:
    """All is put together, and nothing done with it."""
    async with composed(flags, Settings()):
        pass


async def test_a_broken_file_of_agents_is_told_and_harms_no_other(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("1 / 0\n", encoding="utf-8")
    mine = Settings(agents={"tutor": AgentSettings(module=broken)})
    found = await cast(Flags(mode="text"), mine, {})
    assert found.name == "assistant"
    assert "line 1: ZeroDivisionError" in found.known.faults[0]
    with pytest.raises(InvalidArguments, match=r"line 1: ZeroDivisionError.*no agent 'tutor'"):
        await cast(Flags(mode="text", agent="tutor"), mine, {})


async def test_captions_of_a_spoken_file_are_the_product(tmp_path: Path) -> None:
    # J2, J12
    question = str(recording(tmp_path / "q.wav", "what is twelve times seven"))
    captions = await program(tmp_path, "talk", "--in", question, "--agent", "transcript")
    assert (captions.code, captions.out.decode()) == (0, "what is twelve times seven\n")
    (session_id,) = (store := SessionStore(tmp_path / "data" / "sessions", SystemClock())).ids()
    history = fold(store.read(session_id))
    told = turn_value(history, history.turns[0], PriceList())
    assert (told["status"], told["text"]) == ("completed", "what is twelve times seven")


async def test_agents_beside_a_talk_tell_in_the_log_and_in_the_value(tmp_path: Path) -> None:
    async with asyncio.timeout(50), chat_peer.peer() as peer:
        peer.replies.extend([Says("Noted."), Says("Trip\nTo Lisbon in May.")])
        asked = ("text", "To Lisbon in May.", "--transport", "stateless", "--url", peer.server.url, "-m", "m")
        told = value(await program(tmp_path, *asked, "--with", "cards", "--json", key=GOOD_KEY))
        assert told["text"] == "Noted."
        assert [(one["kind"], one["agent"], one["title"]) for one in told["asides"]] == [
            ("card", "cards", "Trip")
        ]
        assert peer.heard[-1].text == "User: To Lisbon in May.\nAssistant: Noted."
    assert any(one.get("type") == "card_written" for one in written(logs(tmp_path)[0]))


@pytest.mark.parametrize(
    ("mine", "environ", "name"),
    [
        (
            {
                "provider": {
                    "openai": {"url": "http://127.0.0.1:9/v1", "transport": "stateless", "model": "x"}
                }
            },
            {},
            "x",
        ),
        ({"provider": {"ollama": {"model": "y", "url": "http://127.0.0.1:9/v1"}}}, {}, "y"),
        ({}, {"OPENAI_API_KEY": GOOD_KEY}, "gpt-4o-mini"),
        ({}, {"OPENAI_API_KEY": GOOD_KEY, "CARDS_STATELESS_MODEL": "z"}, "z"),
        ({"agents": {"cards": {"model": "w"}}}, {"OPENAI_API_KEY": GOOD_KEY}, "w"),
    ],
)
async def test_an_offline_talk_has_agents_beside_it_by_a_key_or_a_server(
    mine: dict[str, Any], environ: dict[str, str], name: str
) -> None:
    # J5
    flags = Flags(mode="text", provider="local", beside="cards")
    settled = Settings(**mine)
    async with side_agents(flags, settled, await cast(flags, settled, environ), environ) as (cards,):
        assert (cards.name, cards.model) == ("cards", name)


async def test_facts_of_a_talk_come_without_a_connection(tmp_path: Path) -> None:
    # J2, J5
    async with asyncio.timeout(50), chat_peer.peer() as peer:
        peer.replies.append(Says("The user is called Ana."))
        asked = ("text", "I am Ana.", "--agent", "facts", "--url", peer.server.url, "-m", "m", "--json")
        told = value(await program(tmp_path, *asked, key=GOOD_KEY))
        assert (told["text"], told["model"]) == ("The user is called Ana.", "m")
        assert peer.heard == [Told("user", "I am Ana.")]


async def test_a_model_of_ones_ollama_in_the_settings_answers_the_talk_itself() -> None:
    # J4
    mine = Settings(provider={"ollama": ProviderSettings(model="y", url="http://127.0.0.1:9/v1")})
    flags = Flags(mode="text", provider="ollama")
    found = await cast(flags, mine, {})
    choice, chosen = resolved(found.name, found.transport, found.known, flags, mine, {})
    assert (choice.name, choice.transport, chosen.model) == ("ollama", "stateless", "y")
