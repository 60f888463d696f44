"""What an agent tells, to whoever registered: by its own profile, or from outside."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from realtime_chat.core import events as ev
from realtime_chat.core.agents.factory import configured
from realtime_chat.core.agents.news import AgentNews
from realtime_chat.core.agents.profile import RealtimeProfile
from realtime_chat.core.agents.registry import Registry
from realtime_chat.core.callbacks import CALL_S
from realtime_chat.core.clock import SystemClock, VirtualClock, settle
from realtime_chat.core.errors import Category, ErrorInfo, Unreachable
from realtime_chat.core.events import Envelope, Event
from realtime_chat.core.options import ServerVad
from realtime_chat.core.transports.openai.session_update import build_session_update
from realtime_chat.core.transports.scripted import ScriptedTransport, drop, refuse
from tests.core.driving import ASKED, DONE, WORDS, driver, setup


def envelope(event: Event) -> Envelope:
    return Envelope(id="e", session_id="s", seq=None, ts="", data=event)


EVENTS: list[Event] = [
    ev.CardWritten(agent="cards", turn_id="t1", title="Trip"),
    ev.AssistantMessage(turn_id="t1", response_id="r1", item_id="i1", text="Yes."),
    ev.FactsNoted(agent="facts", turn_id="t1", facts=["x"]),
    ev.UserTranscript(item_id="u1", text="Hello."),
    ev.ErrorOccurred(error=ErrorInfo(kind="x", message="no"), recoverable=True),
    ev.SpeechStarted(item_id="u1"),
]


async def test_each_kind_of_news_reaches_its_handlers_and_one_that_throws_stops_no_other(
    caplog: pytest.LogCaptureFixture,
):
    # J11
    heard: list[tuple[str, str]] = []
    news = AgentNews(RealtimeProfile(agent="spy"), SystemClock())

    def broken(event: Event) -> None:
        raise RuntimeError(event.type)

    async def late(event: Event) -> None:
        heard.append(("late", event.type))

    for kind in ("card", "response", "facts", "transcript", "error"):
        news.on(kind, broken)
        news.on(kind, lambda event, kind=kind: heard.append((kind, event.type)))
    news.on("card", late)
    with caplog.at_level(logging.ERROR):
        for event in EVENTS:
            await news.take(envelope(event))
    assert heard == [
        ("card", "card_written"),
        ("late", "card_written"),
        ("response", "assistant_message"),
        ("facts", "facts_noted"),
        ("transcript", "user_transcript"),
        ("error", "error"),
    ]
    assert len([one for one in caplog.records if "handler for" in one.getMessage()]) == 5


async def test_a_handler_that_never_returns_is_cut_and_the_next_is_called(caplog: pytest.LogCaptureFixture):
    clock, heard = VirtualClock(), list[str]()
    news = AgentNews(RealtimeProfile(agent="spy"), clock)

    async def hangs(event: Event) -> None:
        await asyncio.Event().wait()

    news.on("card", hangs)
    news.on("card", lambda event: heard.append(event.type))
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(news.take(envelope(EVENTS[0])))
        await settle()
        assert heard == []
        await clock.advance(CALL_S)
    assert heard == ["card_written"]
    assert "handler for card" in caplog.text


async def test_a_profile_hears_what_more_it_wants_and_makes_news_of_its_own(caplog: pytest.LogCaptureFixture):
    # J12
    def route(event: Event) -> Iterable[Event]:
        if isinstance(event, ev.FactsNoted):
            raise RuntimeError("no route")
        if isinstance(event, ev.AssistantMessage):
            yield ev.CardWritten(agent="spy", turn_id=event.turn_id, title=event.text)

    heard: list[str] = []
    names = ("card", "speech_started", "facts")
    profile = RealtimeProfile(
        agent="spy",
        route=route,
        extra_events=("speech_started",),
        handlers={name: lambda event, name=name: heard.append(f"{name} {event.type}") for name in names},
    )
    news = AgentNews(profile, SystemClock())
    assert news.heeded
    assert "speech_started" in news.wanted
    for event in EVENTS:
        await news.take(envelope(event))
    assert heard == [
        "card card_written",
        "card card_written",
        "facts facts_noted",
        "speech_started speech_started",
    ]
    assert "The routes of the agent spy failed." in caplog.text


async def test_the_cards_agents_answers_are_cards():
    # J11, J12
    titles: list[str] = []
    news = AgentNews(Registry().entry("cards", "realtime")[2], SystemClock())
    news.on("card", lambda event: titles.append(event.title) if isinstance(event, ev.CardWritten) else None)
    text = "Trip to Lisbon\nMay 3"
    await news.take(envelope(ev.AssistantMessage(turn_id="t", response_id="r", item_id="i", text=text)))
    assert titles == ["Trip to Lisbon"]


async def test_handlers_follow_a_session_to_its_end(tmp_path: Path):
    # J11
    heard: list[str] = []
    news = AgentNews(RealtimeProfile(agent="assistant"), SystemClock())
    news.on("response", lambda event: heard.append(getattr(event, "text", "")))
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(setup(*ASKED, WORDS, DONE))
        events = conversation.subscribe(session_id, only=news.wanted)
        await conversation.await_turn(session_id, await conversation.send(session_id, "Hi"))
        await conversation.close(session_id)
        await news.follow(events)
    assert heard == ["Hello"]


def test_a_realtime_profile_says_what_the_connection_is_for_and_how_the_session_is_set_up():
    # J12
    captions = configured(setup(), Registry().choose("transcript", model="ear"))
    assert captions.options.intent == "transcription"
    assert captions.options.transcription == {"model": "ear"}
    cards = configured(setup(), Registry().choose("cards", model="m"))
    spoken = msgspec.structs.replace(cards.options, turn_detection=ServerVad()).for_mode("voice")
    assert (spoken.spoken, spoken.aloud) == (True, False)
    assert build_session_update(spoken)["session"]["output_modalities"] == ["text"]


async def test_a_profile_says_which_errors_no_other_try_can_cure(tmp_path: Path):
    # J12, J24
    profile = RealtimeProfile(
        agent="assistant",
        classify_error=lambda error: Category.FATAL if error.kind == "connection_lost" else None,
    )
    async with driver(tmp_path) as conversation:
        session_id = await conversation.start(replace(setup(drop(1006, "gone")), profile=profile))
        with conversation.subscribe(session_id, only=[ev.LinkChanged.type]) as moves:
            links = [each.data.new async for each in moves if isinstance(each.data, ev.LinkChanged)]
    assert ev.LinkState.RECONNECTING not in links
    assert links[-1] is ev.LinkState.ERROR


async def test_a_profile_that_fails_at_it_hides_no_error(tmp_path: Path):
    # J12
    def broken(error: ErrorInfo) -> Category | None:
        raise RuntimeError(error.kind)

    profile = RealtimeProfile(agent="assistant", classify_error=broken)
    transport = ScriptedTransport([refuse(Unreachable("Nobody is there."))])
    wanted = replace(setup(), profile=profile, transport=lambda: transport)
    async with driver(tmp_path) as conversation:
        with pytest.raises(Unreachable, match="Nobody is there"):
            await conversation.start(wanted)
