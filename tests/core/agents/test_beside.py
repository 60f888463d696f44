"""Agents beside a talk: what they tell is logged with it, and nothing that they do disturbs it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from realtime_chat.core import events as ev
from realtime_chat.core import messages as wire
from realtime_chat.core.agents.beside import SideAgents
from realtime_chat.core.agents.registry import Registry
from realtime_chat.core.agents.stateless import AgentStatus, StatelessAgent, StatelessConfig
from realtime_chat.core.clock import SystemClock
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.history import CardEntry, FactsEntry
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect, hang
from tests.core.agents.test_stateless import Model, profile_of
from tests.core.driving import ASKED, DONE, READY, WORDS, driver, setup
from tests.waiting import eventually

TURN = (*ASKED, WORDS, DONE)


@dataclass
class Talk:
    conversation: Conversation
    session_id: str
    side: SideAgents
    agents: Sequence[StatelessAgent]

    async def turn(self, text: str) -> str:
        turn_id = await self.conversation.send(self.session_id, text)
        await self.conversation.await_turn(self.session_id, turn_id)
        return turn_id


def agent(name: str, model: Model) -> StatelessAgent:
    config = StatelessConfig(agent=name, model="small")
    return StatelessAgent(config, profile_of(name), inference=model, clock=SystemClock())


@asynccontextmanager
async def followed(folder: Path, *script: object, **models: Model) -> AsyncGenerator[Talk]:
    agents = [agent(name, model) for name, model in models.items()]
    async with asyncio.TaskGroup() as crew, driver(folder) as conversation:
        session_id = await conversation.start(setup(*script))
        side = SideAgents(agents, crew, conversation.supervisor.clock)
        side.follow(conversation, session_id)
        yield Talk(conversation, session_id, side, agents)


async def test_each_turn_is_given_to_all_and_what_they_tell_is_in_the_log(tmp_path: Path):
    cards, facts = Model("Greeting\nThey say hello."), Model("The user says hi.")
    async with followed(tmp_path, *TURN, cards=cards, facts=facts) as talk:
        turn_id = await talk.turn("Hi")
        await talk.side.settled(turn_id, 5)
        asides = talk.conversation.history(talk.session_id).asides
        assert [(type(one), one.turn_id) for one in asides] == [(CardEntry, "t1"), (FactsEntry, "t1")]
        assert "User: Hi\nAssistant: Hello" in cards.asked[0].text
        items = talk.conversation.history(talk.session_id).items
        assert len(items) == 2
    assert [one.status for one in talk.agents] == [AgentStatus.CLOSED, AgentStatus.CLOSED]


async def test_one_that_fails_is_told_of_once_and_the_talk_and_the_others_go_on(tmp_path: Path):
    second = [
        *expect(wire.CreateItem),
        *expect(wire.CreateResponse, wire.ResponseCreated(response_id="r2")),
        *emit(wire.ResponseDone(response_id="r2", status="completed")),
    ]
    async with followed(tmp_path, *TURN, *second, cards=Model(), facts=Model("A fact.", "-")) as talk:
        with talk.conversation.subscribe(talk.session_id, only=[ev.ErrorOccurred.type]) as errors:
            for text in ("Hi", "And?"):
                await talk.side.settled(await talk.turn(text), 5)
            assert [
                one.data.error.details["agent"]
                for one in errors.waiting()
                if isinstance(one.data, ev.ErrorOccurred)
            ] == ["cards"]
        history = talk.conversation.history(talk.session_id)
    assert [turn.status for turn in history.turns] == ["completed", "completed"]
    assert [type(one) for one in history.asides] == [FactsEntry]


async def test_a_slow_one_holds_up_neither_the_talk_nor_its_end(tmp_path: Path):
    class Slow(Model):
        async def __call__(self, question: object) -> str:
            await asyncio.Event().wait()
            return ""

    async with followed(tmp_path, *TURN, cards=Slow()) as talk:
        await talk.turn("Hi")
        await talk.conversation.close(talk.session_id)
    assert talk.agents[0].status is AgentStatus.CLOSED
    assert talk.conversation.history(talk.session_id).asides == []


async def test_in_a_pause_the_agents_pause_too_and_keep_what_they_know(tmp_path: Path):
    # J13, J16
    async with followed(tmp_path, hang(), facts=Model()) as talk:
        (facts,) = talk.agents
        await eventually(lambda: facts.status is AgentStatus.ACTIVE)
        facts.storage.set("kept", 1)
        await talk.conversation.set_paused(talk.session_id, True)
        await eventually(lambda: facts.status is AgentStatus.PAUSED)
        assert facts.storage.get("kept") == 1


async def test_after_a_pause_they_take_what_is_said_then(tmp_path: Path):
    # J13, J16
    lines = iter([[*READY, hang()], [*READY, *TURN]])
    options = SessionOptions(turn_detection="none")
    again = SessionSetup(transport=lambda: ScriptedTransport(next(lines)), options=options)
    async with asyncio.TaskGroup() as crew, driver(tmp_path) as conversation:
        session_id = await conversation.start(again)
        facts = agent("facts", Model("The user says hi."))
        side = SideAgents([facts], crew, conversation.supervisor.clock)
        side.follow(conversation, session_id)
        await eventually(lambda: facts.status is AgentStatus.ACTIVE)
        await conversation.set_paused(session_id, True)
        await eventually(lambda: facts.status is AgentStatus.PAUSED)
        await conversation.set_paused(session_id, False)
        await eventually(lambda: facts.status is AgentStatus.ACTIVE)
        turn_id = await conversation.send(session_id, "Hi")
        await side.settled(turn_id, 5)
        told = [one.facts for one in conversation.history(session_id).asides if isinstance(one, FactsEntry)]
    assert told == [["The user says hi."]]


async def test_an_earlier_runs_facts_are_not_told_again(tmp_path: Path):
    async with followed(tmp_path, *TURN, facts=Model("The user says hi.")) as talk:
        await talk.side.settled(await talk.turn("Hi"), 5)
        session_id = talk.session_id
    model = Model("The user says hi.\nThe user says hi again.")
    async with asyncio.TaskGroup() as crew, driver(tmp_path) as conversation:
        script = [*expect(wire.CreateItem), *expect(wire.CreateItem), *TURN]
        await conversation.start(setup(*script), session_id)
        side = SideAgents([agent("facts", model)], crew, conversation.supervisor.clock)
        side.follow(conversation, session_id)
        turn_id = await conversation.send(session_id, "Hi")
        await conversation.await_turn(session_id, turn_id)
        await side.settled(turn_id, 5)
        told = [one.facts for one in conversation.history(session_id).asides if isinstance(one, FactsEntry)]
    assert told == [["The user says hi."], ["The user says hi again."]]


def test_who_can_follow_a_talk_is_who_has_a_way_without_a_connection():
    # J2
    assert all("stateless" in one.profiles for one in Registry().agents)
