"""The vendor's own client holds whole conversations with the embedded server as it is shipped.

The child process, pocketsphinx, the commands brain, espeak-ng and the voice detector are the real ones, and
every server event validates strictly against the SDK's types. The user's voice is espeak-ng's, too.
"""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from realtime_chat.core.pcm import pcm_ms
from realtime_chat.local.child import Endpoint
from tests.local.engines.voices import say
from tests.local.machine import quiet
from tests.local.sdk_talk import Talk, talking

QUESTION = "what time is it"
TIME_TOOL: dict[str, Any] = {
    "type": "function",
    "name": "current_time",
    "description": "Tell the time.",
    "parameters": {"type": "object", "properties": {}},
}


def question() -> bytes:
    return quiet(300) + say(QUESTION, speed=0.9) + quiet(300)


@pytest.fixture
async def talk(embedded: Endpoint) -> AsyncGenerator[Talk]:
    async with talking(embedded.url, embedded.token) as talk:
        yield talk


async def answer_call(talk: Talk, response: Any) -> Any:
    """Answer the one call of a response with a time, and wait for what is said about it."""
    call = response.output[0]
    assert (call.type, call.name) == ("function_call", "current_time")
    output = '{"spoken": "half past nine", "iso": "2026-01-01T09:30:00"}'
    await talk.connection.conversation.item.create(
        item={"type": "function_call_output", "call_id": call.call_id, "output": output}
    )
    await talk.connection.response.create()
    return await talk.answer()


async def test_a_typed_question_is_answered_in_text_with_its_usage(talk: Talk) -> None:
    await talk.update(output_modalities=["text"])
    await talk.say("what can you do")
    await talk.connection.response.create()
    response = await talk.answer()
    assert response.status == "completed"
    assert "sums" in response.output[0].content[0].text
    assert response.usage.output_tokens > 0


async def test_a_question_by_push_to_talk_is_heard_and_answered_with_the_tools_result(talk: Talk) -> None:
    transcription = {"model": "local"}
    audio = {"input": {"turn_detection": None, "transcription": transcription}}
    await talk.update(audio=audio, tools=[TIME_TOOL])
    await talk.append(question())
    await talk.connection.input_audio_buffer.commit()
    await talk.connection.response.create()
    heard = await talk.until("conversation.item.input_audio_transcription.completed")
    assert heard.transcript == QUESTION
    said = await answer_call(talk, await talk.answer())
    assert said.output[0].content[0].transcript == "It is half past nine."
    assert talk.sound_ms > 500


async def test_the_voice_detector_finds_where_a_question_begins_and_ends(talk: Talk) -> None:
    await talk.update(tools=[TIME_TOOL])
    await talk.append(question() + quiet(1000))
    started = await talk.until("input_audio_buffer.speech_started")
    stopped = await talk.until("input_audio_buffer.speech_stopped")
    assert started.audio_start_ms <= 450
    assert 1400 <= stopped.audio_end_ms <= pcm_ms(len(question())) + 600  # half a second of silence with it
    committed = await talk.until("input_audio_buffer.committed")
    assert committed.item_id == started.item_id
    assert (await talk.answer()).output[0].name == "current_time"


async def test_speech_outside_its_sentences_is_never_acted_on(talk: Talk) -> None:
    await talk.update(audio={"input": {"turn_detection": None}}, tools=[TIME_TOOL])
    await talk.append(say("purple elephants rarely negotiate with the northern committee"))
    await talk.connection.input_audio_buffer.commit()
    await talk.connection.response.create()
    response = await talk.answer()
    assert [item.type for item in response.output] == ["message"]
    assert "did not understand" in response.output[0].content[0].transcript


async def test_a_cancelled_answer_says_so_and_the_next_one_is_whole(talk: Talk) -> None:
    await talk.say("what can you do")
    await talk.connection.response.create()
    await talk.connection.response.cancel()
    response = await talk.answer()
    assert (response.status, response.status_details.reason) == ("cancelled", "client_cancelled")
    await talk.connection.response.create()
    assert (await talk.answer()).status == "completed"


async def test_an_answer_is_cut_to_what_was_heard_and_cannot_grow_again(talk: Talk) -> None:
    await talk.say("what can you do")
    await talk.connection.response.create()
    item = (await talk.answer()).output[0]
    assert talk.sound_ms > 2000
    await talk.connection.conversation.item.truncate(
        item_id=item.id, content_index=0, audio_end_ms=talk.sound_ms // 2
    )
    assert (await talk.until("conversation.item.truncated")).audio_end_ms == talk.sound_ms // 2
    await talk.connection.conversation.item.truncate(
        item_id=item.id, content_index=0, audio_end_ms=talk.sound_ms // 2 + 1
    )
    error = await talk.until("error")
    assert f"{talk.sound_ms // 2}ms is already shorter than" in error.error.message
