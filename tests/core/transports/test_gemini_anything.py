"""Whatever Gemini says in whatever order, whatever we say between: nothing raises, and each response ends once."""

import json
from collections import Counter
from typing import Any, get_args

import hypothesis.strategies as st
import msgspec
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from realtime_chat.core import messages as m
from realtime_chat.core.errors import ConnectionLost, TransportError
from realtime_chat.core.transports.gemini.schema import parameters
from tests.core.transports.gemini_bench import (
    CUT,
    GENERATED,
    OVER,
    PTT,
    THOUGHT,
    TYPED,
    USED,
    VAD,
    Bench,
    Frame,
    asking,
    calls,
    content,
    sound,
    users,
    words,
)

IDS = st.sampled_from(["c1", "c2", "c3"])
FRAMES: list[Frame] = [
    {"setupComplete": {}},
    {"sessionResumptionUpdate": {"newHandle": "h", "resumable": True}},
    {"goAway": {"timeLeft": "10s"}},
    {"usageMetadata": USED},
    content(),
    CUT,
    GENERATED,
    OVER,
    THOUGHT,
    {**OVER, "usageMetadata": USED},
    content(interrupted=True, turnComplete=True),
    words("Hi"),
    sound(),
    sound("?"),
    users("Hey"),
    content(inputTranscription={"text": "Hey.", "finished": True}),
    calls("c1"),
    calls("c1", "c2"),
    calls(),
    {"toolCallCancellation": {"ids": ["c1", "c2"]}},
]
_json: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def changed(value: Any, at: list[int], other: Any) -> Any:
    """The same, but for one thing inside it."""
    if not at or not isinstance(value, dict | list) or not value:
        return other
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[at[0] % len(keys)]
    copy = value.copy()
    copy[key] = changed(value[key], at[1:], other)
    return copy


class AnyTalk(RuleBasedStateMachine):
    """No frame is made to fit."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.asked = 0

    @initialize(options=st.sampled_from([PTT, TYPED, VAD]), greeted=st.booleans())
    def begin(self, options: Any, *, greeted: bool) -> None:
        self.bench.say(m.Configure(options=options))
        if greeted:
            self.bench.hear({"setupComplete": {}})

    @rule(frame=st.sampled_from(FRAMES))
    def it_says(self, frame: Frame) -> None:
        self.bench.hear(frame)

    @rule(frame=st.sampled_from(FRAMES), at=st.lists(st.integers(0, 3), min_size=1, max_size=5), other=_json)
    def it_says_something_odd(self, frame: Frame, at: list[int], other: object) -> None:
        self.bench.hear(changed(frame, at, other))

    @rule(frame=st.binary(max_size=20))
    def it_babbles(self, frame: bytes) -> None:
        self.bench.heard += self.bench.dialect.hear(frame)

    @rule(size=st.integers(0, 9))
    def user_speaks(self, size: int) -> None:
        self.bench.say(m.AppendAudio(pcm=bytes(size * 2)))

    @rule(message=st.sampled_from([m.CommitAudio(), m.ClearAudio(), m.RetrieveItem(item_id="x")]))
    def user_is_done(self, message: m.Outgoing) -> None:
        self.bench.say(message)

    @rule(kind=st.sampled_from(["user", "system", "assistant"]), seed=st.booleans())
    def it_is_told(self, kind: m.Role, *, seed: bool) -> None:
        item = m.Item(item_id="i", kind="message", role=kind, text="hm")
        self.bench.say(m.CreateItem(item=item, seed=seed))

    @rule(none=st.booleans())
    def an_answer_is_wanted(self, *, none: bool) -> None:
        """One at a time, as the machine asks."""
        begun = {one.metadata["request"] for one in self.bench.of(m.ResponseCreated) if one.metadata}
        refused = {one.caused_by for one in self.bench.of(m.ProviderError)}
        if self.asked and f"create_{self.asked}" not in begun | refused:
            return
        self.asked += 1
        wish = asking(self.asked)
        self.bench.say(msgspec.structs.replace(wish, tool_choice="none") if none else wish)

    @rule(call_id=IDS)
    def a_tool_ends(self, call_id: str) -> None:
        self.bench.outputs(call_id)

    @rule()
    def user_cuts(self) -> None:
        begun = self.bench.of(m.ResponseCreated)
        response_id = begun[-1].response_id if begun else "r"
        self.bench.say(m.CancelResponse(event_id="cancel", response_id=response_id))

    @rule(options=st.sampled_from([PTT, TYPED, VAD]))
    def settings_change(self, options: Any) -> None:
        self.bench.say(m.Configure(options=options))

    @rule(code=st.integers(0, 4999), reason=st.text(max_size=20))
    def it_would_end(self, code: int, reason: str) -> None:
        assert isinstance(
            self.bench.dialect.ended(ConnectionLost("", code=code, reason=reason)), TransportError
        )

    @invariant()
    def each_response_begins_before_it_ends_and_ends_once(self) -> None:
        begun: Counter[str] = Counter()
        ended: Counter[str] = Counter()
        for message in self.bench.heard:
            assert isinstance(message, get_args(m.Incoming))
            match message:
                case m.ResponseCreated(response_id=response_id):
                    assert begun == ended, "one at a time"
                    begun[response_id] += 1
                case m.ResponseDone(response_id=response_id):
                    ended[response_id] += 1
                    assert begun[response_id] == ended[response_id] == 1
                case m.AudioDelta(response_id=response_id) | m.OutputTranscriptDelta(response_id=response_id):
                    assert begun[response_id] == 1
                    assert ended[response_id] == 0
                case _:
                    pass

    @invariant()
    def each_utterance_is_committed_once(self) -> None:
        committed = Counter(one.item_id for one in self.bench.of(m.AudioCommitted))
        assert set(committed.values()) <= {1}

    @invariant()
    def each_frame_says_one_thing(self) -> None:
        assert all(len(frame) == 1 for frame in self.bench.frames)


AnyTalk.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestAnyTalk = AnyTalk.TestCase


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "allOf", "$ref", "enum"]), _json)
)
def test_any_schema_becomes_one_that_json_carries(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(parameters(schema))) == parameters(schema)


def test_a_definition_that_is_used_again_and_again_does_not_grow_without_end() -> None:
    steps = {
        f"D{n}": {"type": "object", "properties": {k: {"$ref": f"#/$defs/D{n + 1}"} for k in "abcd"}}
        for n in range(14)
    }
    found = parameters({"type": "object", "properties": {"x": {"$ref": "#/$defs/D0"}}, "$defs": steps})
    assert len(json.dumps(found)) < 200_000
