"""Whatever comes over the wire is a message or is called garbage; nothing raises, and both ways of reading agree."""

import base64
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.core import messages as m
from realtime_chat.core.transports.openai.decode import decode, decode_any
from tests.core.transports.openai_events import BOTH_SPELLINGS, EVENTS, IDS, PCM
from tests.core.transports.peer import wire


def test_an_unknown_type_and_a_frame_without_one_are_told_apart_from_garbage() -> None:
    # M12, M13, check 9
    assert decode(wire("brand.new", x=1)) == m.Unrecognised(type="brand.new")
    assert decode(b'{"a": 1}') == m.Unrecognised(type="unknown")
    assert decode(b'{"type": 7}') == m.Unrecognised(type="unknown")
    for garbage in (b"", b"{", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'):
        message = decode(garbage)
        assert isinstance(message, m.Malformed)
        assert message.detail.startswith("parse_error")


@pytest.mark.parametrize("delta", ["AA*A", "AAA", "AA A"], ids=["letter", "length", "blank"])
def test_sound_that_is_not_base64_is_malformed(delta: str) -> None:
    # M21
    message = decode(wire("response.output_audio.delta", **IDS, delta=delta))
    assert isinstance(message, m.Malformed)
    assert message.detail.startswith("bad_audio")


def test_half_a_sample_at_the_end_of_a_piece_of_sound_is_cut_off() -> None:
    # M21
    frame = wire("response.output_audio.delta", **IDS, delta=base64.b64encode(PCM + b"x").decode())
    assert decode(frame) == decode_any(frame) == m.AudioDelta(**IDS, pcm=PCM)


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_known = [*EVENTS, *((wire("response.output_" + n, **IDS, **f), r) for n, f, r in BOTH_SPELLINGS)]


@given(st.binary())
def test_any_bytes_become_a_message_and_raise_nothing(frame: bytes) -> None:
    assert isinstance(decode(frame), get_args(m.Incoming))


@given(_json)
def test_any_json_becomes_a_message_and_raises_nothing(value: object) -> None:
    assert isinstance(decode(msgspec.json.encode(value)), get_args(m.Incoming))


@given(st.sampled_from([frame for frame, _ in _known]), st.data())
def test_any_change_inside_a_real_event_leaves_a_message(frame: bytes, data: st.DataObject) -> None:
    # M13
    fields: dict[str, Any] = msgspec.json.decode(frame)
    place = fields
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    if data.draw(st.booleans()):
        del place[key]
    else:
        place[key] = data.draw(_json)
    message = decode(msgspec.json.encode(fields))
    assert isinstance(message, get_args(m.Incoming))
    if isinstance(message, m.Malformed):
        assert message.detail.startswith("bad_audio")


@given(
    pcm=st.binary(max_size=200).map(lambda raw: raw[: len(raw) // 2 * 2]),
    response_id=st.text(max_size=20),
    item_id=st.text(max_size=20) | st.none() | st.integers(),
    extra=st.dictionaries(st.text(max_size=5), _json, max_size=3),
    order=st.randoms(use_true_random=False),
    spaced=st.booleans(),
)
def test_the_short_way_for_sound_agrees_with_the_general_one(
    pcm: bytes, response_id: str, item_id: object, extra: dict[str, Any], order: Any, spaced: bool
) -> None:
    # M21
    rest = {
        **extra,
        "response_id": response_id,
        "item_id": item_id,
        "delta": base64.b64encode(pcm).decode(),
    }
    keys = list(rest)
    order.shuffle(keys)
    fields = {"type": "response.output_audio.delta", **{key: rest[key] for key in keys if key != "type"}}
    frame = msgspec.json.encode(fields)
    if spaced:
        frame = msgspec.json.format(frame, indent=1)
    message = decode(frame)
    assert message == decode_any(frame)
    expected = item_id if isinstance(item_id, str) else ""
    assert message == m.AudioDelta(response_id=response_id, item_id=expected, pcm=pcm)


_deltas = st.text(alphabet="AZaz09+/=\\ é", max_size=12) | st.text() | st.none() | st.integers(-9, 9)


@given(delta=_deltas, tail=st.binary(max_size=4))
def test_both_ways_agree_on_broken_sound_frames(delta: object, tail: bytes) -> None:
    frame = wire("response.output_audio.delta", **IDS, delta=delta)
    for cut in (frame, frame + tail, frame[:-1] + tail):
        assert decode(cut) == decode_any(cut)
