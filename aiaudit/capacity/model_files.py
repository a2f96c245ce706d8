"""A model's figures from files of the project: the headers of safetensors, GGUF and ONNX, an index, a `config.json`.

All reads are guarded; a figure that is not there is told, never guessed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from aiaudit.capacity import weights
from aiaudit.capacity.architecture import Architecture, Parameters, parameters
from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.model import Model, NoModel, form_of, of_config, of_file, weighed
from aiaudit.capacity.model_config import NotAnArchitecture, from_config
from aiaudit.capacity.onnx_source import NoInitialisers, onnx_weights
from aiaudit.capacity.tables import WeightFormat, table, weight_format
from aiaudit.capacity.terms import Term
from aiaudit.probes.models.headers import read_gguf, read_safetensors
from aiaudit.probes.models.source import Ended, Stream
from aiaudit.project.parse import Malformed, parse_json
from aiaudit.project.reader import Reader, Unreadable

MAX_CONFIG: Final = 4 * 1024 * 1024
_PICKLED: Final = (".pkl", ".pickle", ".joblib", ".skops")  # classical models, which are larger in memory
_INDEX: Final = "model.safetensors.index.json"


def size_of(reader: Reader, path: str) -> int | None:
    """The bytes of a file of the project; None where it is not there or not readable."""
    try:
        return reader.read(path, 1).size
    except Unreadable:
        return None


def from_tree(reader: Reader, path: str, asked: str, engine: str, assumed: Assumptions) -> Model | None:
    """From the file or folder at `path`; None where nothing is there."""
    lower = path.lower()
    folder = str(PurePosixPath(path).parent)
    if lower.endswith(".gguf"):
        return _gguf(reader, path)
    if lower.endswith(".safetensors"):
        return _safetensors(reader, path, _config_at(reader, folder), asked, engine, assumed)
    if lower.endswith(".onnx"):
        return _onnx(reader, path, asked)
    if lower.endswith(".index.json"):
        return _indexed(reader, path, _config_at(reader, folder), asked, assumed)
    if lower.endswith(".json"):
        config = _json(reader, path)
        if config is None:
            return None
        if not asked and (index := _indexed(reader, _beside(folder, _INDEX), config, asked, assumed)) is not None:
            return index
        return of_config(config, _called(path, config), path, asked, engine, assumed)
    config = _config_at(reader, path)
    if config is not None:
        return from_tree(reader, _beside(path, "config.json"), asked, engine, assumed)
    if (size := size_of(reader, path)) is None:
        return None
    if lower.endswith(_PICKLED):
        return of_file(path, size, "the size of the file")
    term = Term.within("weights", size, 0.05, "size of the file", path, bytes=size)
    form = form_of(asked or str(assumed.take("model.weights.dtype", None)))
    note = f"{path}: the size of the file is taken; its shape is not read"
    return Model(PurePosixPath(path).name, term, form, notes=(note,))


def _called(path: str, config: Mapping[str, Any]) -> str:
    """What a configuration's model is called: by its folder, as saved (`_name_or_path`), or by its kind."""
    saved = config.get("_name_or_path")
    name = PurePosixPath(path).parent.name or (PurePosixPath(saved).name if isinstance(saved, str) else "")
    return name or f"{config.get('model_type') or 'model'} of {PurePosixPath(path).name}"


def _beside(folder: str, name: str) -> str:
    return name if folder in (".", "") else f"{folder}/{name}"


def _config_at(reader: Reader, folder: str) -> Mapping[str, Any] | None:
    return _json(reader, _beside(folder, "config.json"))


def _json(reader: Reader, path: str) -> Mapping[str, Any] | None:
    try:
        data = parse_json(reader.read(path, MAX_CONFIG).data)
    except (Unreadable, Malformed):
        return None
    return data if isinstance(data, Mapping) else None


def _indexed(
    reader: Reader, path: str, config: Mapping[str, Any] | None, asked: str, assumed: Assumptions
) -> Model | None:
    """By an index's `metadata.total_size`, the sum that its writer made."""
    index = _json(reader, path)
    metadata = index.get("metadata") if index else None
    size = metadata.get("total_size") if isinstance(metadata, Mapping) else None
    if not isinstance(size, (int, float)) or isinstance(size, bool) or size <= 0:
        return None
    return weighed(config, weights.from_bytes(int(size), f"{path}: metadata.total_size"), path, asked, assumed)


def _safetensors(
    reader: Reader, path: str, config: Mapping[str, Any] | None, asked: str, engine: str, assumed: Assumptions
) -> Model | None:
    try:
        with reader.open(path) as stream:
            size = stream.seek(0, 2)
            header = read_safetensors(Stream(stream, size))
    except Unreadable:
        return None
    except (ValueError, OSError) as error:
        raise NoModel(f"{path}: {error}") from None
    by_type: dict[str, int] = {}
    for name, entry in header.items():
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if name == "__metadata__" or not isinstance(offsets, list) or len(offsets) != 2:
            continue
        if all(type(n) is int for n in offsets):
            kind = str(entry.get("dtype", "?"))
            by_type[kind] = by_type.get(kind, 0) + max(0, offsets[1] - offsets[0])
    total = sum(by_type.values())
    parts = " + ".join(f"{size:,} {kind}" for kind, size in sorted(by_type.items()))
    term = Term.exact("weights", total, f"Σ bytes of the tensors: {parts}", f"{path}: header", bytes=total)
    kept = asked or max(by_type, key=lambda kind: by_type[kind], default="BF16").lower()
    kept = {"f16": "fp16", "f32": "fp32", "f8_e4m3": "fp8", "i8": "int8", "i32": "gptq-int4", "u8": "nf4"}.get(
        kept, kept
    )
    if re.search(r"-\d{5}-of-\d{5}", path):
        if config is None:
            raise NoModel(f"{path} is one of several parts; point at {_INDEX} or the folder")
        folder = str(PurePosixPath(path).parent)
        return _indexed(reader, _beside(folder, _INDEX), config, asked, assumed) or of_config(
            config, path, _beside(folder, "config.json"), asked, engine, assumed
        )
    return weighed(config, term, path, kept, assumed)


def _onnx(reader: Reader, path: str, asked: str) -> Model | None:
    """Bytes and parameters by the initialisers, those that lie in other files included."""
    try:
        found = onnx_weights(reader, path)
    except Unreadable:
        return None
    except NoInitialisers as error:
        raise NoModel(str(error)) from None
    count = Parameters(found.parameters, 0, found.parameters)
    note = f"{path}: {found.parameters:,} parameters in initialisers; the memory of its activations is not worked out"
    return Model(found.name, found.term, form_of(asked or found.form), count=count, notes=(note,))


def _gguf(reader: Reader, path: str) -> Model | None:
    """Bytes by tensor and ggml type, and the shape from the metadata."""
    try:
        with reader.open(path) as stream:
            size = stream.seek(0, 2)
            source = Stream(stream, size)
            if source.at(0, 4) != b"GGUF":
                raise NoModel(f"{path} is no GGUF file")
            header = read_gguf(source)
    except Unreadable:
        return None
    except (Ended, ValueError, KeyError, struct.error, OSError) as error:
        raise NoModel(f"{path}: the header is broken ({type(error).__name__})") from None
    types, blocks = table("quantisation")["ggml_types"], table("quantisation")["ggml_blocks"]
    by_type: dict[str, float] = {}
    vocabulary = 0
    for name, sizes, kind in header.tensors:
        word = types.get(kind)
        if word is None:
            raise NoModel(f"{path}: tensor type {kind} is not known")
        elements = 1
        for one in sizes:
            elements *= one
        by_type[word] = by_type.get(word, 0) + elements * blocks[word] / 8
        if name == "token_embd.weight" and len(sizes) == 2:
            vocabulary = sizes[1]
    total = round(sum(by_type.values()))
    parts = " + ".join(f"{size:,.0f} {kind}" for kind, size in sorted(by_type.items()))
    term = Term.exact("weights", total, f"Σ bytes of the tensors: {parts}", f"{path}: header", bytes=total)
    mixture = {"BF16": "bf16", "F16": "fp16", "F32": "fp32"}.get(max(by_type, key=lambda k: by_type[k], default="F16"))
    form = (
        weight_format(mixture)
        if mixture
        else WeightFormat("gguf", 8 * total / max(1, _elements(header)), 16, 16, None, "fp16", path)
    )
    shape = _gguf_shape(header.values, vocabulary, any(n == "output.weight" for n, _, _ in header.tensors))
    name = PurePosixPath(path).name
    if shape is None:
        return Model(name, term, form, notes=(f"{path}: the metadata does not tell the shape",))
    return Model(name, term, form, shape, parameters(shape))


def _elements(header: Any) -> int:
    total = 0
    for _, sizes, _ in header.tensors:
        one = 1
        for size in sizes:
            one *= size
        total += one
    return total


def _gguf_shape(values: Mapping[str, Any], vocabulary: int, untied: bool) -> Architecture | None:
    """GGUF's metadata in the words of config.json (gguf.md: `[arch].block_count` …)."""
    family = str(values.get("general.architecture", ""))

    def of(key: str) -> Any:
        return values.get(f"{family}.{key}")

    config = {
        "model_type": {"qwen2moe": "qwen2_moe", "qwen3moe": "qwen3_moe"}.get(family, family),
        "hidden_size": of("embedding_length"),
        "num_hidden_layers": of("block_count"),
        "num_attention_heads": of("attention.head_count"),
        "num_key_value_heads": of("attention.head_count_kv"),
        "head_dim": of("attention.key_length"),
        "intermediate_size": of("feed_forward_length"),
        "vocab_size": of("vocab_size") or vocabulary,
        "max_position_embeddings": of("context_length"),
        "sliding_window": of("attention.sliding_window"),
        "num_local_experts": of("expert_count"),
        "num_experts_per_tok": of("expert_used_count"),
        "moe_intermediate_size": of("expert_feed_forward_length"),
        "tie_word_embeddings": not untied,
    }
    try:
        return from_config({key: value for key, value in config.items() if value is not None})
    except NotAnArchitecture:
        return None
