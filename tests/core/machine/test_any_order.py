"""Whatever a provider, a user, tools and a speaker do, in whatever order: the rules hold."""

from collections import Counter

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from realtime_chat.core import commands as ask
from realtime_chat.core import messages as wire
from realtime_chat.core.errors import ConnectionLost
from realtime_chat.core.events import (
    TERMINAL,
    Announced,
    ApprovalRequested,
    LinkState,
    PermissionDecided,
    StateChanged,
    ToolBatchSubmitted,
    ToolCall,
    ToolResult,
    TurnPhase,
    TurnStarted,
    Usage,
)
from realtime_chat.core.lifecycle import MOVES, State
from realtime_chat.core.machine import effects as do
from realtime_chat.core.machine import reports
from realtime_chat.core.machine.announcements import MOST_WAITING
from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions
from realtime_chat.core.pcm import pcm_ms
from realtime_chat.core.ports import ApprovalQuestion, ToolOutcome
from tests.core.machine.provider import Bench

RESPONSES = st.sampled_from(["r1", "r2"])
ITEMS = st.sampled_from(["i1", "i2", "i3"])
CALLS = st.sampled_from(["c1", "c2", "c3"])
LIMITS = st.integers(0, 2)
JUDGED = ServerVad(interrupt_response=False, create_response=False)
DETECTIONS = st.sampled_from(
    ["none", ServerVad(), ServerVad(interrupt_response=False), SemanticVad(create_response=False), JUDGED]
)
SAID = st.sampled_from(["", "mhm", "ye", "stop"])


class AnyOrder(RuleBasedStateMachine):
    """No message is made to fit: late, doubled, unknown and lost ones come as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.sent = 0
        self.in_flight: str | None = None
        self.active: str | None = None
        self.announced = 0
        self.taken = 0

    @initialize(
        detection=DETECTIONS,
        speaker=st.booleans(),
        interruptions=st.booleans(),
        words=st.booleans(),
        limits=st.tuples(LIMITS, LIMITS),
    )
    def begin(
        self,
        detection: ServerVad | SemanticVad | str,
        *,
        speaker: bool,
        interruptions: bool,
        words: bool,
        limits: tuple[int, int],
    ) -> None:
        options = SessionOptions(
            turn_detection="none" if isinstance(detection, str) else detection,
            allow_interruptions=interruptions,
            barge_in="tolerant" if detection is JUDGED else "instant",
            transcription={"model": "any"} if words else None,
            max_iterations=limits[0],
            max_consecutive_mistakes=limits[1],
        )
        self.bench = Bench(options, speaker=speaker).ready()
        self.sent = len(self.bench.sent)

    @rule(text=st.text(min_size=1, max_size=5))
    def type(self, text: str) -> None:
        self.bench.command(ask.SendText(text=text))

    @rule(size=st.integers(0, 20_000))
    def speak_and_commit(self, size: int) -> None:
        self.bench.machine.audio_appended(size)
        self.bench.command(ask.CommitAudio())

    @rule(text=st.sampled_from(["tea", "eggs"]))
    def something_is_to_be_told(self, text: str) -> None:
        self.announced += 1
        taken = self.bench.command(ask.Announce(text=text, item_id=f"n{self.announced}"))
        self.taken += taken
        assert self.taken - len(self.bench.of(Announced)) <= MOST_WAITING

    @rule()
    def interrupt(self) -> None:
        """Twice: the second changes nothing (M16), unless speech that waited began the next turn."""
        cut = self.bench.machine.turn
        self.bench.command(ask.Interrupt())
        following, before = self.bench.machine.turn, len(self.bench.effects)
        assert following is None or following is not cut
        if following is None:
            self.bench.command(ask.Interrupt())
            assert len(self.bench.effects) == before

    @rule(item=ITEMS, at=st.integers(0, 9999) | st.none())
    def user_speaks(self, item: str, at: int | None) -> None:
        self.bench.receive(wire.UserSpeechStarted(item_id=item, at_ms=at))

    @rule(item=ITEMS, at=st.integers(0, 9999) | st.none())
    def user_stops(self, item: str, at: int | None) -> None:
        self.bench.receive(wire.UserSpeechStopped(item_id=item, at_ms=at))

    @rule(item=ITEMS)
    def committed(self, item: str) -> None:
        self.bench.receive(wire.AudioCommitted(item_id=item))

    @rule(item=ITEMS, said=SAID)
    def users_words_come(self, item: str, said: str) -> None:
        self.bench.receive(wire.InputTranscriptDelta(item_id=item, delta=said))

    @rule(item=ITEMS, said=SAID)
    def users_words_are_known(self, item: str, said: str) -> None:
        self.bench.receive(wire.InputTranscript(item_id=item, text=said))

    @rule(item=ITEMS)
    def users_words_fail(self, item: str) -> None:
        self.bench.receive(wire.InputTranscriptFailed(item_id=item, error="no"))

    @rule(speaking=st.booleans())
    def our_ear_hears(self, speaking: bool) -> None:
        self.bench.report(reports.VoiceHeard(speaking))

    @rule(response=RESPONSES, echo=st.booleans())
    def response_begins(self, response: str, echo: bool) -> None:
        ready = self.bench.machine.link is LinkState.READY
        if ready and self.active is None:  # the one thing a provider promises: one response at a time
            metadata = {"request": self.in_flight} if echo and self.in_flight else None
            self.active = response
            if self.in_flight is not None:
                self.in_flight = None
            self.bench.receive(wire.ResponseCreated(response_id=response, metadata=metadata))

    @rule(response=RESPONSES, item=ITEMS, size=st.integers(0, 5000))
    def sound(self, response: str, item: str, size: int) -> None:
        self.bench.receive(wire.AudioDelta(response_id=response, item_id=item, pcm=bytes(size * 2)))

    @rule(response=RESPONSES, item=ITEMS, spoken=st.booleans())
    def words(self, response: str, item: str, spoken: bool) -> None:
        kind = wire.OutputTranscriptDelta if spoken else wire.OutputTextDelta
        self.bench.receive(kind(response_id=response, item_id=item, delta="word "))

    @rule(response=RESPONSES, item=ITEMS, call=CALLS)
    def call_finished(self, response: str, item: str, call: str) -> None:
        one = wire.Item(
            item_id=item, kind="function_call", call_id=call, name="f", arguments="{", status="completed"
        )
        self.bench.receive(wire.OutputItemDone(response_id=response, item=one))

    @rule(
        response=RESPONSES,
        status=st.sampled_from(["completed", "cancelled", "incomplete", "failed"]),
        calls=st.lists(CALLS, max_size=3),
    )
    def response_ends(self, response: str, status: wire.ResponseStatus, calls: list[str]) -> None:
        if self.active == response:
            self.active = None
        items = tuple(
            wire.Item(item_id=f"x{call}", kind="function_call", call_id=call, name="f", arguments="{}")
            for call in calls
        )
        done = wire.ResponseDone(response_id=response, status=status, items=items, usage_follows=bool(calls))
        self.bench.receive(done)

    @rule(
        code=st.sampled_from(
            ["conversation_already_has_active_response", "response_cancel_not_active", "other"]
        )
    )
    def refuse(self, code: str) -> None:
        caused_by, self.in_flight = self.in_flight, None
        self.bench.receive(wire.ProviderError(code=code, message="no", caused_by=caused_by))

    @rule(call=CALLS, ok=st.booleans(), batch=st.integers(0, 3))
    def tool_ends(self, call: str, ok: bool, batch: int) -> None:
        outcome = ToolOutcome(call_id=call, name="f", ok=ok, output="out")
        self.bench.report(reports.ToolFinished(f"batch_{batch}", outcome))

    @rule(call=CALLS, batch=st.integers(0, 3))
    def tool_asks(self, call: str, batch: int) -> None:
        question = ApprovalQuestion(call_id=call, tool="f", arguments={}, reason="")
        self.bench.report(reports.ApprovalWanted(f"batch_{batch}", question))

    @rule(call=CALLS, verdict=st.sampled_from(["allow", "deny", "allow_always"]))
    def human_answers(self, call: str, verdict: ask.Verdict) -> None:
        self.bench.command(ask.Answer(call_id=call, verdict=verdict))

    @rule(batch=st.integers(0, 3))
    def batch_ends(self, batch: int) -> None:
        self.bench.report(reports.BatchFinished(f"batch_{batch}"))

    @rule(calls=st.lists(CALLS, max_size=3))
    def calls_are_taken_back(self, calls: list[str]) -> None:
        self.bench.receive(wire.CallsCancelled(call_ids=tuple(calls)))

    @rule(response=RESPONSES)
    def cost_is_told_late(self, response: str) -> None:
        self.bench.receive(wire.LateUsage(response_id=response, status="completed", usage=Usage(total=1)))

    @rule()
    def another_connection_is_due(self) -> None:
        self.bench.receive(wire.RenewalDue())

    @rule(item=ITEMS, played=st.integers(0, 500))
    def speaker_plays(self, item: str, played: int) -> None:
        self.bench.ledger[item] = played
        self.bench.report(reports.PlaybackReached({item: played}))

    @rule(turn=st.integers(1, 5))
    def speaker_ends(self, turn: int) -> None:
        self.bench.report(reports.PlaybackEnded(f"t{turn}"))

    @rule()
    def connection_is_lost(self) -> None:
        self.bench.report(reports.LinkLost(ConnectionLost("gone").info))

    @rule(greeted=st.booleans(), configured=st.booleans())
    def connection_is_tried(self, greeted: bool, configured: bool) -> None:
        """As a shell does it: only when one is wanted."""
        if self.bench.machine.link is not LinkState.RECONNECTING:
            return
        self.bench.report(reports.LinkOpening())
        if greeted:
            self.bench.receive(wire.SessionCreated())
        if greeted and configured:
            self.bench.receive(wire.SessionUpdated())

    @rule(on=st.booleans())
    def user_pauses(self, on: bool) -> None:
        self.bench.command(ask.Pause() if on else ask.Resume())

    @rule(name=st.sampled_from(["response", "overlap", "announcement", "tools", "rollover"]))
    def time_is_up(self, name: do.TimerName) -> None:
        self.bench.fire(name)

    @invariant()
    def one_request_at_a_time(self) -> None:
        """M5, J17: no request while one is on its way or a response runs."""
        for message in self.bench.sent[self.sent :]:
            if isinstance(message, wire.CreateResponse):
                assert self.in_flight is None, "two requests in flight"
                assert self.active is None, "a request while a response runs"
                self.in_flight = message.event_id
        self.sent = len(self.bench.sent)
        if self.bench.machine.link is not LinkState.READY:
            self.active = self.in_flight = None

    @invariant()
    def every_call_is_answered_once(self) -> None:
        """P20: one result a call, none open once its turn is over."""
        calls = Counter(event.call_id for event in self.bench.events if isinstance(event, ToolCall))
        results = Counter(event.call_id for event in self.bench.events if isinstance(event, ToolResult))
        assert set(calls.values()) <= {1}
        assert set(results.values()) <= {1}
        assert set(results) <= set(calls)
        if self.bench.machine.turn is None:
            assert set(results) == set(calls)

    @invariant()
    def no_turn_has_more_rounds_than_it_may(self) -> None:
        """X11, X17: by what was submitted, and by whether of it anything came."""
        rounds, mistakes = 0, 0
        went_well: dict[str, bool] = {}
        most = self.bench.machine.options.max_iterations or 99
        patience = self.bench.machine.options.max_consecutive_mistakes or 99
        for effect in self.bench.effects:
            match effect:
                case do.Emit(TurnStarted()):
                    rounds = mistakes = 0
                case do.RunTools():
                    assert rounds < most
                    assert mistakes < patience
                    rounds += 1
                case do.Emit(ToolResult(call_id=call_id, ok=ok)):
                    went_well[call_id] = ok
                case do.Emit(ToolBatchSubmitted(call_ids=call_ids)):
                    mistakes = 0 if any(went_well[one] for one in call_ids) else mistakes + 1
                case _:
                    pass

    @invariant()
    def every_word_was_asked_for(self) -> None:
        """P18, P19: a decision answers an open question, once, and nothing is decided for a call that ended."""
        open_questions: set[str] = set()
        for event in self.bench.events:
            match event:
                case ApprovalRequested(call_id=call_id):
                    open_questions.add(call_id)
                case PermissionDecided(call_id=call_id):
                    open_questions.remove(call_id)
                case ToolResult(call_id=call_id):
                    open_questions.discard(call_id)
                case _:
                    pass

    @invariant()
    def what_is_told_is_told_once_in_order_and_in_turns_of_its_own(self) -> None:
        told = [int(event.item_id[1:]) for event in self.bench.of(Announced)]
        assert told == sorted(set(told))
        own = {event.turn_id for event in self.bench.of(TurnStarted) if event.source == "announced"}
        assert own == {event.turn_id for event in self.bench.of(Announced)}

    @invariant()
    def every_turn_has_one_terminal_event(self) -> None:
        """P21; the bench itself asserts that nothing of a turn follows its terminal event."""
        started = len(self.bench.of(TurnStarted))
        assert started - len(self.bench.of(*TERMINAL)) == (self.bench.machine.turn is not None)

    @invariant()
    def an_answer_is_turned_down_only_while_we_listen_who_speaks(self) -> None:
        """The end of that is sure, for a timer runs."""
        assert self.bench.ducked <= ("overlap" in self.bench.timers)

    @invariant()
    def truncation_never_claims_too_much(self) -> None:
        """T12, C28: above 0, and never more than was produced."""
        for message in self.bench.sent:
            if isinstance(message, wire.TruncateItem):
                assert 0 < message.audio_end_ms <= pcm_ms(self.bench.produced[message.item_id])

    @invariant()
    def nothing_is_said_into_the_air(self) -> None:
        """And what waits for an answer was asked for, or will be by the next connection."""
        machine = self.bench.machine
        if machine.link in (LinkState.RECONNECTING, LinkState.PAUSED):
            assert machine.turn is None or machine.turn.phase in (TurnPhase.THINKING, TurnPhase.SPEAKING)

    @invariant()
    def states_follow_the_table(self) -> None:
        """T1."""
        for event in self.bench.events:
            if isinstance(event, StateChanged):
                assert State(event.new) in MOVES[State(event.old)]


AnyOrder.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
