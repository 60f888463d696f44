"""Sessions whose connection goes and comes back: on the virtual clock, with the log on a real disk."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from realtime_chat.core import messages as wire
from realtime_chat.core.clock import VirtualClock, settle
from realtime_chat.core.commands import Rename, SetVoice
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.errors import InvalidArguments, Rejected, Unreachable
from realtime_chat.core.events import LinkChanged, LinkState, Noticed, UserMessage
from realtime_chat.core.kept_sound import MEANWHILE
from realtime_chat.core.options import ServerVad, SessionOptions, TurnDetection
from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.core.ports import Capabilities, Transport
from realtime_chat.core.pulse import BEAT_S, LOOK_S, PONG_S
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.store.directory import SessionStore
from realtime_chat.core.supervisor import Supervisor
from realtime_chat.core.transports.late import LateTransport
from realtime_chat.core.transports.scripted import ScriptedTransport, drop, emit, expect, hang, refuse
from tests.core.driving import ASKED, DONE, READY, WORDS
from tests.waiting import eventually

ANSWERED = [*ASKED, WORDS, DONE]


@dataclass
class Talk:
    """A session on one script after another: one for each connection."""

    conversation: Conversation
    session_id: str
    clock: VirtualClock
    made: list[ScriptedTransport]
    at: list[float]

    @property
    def link(self) -> LinkState:
        return self.conversation.status(self.session_id).link

    def sent(self, kind: type[Any]) -> list[list[Any]]:
        """What went out on each connection."""
        return [[one for one in transport.sent if isinstance(one, kind)] for transport in self.made]

    def logged(self, kind: str) -> int:
        read = self.conversation.supervisor.store.read(self.session_id)
        return sum(envelope.type == kind for envelope in read)


@asynccontextmanager
async def talking(
    folder: Path,
    *scripts: Sequence[Any],
    attended: bool = False,
    max_session_s: int | None = None,
    detection: TurnDetection = "none",
) -> AsyncGenerator[Talk]:
    clock = VirtualClock()
    made: list[ScriptedTransport] = []
    at: list[float] = []
    rest = iter(scripts)

    def transport() -> Transport:
        at.append(round(clock.monotonic()))
        one = ScriptedTransport(list(next(rest)), capabilities=Capabilities(max_session_s=max_session_s))
        made.append(one)
        return one

    async with asyncio.timeout(30), Supervisor(SessionStore(folder, clock), clock) as supervisor:
        conversation = Conversation(supervisor)
        options = SessionOptions(turn_detection=detection, idle_timeout_s=0, total_timeout_s=0)
        session_id = await conversation.start(
            SessionSetup(transport=transport, options=options, attended=attended)
        )
        yield Talk(conversation, session_id, clock, made, at)


def seeded(items: int) -> list[Any]:
    """A connection that is told of so much talk."""
    greeted, configured, ready = READY
    return [greeted, configured, *[expect(wire.CreateItem) for _ in range(items)], ready]


GONE = drop(1006, "no goodbye")
AWAY = [refuse(Unreachable("Nobody is there."))]


async def test_a_talk_goes_on_over_another_connection_that_is_told_of_it(tmp_path: Path) -> None:
    # J19, C26: the status says so meanwhile
    scripts = ([*READY, *ANSWERED, GONE], [*seeded(2), *ASKED, WORDS, DONE])
    async with talking(tmp_path, *scripts) as talk:
        with talk.conversation.subscribe(talk.session_id, only=[LinkChanged.type]) as links:
            first = await talk.conversation.send(talk.session_id, "hi")
            await talk.conversation.await_turn(talk.session_id, first)
            await eventually(lambda: talk.link is LinkState.RECONNECTING)
            assert talk.conversation.status(talk.session_id).status == "paused"
            await talk.clock.advance(1.2)
            await eventually(lambda: talk.link is LinkState.READY)
            told = [one.data.detail for one in links.waiting() if isinstance(one.data, LinkChanged)]
        assert "Connecting again in 1 s (try 1 of 5)." in told[0]
        second = await talk.conversation.send(talk.session_id, "and you?")
        assert (await talk.conversation.await_turn(talk.session_id, second)).status == "completed"
        assert [one.item.text for one in talk.sent(wire.CreateItem)[1]] == ["hi", "Hello", "and you?"]
        assert talk.logged("session_started") == 1
        assert talk.logged("session_closed") == 0


async def test_what_is_typed_meanwhile_is_logged_once_and_sent_once(tmp_path: Path) -> None:
    # J18, C26
    answer = [expect(wire.CreateResponse), emit(wire.ResponseCreated(response_id="r1")), WORDS, DONE]
    async with talking(tmp_path, [*READY, GONE], AWAY, AWAY, [*seeded(1), *answer]) as talk:
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        turn = await talk.conversation.send(talk.session_id, "are you there?")
        await talk.clock.advance(10)
        assert (await talk.conversation.await_turn(talk.session_id, turn)).status == "completed"
        assert [[one.item.text for one in each] for each in talk.sent(wire.CreateItem)] == [
            [],
            [],
            [],
            ["are you there?"],
        ]
        assert talk.logged(UserMessage.type) == 1


async def test_the_tries_come_after_1_2_4_8_and_8_seconds_and_a_bit(tmp_path: Path) -> None:
    # J19, C26
    async with talking(tmp_path, [*READY, GONE], *[AWAY] * 5) as talk:
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        await talk.clock.advance(60)
        waited = [later - earlier for earlier, later in zip(talk.at, talk.at[1:], strict=False)]
        assert all(
            base <= seconds <= base * 1.2 + 1 for base, seconds in zip((1, 2, 4, 8, 8), waited, strict=True)
        )
        assert talk.conversation.history(talk.session_id).closed_at


async def test_a_refused_key_ends_the_session_at_once_and_says_the_cure(tmp_path: Path) -> None:
    # J18, C26
    rejected = [refuse(Rejected("The key was refused. Check OPENAI_API_KEY."))]
    async with talking(tmp_path, [*READY, *ASKED[:2], GONE], rejected) as talk:
        turn = await talk.conversation.send(talk.session_id, "hi")
        await talk.clock.advance(2)
        (ended,) = talk.conversation.history(talk.session_id).turns
        assert (ended.turn_id, ended.status) == (turn, "failed")
        assert ended.error is not None
        assert "OPENAI_API_KEY" in ended.error.message
        assert len(talk.made) == 2


async def test_a_pause_closes_the_socket_and_its_end_goes_on(tmp_path: Path) -> None:
    # J16
    async with talking(tmp_path, [*READY, *ANSWERED], [*seeded(2), *ASKED, WORDS, DONE]) as talk:
        first = await talk.conversation.send(talk.session_id, "hi")
        await talk.conversation.await_turn(talk.session_id, first)
        await talk.conversation.set_paused(talk.session_id, True)
        await eventually(lambda: talk.made[0].is_closed)
        await talk.clock.advance(60)
        assert talk.link is LinkState.PAUSED
        assert len(talk.made) == 1
        await talk.conversation.set_paused(talk.session_id, False)
        await eventually(lambda: talk.link is LinkState.READY)
        second = await talk.conversation.send(talk.session_id, "more")
        assert (await talk.conversation.await_turn(talk.session_id, second)).status == "completed"


async def test_a_pause_while_another_try_is_due_stops_the_trying(tmp_path: Path) -> None:
    async with talking(tmp_path, [*READY, GONE], list(READY)) as talk:
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        await talk.conversation.set_paused(talk.session_id, True)
        await talk.clock.advance(60)
        assert (talk.link, len(talk.made)) == (LinkState.PAUSED, 1)
        await talk.conversation.set_paused(talk.session_id, False)
        await eventually(lambda: talk.link is LinkState.READY)


@pytest.mark.thorough
async def test_a_day_of_talk_is_one_session_over_an_hours_connections(tmp_path: Path) -> None:
    hour = [*seeded(0), hang()]
    async with talking(tmp_path, *[hour] * 27, max_session_s=3600) as talk:
        for hour_of_day in range(24):
            await talk.clock.advance(3600)
            await eventually(
                lambda made=hour_of_day + 1: len(talk.made) > made and talk.link is LinkState.READY
            )
        assert len(talk.made) >= 24
        assert all(one.is_closed for one in talk.made[:-1])
        assert talk.logged("session_started") == 1


@pytest.mark.parametrize("when", ["waiting", "connecting"])
async def test_a_session_closes_at_once_while_it_has_no_connection(tmp_path: Path, when: str) -> None:
    # T17, M28
    async with talking(tmp_path, [*READY, GONE], [hang()]) as talk:
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        if when == "connecting":
            await talk.clock.advance(2)
        await talk.conversation.close(talk.session_id)
        assert talk.conversation.history(talk.session_id).closed_at


def frames(first: int, count: int) -> list[bytes]:
    """20 ms each, told apart by their samples."""
    return [bytes([value]) * pcm_bytes(20) for value in range(first, first + count)]


async def say(talk: Talk, *sound: bytes) -> None:
    for frame in sound:
        await talk.conversation.append_audio(talk.session_id, frame)


def heard(talk: Talk) -> list[bytes]:
    """The sound that each connection got."""
    return [b"".join(one.pcm for one in each) for each in talk.sent(wire.AppendAudio)]


async def test_push_to_talk_all_of_an_utterance_reaches_the_next_connection_and_one_commit_ends_it(
    tmp_path: Path,
) -> None:
    # J22, C27
    lost = [*READY, expect(wire.AppendAudio), GONE]
    async with talking(tmp_path, lost, [*seeded(0), expect(wire.CommitAudio)]) as talk:
        said = frames(1, 8)
        await say(talk, *said[:5])
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        await say(talk, *said[5:])
        async with asyncio.TaskGroup() as group:
            committed = group.create_task(talk.conversation.commit_audio(talk.session_id))
            await settle()
            assert not committed.done()
            await talk.clock.advance(2)
        assert committed.result() == "t1"
        await eventually(lambda: len(talk.sent(wire.CommitAudio)[1]) == 1)
        assert heard(talk)[1] == b"".join(said)


async def test_a_piece_that_ends_in_the_middle_of_a_sample_is_left_out_and_told_of(tmp_path: Path) -> None:
    # J22
    async with talking(tmp_path, [*READY, hang()], detection=ServerVad()) as talk:
        with talk.conversation.subscribe(talk.session_id, only=[Noticed.type]) as notices:
            await say(talk, b"abcd", b"efg", b"hijk")
            await eventually(lambda: heard(talk)[0] == b"abcdhijk")
            assert "in the middle of a sample" in str((await anext(notices)).data)


async def test_the_time_to_connect_counts_until_the_greeting(tmp_path: Path) -> None:
    # J21, T15: a service that takes long to open has less time left to greet
    clock = VirtualClock()
    transport = ScriptedTransport([expect(wire.Configure)])  # which nobody sends before a greeting

    async def found() -> Transport:
        await clock.sleep(7)
        return transport

    async with asyncio.timeout(10), Supervisor(SessionStore(tmp_path, clock), clock) as supervisor:
        setup = SessionSetup(
            transport=lambda: LateTransport(found), options=SessionOptions(turn_detection="none")
        )
        async with asyncio.TaskGroup() as group:
            failed = group.create_task(_failure(Conversation(supervisor), setup))
            await clock.advance(9.9)
            assert not failed.done()
            await clock.advance(0.2)
            assert "greeting took longer than 10 s" in (await failed).message


async def _failure(conversation: Conversation, setup: SessionSetup) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        await conversation.start(setup)
    return caught.value


async def test_hands_free_what_was_said_meanwhile_reaches_the_next_connection(tmp_path: Path) -> None:
    lost = [*READY, expect(wire.AppendAudio), GONE]
    async with talking(tmp_path, lost, [*seeded(0), hang()], detection=ServerVad()) as talk:
        await say(talk, *frames(1, 2))
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        await say(talk, *frames(3, 3))
        await talk.clock.advance(2)
        await eventually(lambda: heard(talk)[1] == b"".join(frames(3, 3)))


async def test_what_is_kept_without_a_connection_is_bounded_and_its_loss_is_told(tmp_path: Path) -> None:
    async with talking(tmp_path, [*READY, GONE], [*seeded(0), hang()], detection=ServerVad()) as talk:
        with talk.conversation.subscribe(talk.session_id, only=[Noticed.type]) as notices:
            await eventually(lambda: talk.link is LinkState.RECONNECTING)
            for _ in range(12):
                await say(talk, bytes(pcm_bytes(1000)))
            await talk.clock.advance(2)
            await eventually(lambda: len(heard(talk)[1]) == MEANWHILE)
            assert any("the first of it is lost" in str(one.data) for one in notices.waiting())


async def test_a_commit_where_no_connection_is_on_its_way_is_refused_and_the_sound_stays(
    tmp_path: Path,
) -> None:
    async with talking(tmp_path, [*READY, hang()], [*seeded(0), expect(wire.CommitAudio)]) as talk:
        await say(talk, *frames(1, 6))
        await talk.conversation.set_paused(talk.session_id, True)
        with pytest.raises(Unreachable):
            await talk.conversation.commit_audio(talk.session_id)
        await talk.conversation.set_paused(talk.session_id, False)
        assert await talk.conversation.commit_audio(talk.session_id) == "t1"
        await eventually(lambda: heard(talk)[1] == b"".join(frames(1, 6)))


async def test_a_server_that_fell_silent_is_left_after_three_questions_without_an_answer(
    tmp_path: Path,
) -> None:
    # J20
    async with talking(tmp_path, [*READY, hang()], [*seeded(0), hang()]) as talk:
        await talk.clock.advance(300)
        assert talk.link is LinkState.READY
        talk.made[0].lives = False
        await talk.clock.advance(2 * (BEAT_S + PONG_S))
        assert talk.link is LinkState.READY
        await talk.clock.advance(BEAT_S + PONG_S)
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        await talk.clock.advance(2)
        await eventually(lambda: talk.link is LinkState.READY)
        assert talk.made[0].is_closed


async def test_a_machine_that_slept_asks_at_once_and_connects_anew_where_nobody_answers(
    tmp_path: Path,
) -> None:
    # J20: the lid was closed in one network and opened in another
    async with talking(tmp_path, [*READY, hang()], [*seeded(0), hang()]) as talk:
        await talk.clock.advance(60)
        talk.made[0].lives = False
        talk.clock.jump(8 * 3600)
        await talk.clock.advance(LOOK_S + PONG_S)
        await eventually(lambda: talk.link is LinkState.RECONNECTING)
        await talk.clock.advance(2)
        await eventually(lambda: talk.link is LinkState.READY)


@pytest.mark.parametrize("seconds", [8 * 3600, -8 * 3600])
async def test_a_clock_that_is_set_ends_nothing_and_makes_no_time_negative(
    tmp_path: Path, seconds: float
) -> None:
    async with talking(tmp_path, [*READY, *ANSWERED, hang()]) as talk:
        turn_id = await talk.conversation.send(talk.session_id, "hi")
        talk.clock.jump(seconds)
        await talk.conversation.await_turn(talk.session_id, turn_id)
        await talk.clock.advance(LOOK_S + PONG_S)
        assert talk.link is LinkState.READY
        assert len(talk.made) == 1
        metrics = talk.conversation.supervisor.summary(talk.session_id).metrics
        assert metrics.duration_ms >= 0
        assert metrics.turns.total == 2


async def test_an_answer_that_comes_after_all_begins_the_count_anew(tmp_path: Path) -> None:
    # J20
    async with talking(tmp_path, [*READY, hang()]) as talk:
        for _ in range(5):
            talk.made[0].lives = False
            await talk.clock.advance(2 * (BEAT_S + PONG_S))
            talk.made[0].lives = True
            await talk.clock.advance(2 * (BEAT_S + PONG_S))
        assert talk.link is LinkState.READY


async def test_another_voice_speaks_on_another_connection_that_is_told_of_the_talk(tmp_path: Path) -> None:
    # a provider keeps the voice that has spoken
    async with talking(tmp_path, [*READY, *ANSWERED], [*seeded(2), hang()]) as talk:
        turn_id = await talk.conversation.send(talk.session_id, "hi")
        await talk.conversation.await_turn(talk.session_id, turn_id)
        await talk.conversation.change(talk.session_id, SetVoice(voice="marin"))
        await talk.clock.advance(1)
        await eventually(lambda: talk.link is LinkState.READY and len(talk.made) == 2)
        assert [one.options.voice for each in talk.sent(wire.Configure) for one in each] == [None, "marin"]
        assert talk.conversation.history(talk.session_id).voice == "marin"


async def test_a_running_session_gets_a_name_without_giving_its_log_away(tmp_path: Path) -> None:
    async with talking(tmp_path, [*READY, hang()]) as talk:
        await talk.conversation.change(talk.session_id, Rename(name="  the  trip "))
        assert talk.conversation.history(talk.session_id).name == "the trip"
        with pytest.raises(InvalidArguments):
            await talk.conversation.change(talk.session_id, Rename(name="a\x1b[31m"))
        assert talk.conversation.supervisor.store.resolve("the trip") == talk.session_id
