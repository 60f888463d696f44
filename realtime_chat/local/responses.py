"""One response, from `response.created` to `response.done`, whatever happens in between.

LISTENING  the user's speech is being recognised
THINKING   the brain was asked, and has said nothing yet
SPEAKING   its text is being spoken or written, while it may still think of more
ENDED      `response.done` was sent, exactly once; everything that comes later is dropped
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

import msgspec

from realtime_chat.core.pcm import pcm_bytes
from realtime_chat.local.answer import Answer
from realtime_chat.local.context import brain_request
from realtime_chat.local.engines.ports import BrainCall, BrainReply, BrainUsage, SpeechChunk
from realtime_chat.local.items import Item, call_item
from realtime_chat.local.outbox import Speak, Stop, Think
from realtime_chat.local.response_options import ResponseOptions
from realtime_chat.local.schema import Json
from realtime_chat.local.script import Script
from realtime_chat.local.session_config import voice_name
from realtime_chat.local.session_state import SessionState
from realtime_chat.local.usage import CHARACTERS_PER_TOKEN, count, output_tokens, told

#: Silence between parts of an answer that were made apart.
PAUSE_MS = 150
_ARGUMENTS_PIECE = 24
_WORD_END = re.compile(r"\S\s+|$")


class Stage(StrEnum):
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    ENDED = "ended"


class Response:
    """Turns what the engines give into events. `context` is fixed when it begins."""

    def __init__(self, options: ResponseOptions, *, context: Sequence[Item], state: SessionState) -> None:
        self.id = state.ids.new("resp")
        self.context = context
        self.stage = Stage.LISTENING
        self._options = options
        self._state = state
        self._emit = state.outbox.emit
        self._output: list[Item] = []
        self._answer: Answer | None = None
        self._script = Script()
        self._calls: Sequence[BrainCall] = ()
        self._usage: BrainUsage | None = None
        self._emit("response.created", response=self._resource("in_progress", None, usage=None))

    @property
    def spoken_ms(self) -> int:
        """How long its sound lasts so far."""
        return sum(item.sound_ms for item in self._output)

    def listen(self) -> None:
        """Ask the brain as soon as all speech of the context was recognised."""
        waiting = any(item.spoken and item.hearing is None and not item.said() for item in self.context)
        if self.stage is Stage.LISTENING and not waiting:
            self.stage = Stage.THINKING
            request = brain_request(self.context, self._options)
            self._state.outbox.ask(Think(response_id=self.id, request=request))

    def thought(self, reply: BrainReply) -> None:
        """The next piece of the brain's answer: words first, calls with the last."""
        if self.stage not in (Stage.THINKING, Stage.SPEAKING) or self._script.whole:
            return
        self._calls, self._usage = reply.calls, reply.usage
        self._script.add(reply.text, last=not reply.more)
        if self._answer is None and self._script.text:
            self.stage = Stage.SPEAKING
            self._answer = self._begin_answer()
        if self._answer is None and self._script.whole:
            self._make_calls()
        elif self._answer is not None:
            self._answer.text = self._script.text
            self._go_on(self._answer)

    def spoke(self, chunk: SpeechChunk) -> None:
        """The next piece of speech, with the words that belong to it."""
        if self.stage is not Stage.SPEAKING or self._answer is None:
            return
        self._state.spoke_already = True
        self._answer.say(self._script.position(chunk.text_end))
        self._answer.sound(chunk.pcm)
        limit = self._options.max_output_tokens
        if limit != "inf" and sum(output_tokens(self._output)) > limit:
            self._end("incomplete", "max_output_tokens")

    def speech_ended(self) -> None:
        """The part of the text that was asked for was spoken."""
        if self.stage is Stage.SPEAKING and self._answer is not None:
            self._answer.say(self._script.spoken())
            self._go_on(self._answer)

    def cancel(self, reason: Literal["client_cancelled", "turn_detected"]) -> None:
        """Stop where it is; what was made so far stays as an incomplete item."""
        self._end("cancelled", reason)

    def fail(self, code: str, message: str) -> None:
        """An engine could not do its work."""
        self._end("failed", None, error={"type": "server_error", "code": code, "message": message})

    def _begin_answer(self) -> Answer:
        answer = Answer(
            self._state.ids.new("item"),
            modality=self._options.modality,
            audio_format=self._options.format["type"],
            outbox=self._state.outbox,
        )
        self._add(answer.item)
        answer.begin(self._place(answer.item))
        return answer

    def _go_on(self, answer: Answer) -> None:
        if self._options.modality == "audio":
            self._speak(answer)
        else:
            self._write(answer)

    def _speak(self, answer: Answer) -> None:
        """The next sentences, or the end. Who speaks part by part must breathe between them."""
        follows = self._script.begun
        if words := self._script.begin():
            if follows:
                answer.sound(bytes(pcm_bytes(PAUSE_MS)))
            voice, speed = voice_name(self._options.voice), self._state.config.speed
            self._state.outbox.ask(Speak(response_id=self.id, text=words, voice=voice, speed=speed))
        elif self._script.whole and not self._script.under_way:
            answer.say(len(answer.text))
            self._end_answer("completed")
            self._make_calls()

    def _write(self, answer: Answer) -> None:
        limit = self._options.max_output_tokens
        room = len(answer.text) if limit == "inf" else limit * CHARACTERS_PER_TOKEN
        for word in _WORD_END.finditer(answer.text, answer.said, room):
            answer.say(word.end())
        if room < len(answer.text):
            self._end("incomplete", "max_output_tokens")
        elif self._script.whole:
            self._end_answer("completed")
            self._make_calls()

    def _end_answer(self, status: Literal["completed", "incomplete"]) -> None:
        if self._answer is not None:
            self._answer.end()
            self._finish(self._answer.item, status)
            self._answer = None

    def _make_calls(self) -> None:
        for call in self._calls:
            self._call(call)
        self._end("completed", None)

    def _call(self, call: BrainCall) -> None:
        item = call_item(self._state.ids.new("item"), self._state.ids.new("call"), call.name)
        self._add(item)
        arguments = msgspec.json.encode(call.arguments).decode()
        where = {**self._place(item), "item_id": item.id, "call_id": item.shown["call_id"]}
        kind = "response.function_call_arguments"
        for start in range(0, len(arguments), _ARGUMENTS_PIECE):
            self._emit(f"{kind}.delta", **where, delta=arguments[start : start + _ARGUMENTS_PIECE])
        self._emit(f"{kind}.done", **where, name=call.name, arguments=arguments)
        item.shown["arguments"] = arguments
        self._finish(item, "completed")

    def _add(self, item: Item) -> None:
        self._output.append(item)
        self._emit("response.output_item.added", **self._place(item), item=item.copy())
        if self._options.in_conversation:
            previous = self._state.items.insert(item)
            self._emit("conversation.item.added", previous_item_id=previous, item=item.copy())

    def _finish(self, item: Item, status: str) -> None:
        item.shown["status"] = status
        if self._options.in_conversation:
            previous = self._state.items.before(item)
            self._emit("conversation.item.done", previous_item_id=previous, item=item.copy())
        self._emit("response.output_item.done", **self._place(item), item=item.copy())

    def _end(self, status: str, reason: str | None, *, error: Json | None = None) -> None:
        if self.stage is Stage.ENDED:
            return
        self._end_answer("incomplete")
        self.stage = Stage.ENDED
        details = None if status == "completed" else _details(status, reason, error)
        if details is not None:
            self._state.outbox.ask(Stop(response_id=self.id))
        counted = count(self._options.instructions, self._options.tools, self.context, self._output)
        usage = counted if self._usage is None else told(self._usage)
        self._emit("response.done", response=self._resource(status, details, usage=usage))
        self._emit("rate_limits.updated", rate_limits=[])  # this server sets none

    def _place(self, item: Item) -> Json:
        return {"response_id": self.id, "output_index": self._output.index(item)}

    def _resource(self, status: str, details: Json | None, *, usage: Json | None) -> Json:
        options = self._options
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [item.copy() for item in self._output],
            "conversation_id": self._state.conversation_id if options.in_conversation else None,
            "output_modalities": [options.modality],
            "max_output_tokens": options.max_output_tokens,
            "audio": {"output": {"format": options.format, "voice": voice_name(options.voice)}},
            "usage": usage,
            "metadata": options.metadata,
        }


def _details(status: str, reason: str | None, error: Json | None) -> Json:
    told = {"type": status, "reason": reason, "error": error}
    return {name: value for name, value in told.items() if value is not None}
