"""An answer that comes in pieces: spoken sentence by sentence, written as it comes, cut wherever it is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.local.engines.ports import BrainCall, BrainReply, BrainUsage
from realtime_chat.local.outbox import Speak, Stop, Think
from realtime_chat.local.script import Script
from tests.local.machine import Machine, kinds


def asked(**session: Any) -> Machine:
    machine = Machine(**session)
    machine.say("tell me a story")
    machine.send("response.create")
    return machine


def thinks(machine: Machine, text: str = "", *calls: BrainCall, more: bool = True) -> list[dict[str, Any]]:
    think = machine.last(Think)
    reply = BrainReply(text=text, calls=calls, more=more)
    return machine.did(lambda c: c.thought(think.response_id, reply))


def parts(machine: Machine) -> list[str]:
    return [effect.text for effect in machine.work if isinstance(effect, Speak)]


def test_the_first_sentence_is_spoken_while_the_brain_still_thinks() -> None:
    machine = asked()
    thinks(machine, "Once upon a ")
    assert parts(machine) == []
    thinks(machine, "time. There")
    assert parts(machine) == ["Once upon a time."]
    events = machine.speak(500, len("Once upon a time."))
    assert "response.output_audio.delta" in kinds(events)


def test_what_came_meanwhile_is_the_next_part_and_the_transcript_is_whole() -> None:
    machine = asked()
    thinks(machine, "Once upon a time. There was ")
    machine.speak(500, len("Once upon a time."))
    thinks(machine, "a king. He had a crown. And ")
    assert kinds(machine.stop_speaking()) == ["response.output_audio.delta"]  # a breath
    assert parts(machine) == [" There was a king. He had a crown."]
    thinks(machine, "a horse.", more=False)
    machine.stop_speaking()
    assert parts(machine) == [" And a horse."]
    machine.speak(300, len(" And a horse."))
    done = machine.stop_speaking()[-2]["response"]
    story = "Once upon a time. There was a king. He had a crown. And a horse."
    assert (done["status"], done["output"][0]["content"][0]["transcript"]) == ("completed", story)
    deltas = [e["delta"] for e in machine.events if e["type"] == "response.output_audio_transcript.delta"]
    assert "".join(deltas) == story


def test_a_written_answer_comes_word_by_word_as_it_is_thought() -> None:
    machine = asked(output_modalities=["text"])
    assert [e["delta"] for e in thinks(machine, "Once upon a") if "delta" in e] == ["Once ", "upon ", "a"]
    assert [e["delta"] for e in thinks(machine, " time") if "delta" in e] == [" time"]
    done = thinks(machine, ".", more=False)[-2]["response"]
    assert done["output"][0]["content"][0]["text"] == "Once upon a time."


def test_a_limit_of_tokens_ends_the_thinking_too() -> None:
    machine = asked(output_modalities=["text"], max_output_tokens=2)
    thinks(machine, "Once ")
    done = thinks(machine, "upon a time.")[-2]["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert done["output"][0]["content"][0]["text"] == "Once upo"
    assert machine.last(Stop).response_id == done["id"]


def test_calls_that_follow_words_come_after_they_were_spoken() -> None:
    machine = asked()
    thinks(machine, "Let me look that up.")
    assert kinds(thinks(machine, "", BrainCall(name="look", arguments={}), more=False)) == []
    machine.speak(400, len("Let me look that up."))
    done = machine.stop_speaking()[-2]["response"]
    assert [item["type"] for item in done["output"]] == ["message", "function_call"]


def test_a_cut_ends_thinking_and_speaking_and_what_comes_late_reaches_nobody() -> None:
    machine = asked()
    thinks(machine, "Once upon a time. There was")
    machine.speak(100, 4)
    done = machine.send("response.cancel")[-2]["response"]
    assert (done["status"], done["output"][0]["content"][0]["transcript"]) == ("cancelled", "Once")
    assert machine.last(Stop).response_id == done["id"]
    assert thinks(machine, " a king.", more=False) == []


def test_a_brain_that_breaks_off_fails_the_answer_and_keeps_what_was_said() -> None:
    machine = asked()
    thinks(machine, "Once upon a time. There was")
    machine.speak(100, 17)
    response = machine.last(Think).response_id
    events = machine.did(lambda c: c.failed(response, code="unreachable", message="It hung up."))
    done = events[-2]["response"]
    assert done["status"] == "failed"
    assert done["status_details"]["error"]["message"] == "It hung up."
    assert done["output"][0]["status"] == "incomplete"
    assert done["output"][0]["content"][0]["transcript"] == "Once upon a time."


def test_what_a_service_counted_is_told_as_it_is() -> None:
    machine = asked()
    usage = BrainUsage(input=100, output=20, cached=60)
    response = machine.last(Think).response_id
    events = machine.did(lambda c: c.thought(response, BrainReply(usage=usage)))
    told = events[-2]["response"]["usage"]
    assert (told["input_tokens"], told["output_tokens"], told["total_tokens"]) == (100, 20, 120)
    assert told["input_token_details"]["cached_tokens"] == 60
    assert told["input_token_details"]["audio_tokens"] == 0


def test_an_answer_of_nothing_at_all_ends_too() -> None:
    machine = asked()
    thinks(machine, "")
    done = thinks(machine, "", more=False)[-2]["response"]
    assert (done["status"], done["output"]) == ("completed", [])


@given(st.lists(st.text("Aa1. !?\n,", max_size=40), max_size=12), st.lists(st.booleans(), max_size=40))
def test_however_a_text_comes_its_parts_are_the_text(pieces: list[str], spoken: list[bool]) -> None:
    script, parts, reached = Script(), list[str](), 0
    turns = iter(spoken)
    for piece in [*pieces, ""]:
        script.add(piece, last=False)
        while script.under_way and next(turns, False):
            reached = script.spoken()
        if part := script.begin():
            assert script.position(len(part)) == reached + len(part)
            parts.append(part)
    script.add("", last=True)
    reached = script.spoken()
    if part := script.begin():
        parts.append(part)
        reached = script.spoken()
    whole = "".join(pieces)
    assert "".join(parts) == whole[:reached]
    assert not whole[reached:].strip()
    assert all(part.strip() for part in parts)
