"""Gemini's turns become items and responses, whatever its service leaves unsaid."""

import base64

import pytest

from realtime_chat.core import messages as m
from realtime_chat.core.errors import Category, ConnectionLost, Rejected
from realtime_chat.core.events import Usage
from realtime_chat.core.options import SessionOptions, ToolSchema
from realtime_chat.core.transports.gemini.dialect import GeminiDialect
from realtime_chat.core.transports.gemini.resumption import Resumption
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
    asking,
    calls,
    content,
    sound,
    users,
    words,
)

START, END = {"realtimeInput": {"activityStart": {}}}, {"realtimeInput": {"activityEnd": {}}}
PCM = b"\x01\x02" * 300


def kinds(messages: list[m.Incoming]) -> list[str]:
    return [type(message).__name__ for message in messages]


def done(bench: Bench) -> list[tuple[str, str, str | None]]:
    return [(one.response_id, one.status, one.reason) for one in bench.of(m.ResponseDone)]


# ---------------------------------------------------------------- a turn


def test_a_connection_greets_and_is_ready_when_the_setup_was_taken() -> None:
    bench = Bench()
    assert kinds(bench.heard) == ["SessionCreated"]
    assert [*bench.say(m.Configure(options=PTT))[0]] == ["setup"]
    assert kinds(bench.hear({"setupComplete": {}})) == ["SessionUpdated"]


def test_a_typed_question_is_one_frame_and_its_answer_a_response_with_an_item() -> None:
    bench = Bench().ready()
    assert bench.ask("Hello.") == [
        {"clientContent": {"turns": [{"role": "user", "parts": [{"text": "Hello."}]}], "turnComplete": True}}
    ]
    heard = bench.hear(
        THOUGHT, words("Hi"), words(" there"), sound(), GENERATED, {**OVER, "usageMetadata": USED}
    )
    assert kinds(heard) == [
        "ResponseCreated",
        "OutputItemAdded",
        "OutputTranscriptDelta",
        "OutputTranscriptDelta",
        "AudioDelta",
        "AudioDone",
        "OutputTranscript",
        "OutputItemDone",
        "ResponseDone",
    ]
    assert bench.of(m.ResponseCreated)[0].metadata == {"request": "create_1"}
    (end,) = bench.of(m.ResponseDone)
    assert (end.status, end.items[0].text, end.items[0].spoken) == ("completed", "Hi there", True)
    assert end.usage == Usage(
        input=10,
        output=7,
        total=17,
        input_text=8,
        input_audio=2,
        output_text=3,
        output_audio=4,
        extras={"thoughts": 3},
    )


def test_what_is_only_read_has_no_sound_and_does_not_wait_for_its_playing() -> None:
    # M32: what it cost comes when the service says so
    bench = Bench().ready(TYPED)
    bench.ask()
    assert kinds(bench.hear(words("Hi."), sound(), GENERATED))[-3:] == [
        "OutputText",
        "OutputItemDone",
        "ResponseDone",
    ]
    assert bench.of(m.AudioDelta) == []
    (end,) = bench.of(m.ResponseDone)
    assert end.usage is None
    assert end.usage_follows
    (late,) = bench.hear({**OVER, "usageMetadata": USED})
    assert isinstance(late, m.LateUsage)
    assert (late.response_id, late.usage.total) == (end.response_id, 17)


def test_the_next_question_before_that_is_answered_as_itself() -> None:
    bench = Bench().ready(TYPED)
    bench.ask()
    bench.hear(words("Hi."), GENERATED)
    bench.ask("And?", 2)
    bench.hear(CUT, OVER, words("Yes."), GENERATED, OVER)
    assert [end.items[0].text for end in bench.of(m.ResponseDone)] == ["Hi.", "Yes."]
    assert [one.metadata for one in bench.of(m.ResponseCreated)] == [
        {"request": "create_1"},
        {"request": "create_2"},
    ]


def test_thoughts_are_not_shown_and_written_words_are() -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(THOUGHT, content(modelTurn={"parts": [{"text": "Written."}]}), OVER)
    assert [one.delta for one in bench.of(m.OutputTextDelta)] == ["Written."]


def test_a_frame_may_hold_everything_at_once_and_nothing() -> None:
    bench = Bench().ready(VAD)
    bench.say(m.AppendAudio(pcm=PCM))
    part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAAA"}}
    everything = content(
        inputTranscription={"text": "Hey", "finished": True},
        modelTurn={"parts": [part, part]},
        outputTranscription={"text": "Ho."},
        generationComplete=True,
        turnComplete=True,
    )
    heard = kinds(bench.hear(content(), everything))
    assert heard[:5] == [
        "UserSpeechStarted",
        "InputTranscriptDelta",
        "UserSpeechStopped",
        "AudioCommitted",
        "InputTranscript",
    ]
    assert heard.count("AudioDelta") == 2
    assert heard[-1] == "ResponseDone"


def test_a_turn_without_a_word_ends_what_was_asked() -> None:
    bench = Bench().ready()
    bench.ask()
    assert kinds(bench.hear(OVER)) == ["ResponseCreated", "ResponseDone"]


@pytest.mark.parametrize(
    ("reason", "status", "why"),
    [
        ("NEED_MORE_INPUT", "completed", None),
        ("RESPONSE_REJECTED", "incomplete", "content_filter"),
        ("GENERATED_AUDIO_SAFETY", "incomplete", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "failed", None),
    ],
)
def test_why_a_turn_ended_is_told(reason: str, status: str, why: str | None) -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(words("Hm"), content(turnComplete=True, turnCompleteReason=reason))
    (end,) = bench.of(m.ResponseDone)
    assert (end.status, end.reason) == (status, why)
    assert bool(end.error_message) is (status == "failed")


def test_sound_comes_in_either_alphabet_and_of_another_rate_not_at_all() -> None:
    pcm = b"\xfb\xff\xfe\xff" * 4
    bench = Bench().ready()
    bench.ask()
    other = {"inlineData": {"mimeType": "audio/pcm;rate=48000", "data": "AAAA"}}
    bench.hear(
        sound(base64.b64encode(pcm).decode()),
        sound(base64.urlsafe_b64encode(pcm).decode()),
        sound(base64.b64encode(pcm + b"x").decode().rstrip("=")),
        content(modelTurn={"parts": [other]}),
    )
    assert [one.pcm for one in bench.of(m.AudioDelta)] == [pcm] * 3
    (broken,) = bench.hear(sound("A*"))
    assert isinstance(broken, m.Malformed)


def test_ids_of_two_connections_are_never_the_same() -> None:
    first, second = Bench(name="a").ready(), Bench(name="b").ready()
    for bench in (first, second):
        bench.ask()
        bench.hear(words("Hi."), OVER)
    assert {one.response_id for one in first.of(m.ResponseDone)}.isdisjoint(
        one.response_id for one in second.of(m.ResponseDone)
    )


# ---------------------------------------------------------------- the user's voice


def test_push_to_talk_says_where_speech_begins_and_ends_and_sends_all_of_it() -> None:
    bench = Bench().ready(PTT)
    assert bench.say(m.AppendAudio(pcm=PCM + b"xy"))[0] == START
    assert kinds(bench.heard[-1:]) == ["SessionUpdated"]
    (rest,) = bench.say(m.CommitAudio())
    assert base64.b64decode(rest["realtimeInput"]["audio"]["data"]) == b"xy"
    assert kinds(bench.heard[-1:]) == ["AudioCommitted"]
    assert bench.say(asking()) == [END]
    bench.hear(users(" What"), users(" time?"), THOUGHT, words("Noon."), users(" Please."), OVER)
    (item,) = {one.item_id for one in bench.of(m.AudioCommitted)}
    assert {one.item_id for one in bench.of(m.InputTranscriptDelta)} == {item}
    assert [one.text for one in bench.of(m.InputTranscript)] == ["What time?", "What time? Please."]
    assert done(bench)[0][1] == "completed"


def test_a_second_utterance_begins_anew() -> None:
    bench = Bench().ready(PTT)
    for _ in range(2):
        assert bench.say(m.AppendAudio(pcm=PCM))[0] == START
        assert bench.say(m.CommitAudio(), asking())[-1] == END
        bench.hear(words("Hm."), OVER)
    assert len({one.item_id for one in bench.of(m.AudioCommitted)}) == 2


def test_speech_that_came_to_nothing_is_ended_before_something_is_typed() -> None:
    bench = Bench().ready(PTT)
    bench.say(m.AppendAudio(pcm=PCM), m.ClearAudio())
    assert kinds(bench.heard[-1:]) == ["AudioCleared"]
    ended, asked = bench.ask()
    assert ended == END
    assert "clientContent" in asked
    bench.hear(CUT, OVER, words("Hi."), OVER)
    assert [end.items[0].text for end in bench.of(m.ResponseDone)] == ["Hi."]


def test_the_first_words_tell_that_the_user_speaks_and_the_first_sign_that_it_is_over() -> None:
    bench = Bench().ready(VAD)
    bench.say(m.AppendAudio(pcm=PCM))
    assert kinds(bench.hear(users("Hel"), users("lo"))) == [
        "UserSpeechStarted",
        "InputTranscriptDelta",
        "InputTranscriptDelta",
    ]
    assert kinds(bench.hear(THOUGHT)) == [
        "UserSpeechStopped",
        "AudioCommitted",
        "InputTranscript",
        "ResponseCreated",
    ]
    assert bench.of(m.ResponseCreated)[0].metadata is None


def test_words_that_come_while_it_is_answered_are_of_what_was_said_before() -> None:
    bench = Bench().ready(VAD)
    bench.say(m.AppendAudio(pcm=PCM))
    bench.hear(words("It"), users("What time?"), words(" is noon."), OVER)
    assert kinds(bench.heard)[2:4] == ["AudioCommitted", "ResponseCreated"]
    assert bench.of(m.UserSpeechStarted) == []
    assert bench.of(m.InputTranscript)[0].item_id == bench.of(m.AudioCommitted)[0].item_id


def test_speech_over_an_answer_is_told_before_its_end() -> None:
    # M15
    bench = Bench().ready(VAD)
    bench.say(m.AppendAudio(pcm=PCM))
    bench.hear(users("A story!"), words("Once"), sound())
    assert kinds(bench.hear(CUT)) == ["UserSpeechStarted"]
    assert kinds(bench.hear({**OVER, "usageMetadata": USED}))[-1] == "ResponseDone"
    assert done(bench)[-1][1:] == ("cancelled", "turn_detected")
    assert bench.of(m.ResponseDone)[-1].usage is not None
    bench.say(m.AppendAudio(pcm=PCM))
    bench.hear(users("Stop."), words("Fine."), OVER)
    assert [end.status for end in bench.of(m.ResponseDone)] == ["cancelled", "completed"]
    assert len(bench.of(m.UserSpeechStarted)) == 2


def test_speech_that_the_model_does_not_answer_ends_all_the_same() -> None:
    bench = Bench().ready(VAD)
    bench.say(m.AppendAudio(pcm=PCM))
    bench.hear(users("Hm."))
    assert kinds(bench.hear(OVER))[-2:] == ["ResponseCreated", "ResponseDone"]


# ---------------------------------------------------------------- cutting


def test_a_cancel_ends_at_once_here_and_what_still_comes_reaches_nobody() -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(words("Once"))
    response_id = bench.of(m.ResponseCreated)[0].response_id
    assert bench.say(m.CancelResponse(event_id="cancel_1", response_id=response_id)) == []
    assert done(bench) == [(response_id, "cancelled", "client_cancelled")]
    assert bench.hear(words(" upon"), sound(), GENERATED) == []
    (late,) = bench.hear({**OVER, "usageMetadata": USED})
    assert isinstance(late, m.LateUsage)
    assert late.response_id == response_id


@pytest.mark.parametrize("end", [[OVER], [CUT, OVER], [words(" upon"), CUT, OVER], [GENERATED, CUT, OVER]])
def test_the_question_after_a_cancel_gets_its_own_answer(end: list[dict[str, object]]) -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(words("Once"))
    bench.say(m.CancelResponse(event_id="x", response_id=bench.of(m.ResponseCreated)[0].response_id))
    bench.ask("Hello?", 2)
    bench.hear(*end, words("Hi."), OVER)
    assert [(one.status, one.items[0].text) for one in bench.of(m.ResponseDone)] == [
        ("cancelled", "Once"),
        ("completed", "Hi."),
    ]


def test_a_cancel_of_nothing_is_refused_as_one_that_came_too_late() -> None:
    # M14
    bench = Bench().ready()
    bench.say(m.CancelResponse(event_id="cancel_1", response_id="r9"))
    assert bench.of(m.ProviderError)[0].code == "response_cancel_not_active"
    assert bench.of(m.ProviderError)[0].caused_by == "cancel_1"


def test_speaking_before_there_was_a_sign_of_an_answer_ends_what_was_asked() -> None:
    bench = Bench().ready(PTT)
    bench.ask()
    bench.say(m.AppendAudio(pcm=PCM))
    assert done(bench)[0][1:] == ("cancelled", "turn_detected")
    assert bench.hear(words("Too late")) == []
    bench.say(m.CommitAudio(), asking(2))
    bench.hear(CUT, OVER, words("Noon."), OVER)
    assert [one.status for one in bench.of(m.ResponseDone)] == ["cancelled", "completed"]


def test_truncating_and_deleting_are_acknowledged_here() -> None:
    bench = Bench().ready()
    bench.say(m.TruncateItem(item_id="a", audio_end_ms=10), m.DeleteItem(item_id="b"))
    assert bench.heard[-2:] == [m.ItemTruncated(item_id="a", audio_end_ms=10), m.ItemDeleted(item_id="b")]
    assert bench.frames[1:] == []
    item = m.Item(item_id="i1", kind="message", role="user", text="Not this.")
    bench.say(m.CreateItem(item=item), m.DeleteItem(item_id="i1"))
    assert "turns" not in bench.say(asking())[0]["clientContent"]


# ---------------------------------------------------------------- tools


def test_calls_end_a_response_and_all_their_outputs_are_one_frame_which_asks_by_itself() -> None:
    # M5
    bench = Bench().ready()
    bench.ask()
    bench.hear(words("Let me see."), calls("c1", "c2"))
    (end,) = bench.of(m.ResponseDone)
    assert [(item.kind, item.call_id, item.arguments) for item in end.items] == [
        ("message", None, None),
        ("function_call", "c1", '{"zone":"c1"}'),
        ("function_call", "c2", '{"zone":"c2"}'),
    ]
    assert bench.outputs("c2", "c1") == []
    assert bench.say(asking(2)) == [
        {
            "toolResponse": {
                "functionResponses": [
                    {"id": "c1", "name": "clock", "response": {"ok": 1}},
                    {"id": "c2", "name": "clock", "response": {"ok": 1}},
                ]
            }
        }
    ]
    bench.hear(words("Noon."), OVER)
    assert bench.of(m.ResponseCreated)[-1].metadata == {"request": "create_2"}


@pytest.mark.parametrize(
    "tail", [[], [OVER], [content(outputTranscription={"finished": True}), GENERATED, OVER]]
)
@pytest.mark.parametrize("answered_first", [True, False])
def test_some_models_end_their_turn_after_a_call_and_some_do_not(
    tail: list[dict[str, object]], answered_first: bool
) -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    if answered_first:
        bench.outputs("c1")
        bench.say(asking(2))
        bench.hear(*tail)
    else:
        bench.hear(*tail)
        bench.outputs("c1")
        bench.say(asking(2))
    bench.hear(words("Noon."), OVER)
    assert [len(one.items) for one in bench.of(m.ResponseDone)] == [1, 1]
    assert bench.of(m.ResponseDone)[1].items[0].text == "Noon."


@pytest.mark.parametrize(
    ("output", "response"),
    [
        ('{"a": 1}', {"a": 1}),
        ("[1, 2]", {"output": [1, 2]}),
        ("plain", {"output": "plain"}),
        ("", {"output": ""}),
        ('"\\ud800"', {"output": '"\\ud800"'}),
    ],
)
def test_an_output_is_an_object_whatever_the_tool_gave(output: str, response: dict[str, object]) -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    item = m.Item(item_id="", kind="function_call_output", call_id="c1", output=output)
    (frame,) = bench.say(m.CreateItem(item=item), asking(2))
    assert frame["toolResponse"]["functionResponses"][0]["response"] == response


def test_text_that_is_not_unicode_breaks_nothing() -> None:
    bench = Bench().ready()
    (frame,) = bench.ask("a\ud800b")
    assert frame["clientContent"]["turns"][0]["parts"] == [{"text": "a?b"}]


def test_calls_that_the_service_takes_back_are_told_and_never_answered() -> None:
    # P20
    bench = Bench().ready(VAD)
    bench.ask()
    bench.hear(calls("c1", "c2"))
    assert bench.hear({"toolCallCancellation": {"ids": ["c1", "c2", "c9"]}}) == [
        m.CallsCancelled(call_ids=("c1", "c2"))
    ]
    bench.outputs("c1", "c2")
    (frame,) = bench.ask("And now?", 2)
    assert "clientContent" in frame


def test_calls_that_were_dropped_are_answered_before_anything_else_or_the_service_would_wait_for_ever() -> (
    None
):
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    answered, asked = bench.ask("Never mind. Hello?", 2)
    assert "error" in answered["toolResponse"]["functionResponses"][0]["response"]
    assert asked["clientContent"]["turns"][0]["parts"] == [{"text": "Never mind. Hello?"}]
    bench.hear(words("It"), CUT, OVER, words("Hello."), OVER)
    assert [one.status for one in bench.of(m.ResponseDone)] == ["completed", "completed"]
    assert "Hello." in (bench.of(m.ResponseDone)[1].items[0].text or "")


def test_no_word_bridges_the_wait_for_tools_because_the_model_waits_itself() -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear(calls("c1"))
    note = m.Item(item_id="", kind="message", role="system", text="Still running: clock.")
    word = m.CreateResponse(event_id="create_2", tool_choice="none")
    assert bench.say(m.CreateItem(item=note), word) == []
    assert bench.of(m.ProviderError)[0].caused_by == "create_2"
    bench.outputs("c1")
    (frame,) = bench.say(asking(3))
    assert "toolResponse" in frame


def test_calls_without_ids_get_some_here_and_none_there() -> None:
    bench = Bench().ready()
    bench.ask()
    bench.hear({"toolCall": {"functionCalls": [{"name": "clock"}, {"name": "clock", "args": {}}]}})
    ids = [item.call_id or "" for item in bench.of(m.ResponseDone)[0].items]
    assert len(set(ids)) == 2
    bench.outputs(*ids)
    (frame,) = bench.say(asking(2))
    assert frame["toolResponse"]["functionResponses"] == [{"name": "clock", "response": {"ok": 1}}] * 2


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
    assert bench.hear({"goAway": {"timeLeft": "50.5s"}}) == [m.RenewalDue(left_s=50.5)]
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
