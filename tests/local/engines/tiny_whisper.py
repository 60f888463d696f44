"""A Whisper model that hears one word in everything: a real model for the real library, of a few hundred kilobytes.

Its layers add nothing, so that what comes out depends on the position alone: the position's own dimension chooses
the next token. Nothing about quality can be tested with it; that a folder is loaded, listened with and read is what
it is for.
"""

import json
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

WORD = "hello"
_SIZE, _MELS, _FRAMES, _POSITIONS = 32, 80, 1500, 448
_SPECIALS = (
    *("<|endoftext|>", "<|startoftranscript|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>"),
    *("<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"),
)
_TIMES = tuple(f"<|{step * 0.02:.2f}|>" for step in range(1501))


def one_word(folder: Path) -> Path:
    """The folder of the model."""
    tokens = _tokens()
    said = ["<|0.00|>", *WORD, "<|1.00|>", "<|1.00|>"]
    spec: Any = ctranslate2.specs.WhisperSpec(1, 2, 1, 2)
    _fill_encoder(spec.encoder)
    _fill_decoder(spec.decoder, [tokens.index(token) for token in said], tokens)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.lang_ids = []
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.optimize(quantization="float32")
    spec.save(str(folder))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": _MELS}), encoding="utf-8")
    tokenizer = Tokenizer(BPE(vocab={t: n for n, t in enumerate(tokens)}, merges=[("Ġ", "-"), ("Ġ", "'")]))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)  # type: ignore[assignment]
    tokenizer.decoder = ByteLevelDecoder()  # type: ignore[assignment]
    tokenizer.add_special_tokens([*_SPECIALS, *_TIMES])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _tokens() -> list[str]:
    """All bytes, the two pairs that the library asks for, what Whisper says beside words, and times."""
    return [*sorted(ByteLevel.alphabet()), "Ġ-", "Ġ'", *_SPECIALS, *_TIMES]


def _fill_encoder(encoder: Any) -> None:
    encoder.conv1.weight, encoder.conv1.bias = _zeros(_SIZE, _MELS, 3), _zeros(_SIZE)
    encoder.conv2.weight, encoder.conv2.bias = _zeros(_SIZE, _SIZE, 3), _zeros(_SIZE)
    encoder.position_encodings.encodings = _zeros(_FRAMES, _SIZE)
    _fill_norm(encoder.layer_norm)
    for layer in encoder.layer:
        _fill_attention(layer.self_attention, 2)
        _fill_network(layer.ffn)


def _fill_decoder(decoder: Any, said: list[int], tokens: list[str]) -> None:
    decoder.embeddings.weight = _zeros(len(tokens), _SIZE)
    positions = _zeros(_POSITIONS, _SIZE)
    chosen = _zeros(len(tokens), _SIZE)
    for position in range(_POSITIONS):
        positions[position, min(position, len(said))] = 1
    for position, token in enumerate([*said, tokens.index("<|endoftext|>")]):
        chosen[token, position] += 5
    decoder.position_encodings.encodings = positions
    decoder.projection.weight = chosen
    _fill_norm(decoder.layer_norm)
    for layer in decoder.layer:
        _fill_attention(layer.self_attention, 2)
        _fill_attention(layer.attention, 3)
        _fill_network(layer.ffn)


def _fill_attention(attention: Any, parts: int) -> None:
    """In two parts: query, key and value together, then out; in three: query, key and value, out."""
    _fill_norm(attention.layer_norm)
    rows = [3 * _SIZE, _SIZE] if parts == 2 else [_SIZE, 2 * _SIZE, _SIZE]
    for linear, size in zip(attention.linear, rows, strict=True):
        linear.weight, linear.bias = _zeros(size, _SIZE), _zeros(size)


def _fill_network(network: Any) -> None:
    _fill_norm(network.layer_norm)
    network.linear_0.weight, network.linear_0.bias = _zeros(4 * _SIZE, _SIZE), _zeros(4 * _SIZE)
    network.linear_1.weight, network.linear_1.bias = _zeros(_SIZE, 4 * _SIZE), _zeros(_SIZE)


def _fill_norm(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(_SIZE, np.float32), _zeros(_SIZE)


def _zeros(*shape: int) -> Any:
    return np.zeros(shape, np.float32)
