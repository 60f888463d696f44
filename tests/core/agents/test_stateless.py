"""An agent beside a talk by itself: hooks, storage, status."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from realtime_chat.core.agents.facts.agent import FACTS
from realtime_chat.core.agents.profile import Beside, StatelessProfile
from realtime_chat.core.agents.registry import Registry
from realtime_chat.core.agents.stateless import AgentStatus, Question, StatelessAgent, StatelessConfig, Told
from realtime_chat.core.agents.storage import Storage
from realtime_chat.core.clock import SystemClock, VirtualClock
from realtime_chat.core.errors import AlreadyClosed, InvalidArguments, Unreachable
from realtime_chat.core.events import CardWritten, ErrorOccurred, FactsNoted
from realtime_chat.core.history import FactsEntry
from tests.waiting import eventually


class Model:
    """Answers with what it is given, in turn, and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[Question] = []
        self._answers = list(answers)

    async def __call__(self, question: Question) -> str:
        self.asked.append(question)
        if not self._answers:
            raise Unreachable("Nobody is there.")
        return self._answers.pop(0)


class Ears:
    """What was told."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    async def __call__(self, told: Told) -> None:
        self.told.append(told)


def profile_of(name: str) -> StatelessProfile:
    found = Registry().entry(name, "stateless")[2]
    assert isinstance(found, StatelessProfile)
    return found


def agent_of(profile: StatelessProfile, *answers: str, **more: Any) -> tuple[StatelessAgent, Model, Ears]:
    model = Model(*answers)
    config = StatelessConfig(agent=profile.agent, model="small")
    more = {"clock": SystemClock(), **more}
    return StatelessAgent(config, profile, inference=model, **more), model, Ears()


def hooked(**hooks: Any) -> StatelessProfile:
    async def listen(beside: Beside, text: str) -> None:
        beside.storage.set(text, len(text))

    return StatelessProfile(agent="spy", on_message=listen, **hooks)


def test_storage_keeps_values_by_key():
    # J13
    storage = Storage()
    storage.set("a", 1)
    storage.set("b", [2])
    storage.set("a", 3)
    assert (storage.get("a"), storage.get("b"), storage.get("c"), storage.get("c", 0)) == (3, [2], None, 0)
    assert storage.list_keys() == ["a", "b"]
    assert (storage.delete("a"), storage.delete("a")) == (True, False)
    storage.clear()
    assert storage.list_keys() == []


def test_a_snapshot_of_the_storage_stays_as_it_was_and_another_one_begins_with_it():
    # J26
    storage = Storage({"known": ["x"]})
    kept = storage.snapshot()
    storage.get("known").append("y")
    assert kept == {"known": ["x"]}
    assert Storage(kept).snapshot() == kept


async def test_each_hook_is_called_in_its_place_with_the_one_storage():
    # J13, J26
    calls: list[str] = []

    def noted(name: str) -> Callable[[Beside], None]:
        def hook(beside: Beside) -> None:
            calls.append(name)
            beside.storage.set(name, True)

        return hook

    names = ("start", "pause", "resume", "close")
    agent, _, ears = agent_of(hooked(**{f"on_session_{name}": noted(name) for name in names}))
    await agent.start(ears)
    await agent.take("hello", turn_id="t1")
    await agent.pause()
    await agent.pause()
    await agent.resume()
    assert agent.storage.list_keys() == ["start", "hello", "pause", "resume"]
    await agent.close()
    await agent.close()
    assert calls == list(names)


async def test_a_paused_agent_takes_no_turn_and_an_active_one_cannot_begin_again():
    # J16
    agent, _, ears = agent_of(hooked())
    await agent.start(ears)
    with pytest.raises(InvalidArguments):
        await agent.start(ears)
    with pytest.raises(InvalidArguments):
        await agent.resume()
    await agent.pause()
    with pytest.raises(AlreadyClosed):
        await agent.take("hello", turn_id="t1")


async def test_a_close_empties_the_storage_and_closes_also_when_its_hook_fails():
    # J15
    def broken(beside: Beside) -> None:
        raise RuntimeError(f"{beside.storage.list_keys()} are lost")

    agent, _, ears = agent_of(hooked(on_session_close=broken))
    await agent.start(ears)
    await agent.take("hello", turn_id="t1")
    await agent.close()
    assert agent.status is AgentStatus.CLOSED
    assert agent.storage.list_keys() == []
    (told,) = ears.told
    assert isinstance(told, ErrorOccurred)
    assert "['hello'] are lost" in told.error.message


async def test_a_close_hook_that_hangs_is_left():
    # J15
    clock = VirtualClock()

    async def hanging(_: Beside) -> None:
        await clock.sleep(1e9)

    agent, _, ears = agent_of(hooked(on_session_close=hanging), clock=clock)
    await agent.start(ears)
    async with asyncio.TaskGroup() as crew:
        closing = crew.create_task(agent.close())
        await clock.advance(6)
        await eventually(closing.done)
    assert agent.status is AgentStatus.CLOSED


async def test_a_failing_status_handler_breaks_nothing():
    # J9
    seen: list[AgentStatus] = []

    def watch(status: AgentStatus) -> None:
        seen.append(status)
        raise RuntimeError("no")

    agent, _, ears = agent_of(hooked(), on_status=watch)
    await agent.start(ears)
    await agent.close()
    assert seen == [AgentStatus.ACTIVE, AgentStatus.CLOSED]


def test_a_config_of_another_agent_is_refused():
    # J8
    with pytest.raises(InvalidArguments, match=r"facts is wanted, but .* that of cards"):
        StatelessAgent(
            StatelessConfig(agent="facts", model="m"),
            profile_of("cards"),
            inference=Model(),
            clock=SystemClock(),
        )


async def test_a_failure_is_told_once_and_the_next_turn_is_tried_all_the_same():
    agent, model, ears = agent_of(profile_of("cards"))
    await agent.start(ears)
    await agent.take("User: one", turn_id="t1")
    await agent.take("User: two", turn_id="t2")
    assert len(model.asked) == 2
    (told,) = ears.told
    assert isinstance(told, ErrorOccurred)
    assert "the talk goes on. Nobody is there." in told.error.message
    assert told.error.details["agent"] == "cards"


async def test_a_turn_becomes_a_card_and_one_without_worth_none():
    agent, model, ears = agent_of(profile_of("cards"), "# **Trip to Lisbon**\nMay 3 to 9\nTwo people", "-")
    await agent.start(ears)
    await agent.take("User: we go to Lisbon", turn_id="t1")
    await agent.take("User: mhm", turn_id="t2")
    assert ears.told == [
        CardWritten(agent="cards", turn_id="t1", title="Trip to Lisbon", text="May 3 to 9\nTwo people")
    ]
    assert [one.model for one in model.asked] == ["small", "small"]
    assert "turn by turn" in model.asked[0].instructions


async def test_facts_are_told_once_also_those_of_an_earlier_run():
    answers = ("- Her name is Ana.\n2) She lives in Lisbon.", "1984 is her year of birth.\nher name is ana.")
    agent, model, ears = agent_of(profile_of("facts"), *answers, "None.")
    earlier = FactsEntry(agent="facts", turn_id="t0", facts=["She lives in Lisbon."])
    await agent.start(ears, [earlier])
    for number in (1, 2, 3):
        await agent.take("User: …", turn_id=f"t{number}")
    assert ears.told == [
        FactsNoted(agent="facts", turn_id="t1", facts=["Her name is Ana."]),
        FactsNoted(agent="facts", turn_id="t2", facts=["1984 is her year of birth."]),
    ]
    assert "She lives in Lisbon.\nHer name is Ana." in model.asked[1].text


def test_facts_can_be_had_over_requests_only():
    # J2
    assert set(FACTS.profiles) == {"stateless"}
