"""A Piper voice that hums: 50 ms of a tone for each phoneme. Real files for the real library, made by hand.

An ONNX model is a protobuf message of few kinds, so it is written down here field by field: no library is needed
to make one, only to run it.
"""

import json
from pathlib import Path

import numpy as np

RATE = 22_050
#: Samples of a phoneme at the natural speed.
PER_PHONEME = RATE // 20
_FLOAT, _INT64 = 1, 7


def hum(folder: Path, *, speakers: tuple[str, ...] = ()) -> Path:
    """The voice file; its description lies beside it."""
    file = folder / "hum.onnx"
    file.write_bytes(_model(with_speaker=len(speakers) > 1))
    Path(f"{file}.json").write_text(json.dumps(_description(speakers)), encoding="utf-8")
    return file


def _description(speakers: tuple[str, ...]) -> dict[str, object]:
    symbols = ["_", "^", "$", " ", *"abdefhijklmnoprstuvwzæðŋɐɑɒɔəɚɛɜɡɪɫɹɾʃʊʌʒʔʲθᵻˈˌːˑ.,!?;:'\"-"]
    return {
        "audio": {"sample_rate": RATE, "quality": "test"},
        "espeak": {"voice": "en-us"},
        "phoneme_type": "espeak",
        "inference": {"noise_scale": 0.0, "length_scale": 1.0, "noise_w": 0.0},
        "num_symbols": len(symbols),
        "num_speakers": max(1, len(speakers)),
        "speaker_id_map": {name: number for number, name in enumerate(speakers)},
        "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(symbols)},
    }


def _model(*, with_speaker: bool) -> bytes:
    """tone[phonemes × 2 × PER_PHONEME], cut to half of it times the length scale."""
    wave = 0.5 * np.sin(2 * np.pi * 200 / RATE * np.arange(2 * PER_PHONEME))
    constants = [
        _tensor("wave", wave.astype("<f4").reshape(1, 1, -1)),
        _tensor("zero", np.array(0, "<f4")),
        _tensor("one", np.array(1, "<f4")),
        _tensor("half", np.array(0.5, "<f4")),
        _tensor("third", np.array([2], "<i8")),
        _tensor("begin", np.array([0], "<i8")),
        _tensor("second", np.array([1], "<i8")),
        _tensor("flat", np.array([1, 1, 1, -1], "<i8")),
        _tensor("last", np.array([3], "<i8")),
    ]
    nodes = [
        _node("Cast", ["input"], "ids", to=_FLOAT),
        _node("Mul", ["ids", "zero"], "nothing"),
        _node("Add", ["nothing", "one"], "each"),
        _node("Unsqueeze", ["each", "third"], "column"),
        _node("Mul", ["column", "wave"], "tones"),
        _node("Reshape", ["tones", "flat"], "long"),
        _node("Size", ["long"], "size"),
        _node("Cast", ["size"], "size_float", to=_FLOAT),
        _node("Gather", ["scales", "second"], "scale"),
        _node("Mul", ["scale", "half"], "share"),
        _node("Mul", ["size_float", "share"], "end_float"),
        _node("Cast", ["end_float"], "end", to=_INT64),
        _node("Slice", ["long", "begin", "end", "last"], "output"),
    ]
    inputs = [_value("input", _INT64, 2), _value("input_lengths", _INT64, 1), _value("scales", _FLOAT, 1)]
    if with_speaker:
        inputs.append(_value("sid", _INT64, 1))
    graph = b"".join(
        [
            *(_message(1, node) for node in nodes),
            _text(2, "hum"),
            *(_message(5, constant) for constant in constants),
            *(_message(11, one) for one in inputs),
            _message(12, _value("output", _FLOAT, 4)),
        ]
    )
    return _number(1, 8) + _message(8, _text(1, "") + _number(2, 15)) + _message(7, graph)


def _node(kind: str, inputs: list[str], output: str, *, to: int | None = None) -> bytes:
    attribute = b"" if to is None else _message(5, _text(1, "to") + _number(3, to) + _number(20, 2))
    return b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, kind) + attribute


def _tensor(name: str, values: np.ndarray) -> bytes:
    dims = b"".join(_number(1, size) for size in values.shape)
    kind = _FLOAT if values.dtype.kind == "f" else _INT64
    return dims + _number(2, kind) + _text(8, name) + _message(9, values.tobytes())


def _value(name: str, kind: int, rank: int) -> bytes:
    dims = b"".join(_message(1, _text(2, f"{name}{axis}")) for axis in range(rank))
    return _text(1, name) + _message(2, _message(1, _number(1, kind) + _message(2, dims)))


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
