"""Gemini's turns become items and responses, whatever its service leaves unsaid."""

import base64

import pytest

from realtime_chat.core import messages as m
from realtime_chat.core.events import Usage
from tests.core.transports.gemini_bench import (
    CUT,
    END,
    GENERATED,
    OVER,
    PCM,
    PTT,
    START,
    THOUGHT,
    TYPED,
    USED,
    VAD,
    Bench,
    asking,
    content,
    kinds,
    sound,
    users,
    words,
)


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


def test_speech_that_came_to_nothing_ends_at_the_service_too_and_its_answer_is_nobodys() -> None:
    bench = Bench().ready(PTT)
    assert bench.say(m.AppendAudio(pcm=PCM), m.ClearAudio())[-1] == END
    assert kinds(bench.heard[-1:]) == ["AudioCleared"]
    assert bench.hear(words("Yes?"), OVER) == []
    assert bench.say(m.AppendAudio(pcm=PCM))[0] == START
    bench.say(m.CommitAudio(), asking())
    bench.hear(words("Hi."), OVER)
    assert [end.items[0].text for end in bench.of(m.ResponseDone)] == ["Hi."]


def test_what_is_typed_after_speech_that_came_to_nothing_is_what_is_answered() -> None:
    bench = Bench().ready(PTT)
    bench.say(m.AppendAudio(pcm=PCM), m.ClearAudio())
    (asked,) = bench.ask()
    assert "clientContent" in asked
    bench.hear(CUT, OVER, words("Hi."), OVER)
    assert [end.items[0].text for end in bench.of(m.ResponseDone)] == ["Hi."]


def test_speech_that_goes_on_is_ended_before_something_is_typed() -> None:
    bench = Bench().ready(PTT)
    bench.say(m.AppendAudio(pcm=PCM))
    ended, asked = bench.ask()
    assert ended == END
    assert "clientContent" in asked


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
