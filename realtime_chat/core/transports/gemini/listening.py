"""Gemini's frames → neutral messages."""

from collections.abc import Callable, Mapping

from realtime_chat.core import messages as m
from realtime_chat.core.transports.gemini.answer import Answer
from realtime_chat.core.transports.gemini.exchange import Exchange, Leftover
from realtime_chat.core.transports.gemini.reading import read_frame, sound, usage
from realtime_chat.core.transports.openai.fields import Fields, obj, objs, text, texts

#: Beside a message: it is read with it.
USAGE = "usageMetadata"
_MALFORMED_CALL = "MALFORMED_FUNCTION_CALL"
#: In the reason of a turn's end that was not its own.
_FILTERED = ("SAFETY", "PROHIBITED", "BLOCKLIST", "REJECTED", "SPII", "RECITATION")


class Listening:
    """What the service says."""

    def __init__(self, exchange: Exchange) -> None:
        self._x = exchange
        self._readers: Mapping[str, Callable[[Fields], list[m.Incoming]]] = {
            "setupComplete": self._set_up,
            "sessionResumptionUpdate": self._handle,
            "goAway": self._leaving,
            "error": _error,
            "serverContent": self._content,
            "toolCall": self._calls,
            "toolCallCancellation": self._calls_cancelled,
        }

    def hear(self, frame: bytes) -> list[m.Incoming]:
        """The messages of one frame; never raises."""
        fields = read_frame(frame)
        if isinstance(fields, m.Malformed):
            return [fields]
        self._x.usage = usage(fields) or self._x.usage
        known = [read(obj(fields, key)) for key, read in self._readers.items() if key in fields]
        if not known and USAGE not in fields:
            return [m.Unrecognised(type=next(iter(fields), "unknown"))]
        return [message for messages in known for message in messages]

    # ------------------------------------------------------------ the connection

    def _set_up(self, _: Fields) -> list[m.Incoming]:
        self._x.settled = True
        return [m.SessionUpdated(model=self._x.model, voice=self._x.options.voice or "")]

    def _handle(self, update: Fields) -> list[m.Incoming]:
        handle = text(update, "newHandle")
        if handle and update.get("resumable") is True:
            self._x.resumption.keep(handle, whole=self._x.is_settled)
        return []

    def _leaving(self, _: Fields) -> list[m.Incoming]:
        self._x.leaving = True
        return [m.RenewalDue()]

    # ------------------------------------------------------------ a turn of the model's

    def _content(self, content: Fields) -> list[m.Incoming]:
        """One frame may hold several kinds of it, and may be empty."""
        heard: list[m.Incoming] = []
        interrupted = content.get("interrupted") is True
        if not interrupted:
            heard += self._users_words(content)
        self._models_words(content, heard)
        if content.get("generationComplete") is True:
            heard += self._generated()
        if interrupted:
            heard += self._interrupted()
            heard += self._users_words(content)
        if content.get("turnComplete") is True:
            heard += self._turn_over(text(content, "turnCompleteReason"))
        return heard

    def _users_words(self, content: Fields) -> list[m.Incoming]:
        words = obj(content, "inputTranscription")
        heard: list[m.Incoming] = []
        if said := text(words, "text"):
            self._x.resumption.outdate()
            heard = self._x.voice.hear(said, answering=self._x.model_is_busy)
        return [*heard, *self._x.voice.whole()] if words.get("finished") is True else heard

    def _models_words(self, content: Fields, heard: list[m.Incoming]) -> None:
        for part in objs(obj(content, "modelTurn"), "parts"):
            self._part(part, heard)
        said = text(obj(content, "outputTranscription"), "text")
        if said and (answer := self._sign(heard)) is not None:
            heard += answer.speak(said)

    def _part(self, part: Fields, heard: list[m.Incoming]) -> None:
        """Sound or words; a thought shows only that there will be some."""
        pcm, words = sound(part), text(part, "text")
        if isinstance(pcm, m.Malformed):
            heard.append(pcm)
            return
        if not (pcm or words) or (answer := self._sign(heard)) is None:
            return
        if words and part.get("thought") is not True:
            heard += answer.write(words)
        heard += answer.sound(pcm)

    def _sign(self, heard: list[m.Incoming]) -> Answer | None:
        """The answer that something new of the model's belongs to, begun where it is the first sign; None where
        nobody wants it."""
        x = self._x
        x.resumption.outdate()
        if x.answer is not None and not x.answer.cut:
            return x.answer
        if x.answer is not None:  # its end never came
            x.leftover = Leftover.NONE
            heard += x.end("cancelled", reason="turn_detected")
        if self._unwanted:
            return None
        if x.leftover is not Leftover.CUT:
            x.leftover = Leftover.NONE
        by_voice = not x.voice.manual and (x.asked is None or x.voice.going_on)
        heard += x.voice.commit() if by_voice else x.voice.whole()
        heard += x.begin()
        return x.answer

    @property
    def _unwanted(self) -> bool:
        """True for what is of a turn that was cut: by a cancel, by the user who speaks, by tools that still run."""
        x = self._x
        rest = x.leftover is Leftover.TURN or (x.leftover is Leftover.CUT and x.asked is None)
        return rest or x.activity or (bool(x.calls) and x.asked is None)

    def _generated(self) -> list[m.Incoming]:
        """Nothing more will be said. What is only read is over with that; the turn's end waits for its sound."""
        x, answer = self._x, self._x.answer
        if answer is None or answer.cut:
            return []
        answer.generated = True
        if x.options.aloud:
            return answer.silence()
        x.leftover = Leftover.CUT
        return [*x.voice.whole(), *x.end("completed")]

    def _interrupted(self) -> list[m.Incoming]:
        """The user spoke over it, or we asked something else."""
        x, before = self._x, self._x.leftover
        x.resumption.outdate()
        x.leftover = Leftover.SURE_END
        if before is Leftover.CUT or (before is Leftover.TURN and x.asked is not None):
            return []
        x.calls.clear()
        heard = [] if x.voice.manual else x.voice.begin()
        if x.answer is None:
            return [*heard, *x.never_begun()]
        x.answer.cut = True
        return heard

    def _turn_over(self, reason: str) -> list[m.Incoming]:
        x, before = self._x, self._x.leftover
        x.leftover = Leftover.NONE
        if before in (Leftover.TURN, Leftover.SURE_END):
            if x.answer is not None and x.answer.cut:
                return x.end("cancelled", reason="turn_detected")
            return x.late_usage()
        if x.answer is not None:
            return [*x.voice.whole(), *self._ended(reason)]
        silent = x.asked is not None or (x.voice.going_on and not x.voice.manual)
        if before is not Leftover.NONE or not silent or x.calls:
            return x.late_usage()
        committed = [] if x.voice.manual else x.voice.commit()
        return [*committed, *x.begin(), *self._ended(reason)]

    def _ended(self, reason: str) -> list[m.Incoming]:
        if reason == _MALFORMED_CALL:
            words = "The model asked for a tool in a way that cannot be read. Ask again."
            return self._x.end("failed", error=(reason.lower(), words))
        if any(each in reason for each in _FILTERED):
            return self._x.end("incomplete", reason="content_filter")
        return self._x.end("completed")

    # ------------------------------------------------------------ tools

    def _calls(self, wanted: Fields) -> list[m.Incoming]:
        x, heard = self._x, list[m.Incoming]()
        answer = self._sign(heard)
        items = x.calls.open(wanted)
        if answer is None or not items:
            return heard
        return [*heard, *x.voice.whole(), *x.call(items)]

    def _calls_cancelled(self, cancelled: Fields) -> list[m.Incoming]:
        gone = self._x.calls.cancel(texts(cancelled, "ids"))
        self._x.resumption.outdate()
        return [m.CallsCancelled(call_ids=gone)] if gone else []


def _error(fields: Fields) -> list[m.Incoming]:
    """Not known of the service itself, but of what may stand in between."""
    return [m.ProviderError(code=text(fields, "status") or "error", message=text(fields, "message"))]
