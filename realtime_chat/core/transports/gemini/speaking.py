"""Neutral messages → Gemini's frames, and what the service would have answered if it answered them."""

from typing import Protocol, TypeAlias, assert_never

import msgspec

from realtime_chat.core import messages as m
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.transports.base import as_json
from realtime_chat.core.transports.dialects import Said
from realtime_chat.core.transports.gemini.contents import client_content, turns
from realtime_chat.core.transports.gemini.exchange import Exchange, Leftover
from realtime_chat.core.transports.gemini.setup import build_setup, with_handle
from realtime_chat.core.transports.openai.fields import Fields

ACTIVITY_START = b'{"realtimeInput":{"activityStart":{}}}'
ACTIVITY_END = b'{"realtimeInput":{"activityEnd":{}}}'
STREAM_END = b'{"realtimeInput":{"audioStreamEnd":true}}'
NEW_SETUP = "The provider takes new settings with a new connection only."
NO_WORD_BETWEEN = "The model waits for its tools and cannot say a word before."

_Sound: TypeAlias = m.AppendAudio | m.CommitAudio | m.ClearAudio
_ItemWish: TypeAlias = m.CreateItem | m.DeleteItem | m.RetrieveItem | m.TruncateItem
_json = msgspec.json.Encoder().encode


class Downsampler(Protocol):
    """From 24 kHz to the 16 kHz that the service hears, chunk by chunk, mono s16le. Above: the dialect. Below: a
    resampler of whoever composes, for the core knows none."""

    def feed(self, pcm: bytes) -> bytes:
        """What is ready after `pcm`."""
        ...

    def flush(self) -> bytes:
        """What was held back; another stream may begin."""
        ...


class Speaking:
    """What we say. Words wait here until they are needed: an answer is asked for, or the user speaks."""

    def __init__(self, exchange: Exchange, downsampler: Downsampler) -> None:
        self._x = exchange
        self._downsampler = downsampler
        self._setup: Fields | None = None
        #: Item ids and turns. Bound: what one connection is told of the talk, and what is told before an answer.
        self._waiting: list[tuple[str, Fields]] = []
        self._last_seed: m.Item | None = None
        self._end_of_speech: bytes | None = None  # to be sent with the wish for an answer

    def say(self, message: m.Outgoing) -> Said:
        """What becomes of one message. Raises InvalidArguments."""
        match message:
            case m.AppendAudio() | m.CommitAudio() | m.ClearAudio():
                return self._sound(message)
            case m.Configure(options=options):
                return self._configure(options)
            case m.UpdateInstructions(instructions=instructions):
                return self._configure(msgspec.structs.replace(self._x.options, instructions=instructions))
            case m.UpdateTools(tools=tools):
                return self._configure(msgspec.structs.replace(self._x.options, tools=tools))
            case m.CreateItem() | m.DeleteItem() | m.RetrieveItem() | m.TruncateItem():
                return self._item(message)
            case m.CreateResponse():
                return self._ask(message)
            case m.CancelResponse():
                return self._cancel(message)
            case _:
                assert_never(message)

    # ------------------------------------------------------------ settings

    def _configure(self, options: SessionOptions) -> Said:
        """The first time it is the setup; after that nothing can be changed but what is decided here."""
        x = self._x
        x.options = options
        setup = build_setup(options, x.model)
        if self._setup is None:
            handle = x.resumption.handle
            self._setup, x.resumed = setup, handle is not None
            x.voice.manual = options.push_to_talk
            return Said([as_json({"setup": with_handle(setup, handle)})])
        updated = m.SessionUpdated(model=x.model)
        renewal = [] if setup == self._setup else [m.RenewalDue(why=NEW_SETUP)]
        return Said(heard=[updated, *renewal])

    # ------------------------------------------------------------ the user's voice

    def _sound(self, message: _Sound) -> Said:
        match message:
            case m.AppendAudio(pcm=pcm):
                return self._append(pcm)
            case m.CommitAudio():
                return self._commit()
            case m.ClearAudio():
                return self._clear()
            case _:
                assert_never(message)

    def _append(self, pcm: bytes) -> Said:
        x = self._x
        frames, heard = self._told(), list[m.Incoming]()
        x.voice.feed()
        if x.voice.manual and not x.activity:
            x.activity = True
            frames.append(ACTIVITY_START)
            heard = self._interrupt()
        return Said([*frames, *_audio(self._downsampler.feed(pcm))], heard)

    def _interrupt(self) -> list[m.Incoming]:
        """The service leaves what it was about to do."""
        x = self._x
        x.calls.clear()
        x.resumption.outdate()
        if x.asked is not None:
            x.leftover = Leftover.CUT
        return x.never_begun()

    def _commit(self) -> Said:
        """The end itself is sent with the wish for an answer: the service takes the one for the other."""
        rest = _audio(self._downsampler.flush())
        self._end_of_speech = ACTIVITY_END if self._x.voice.manual else STREAM_END
        return Said(rest, self._x.voice.commit())

    def _clear(self) -> Said:
        """The service cannot forget what it heard: it is told that this was all, and its answer to that is left out."""
        x = self._x
        self._downsampler.flush()
        self._end_of_speech = None
        x.voice.forget()
        frames = [ACTIVITY_END] if x.activity else []
        if x.activity:
            x.activity, x.leftover = False, Leftover.CUT
        return Said(frames, [m.AudioCleared()])

    # ------------------------------------------------------------ items

    def _item(self, message: _ItemWish) -> Said:
        match message:
            case m.CreateItem(item=item):
                self._take(item, seed=message.seed)
                return Said(heard=[m.ItemAdded(item=item), m.ItemDone(item=item)])
            case m.DeleteItem(item_id=item_id):
                self._waiting = [each for each in self._waiting if each[0] != item_id]
                return Said(heard=[m.ItemDeleted(item_id=item_id)])
            case m.TruncateItem(item_id=item_id, audio_end_ms=end):
                return Said(heard=[m.ItemTruncated(item_id=item_id, audio_end_ms=end)])
            case m.RetrieveItem():
                text = "This service keeps no items that could be looked up."
                return Said(heard=[m.ProviderError(code="item_retrieve_unsupported", message=text)])
            case _:
                assert_never(message)

    def _take(self, item: m.Item, *, seed: bool) -> None:
        if seed:
            self._last_seed = item
        if item.kind == "other" or (seed and self._x.resumed):
            return  # another service's, or this one knows it
        if item.kind == "function_call_output" and not seed:
            self._x.calls.take(item)  # one that is not open was cancelled: nobody waits for it
            return
        self._waiting += [(item.item_id, turn) for turn in turns([item])]

    def _told(self) -> list[bytes]:
        """What waits, without asking for an answer."""
        waiting, self._waiting = self._waiting, []
        return [as_json(client_content([turn for _, turn in waiting], complete=False))] if waiting else []

    # ------------------------------------------------------------ answers

    def _ask(self, message: m.CreateResponse) -> Said:
        x = self._x
        if message.out_of_band:
            text = "This service answers nothing beside the talk."
            return Said(
                heard=[m.ProviderError(code="aside_unsupported", message=text, caused_by=message.event_id)]
            )
        if message.tool_choice == "none" and x.calls.unanswered:
            self._waiting.clear()  # it was to be said now, or never
            refusal = m.ProviderError(code="calls_open", message=NO_WORD_BETWEEN, caused_by=message.event_id)
            return Said(heard=[refusal])
        heard = x.never_begun()
        x.resumption.outdate()
        frames = self._end_speech() if self._end_of_speech is not None else self._ask_in_words(heard)
        x.asked = message
        return Said(frames, heard)

    def _end_speech(self) -> list[bytes]:
        x = self._x
        end, self._end_of_speech, x.activity = self._end_of_speech, None, False
        if x.leftover is Leftover.TURN:
            x.leftover = Leftover.CUT  # the user's speech cut it
        return [*self._told(), *([end] if end is not None else [])]

    def _ask_in_words(self, heard: list[m.Incoming]) -> list[bytes]:
        """All outputs that the service waits for; and words, where there are some or nothing else asks."""
        x, frames = self._x, list[bytes]()
        if answering := bool(x.calls):
            frames.append(as_json(x.calls.answer()))
        if answering and not self._waiting:
            return frames
        if x.activity:  # speech that was not ended
            x.activity = False
            frames.append(ACTIVITY_END)
        if frames:
            x.leftover = Leftover.CUT
        heard += x.voice.over()
        words = [turn for _, turn in self._waiting] or self._said_meanwhile()
        self._waiting = []
        return [*frames, as_json(client_content(words, complete=True))]

    def _said_meanwhile(self) -> list[Fields]:
        """The user's words that were typed between two connections: behind the handle they are not."""
        item = self._last_seed
        asks = item is not None and item.kind == "message" and item.role == "user"
        return turns([item]) if self._x.resumed and item is not None and asks else []

    def _cancel(self, message: m.CancelResponse) -> Said:
        """Here only: the service has no word for it. What it says until its turn's end is left out."""
        x, answer = self._x, self._x.answer
        if answer is None or message.response_id not in (None, answer.response_id):
            text = "Cancellation failed: no active response found."
            error = m.ProviderError(
                code="response_cancel_not_active", message=text, caused_by=message.event_id
            )
            return Said(heard=[error])
        x.leftover = Leftover.SURE_END if answer.cut else Leftover.TURN
        return Said(heard=x.end("cancelled", reason="client_cancelled"))


def _audio(pcm: bytes) -> list[bytes]:
    """The hot one: bytes joined around the base64, which needs no escaping."""
    if not pcm:
        return []
    return [b'{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":%b}}}' % _json(pcm)]
