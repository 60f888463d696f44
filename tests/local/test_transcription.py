"""Sessions that hear, write down and never answer: `?intent=transcription`."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from realtime_chat.core.agents.factory import configured
from realtime_chat.core.agents.registry import Registry
from realtime_chat.core.conversation import Conversation
from realtime_chat.core.events import TranscriptDelta, UserTranscript
from realtime_chat.core.history import AssistantEntry, UserEntry
from realtime_chat.core.options import ServerVad, SessionOptions
from realtime_chat.core.setup import SessionSetup
from realtime_chat.core.transports.openai.provider import OpenAIEndpoint, openai_transport
from realtime_chat.local.child import Endpoint
from tests.core.driving import driver
from tests.local.engines.voices import say
from tests.local.machine import Machine, kinds, only_error, quiet
from tests.local.sdk_talk import Talk

QUESTIONS = ("what time is it", "read my notes")


def heard(*questions: str) -> bytes:
    """Utterances in a quiet room."""
    return quiet(300) + b"".join(say(text, speed=0.9) + quiet(1000) for text in questions)


def test_the_session_shows_what_it_has_and_nothing_of_answers() -> None:
    session = Machine(kind="transcription").events[0]["session"]
    assert (session["type"], session["object"]) == ("transcription", "realtime.transcription_session")
    assert set(session["audio"]) == {"input"}
    assert session["audio"]["input"]["transcription"] == {"model": "local-commands"}
    assert "create_response" not in session["audio"]["input"]["turn_detection"]


def test_an_update_merges_as_in_any_session() -> None:
    machine = Machine(kind="transcription")
    audio = {"input": {"turn_detection": None, "transcription": {"model": "any", "language": "en"}}}
    (updated,) = machine.send("session.update", session={"type": "transcription", "audio": audio})
    assert updated["session"]["audio"]["input"]["turn_detection"] is None
    assert updated["session"]["audio"]["input"]["transcription"]["language"] == "en"


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"type": "realtime"}, "session.type"),
        ({"type": "transcription", "instructions": "be brief"}, "session.instructions"),
        ({"type": "transcription", "audio": {"output": {}}}, "session.audio.output"),
    ],
)
def test_what_only_a_session_with_answers_has_is_refused(session: dict[str, object], param: str) -> None:
    error = only_error(Machine(kind="transcription").send("session.update", session=session))
    assert error["param"] == param


def test_an_answer_is_refused_and_the_session_lives_on() -> None:
    machine = Machine(kind="transcription")
    assert only_error(machine.send("response.create"))["code"] == "invalid_session_type"
    assert kinds(machine.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]


@pytest.mark.thorough
async def test_the_vendors_client_gets_the_words_of_an_utterance_and_no_response(
    embedded: Endpoint,
) -> None:
    client = AsyncOpenAI(base_url=embedded.url, api_key=embedded.token, max_retries=0)
    query = {"intent": "transcription"}
    async with client, client.realtime.connect(extra_query=query) as connection:
        talk = Talk(connection)
        await talk.until("session.created")
        await talk.append(heard(QUESTIONS[0]))
        done = await talk.until("conversation.item.input_audio_transcription.completed")
        assert done.transcript == QUESTIONS[0]
    assert not [kind for kind in talk.kinds if kind.startswith("response.")]


@pytest.fixture
async def conversation(tmp_path: Path) -> AsyncGenerator[Conversation]:
    async with driver(tmp_path) as conversation:
        yield conversation


def captions(embedded: Endpoint, options: SessionOptions) -> SessionSetup:
    """The transcript agent over the embedded server."""
    endpoint = OpenAIEndpoint(
        model="local-commands", base_url=embedded.url, api_key=lambda: embedded.token, intent="transcription"
    )
    plain = SessionSetup(transport=lambda: openai_transport(endpoint), options=options, mode="voice")
    chosen = Registry().choose("transcript", offered="local-commands", environ={})
    return configured(replace(plain, provider="local"), chosen)


async def test_captions_are_a_turn_for_each_utterance_and_end_with_its_words(
    embedded: Endpoint, conversation: Conversation
) -> None:
    # J2, J12
    session_id = await conversation.start(captions(embedded, SessionOptions(turn_detection=ServerVad())))
    with conversation.subscribe(session_id) as events:
        await conversation.append_audio(session_id, heard(*QUESTIONS))
        words: list[str] = []
        async for envelope in events:
            assert not isinstance(envelope.data, TranscriptDelta)
            if isinstance(envelope.data, UserTranscript):
                words.append(envelope.data.text or "")
            if len(words) == len(QUESTIONS):
                break
    await conversation.close(session_id)
    history = conversation.history(session_id)
    assert words == list(QUESTIONS)
    assert [turn.status for turn in history.turns] == ["completed", "completed"]
    assert [one.text for one in history.items if isinstance(one, UserEntry)] == list(QUESTIONS)
    assert not [one for one in history.items if isinstance(one, AssistantEntry)]
    assert (history.agent, history.intent) == ("transcript", "transcription")
