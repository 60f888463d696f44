"""One connection to Gemini after another: handles, what the next is told, and what only a next one can change."""

import pytest

from realtime_chat.core import messages as m
from realtime_chat.core.errors import Category, ConnectionLost, Rejected
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.transports.gemini.dialect import GeminiDialect
from realtime_chat.core.transports.gemini.resumption import Resumption
from tests.core.transports.gemini_bench import (
    GENERATED,
    OVER,
    PCM,
    PTT,
    START,
    TYPED,
    VAD,
    Bench,
    asking,
    calls,
    kinds,
    sound,
    users,
    words,
)

# ---------------------------------------------------------------- one connection after another

SEED = (
    m.Item(item_id="", kind="message", role="user", text="My name is Ada."),
    m.Item(item_id="", kind="function_call", call_id="c0", name="clock", arguments="{}"),
    m.Item(item_id="", kind="function_call_output", call_id="c0", output="noon"),
    m.Item(item_id="", kind="message", role="assistant", text="Hello, Ada."),
)


def seeded(bench: Bench, *items: m.Item) -> Bench:
    bench.say(m.Configure(options=PTT), *(m.CreateItem(item=item, seed=True) for item in items))
    bench.hear({"setupComplete": {}})
    return bench


def given(handle: str, *, resumable: bool = True) -> dict[str, object]:
    return {"sessionResumptionUpdate": {"newHandle": handle, "resumable": resumable}}


def test_without_a_handle_a_connection_is_told_of_the_talk_with_the_first_question() -> None:
    bench = seeded(Bench(), *SEED)
    assert "handle" not in bench.frames[0]["setup"]["sessionResumption"]
    (frame,) = bench.ask("Who am I?")
    turns = [(turn["role"], turn["parts"][0]["text"]) for turn in frame["clientContent"]["turns"]]
    assert [role for role, _ in turns] == ["user", "user", "user", "model", "user"]
    assert "clock" in turns[1][1]
    assert "noon" in turns[2][1]
    assert turns[-1] == ("user", "Who am I?")


def test_or_before_the_first_sound() -> None:
    told, start, *_ = seeded(Bench(), *SEED).say(m.AppendAudio(pcm=PCM))
    assert told["clientContent"]["turnComplete"] is False
    assert len(told["clientContent"]["turns"]) == 4
    assert start == START


def test_with_a_handle_it_goes_on_and_is_told_nothing_again() -> None:
    resumption = Resumption()
    first = Bench(resumption).ready()
    first.ask()
    first.hear(words("Hi."), OVER, given("h1"))
    second = seeded(Bench(resumption), *SEED)
    assert second.frames[0]["setup"]["sessionResumption"] == {"handle": "h1"}
    (frame,) = second.ask("Who am I?")
    assert len(frame["clientContent"]["turns"]) == 1


def test_what_was_typed_between_two_connections_is_asked_on_the_one_that_goes_on() -> None:
    # J18
    resumption = Resumption()
    Bench(resumption).ready().hear(given("h1"))
    typed = m.Item(item_id="", kind="message", role="user", text="Are you there?")
    second = seeded(Bench(resumption), *SEED, typed)
    (frame,) = second.say(asking())
    assert [turn["parts"][0]["text"] for turn in frame["clientContent"]["turns"]] == ["Are you there?"]


@pytest.mark.parametrize("meanwhile", ["asked", "answered", "spoken", "called"])
def test_a_handle_behind_which_the_last_of_the_talk_is_not_serves_no_more(meanwhile: str) -> None:
    resumption = Resumption()
    bench = Bench(resumption).ready(VAD if meanwhile == "spoken" else PTT)
    bench.hear(given("h1"))
    match meanwhile:
        case "asked":
            bench.ask()
            bench.hear(given("h2"))  # given before it was heard of
        case "answered":
            bench.hear(words("By the way"), OVER)
        case "spoken":
            bench.hear(users("Hey"))
        case _:
            bench.ask()
            bench.hear(calls("c1"), given("h2"))
    assert resumption.handle is None


def test_a_handle_that_cannot_be_resumed_is_none() -> None:
    resumption = Resumption()
    bench = Bench(resumption).ready()
    bench.hear(given("h1", resumable=False), given(""), {"sessionResumptionUpdate": {}})
    assert resumption.handle is None


def lost(dialect: GeminiDialect, code: int, reason: str) -> tuple[str, Category]:
    info = dialect.ended(ConnectionLost("It ended.", code=code, reason=reason)).info
    return info.kind, info.category


@pytest.mark.parametrize("code", [1007, 1008, 1011])
def test_a_refused_handle_is_forgotten_and_the_next_connection_told_of_the_talk(code: int) -> None:
    resumption = Resumption()
    resumption.keep("h1", whole=True)
    bench = Bench(resumption)
    bench.say(m.Configure(options=PTT))
    assert lost(bench.dialect, code, "session not found")[1] is Category.RETRYABLE
    assert resumption.handle is None


def test_an_announced_end_asks_for_another_connection_and_is_no_refusal() -> None:
    bench = Bench().ready()
    assert bench.hear({"goAway": {"timeLeft": "50.5s"}}) == [m.RenewalDue()]
    assert lost(bench.dialect, 1008, "Connection aborted")[1] is Category.RETRYABLE


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (1007, "API key not valid. Please pass a valid API key.", "unauthorized"),
        (1008, "Requests without an API key: unregistered callers", "unauthorized"),
        (
            1011,
            "You exceeded your current quota, please check your plan and billing details.",
            "quota_exceeded",
        ),
    ],
)
@pytest.mark.parametrize("ready", [True, False])
def test_a_key_and_a_quota_that_are_refused_stay_refused(
    code: int, reason: str, kind: str, ready: bool
) -> None:
    # J24
    bench = Bench().ready() if ready else Bench()
    assert lost(bench.dialect, code, reason) == (kind, Category.FATAL)


def test_a_setup_that_is_refused_stays_refused_and_all_else_is_tried_again() -> None:
    bench = Bench()
    bench.say(m.Configure(options=PTT))
    error = bench.dialect.ended(ConnectionLost("", code=1008, reason="models/x is not found"))
    assert isinstance(error, Rejected)
    assert "models/x is not found" in error.message
    ready = Bench().ready()
    for code, reason in ((1007, "invalid argument"), (1008, "policy"), (1011, "internal"), (1006, "")):
        assert lost(ready.dialect, code, reason) == ("connection_lost", Category.RETRYABLE)


# ---------------------------------------------------------------- settings


def test_how_answers_come_changes_at_once_and_all_else_with_the_next_connection() -> None:
    bench = Bench().ready(PTT)
    assert kinds(bench.heard[-1:]) == ["SessionUpdated"]
    bench.say(m.Configure(options=TYPED))
    assert bench.of(m.RenewalDue) == []
    bench.ask()
    bench.hear(words("Hi."), sound(), GENERATED)
    assert bench.of(m.AudioDelta) == []
    bench.say(m.Configure(options=SessionOptions()))
    bench.say(m.UpdateInstructions(instructions="Be brief."))
    assert [bool(one.why) for one in bench.of(m.RenewalDue)] == [True, True]
    assert len(bench.frames) == 2


def test_other_tools_come_with_the_next_connection_and_nothing_is_answered_beside_the_talk() -> None:
    bench = Bench().ready(PTT)
    clock = ToolSchema(name="clock", description="The time.", parameters={})
    assert bench.say(m.UpdateTools(tools=(clock,))) == []
    assert kinds(bench.heard[-1:]) == ["RenewalDue"]
    assert bench.say(m.CreateResponse(event_id="aside_1", out_of_band=True)) == []
    assert bench.of(m.ProviderError)[0].caused_by == "aside_1"


def test_an_item_cannot_be_looked_up_and_an_unknown_frame_is_shown_raw() -> None:
    # M12, M13
    bench = Bench().ready()
    bench.say(m.RetrieveItem(item_id="i"))
    assert kinds(bench.heard[-1:]) == ["ProviderError"]
    assert bench.hear({"brandNew": {}}) == [m.Unrecognised(type="brandNew")]
    assert bench.hear({}) == [m.Unrecognised(type="unknown")]
    assert isinstance(bench.dialect.hear(b"{oh")[0], m.Malformed)
    assert isinstance(bench.dialect.hear(b"[]")[0], m.Malformed)
    assert bench.hear({"error": {"status": "INTERNAL", "message": "no"}}) == [
        m.ProviderError(code="INTERNAL", message="no")
    ]
