"""What was used, by model and turn: sums over a session, the words of the user apart."""

from realtime_chat.core import events as ev
from realtime_chat.core.envelope_codec import decode, encode
from realtime_chat.core.options import SessionOptions
from realtime_chat.core.usage import answers, transcriptions
from tests.core.stories import Story, said, spoken, typed

TOKENS = ev.Usage(
    input=100, output=20, total=120, input_text=30, input_audio=70, cached=64, cached_text=24, cached_audio=40
)


def used(turn: str, response: str, usage: ev.Usage = TOKENS) -> ev.Event:
    return ev.UsageReported(turn_id=turn, response_id=response, usage=usage)


def written_down(turn: str, seconds: float) -> ev.Event:
    usage = ev.TranscriptionUsage(seconds=seconds)
    return ev.UserTranscript(item_id=f"u_{turn}", text="hello", usage=usage)


def talk() -> Story:
    return Story().tell(
        ev.SessionStarted(provider="openai", model="big", transcription_model="ear"),
        *spoken("t1", "hello"),
        written_down("t1", 2.5),
        used("t1", "r1"),
        used("t1", "r2"),
        said("t1", "Hello."),
        ev.TurnCompleted(turn_id="t1"),
        ev.SessionResumed(provider="openai", model="small", transcription_model="ear-2"),
        *typed("t2", "and?"),
        used("t2", "r3"),
    )


def test_usage_sums_across_answers_and_turns_kind_by_kind() -> None:  # X27
    history = talk().history()
    assert [turn.usage.total for turn in history.turns] == [240, 120]
    assert history.usage == answers(history.reports)
    assert (history.usage.input, history.usage.output, history.usage.total) == (300, 60, 360)
    assert (history.usage.cached, history.usage.cached_text, history.usage.cached_audio) == (192, 72, 120)


def test_each_report_knows_the_model_that_was_in_force() -> None:
    reports = talk().history().reports
    assert [(one.turn_id, one.model, one.transcribed) for one in reports] == [
        ("t1", "ear", True),
        ("t1", "big", False),
        ("t1", "big", False),
        ("t2", "small", False),
    ]


def test_what_the_transcription_used_is_no_part_of_the_answers_tokens() -> None:  # X27
    tokens = ev.Usage(input=17, output=9, total=26, input_audio=17)
    story = talk().tell(
        ev.UserTranscript(item_id="u_t1", text="hello", usage=ev.TranscriptionUsage(tokens=tokens))
    )
    history = story.history()
    assert history.usage.total == 360
    assert transcriptions(history.reports) == ev.TranscriptionUsage(seconds=2.5, tokens=tokens)


def test_words_that_come_before_their_message_are_counted_for_its_turn() -> None:
    begin, message = spoken("t1", "hello")[:2]
    history = Story().tell(begin, written_down("t1", 1.0), message).history()
    assert [(one.turn_id, one.seconds) for one in history.reports] == [("t1", 1.0)]


def test_a_log_from_before_the_breakdown_reads_as_it_did() -> None:
    story = Story().tell(
        *typed("t1", "hi"), used("t1", "r", ev.Usage(input=10, output=5, total=15, cached=8))
    )
    assert story.history().usage == ev.Usage(input=10, output=5, total=15, cached=8)
    assert story.history().reports[0].model == ""


def test_usage_goes_through_the_log_unchanged() -> None:  # P31
    told = list(talk())
    assert [decode(encode(envelope)) for envelope in told] == told


def test_options_name_the_transcription_model_only_where_one_was_asked_for() -> None:
    assert SessionOptions(transcription={"model": "whisper-1"}).transcription_model == "whisper-1"
    for unnamed in (None, False, {"language": "en"}, {"model": None}):
        assert SessionOptions(transcription=unnamed).transcription_model == ""
