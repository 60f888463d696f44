"""Recordings of real services as frames, by the way to the service; and frames that are no more what they were."""

import json
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import yaml

from realtime_chat.core import messages as wire
from realtime_chat.core.ports import Capabilities
from realtime_chat.core.transports.gemini.dialect import GeminiDialect
from realtime_chat.core.transports.gemini.provider import CAPABILITIES
from realtime_chat.core.transports.gemini.resumption import Resumption
from realtime_chat.core.transports.openai.decode import decode
from tests.core.transports.gemini_bench import CUT, OVER, THOUGHT, USED, ByThirds, calls, sound, users, words
from tests.core.transports.openai_peer import OpenAIService
from tests.core.transports.ways import Call, Calls, Fails, Hangs, Reply, Says, SaysAloud

Frame = dict[str, Any]
FOLDER = os.environ.get("REALTIME_CHAT_CASSETTES")
#: What may stand where something else did.
JUNK = st.sampled_from(
    [None, "", 0, -1, 10**12, True, [], {}, "x" * 300, {"type": "error"}, [[]], "resp_other"]
)
WHERE = st.integers(0, 10_000)
MUTATIONS = st.lists(
    st.tuples(st.sampled_from(["drop", "double", "swap", "late", "cut", "junk", "lose"]), WHERE, WHERE, JUNK),
    max_size=12,
)


class OpenAI:
    """Each frame is a message."""

    capabilities = Capabilities()

    def __init__(self, name: str, resumption: Resumption) -> None:
        """It needs none of them."""

    def greeting(self) -> Sequence[wire.Incoming]:
        return []

    def hear(self, frame: bytes) -> Sequence[wire.Incoming]:
        return [decode(frame)]

    def say(self, message: wire.Outgoing) -> Sequence[wire.Incoming]:
        return []

    def ready(self) -> Sequence[wire.Incoming]:
        return [wire.SessionCreated(), wire.SessionUpdated()]


class Gemini:
    """A dialect with a memory."""

    capabilities = CAPABILITIES

    def __init__(self, name: str, resumption: Resumption) -> None:
        self.dialect = GeminiDialect("gemini-x", ByThirds(), name=name, resumption=resumption)
        self.greeting = self.dialect.greeting
        self.hear = self.dialect.hear

    def say(self, message: wire.Outgoing) -> Sequence[wire.Incoming]:
        return self.dialect.say(message).heard

    def ready(self) -> Sequence[wire.Incoming]:
        return [*self.greeting(), *self.hear(b'{"setupComplete": {}}')]


WAYS: dict[str, type[OpenAI] | type[Gemini]] = {"openai": OpenAI, "google": Gemini}


@dataclass(frozen=True)
class Recording:
    """What a service said, in order."""

    way: type[OpenAI] | type[Gemini]
    frames: list[Frame]


def recorded() -> dict[str, Recording]:
    """By name: those made up from our own frames, and the real ones where there are any."""
    told = {
        "our own openai": Recording(OpenAI, _own()),
        "our own google": Recording(Gemini, _own_of_gemini()),
    }
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for vendor, way in WAYS.items():
        for path in sorted(Path(FOLDER, vendor).glob("*.yaml")) if FOLDER else []:
            interactions = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)["interactions"]
            frames = [one["data"] for one in interactions if one["direction"] == "received"]
            told[f"{vendor} {path.stem}"] = Recording(way, [_short(frame) for frame in frames])
    return told


def _own_of_gemini() -> list[Frame]:
    """Words, calls, an answer that is cut, and a goodbye."""
    said = [THOUGHT, words("Hel"), sound(), words("lo."), {**OVER, "usageMetadata": USED}]
    called = [calls("c1", "c2"), {"toolCallCancellation": {"ids": ["c2"]}}, words("Ten."), sound(), OVER]
    cut = [users("and?"), words("Once"), sound(), CUT, OVER]
    handle = {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}}
    return [{"setupComplete": {}}, *said, *called, handle, *cut, {"goAway": {"timeLeft": "10s"}}]


def _own() -> list[Frame]:
    """Each kind of answer once, and one that is cut."""
    replies: list[Reply] = [
        Says("Hello."),
        Calls((Call("clock", "{}"), Call("clock", '{"zone": "UTC"}'))),
        SaysAloud("Ten.", bytes(9600)),
        Fails("server_error", "No."),
        Hangs("Once"),
    ]
    service = OpenAIService(deque(replies))
    frames = [service.hello(), *service.take({"type": "session.update", "session": {}})]
    for _ in replies:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and?"}]}
        frames += service.take({"type": "conversation.item.create", "item": item})
        frames += service.take({"type": "response.create"})
    return [*frames, *service.take({"type": "response.cancel"})]


def _short(value: Any) -> Any:
    """Long sound makes a slow test and shows nothing more."""
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return value[:64] if isinstance(value, str) and len(value) > 400 else value


def mutated(frames: list[Frame], changes: list[tuple[str, int, int, Any]]) -> list[bytes | None]:
    """The frames as bytes, after the changes; None: the connection is lost here."""
    told: list[bytes | None] = [json.dumps(frame).encode() for frame in frames]
    for kind, first, second, junk in changes:
        at, other = first % len(told), second % len(told)
        frame = told[at]
        match kind:
            case "drop" if len(told) > 1:
                del told[at]
            case "double":
                told.insert(other, frame)
            case "swap":
                told[at], told[other] = told[other], told[at]
            case "late":
                told.append(told.pop(at))
            case "cut" if frame is not None:
                told[at] = frame[: second % (len(frame) + 1)]
            case "junk" if frame is not None:
                told[at] = _junked(frame, second, junk)
            case "lose":
                told[at] = None
            case _:
                pass
    return told


def _junked(frame: bytes, which: int, junk: Any) -> bytes:
    """One field, at any depth, holds something else."""
    try:
        whole = json.loads(frame)
    except ValueError:
        return frame
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            walk(node[key])

    walk(whole)
    if places:
        node, key = places[which % len(places)]
        node[key] = junk
    return json.dumps(whole).encode()
