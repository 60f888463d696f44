"""What we send is what Google's own library would have sent: its types take it, and know every field."""

from typing import Any

import pytest
from google.genai import types

from realtime_chat.core import messages as m
from realtime_chat.core.options import SemanticVad, ServerVad, SessionOptions, ToolSchema
from realtime_chat.core.transports.gemini.resumption import Resumption
from tests.core.transports.gemini_bench import PTT, VAD, Bench, asking, calls
from tests.core.transports.gemini_peer import GeminiService, Memory
from tests.core.transports.ways import Call, Calls, Hangs, Says, SaysAloud

FOREIGN: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "$defs": {"Unit": {"enum": ["c", "f"], "type": "string"}, "Tree": {"type": "object", "properties": {}}},
    "properties": {
        "unit": {"$ref": "#/$defs/Unit", "description": "Of the scale."},
        "limit": {"anyOf": [{"type": "integer", "exclusiveMinimum": 0}, {"type": "null"}], "default": None},
        "either": {"oneOf": [{"type": "string", "format": "uri"}, {"type": "number", "minimum": 1}]},
        "tags": {"type": "array", "uniqueItems": True},
        "pair": {"type": ["integer", "string", "null"]},
        "tree": {"$ref": "#/$defs/Tree"},
        "anything": True,
        "kind": {"const": "fixed"},
        "all": {"allOf": [{"$ref": "#/$defs/Unit"}, {"description": "joined"}]},
    },
    "required": ["unit", "gone"],
}
FOREIGN["$defs"]["Tree"]["properties"] = {"left": {"$ref": "#/$defs/Tree"}, "right": {"$ref": "#/$defs/Tree"}}

OPTIONS = [
    PTT,
    VAD,
    SessionOptions(
        instructions="Be brief.",
        voice="Puck",
        max_output_tokens=100,
        transcription={"model": "any", "language": "de"},
        turn_detection=ServerVad(threshold=0.8, prefix_padding_ms=100, silence_duration_ms=300),
        tools=(
            ToolSchema(
                name="clock", description="The time.", parameters={"type": "object", "properties": {}}
            ),
            ToolSchema(name="foreign", description="Odd.", parameters=FOREIGN),
        ),
    ),
    SessionOptions(turn_detection=ServerVad(threshold=0.1), transcription=False, max_output_tokens="inf"),
    SessionOptions(
        turn_detection=SemanticVad(eagerness="low"), extras={"generationConfig": {"temperature": 0.5}}
    ),
    SessionOptions(turn_detection=None, tool_choice="none", truncation="disabled", reasoning_effort="xhigh"),
]


def taken(frame: dict[str, Any]) -> types.LiveClientMessage:
    """Their types forbid a field that they do not know. One of the setup they have by itself: they add it as it is."""
    setup = dict(frame.get("setup", {}))
    if listening := setup.pop("realtimeInputConfig", None):
        types.RealtimeInputConfig.model_validate(listening)
    return types.LiveClientMessage.model_validate({**frame, "setup": setup} if setup else frame)


@pytest.mark.parametrize("options", OPTIONS)
def test_every_setup_is_one_that_the_library_knows(options: SessionOptions) -> None:
    # M18
    bench = Bench()
    bench.say(m.Configure(options=options))
    setup = taken(bench.frames[0]).setup
    assert setup is not None
    assert setup.model == "models/gemini-x"
    listening = bench.frames[0]["setup"]["realtimeInputConfig"]
    assert listening["automaticActivityDetection"].get("disabled", False) is options.push_to_talk


def test_every_other_frame_is_one_that_the_library_knows() -> None:
    resumption = Resumption()
    resumption.keep("h1", whole=True)
    bench = Bench(resumption)
    bench.say(m.Configure(options=PTT))
    setup = taken(bench.frames[0]).setup
    assert setup is not None
    assert setup.session_resumption is not None
    assert setup.session_resumption.handle == "h1"
    bench.hear({"setupComplete": {}})
    picture = m.Image(media_type="image/png", data=b"\x89PNG")
    seen = m.Item(item_id="", kind="message", role="user", text="", images=(picture,))
    bench.say(m.CreateItem(item=seen), m.CreateItem(item=m.Item(item_id="o", raw="{}", name="odd")))
    (asked,) = bench.ask("What is it?")
    shown = taken(asked).client_content
    assert shown is not None
    assert shown.turns is not None
    (part,) = shown.turns[0].parts or []
    assert part.inline_data is not None
    assert (part.inline_data.mime_type, part.inline_data.data) == ("image/png", b"\x89PNG")
    assert len(shown.turns) == 2
    bench.hear(calls("c1"))
    bench.outputs("c1")
    bench.say(asking(2), m.AppendAudio(pcm=bytes(960)), m.CommitAudio(), asking(3))
    hands_free = Bench().ready(VAD)
    hands_free.say(m.AppendAudio(pcm=bytes(960)), m.CommitAudio(), asking())
    frames = [taken(frame) for frame in bench.frames + hands_free.frames]
    said = {name for frame in frames for name in frame.model_fields_set}
    assert said == {"setup", "client_content", "tool_response", "realtime_input"}
    inputs = {
        name for frame in frames if (one := frame.realtime_input) is not None for name in one.model_fields_set
    }
    assert inputs == {"activity_start", "audio", "activity_end", "audio_stream_end"}


def test_the_service_of_our_tests_speaks_as_the_library_expects_it() -> None:
    memory = Memory()
    memory.replies.extend(
        [Calls((Call("clock", "{}"),)), SaysAloud("Noon.", bytes(9600)), Says("Hi."), Hangs("Once")]
    )
    service, bench = GeminiService(memory), Bench()
    said: list[dict[str, Any]] = []

    def exchange(frames: list[dict[str, Any]]) -> None:
        for frame in frames:
            answered = list(service.take(frame))
            said.extend(answered)
            bench.hear(*answered)

    exchange(bench.say(m.Configure(options=PTT)))
    exchange(bench.ask())
    exchange(bench.outputs(bench.of(m.ResponseDone)[0].items[0].call_id or "") + bench.say(asking(2)))
    exchange(bench.say(m.AppendAudio(pcm=bytes(960)), m.CommitAudio(), asking(3)))
    exchange(bench.ask("A story.", 4))
    exchange(bench.say(m.AppendAudio(pcm=bytes(960))))
    kinds = {
        name for frame in said for name in types.LiveServerMessage.model_validate(frame).model_fields_set
    }
    assert kinds == {
        "setup_complete",
        "session_resumption_update",
        "tool_call",
        "server_content",
        "usage_metadata",
    }
    assert [one.status for one in bench.of(m.ResponseDone)].count("completed") == 3


def test_what_a_foreign_schema_says_of_values_is_kept_as_far_as_the_library_knows_it() -> None:
    bench = Bench()
    bench.say(m.Configure(options=OPTIONS[2]))
    setup = taken(bench.frames[0]).setup
    assert setup is not None
    assert setup.tools is not None
    tool = setup.tools[0]
    assert isinstance(tool, types.Tool)
    clock, foreign = tool.function_declarations or []
    assert clock.parameters is None
    assert foreign.parameters is not None
    known = foreign.parameters.properties or {}
    assert foreign.parameters.required == ["unit"]
    assert (known["unit"].type, known["unit"].enum) == (types.Type.STRING, ["c", "f"])
    assert known["unit"].description == "Of the scale."
    assert (known["limit"].type, known["limit"].nullable) == (types.Type.INTEGER, True)
    assert [one.type for one in known["either"].any_of or []] == [types.Type.STRING, types.Type.NUMBER]
    assert known["tags"].items is not None
    assert [one.type for one in known["pair"].any_of or []] == [types.Type.INTEGER, types.Type.STRING]
    assert known["pair"].nullable
    assert (known["tree"].properties or {})["left"].type is types.Type.OBJECT
    assert known["anything"].type is types.Type.STRING
    assert known["kind"].enum == ["fixed"]
    assert (known["all"].enum, known["all"].description) == (["c", "f"], "joined")
