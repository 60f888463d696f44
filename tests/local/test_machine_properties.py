"""Whatever a client sends and however the engines' work comes back: the protocol's promises hold."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realtime_chat.local.engines.ports import BrainCall, BrainReply, Hearing, SpeechChunk
from realtime_chat.local.outbox import Effect, Speak, Stop, Think, Transcribe
from tests.local.machine import Machine, b64, loud, quiet

IDS = st.sampled_from(["a", "b", "c", "root", "nobody"])
SCRAPS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5000)
    | st.text(max_size=5)
    | st.sampled_from(["auto", "none"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "id", "audio", "input", "content", "text"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
KINDS = st.sampled_from(
    [
        "session.update",
        "input_audio_buffer.append",
        "conversation.item.create",
        "conversation.item.truncate",
        "response.create",
        "response.cancel",
        "nonsense",
    ]
)
FIELDS = st.sampled_from(["session", "audio", "item", "item_id", "audio_end_ms", "content_index", "response"])


class ProtocolMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine()

    def pending(self, kind: type[Effect]) -> list[Any]:
        return [effect for effect in self.machine.work if isinstance(effect, kind)]

    def some_item(self, number: int) -> str:
        added = [e["item"]["id"] for e in self.machine.events if e["type"] == "conversation.item.added"]
        return added[-1 - number % len(added)] if added else "nobody"

    # -- the client

    @rule(kind=KINDS, fields=st.dictionaries(FIELDS, SCRAPS, max_size=3))
    def send_scraps(self, kind: str, fields: dict[str, Any]) -> None:
        self.machine.send(kind, **fields)

    @rule(mode=st.sampled_from(["ptt", "vad", "patient"]), modality=st.sampled_from(["text", "audio"]))
    def configure(self, mode: str, modality: str) -> None:
        detection = {"type": "server_vad", "silence_duration_ms": 100, "interrupt_response": mode == "vad"}
        audio = {"input": {"turn_detection": None if mode == "ptt" else detection}}
        session = {"type": "realtime", "output_modalities": [modality], "audio": audio}
        self.machine.send("session.update", session=session)

    @rule(item_id=IDS, previous=st.none() | IDS)
    def say(self, item_id: str, previous: str | None) -> None:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}
        self.machine.send("conversation.item.create", item={**item, "id": item_id}, previous_item_id=previous)

    @rule(item=st.integers(0, 30))
    def delete(self, item: int) -> None:
        self.machine.send("conversation.item.delete", item_id=self.some_item(item))

    @rule(pieces=st.lists(st.tuples(st.booleans(), st.integers(0, 400)), max_size=4))
    def append(self, pieces: list[tuple[bool, int]]) -> None:
        pcm = b"".join(loud(ms) if speech else quiet(ms) for speech, ms in pieces)
        self.machine.send("input_audio_buffer.append", audio=b64(pcm))

    @rule(kind=st.sampled_from(["commit", "clear"]))
    def buffer(self, kind: str) -> None:
        self.machine.send(f"input_audio_buffer.{kind}")

    @rule(conversation=st.sampled_from(["auto", "none"]))
    def create_response(self, conversation: str) -> None:
        self.machine.send("response.create", response={"conversation": conversation})

    @rule()
    def cancel_response(self) -> None:
        self.machine.send("response.cancel")

    @rule(item=st.integers(0, 30), ms=st.integers(0, 500))
    def truncate(self, item: int, ms: int) -> None:
        known = [e["item"]["id"] for e in self.machine.events if e["type"] == "conversation.item.added"]
        if known:
            item_id = known[item % len(known)]
            self.machine.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=ms)

    # -- the engines

    @precondition(lambda self: self.pending(Transcribe))
    @rule(understood=st.booleans(), works=st.booleans())
    def hear(self, understood: bool, works: bool) -> None:
        asked = self.pending(Transcribe)[0]
        self.machine.work.remove(asked)
        hearing = Hearing(text="words", confidence=0.5, understood=understood)
        if works:
            self.machine.did(lambda c: c.heard(asked.item_id, hearing))
        else:
            self.machine.did(lambda c: c.not_heard(asked.item_id, "broken"))

    @precondition(lambda self: self.pending(Think))
    @rule(text=st.sampled_from(["", "one", "one two"]), calls=st.integers(0, 2), works=st.booleans())
    def think(self, text: str, calls: int, works: bool) -> None:
        asked = self.pending(Think)[-1]
        self.machine.work.remove(asked)
        reply = BrainReply(text=text, calls=tuple(BrainCall(name="f", arguments={}) for _ in range(calls)))
        if works:
            self.machine.did(lambda c: c.thought(asked.response_id, reply))
        else:
            self.machine.did(lambda c: c.failed(asked.response_id, code="x", message="broken"))

    @precondition(lambda self: self.pending(Speak))
    @rule(ms=st.integers(0, 300), text_end=st.integers(0, 7), ends=st.booleans())
    def speak(self, ms: int, text_end: int, ends: bool) -> None:
        asked = self.pending(Speak)[-1]
        chunk = SpeechChunk(pcm=loud(ms), text_end=text_end)
        self.machine.did(lambda c: c.spoke(asked.response_id, chunk))
        if ends:
            self.machine.work.remove(asked)
            self.machine.did(lambda c: c.speech_ended(asked.response_id))

    # -- what always holds (that every event validates against the SDK's types is checked as they come)

    @invariant()
    def responses_come_one_after_another(self) -> None:
        active: str | None = None
        for event in self.machine.events:
            if event["type"] == "response.created":
                assert active is None
                active = event["response"]["id"]
            elif event["type"] == "response.done":
                assert event["response"]["id"] == active
                active = None
            elif "response_id" in event:
                assert event["response_id"] == active

    @invariant()
    def event_ids_are_unique(self) -> None:
        ids = [event["event_id"] for event in self.machine.events]
        assert len(ids) == len(set(ids))

    @invariant()
    def items_are_added_after_what_precedes_them_and_done_once(self) -> None:
        added: set[str] = set()
        finished: set[str] = set()
        for event in self.machine.events:
            if event["type"] == "conversation.item.added":
                assert event["previous_item_id"] in (None, *added)
                added.add(event["item"]["id"])
                finished.discard(event["item"]["id"])
            elif event["type"] == "conversation.item.done":
                assert event["item"]["id"] in added - finished
                finished.add(event["item"]["id"])
            elif event["type"] == "conversation.item.deleted":
                added.remove(event["item_id"])

    def teardown(self) -> None:
        """Nothing hangs: once the engines have done what they were asked, no response is left open."""
        while any(not isinstance(effect, Stop) for effect in self.machine.work):
            self._finish_one()
        kinds = [event["type"] for event in self.machine.events]
        assert kinds.count("response.created") == kinds.count("response.done")

    def _finish_one(self) -> None:
        effect = next(effect for effect in self.machine.work if not isinstance(effect, Stop))
        self.machine.work.remove(effect)
        match effect:
            case Transcribe():
                hearing = Hearing(text="x", confidence=1, understood=True)
                self.machine.did(lambda c: c.heard(effect.item_id, hearing))
            case Think():
                self.machine.did(lambda c: c.thought(effect.response_id, BrainReply(text="x")))
            case _:
                self.machine.did(lambda c: c.speech_ended(effect.response_id))


TestProtocolMachine = ProtocolMachine.TestCase
TestProtocolMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
