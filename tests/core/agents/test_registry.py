"""Who there is, over what, with which model; and every wish that is refused before anything is opened."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from realtime_chat.core.agents.agent import Agent
from realtime_chat.core.agents.factory import configured
from realtime_chat.core.agents.profile import RealtimeProfile, StatelessProfile
from realtime_chat.core.agents.prompting import answer_as_card
from realtime_chat.core.agents.registry import Registry
from realtime_chat.core.callbacks import Callbacks
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.errors import ConfigError, InvalidArguments
from realtime_chat.core.lifecycle import State
from realtime_chat.core.messages import Configure
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.transports.scripted import ScriptedTransport
from tests.core.driving import driver, setup


def mine(**of_profile: Any) -> Agent:
    """An agent that nobody knew before."""
    profile = RealtimeProfile(agent="poet", instructions="Answer in rhymes.", **of_profile)
    return Agent(
        name="poet", description="Rhymes.", default_transport="realtime", profiles={"realtime": profile}
    )


def test_the_shipped_agents_have_their_transports_and_a_line_about_themselves():
    # J2
    found = {one.name: (one.default_transport, set(one.profiles)) for one in Registry().agents}
    assert found == {
        "assistant": ("realtime", {"realtime", "stateless"}),
        "cards": ("realtime", {"realtime", "stateless"}),
        "transcript": ("realtime", {"realtime", "stateless"}),
        "facts": ("stateless", {"stateless"}),
    }
    assert all(one.description for one in Registry().agents)


@pytest.mark.parametrize(
    ("name", "transport", "told"),
    [
        ("card", None, ["'card'", "its own", "Did you mean cards?"]),
        ("card", "stateless", ["'card'", "stateless"]),
        ("facts", "realtime", ["facts", "realtime", "it has: stateless"]),
        ("poet", None, ["poet", "realtime", "no model", "--model"]),
        ("\x1b[31m" + "x" * 99, "realtime", ["realtime"]),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_and_names_agent_and_transport(
    name: str, transport: str | None, told: list[str]
):
    # J3, check 25
    registry = Registry().with_agents([mine()])
    with pytest.raises(InvalidArguments) as refused:
        registry.choose(name, transport=transport, environ={})
    assert all(word in refused.value.message for word in told)
    assert refused.value.message.isprintable()


@pytest.mark.parametrize(
    ("wishes", "model"),
    [
        ({"model": "named", "hint": "hinted"}, "named"),
        ({"hint": "hinted"}, "hinted"),
        ({}, "gpt-realtime"),
        ({"offered": "of-the-provider"}, "of-the-provider"),
        ({"environ": {"CARDS_REALTIME_MODEL": "set"}}, "set"),
        ({"environ": {"CARDS_REALTIME_MODEL": "set"}, "hint": "hinted"}, "hinted"),
        ({"environ": {"CARDS_REALTIME_MODEL": "set"}, "model": "named"}, "named"),
        ({"transport": "stateless"}, "gpt-4o-mini"),
        ({"transport": "stateless", "environ": {"CARDS_STATELESS_MODEL": "set"}}, "set"),
    ],
)
def test_the_model_is_the_named_one_else_the_hinted_else_the_variables_else_the_default(
    wishes: dict[str, Any], model: str
):
    # J4, J5, check 25
    wishes = {"environ": {}, **wishes}
    assert Registry().choose("cards", **wishes).model == model


def test_what_a_profile_makes_of_a_hint_counts_and_only_a_named_model_beats_it():
    # J4
    registry = Registry([mine(resolve_model=lambda hint: f"{hint or 'none'}-2", default_model="never")])
    assert registry.choose("poet", hint="verse", environ={}).model == "verse-2"
    assert registry.choose("poet", environ={}).model == "none-2"
    assert registry.choose("poet", hint="verse", model="named", environ={}).model == "named"
    nothing = Registry([mine(resolve_model=lambda hint: None, default_model="never")])
    with pytest.raises(InvalidArguments, match=r"poet has no model over the realtime"):
        nothing.choose("poet", hint="verse", environ={})


def test_a_variable_counts_as_it_is_at_the_moment_of_the_choice(monkeypatch: pytest.MonkeyPatch):
    # J5, check 25
    registry = Registry()
    monkeypatch.setenv("CARDS_REALTIME_MODEL", "since-import")
    assert registry.choose("cards").model == "since-import"
    monkeypatch.delenv("CARDS_REALTIME_MODEL")
    assert registry.choose("cards").model == "gpt-realtime"


async def test_an_agent_nobody_knew_is_talked_with_like_any_other(tmp_path: Path):
    # J1, J6, check 25: nothing is touched but the registry
    seen: list[State] = []
    agent = mine(
        configure=_brief,
        runtime=Callbacks(on_state={State.READY: lambda _, new: seen.append(new)}),
    )
    chosen = Registry().with_agents([agent]).choose("poet", model="verse")
    plain = setup()
    transport = plain.transport()
    assert isinstance(transport, ScriptedTransport)
    async with driver(tmp_path) as conversation:
        wanted = replace(
            plain, options=SessionOptions(turn_detection="none", instructions="Answer in rhymes.")
        )
        session_id = await conversation.start(configured(wanted, chosen))
        (told,) = [one for one in transport.sent if isinstance(one, Configure)]
        assert told.options.instructions == "Answer in rhymes."
        assert told.options.max_output_tokens == 50
        history = conversation.history(session_id)
        status = conversation.status(session_id)
        await conversation.close(session_id)
    assert (history.agent, status.model) == ("poet", "verse")
    assert seen == [State.READY]


def _brief(options: SessionOptions) -> SessionOptions:
    return msgspec.structs.replace(options, max_output_tokens=50)


async def test_a_profile_of_another_agent_is_refused_before_a_connection(tmp_path: Path):
    # J8
    opened: list[str] = []

    def transport() -> ScriptedTransport:
        opened.append("one")
        return ScriptedTransport()

    wrong = SessionSetup(
        transport=transport,
        options=SessionOptions(),
        agent="cards",
        profile=Registry().choose("transcript", model="m").profile,
    )
    async with driver(tmp_path) as conversation:
        with pytest.raises(InvalidArguments, match=r"agent cards.*that of transcript"):
            await conversation.start(wrong)
    assert opened == []
    assert not any(SessionStore(tmp_path, SystemClock()).ids())


def test_an_entry_holds_together_or_is_refused():
    # J8, J2
    profile = StatelessProfile(agent="other", on_message=answer_as_card)
    with pytest.raises(ConfigError, match="that of other"):
        Agent(name="one", description="", default_transport="stateless", profiles={"stateless": profile})
    with pytest.raises(ConfigError, match="no profile for its own transport"):
        Agent(name="other", description="", default_transport="realtime", profiles={"stateless": profile})
