"""A small Whisper model in CTranslate2's format whose answer is known.

Every layer is silent: attention and feed-forward add nothing, so what the decoder knows at a
position is that position's own direction. The projection maps each direction to the next token,
and the cross attention of one head looks at one stretch of sound per position, so the words come
out in order, `SECONDS_A_WORD` apart, whatever the sound is.
"""

import json
from pathlib import Path
from typing import Any

import ctranslate2.specs
import numpy as np
import numpy.typing as npt
import tokenizers
from ctranslate2.specs.transformer_spec import (
    TransformerDecoderLayerSpec,
    TransformerEncoderLayerSpec,
)
from tokenizers import decoders, models, pre_tokenizers

SECONDS_A_WORD = 0.3
"""How long the alignment finds each word to be."""
WIDTH = 64
"""Dimensions of the model: one direction per decoder position that matters."""
MAX_WORDS = WIDTH - 8
LANGUAGES = ("en", "de", "fr", "es", "ja")
_SOUND_POSITIONS = 1500
"""Encoder positions of half a minute, 50 a second."""
_TEXT_POSITIONS = 448
_MULTILINGUAL_MARK = ""
"""Only multilingual models have this empty token; CTranslate2 tells them apart by it."""
_FIRST_WORD = 3
"""Position of the last prompt token: start, language, task, (no) timestamps."""
_CONTRAST = 20.0

Matrix = npt.NDArray[np.float32]


def make_whisper_model(folder: Path, words: list[str], language: str = "en") -> Path:
    """Write a multilingual model that hears `words` in every stretch of sound.

    Args:
        folder: Where its files go; made when missing.
        words: What it says, punctuation attached, at most `MAX_WORDS`.
        language: What it detects, one of `LANGUAGES`.

    Returns:
        The folder, ready for `faster_whisper.WhisperModel`.
    """
    if len(words) > MAX_WORDS:
        raise ValueError(f"At most {MAX_WORDS} words, got {len(words)}.")
    folder.mkdir(parents=True, exist_ok=True)
    tokens = _vocabulary(words)
    spec = ctranslate2.specs.WhisperSpec(1, 1, 1, 1)
    spec.register_vocabulary(tokens)
    spec.config.lang_ids = [tokens.index(f"<|{code}|>") for code in LANGUAGES]
    spec.config.alignment_heads = [(0, 0)]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    _fill_encoder(spec.encoder)
    _fill_decoder(spec.decoder, tokens, words, language)
    spec.validate()
    spec.optimize(quantization="float16")
    spec.save(str(folder))
    _write_tokenizer(folder / "tokenizer.json", tokens)
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": 80}))
    return folder


def _vocabulary(words: list[str]) -> list[str]:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = list(dict.fromkeys([*letters, *(_as_token(word) for word in words)]))
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{code}|>" for code in LANGUAGES)]
    special += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>"]
    special += ["<|nospeech|>", "<|notimestamps|>", *(f"<|{i * 0.02:.2f}|>" for i in range(1501))]
    return [*plain, _MULTILINGUAL_MARK, *special]


def _as_token(word: str) -> str:
    """Write a word as byte-level BPE does, the blank before it included."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return "".join(piece for piece, _ in splitter.pre_tokenize_str(f" {word}"))


def _write_tokenizer(path: Path, tokens: list[str]) -> None:
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = tokenizers.Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(path), pretty=False)


def _fill_encoder(encoder: Any) -> None:
    for convolution, channels in ((encoder.conv1, 80), (encoder.conv2, WIDTH)):
        convolution.weight = np.zeros((WIDTH, channels, 3), np.float32)
        convolution.bias = np.zeros(WIDTH, np.float32)
    stretch = np.arange(_SOUND_POSITIONS) // round(SECONDS_A_WORD * 50)
    encoder.position_encodings.encodings = _directions(stretch + _FIRST_WORD)
    _fill_norm(encoder.layer_norm)
    for layer in encoder.layer:
        _silence(layer)


def _fill_decoder(decoder: Any, tokens: list[str], words: list[str], language: str) -> None:
    decoder.embeddings.weight = np.zeros((len(tokens), WIDTH), np.float32)
    decoder.position_encodings.encodings = _directions(np.arange(_TEXT_POSITIONS))
    _fill_norm(decoder.layer_norm)
    for layer in decoder.layer:
        _silence(layer)
        _look_along(layer.attention)
    answers = [f"<|{language}|>", "<|transcribe|>", "<|0.00|>", *map(_as_token, words)]
    projection = np.zeros((len(tokens), WIDTH), np.float32)
    for position in range(WIDTH):
        answer = answers[position] if position < len(answers) else "<|endoftext|>"
        projection[tokens.index(answer), position] = 2.0
    decoder.projection.weight = projection


def _directions(positions: npt.NDArray[np.int_]) -> Matrix:
    """Give each position its own axis; all past the last share it."""
    return _CONTRAST * np.eye(WIDTH, dtype=np.float32)[np.minimum(positions, WIDTH - 1)]


def _look_along(attention: Any) -> None:
    """Let each text position attend to the sound that shares its direction."""
    attention.linear[0].weight = 2.0 * np.eye(WIDTH, dtype=np.float32)
    keys_and_values = np.zeros((2 * WIDTH, WIDTH), np.float32)
    keys_and_values[:WIDTH] = np.eye(WIDTH)
    attention.linear[1].weight = keys_and_values


def _silence(layer: TransformerEncoderLayerSpec | TransformerDecoderLayerSpec) -> None:
    """Zero everything that a layer would add."""
    _fill_attention(layer.self_attention, [3 * WIDTH, WIDTH])
    if isinstance(layer, TransformerDecoderLayerSpec):
        _fill_attention(layer.attention, [WIDTH, 2 * WIDTH, WIDTH])
    _fill_norm(layer.ffn.layer_norm)
    _fill_linear(layer.ffn.linear_0, WIDTH)
    _fill_linear(layer.ffn.linear_1, WIDTH)


def _fill_attention(attention: Any, outputs: list[int]) -> None:
    _fill_norm(attention.layer_norm)
    for linear, size in zip(attention.linear, outputs, strict=True):
        _fill_linear(linear, size)


def _fill_linear(linear: Any, outputs: int) -> None:
    linear.weight = np.zeros((outputs, WIDTH), np.float32)
    linear.bias = np.zeros(outputs, np.float32)


def _fill_norm(norm: Any) -> None:
    norm.gamma = np.ones(WIDTH, np.float32)
    norm.beta = np.zeros(WIDTH, np.float32)
