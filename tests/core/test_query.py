"""One inference, told in pieces, or in a shape; over a chat service on loopback and over a realtime script."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec
import pytest

from realtime_chat.core import messages as m
from realtime_chat.core.errors import Rejected, TimedOut
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.query import query, stream
from realtime_chat.core.structured import extract_structured, schema
from realtime_chat.core.transports.scripted import ScriptedTransport, emit, expect
from tests.core.transports import chat_peer
from tests.core.transports.chat_peer import ChatPeer
from tests.core.transports.ways import BAD_KEY, Call, Calls, Fails, Hangs, Says, Told

TOOL = ToolSchema(name="add", description="Adds.", parameters={"type": "object"})


class City(msgspec.Struct):
    """Where it is."""

    name: str
    people: int


class Trip(msgspec.Struct):
    """Where to."""

    cities: list[City]


class Folder(msgspec.Struct):
    """What is in it."""

    folders: list["Folder"]


@pytest.fixture
async def peer() -> AsyncGenerator[ChatPeer]:
    async with asyncio.timeout(20), chat_peer.peer() as playing:
        yield playing


class Pieces(list[tuple[str, Any]]):
    """What was told."""

    def __call__(self, kind: str, value: Any) -> None:
        self.append((kind, value))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self]


async def test_a_query_is_one_inference_that_remembers_nothing(peer: ChatPeer) -> None:
    # X7, X8
    peer.replies.extend([Says("Paris."), Says("What do you mean?")])
    options = SessionOptions(instructions="Be brief.")
    first = await query(peer.transport, "The capital of France?", options=options)
    assert (first.text, first.finish_reason, first.category, first.iterations) == (
        "Paris.",
        "stop",
        "success",
        1,
    )
    assert (first.usage.total, first.model) == (12, "m")
    assert [message["role"] for message in first.messages] == ["system", "user", "assistant"]
    await query(peer.transport, "And its river?")
    assert peer.heard == [Told("user", "And its river?")]


async def test_an_inference_is_told_piece_by_piece_and_its_end_last(peer: ChatPeer) -> None:
    # X8, X13
    peer.replies.extend([Says("Paris."), Calls((Call("add", '{"a": 1}'),)), Fails("overloaded", "Too much.")])
    said, called, failed = Pieces(), Pieces(), Pieces()
    result = await stream(peer.transport, "The capital of France?", said)
    assert said.kinds == ["start", "text_delta", "text_delta", "usage", "stop"]
    assert said[-1] == ("stop", result)
    result = await stream(peer.transport, "1 + 1?", called, options=SessionOptions(tools=(TOOL,)))
    assert called.kinds == ["start", "tool_call_start", "tool_call_delta", "tool_call_end", "usage", "stop"]
    assert [(call.name, call.arguments) for call in result.calls] == [("add", '{"a": 1}')]
    assert result.tool_calls_made == 0
    result = await stream(peer.transport, "Well?", failed)
    assert failed.kinds == ["start", "error", "stop"]
    assert (result.finish_reason, result.category) == ("error_during_execution", "retryable")


async def test_what_keeps_it_from_beginning_is_raised(peer: ChatPeer) -> None:
    with pytest.raises(Rejected):
        await query(lambda: peer.transport(key=BAD_KEY), "Hello?")
    peer.replies.append(Hangs("Well"))
    with pytest.raises(TimedOut):
        await query(peer.transport, "Hello?", timeout_s=0.1)


async def test_it_works_over_a_realtime_connection_as_well() -> None:
    done = m.ResponseDone(
        response_id="r1",
        status="completed",
        items=(m.Item(item_id="i1", kind="message", role="assistant", text="Paris."),),
    )
    transport = ScriptedTransport(
        [
            emit(m.SessionCreated(model="big")),
            expect(m.CreateItem),
            expect(m.Configure, m.SessionUpdated()),
            expect(m.CreateResponse, m.ResponseCreated(response_id="r1"), done),
        ]
    )
    result = await query(lambda: transport, "The capital of France?")
    assert (result.text, result.model, result.ok) == ("Paris.", "big", True)
    assert transport.is_closed
    transport.finish()


@pytest.mark.parametrize(
    ("end", "kind", "halted"),
    [
        (m.ProviderError(code="rate_limit_exceeded", message="Slow down."), "rate_limit_exceeded", None),
        (m.ResponseDone(response_id="r1", status="failed", error_code="server_error"), "server_error", None),
        (m.ResponseDone(response_id="r1", status="cancelled"), "cancelled", None),
        (
            m.ResponseDone(response_id="r1", status="incomplete", reason="max_output_tokens"),
            None,
            "max_output_tokens",
        ),
    ],
)
async def test_whatever_ends_an_inference_is_in_its_result(
    end: m.Incoming, kind: str | None, halted: str | None
) -> None:
    item = m.Item(item_id="c1", kind="function_call", call_id="a", name="add", arguments="{}")
    called = m.OutputItemDone(response_id="r1", item=item)
    script = [
        emit(m.SessionCreated()),
        expect(m.CreateItem),
        expect(m.Configure, m.SessionUpdated()),
        expect(m.CreateResponse, m.ResponseCreated(response_id="r1"), called, end),
    ]
    result = await query(lambda: ScriptedTransport(script), "1 + 1?")
    assert (result.error.kind if result.error else None) == kind
    assert result.halted_reason == (kind or halted)
    assert [call.name for call in result.calls] == ["add"]


async def test_a_call_that_is_told_only_with_the_end_is_told_once() -> None:
    item = m.Item(item_id="c1", kind="function_call", call_id="a", name="add", arguments="{}")
    done = m.ResponseDone(response_id="r1", status="completed", items=(item, item))
    script = [
        emit(m.SessionCreated()),
        expect(m.CreateItem),
        expect(m.Configure, m.SessionUpdated()),
        expect(m.CreateResponse, m.ResponseCreated(response_id="r1"), done),
    ]
    told = Pieces()
    result = await stream(lambda: ScriptedTransport(script), "1 + 1?", told)
    assert told.kinds == ["start", "tool_call_end", "stop"]
    assert [call.call_id for call in result.calls] == ["a"]


async def test_a_shape_is_asked_for_and_filled(peer: ChatPeer) -> None:
    # X8
    peer.replies.append(Calls((Call("answer", '{"cities": [{"name": "Ulm", "people": 126000}]}'),)))
    result = await extract_structured(peer.transport, "Ulm has 126,000 people.", Trip)
    assert result.data == Trip(cities=[City(name="Ulm", people=126_000)])
    body = peer.bodies[0]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "answer"}}
    assert body["tools"][0]["function"]["parameters"] == schema(Trip)
    assert schema(Trip)["type"] == "object"
    assert "City" in schema(Trip)["$defs"]


@pytest.mark.parametrize(
    "text",
    ['{"name": "Ulm", "people": 126000}', 'Here:\n```json\n{"name": "Ulm", "people": 126000}\n```\nDone.'],
)
async def test_a_model_that_writes_it_instead_of_calling_is_understood(peer: ChatPeer, text: str) -> None:
    peer.replies.append(Says(text))
    result = await extract_structured(peer.transport, "Ulm.", City)
    assert result.data == City(name="Ulm", people=126_000)


async def test_what_does_not_fit_is_given_back_with_what_is_wrong(peer: ChatPeer) -> None:
    # X10, X12
    wrong = Calls((Call("answer", '{"name": "Ulm", "people": "many"}'),))
    peer.replies.extend(
        [wrong, Says("It is a city."), Calls((Call("answer", '{"name": "Ulm", "people": 3}'),))]
    )
    pieces = Pieces()
    result = await extract_structured(peer.transport, "Ulm.", City, on_piece=pieces)
    assert result.data == City(name="Ulm", people=3)
    assert (result.iterations, result.usage.total) == (3, 3 * 12)
    assert pieces.kinds.count("structured_retry") == 2
    assert [one.role for one in peer.heard] == ["user", "call", "output", "assistant", "user"]
    assert "Expected `int`" in peer.heard[2].text


def test_a_shape_that_is_made_of_its_own_kind_says_what_that_is() -> None:
    found = schema(Folder)
    assert found["properties"]["folders"]["items"] == {"$ref": "#/$defs/Folder"}
    assert found["$defs"]["Folder"]["type"] == "object"


@pytest.mark.parametrize("spoilt", [lambda: Says("No."), lambda: Calls((Call("answer", "{oh"),))])
async def test_a_shape_that_is_never_kept_comes_to_an_end(
    peer: ChatPeer, spoilt: Callable[[], Says | Calls]
) -> None:
    # X10
    peer.replies.extend(spoilt() for _ in range(3))
    result = await extract_structured(peer.transport, "Ulm.", City)
    assert (result.finish_reason, result.category) == ("error_max_structured_output_retries", "retryable")
    assert result.data is None
    assert not peer.replies


async def test_a_failure_is_not_asked_again_for_its_shape(peer: ChatPeer) -> None:
    peer.replies.append(Fails("overloaded", "Too much."))
    result = await extract_structured(peer.transport, "Ulm.", City)
    assert (result.finish_reason, result.data) == ("error_during_execution", None)
