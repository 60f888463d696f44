"""The vendor's own client talks, through the embedded server as it is shipped, with a model behind a chat service.

The ear and the mouth are the real ones; the model is played, on real HTTP.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from realtime_chat.local.chosen import chosen_engines
from realtime_chat.local.engines.settings import Chat, EngineSettings
from tests.core.transports.chat_peer import ChatPeer, peer
from tests.core.transports.ways import BAD_KEY, GOOD_KEY, Call, Calls, Fails, Hangs, Says, Told
from tests.local.sdk_talk import Talk, talking
from tests.local.serving import TOKEN, running
from tests.local.test_offline_conversations import QUESTION, TIME_TOOL, answer_call, question
from tests.waiting import eventually

ANSWER = "It is half past nine. You have time for a coffee. Anything else?"


@pytest.fixture
async def model() -> AsyncGenerator[ChatPeer]:
    async with peer() as playing:
        yield playing


def settings(model: ChatPeer, key: str = GOOD_KEY) -> EngineSettings:
    """The ear and the mouth of the package, and that model as the brain."""
    return EngineSettings(brain=Chat(url=model.server.url, model="m", key=key, key_name="BRAIN_API_KEY"))


@asynccontextmanager
async def talk_with(model: ChatPeer, key: str = GOOD_KEY) -> AsyncGenerator[Talk]:
    """A session of a server within this process."""
    async with running(chosen_engines(settings(model, key))) as url, talking(url, TOKEN) as talk:
        yield talk


async def ask(talk: Talk) -> None:
    """Speak the question, by push-to-talk."""
    await talk.append(question())
    await talk.connection.input_audio_buffer.commit()
    await talk.connection.response.create()


async def test_a_spoken_question_reaches_the_model_and_its_answer_is_heard_with_a_tool_between(
    model: ChatPeer,
) -> None:
    model.replies.extend([Calls((Call("current_time", "{}"),)), Says(ANSWER)])
    async with talk_with(model) as talk:
        transcription = {"model": "local"}
        audio = {"input": {"turn_detection": None, "transcription": transcription}}
        await talk.update(audio=audio, tools=[TIME_TOOL], instructions="Be brief.")
        await ask(talk)
        said = await answer_call(talk, await talk.answer())
        assert said.output[0].content[0].transcript == ANSWER
        assert 2_000 < talk.sound_ms < 10_000
    assert model.heard[:2] == [Told("user", QUESTION), Told("call", "current_time")]
    assert "half past nine" in model.heard[2].text


async def test_an_interruption_while_the_model_thinks_ends_its_request_and_the_next_answer_is_whole(
    model: ChatPeer,
) -> None:
    model.replies.extend([Hangs("Once upon a time. There was "), Says("Good night, then.")])
    async with talk_with(model) as talk:
        await talk.say("tell me a story")
        await talk.connection.response.create()
        await talk.until("response.output_audio.delta")  # the first sentence sounds, the second never comes
        await talk.connection.response.cancel()
        cut = await talk.answer()
        assert (cut.status, cut.output[0].status) == ("cancelled", "incomplete")
        await eventually(lambda: not model.server.writers)
        await talk.say("good night")
        await talk.connection.response.create()
        whole = await talk.answer()
        assert whole.output[0].content[0].transcript == "Good night, then."
    assert [told.text for told in model.heard if told.role == "user"] == ["tell me a story", "good night"]


@pytest.mark.parametrize(
    ("key", "words", "code"),
    [(BAD_KEY, "BRAIN_API_KEY", "unauthorized"), (GOOD_KEY, "no memory", "server_error")],
)
async def test_what_goes_wrong_at_the_model_fails_the_answer_in_plain_words(
    model: ChatPeer, key: str, words: str, code: str
) -> None:
    model.replies.append(Fails("server_error", "no memory"))
    async with talk_with(model, key) as talk:
        await talk.say("hello")
        await talk.connection.response.create()
        response = await talk.answer()
    assert response.status == "failed"
    error = response.status_details.error
    assert error.code == code
    assert words in error.message
    assert BAD_KEY not in error.message
