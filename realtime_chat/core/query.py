"""One inference over any way to a model: no session, no log, no tool is run, nothing is remembered (X7, X8)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, assert_never

import msgspec

from realtime_chat.core import messages as m
from realtime_chat.core.classification import category_of_failure
from realtime_chat.core.clock import SystemClock, within
from realtime_chat.core.errors import ErrorInfo, ProtocolViolation
from realtime_chat.core.event_parts import Usage
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.ports import Clock, Transport, TransportFactory
from realtime_chat.core.results import Result
from realtime_chat.core.transports.chat.dialogue import Dialogue

#: Kind and value: start None, text_delta str, tool_call_start and tool_call_end Item, tool_call_delta str, usage
#: Usage, error ErrorInfo, stop Result. `stop` is always the last (X8).
OnPiece: TypeAlias = Callable[[str, Any], None]

TIMEOUT_S = 120.0


def unheard(kind: str, value: Any) -> None:
    """For who wants the end only."""


async def query(
    transport: TransportFactory,
    prompt: str | Sequence[m.Item],
    *,
    options: SessionOptions | None = None,
    on_piece: OnPiece = unheard,
    clock: Clock | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Result:
    """Ask once and return the whole answer; calls that the model makes are in `calls`, and are not run.

    Raises a TransportError when no connection could be made, TimedOut after `timeout_s`; any other failure is a Result.
    """
    clock = clock or SystemClock()
    items = (_typed(prompt),) if isinstance(prompt, str) else tuple(prompt)
    wanted = msgspec.structs.replace((options or SessionOptions()).for_mode("text"), turn_detection="none")
    way = transport()
    began = clock.monotonic()
    asking = _Asking(items, wanted, on_piece)
    try:
        await within(clock, timeout_s, asking.ask(way), "The answer")
    finally:
        await way.close()
    result = asking.result(int((clock.monotonic() - began) * 1000))
    on_piece("stop", result)
    return result


async def stream(
    transport: TransportFactory, prompt: str | Sequence[m.Item], on_piece: OnPiece, **more: Any
) -> Result:
    """The same, told piece by piece."""
    return await query(transport, prompt, on_piece=on_piece, **more)


class _Asking:
    """One answer, as it comes."""

    def __init__(self, items: Sequence[m.Item], options: SessionOptions, on_piece: OnPiece) -> None:
        self._items = items
        self._options = options
        self._tell = on_piece
        self._model = ""
        self._texts: dict[str, list[str]] = {}
        self._calls: dict[str, m.Item] = {}
        self._usage = Usage()
        self._error: ErrorInfo | None = None
        self._cut: str | None = None

    async def ask(self, way: Transport) -> None:
        await way.connect()
        async for message in way.messages():
            match message:
                case m.SessionCreated(model=model):
                    self._model = model
                    await self._put(way)
                case m.SessionUpdated():
                    await way.send(m.CreateResponse(event_id="query"))
                case m.ProviderError(code=code, message=words):
                    self._fail(code or "provider_error", words)
                    return
                case m.ResponseDone():
                    self._done(message)
                    return
                case _:
                    self._take(message)
        raise ProtocolViolation("The connection was closed before the answer came. Ask again.")

    async def _put(self, way: Transport) -> None:
        for item in self._items:
            await way.send(m.CreateItem(item=item))
        await way.send(m.Configure(options=self._options))

    def _take(self, message: m.Incoming) -> None:
        match message:
            case m.ResponseCreated():
                self._tell("start", None)
            case m.OutputTextDelta(item_id=item_id, delta=delta):
                self._texts.setdefault(item_id, []).append(delta)
                self._tell("text_delta", delta)
            case m.OutputText(item_id=item_id, text=text):
                if item_id not in self._texts:  # what was told in pieces is not told again (X13)
                    self._tell("text_delta", text)
                self._texts[item_id] = [text]
            case m.OutputItemAdded(item=item) if item.kind == "function_call":
                self._tell("tool_call_start", item)
            case m.ArgumentsDelta(delta=delta):
                self._tell("tool_call_delta", delta)
            case m.OutputItemDone(item=item) if item.kind == "function_call":
                self._calls[item.call_id or ""] = item
                self._tell("tool_call_end", item)
            case _:
                pass  # sound was not asked for, and echoes say nothing new

    def _done(self, done: m.ResponseDone) -> None:
        for item in done.items:
            if item.kind == "message" and item.text:
                self._take(m.OutputText(response_id=done.response_id, item_id=item.item_id, text=item.text))
            elif item.kind == "function_call" and item.call_id not in self._calls:
                self._calls[item.call_id or ""] = item
                self._tell("tool_call_end", item)
        if done.usage is not None:
            self._usage = done.usage
            self._tell("usage", done.usage)
        match done.status:
            case "completed" | "in_progress":
                pass
            case "incomplete":
                self._cut = done.reason
            case "failed" | "cancelled":
                self._fail(done.error_code or done.status, done.error_message or "The answer ended too soon.")
            case _:
                assert_never(done.status)

    def _fail(self, code: str, words: str) -> None:
        self._error = ErrorInfo(kind=code, message=words, category=category_of_failure(code))
        self._tell("error", self._error)

    def result(self, duration_ms: int) -> Result:
        texts = {item_id: "".join(parts) for item_id, parts in self._texts.items()}
        dialogue = Dialogue(self._items)
        told = dialogue.messages(self._options.instructions)
        told += [{"role": "assistant", "content": text} for text in texts.values() if text]
        return Result(
            text="\n".join(text for text in texts.values() if text),
            messages=told,
            finish_reason="stop" if self._error is None else "error_during_execution",
            halted_reason=self._cut if self._error is None else self._error.kind,
            iterations=1,
            usage=self._usage,
            duration_ms=duration_ms,
            model=self._model,
            error=self._error,
            calls=tuple(self._calls.values()),
        )


def _typed(text: str) -> m.Item:
    return m.Item(item_id="", kind="message", role="user", text=text)
