"""A model's figures from where the workload points: a file of the project, a preset's name, or a plain count.

The best source wins: the sum of the tensors in a header, then an index's own total, then the formula over config.json,
then a count. All reads are guarded; a figure that is not there is told, never guessed.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.capacity import weights
from aiaudit.capacity.architecture import Architecture, NotAnArchitecture, Parameters, from_config, parameters
from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.encoder import Encoder, encoder_from_config
from aiaudit.capacity.index import tree_memory
from aiaudit.capacity.onnx_source import NoInitialisers, onnx_weights
from aiaudit.capacity.tables import UnknownName, WeightFormat, table, weight_format
from aiaudit.capacity.terms import Term
from aiaudit.probes.models.headers import read_gguf, read_safetensors
from aiaudit.probes.models.source import Ended, Stream
from aiaudit.project.parse import Malformed, parse_json
from aiaudit.project.reader import Reader, Unreadable
from aiaudit.project.workload import ModelSourcePart

MAX_CONFIG: Final = 4 * 1024 * 1024
_PICKLED: Final = (".pkl", ".pickle", ".joblib", ".skops")  # classical models, which are larger in memory
_INDEX: Final = "model.safetensors.index.json"
_TUNED: Final = lazy.regex(
    r"-(?:instruct|chat|it|hf|base|v\d+(?:\.\d+)?|\d{4}|thinking|distill|awq|gptq|fp8|int4)\b.*$"
)


class NoModel(Exception):  # noqa: N818
    """The model's figures cannot be had. The text says why, and what would help."""


class Model(Struct, frozen=True):
    """A model's figures. `weights`: bytes of the whole model; `shape` is None where nothing tells it."""

    name: str
    weights: Term
    form: WeightFormat
    shape: Architecture | None = None
    count: Parameters | None = None
    encoder: Encoder | None = None  # of a model that embeds or classifies
    classical: bool = False  # no language model: trees, a regression or the like, told by its file's size
    exact: bool = True  # weights do not follow from `form`: a header counted them
    notes: tuple[str, ...] = ()

    def quantised(self, form: WeightFormat, engine: str) -> Model:
        """The same model in another weight format, by the formula."""
        if self.count is None:
            bits = self.form.whole or self.form.linear
            factor = (form.whole or form.linear) / bits
            return replace(self, form=form, weights=self.weights.times(factor, f"× {factor:.3g}"), exact=False)
        term = weights.from_shape(self.count, form, f"{self.name} in {form.name}", engine=engine)
        return replace(self, form=form, weights=term, exact=False)


def resolve(part: ModelSourcePart | None, reader: Reader | None, engine: str, assumed: Assumptions) -> Model:
    """The model that the workload names. Raises `NoModel`."""
    if part is None or not (part.source or part.preset or part.gguf or part.params or part.file_mb):
        raise NoModel("the workload names no model: set workload.model.source to its config.json, a file or a preset")
    asked = part.weights.dtype
    named = part.gguf or part.source
    if part.kind == "classical" or part.file_mb is not None:
        return _classical(part, reader, named)
    if part.preset:
        return _preset(part.preset, asked, engine, assumed)
    if not named:
        form = _form(asked or str(assumed.take("model.weights.dtype", None)))
        return _counted(part.params or 0.0, form, "workload.model.params")
    path = _inside(named)
    if path is not None and reader is not None and (found := _from_tree(reader, path, asked, engine, assumed)):
        return found
    try:
        return _preset(named, asked, engine, assumed)
    except NoModel:
        if part.params:
            form = _form(asked or str(assumed.take("model.weights.dtype", None)))
            return _counted(part.params, form, "workload.model.params")
        raise


def _classical(part: ModelSourcePart, reader: Reader | None, named: str) -> Model:
    """By the size of its file; by the declared size where the file is built and not kept."""
    path = _inside(named) if named else None
    size = _size(reader, path) if path is not None and reader is not None else None
    if size is not None:
        return _of_file(path or named, size, "the size of the file")
    if part.file_mb is None:
        raise NoModel(f"there is no file {named!r}: set workload.model.file_mb to its size where it is built elsewhere")
    return _of_file(named or "model", round(part.file_mb * 1e6), "the declared size of the file")


def _of_file(path: str, size: int, what: str) -> Model:
    note = f"{path}: one to three times {what} is taken"
    name = PurePosixPath(path).name
    return Model(name, tree_memory(size, path), _form("fp32"), classical=True, notes=(note,))


def _size(reader: Reader, path: str) -> int | None:
    try:
        return reader.read(path, 1).size
    except Unreadable:
        return None


def _inside(text: str) -> str | None:
    """A path below the root, or None."""
    path = PurePosixPath(text.removeprefix("./") or ".")
    return None if path.is_absolute() or ".." in path.parts else str(path)


def _form(name: str) -> WeightFormat:
    try:
        return weight_format(name)
    except UnknownName as error:
        raise NoModel(str(error)) from None


def preset_named(name: str) -> tuple[str, Mapping[str, Any]] | None:
    """The preset of a name as people or hubs write it (`meta-llama/Llama-3.1-8B-Instruct`), or None."""
    rows: Mapping[str, Any] = table("models")["models"]
    word = name.rsplit("/", 1)[-1].lower().replace("_", "-").removeprefix("meta-")
    for wanted in (word, word.removesuffix("-instruct"), _TUNED.sub("", word)):
        if wanted in rows:
            return wanted, rows[wanted]
    return None


def _preset(name: str, asked: str, engine: str, assumed: Assumptions) -> Model:
    found = preset_named(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name.rsplit("/", 1)[-1].lower(), list(table("models")["models"]), n=3, cutoff=0.5)
        hint = (
            f"; near: {', '.join(near)}" if near else "; its config.json in the project, or model.params, would tell it"
        )
        raise NoModel(f"there is no file and no preset {name!r}{hint}")
    return _from_config(found[1]["config"], found[0], f"preset {found[0]}", asked, engine, assumed)


def _counted(count: float, form: WeightFormat, provenance: str) -> Model:
    rounded = f"{count:.0f}".rstrip("0") != "" and len(f"{count:.0f}".rstrip("0")) <= 3
    note = "only a number of parameters is known: the cache and the speed cannot be told"
    return Model(f"{count / 1e9:g}B", weights.from_count(count, form, provenance, rounded=rounded), form, notes=(note,))


def _from_config(
    config: Mapping[str, Any], name: str, provenance: str, asked: str, engine: str, assumed: Assumptions
) -> Model:
    if (encoder := encoder_from_config(config)) is not None:
        form = _form(asked or _said_dtype(config) or str(assumed.take("model.weights.dtype", None)))
        size = encoder.parameters * form.linear / 8
        text = f"{encoder.parameters:,} parameters × {form.linear:g} bits / 8"
        return Model(name, Term.exact("weights", size, text, provenance), form, encoder=encoder)
    try:
        shape = from_config(config)
    except NotAnArchitecture as error:
        raise NoModel(f"{provenance}: {error}") from None
    count = parameters(shape)
    form = _form(asked or _said_dtype(config) or str(assumed.take("model.weights.dtype", None)))
    return Model(
        name,
        weights.from_shape(count, form, provenance, engine=engine),
        form,
        shape,
        count,
        exact=False,
        notes=shape.notes,
    )


def _said_dtype(config: Mapping[str, Any]) -> str:
    """The weights' type as config.json has it: its quantisation first."""
    quantised = config.get("quantization_config")
    if isinstance(quantised, Mapping):
        method = str(quantised.get("quant_method", "")).lower()
        bits = quantised.get("bits", quantised.get("weight_bits", 4))
        known = {"awq": "awq-int4", "gptq": "gptq-int4", "fp8": "fp8", "mxfp4": "mxfp4", "bitsandbytes": "nf4"}
        if method in ("awq", "gptq") and bits == 8:
            return "w8a16"
        if method in known:
            return known[method]
    text = config.get("text_config")
    inner = text if isinstance(text, Mapping) else {}
    said = config.get("torch_dtype") or config.get("dtype") or inner.get("torch_dtype") or inner.get("dtype")
    return said if isinstance(said, str) and said in ("bfloat16", "float16", "float32") else ""


# --- files of the project ---------------------------------------------------------------------------------------------


def _from_tree(reader: Reader, path: str, asked: str, engine: str, assumed: Assumptions) -> Model | None:
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
        return _from_config(config, PurePosixPath(path).name, path, asked, engine, assumed)
    config = _config_at(reader, path)
    if config is not None:
        return _from_tree(reader, _beside(path, "config.json"), asked, engine, assumed)
    if (size := _size(reader, path)) is None:
        return None
    if lower.endswith(_PICKLED):
        return _of_file(path, size, "the size of the file")
    term = Term.within("weights", size, 0.05, "size of the file", path, bytes=size)
    form = _form(asked or str(assumed.take("model.weights.dtype", None)))
    note = f"{path}: the size of the file is taken; its shape is not read"
    return Model(PurePosixPath(path).name, term, form, notes=(note,))


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
    return _weighed(config, weights.from_bytes(int(size), f"{path}: metadata.total_size"), path, asked, assumed)


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
        return _indexed(reader, _beside(folder, _INDEX), config, asked, assumed) or _from_config(
            config, path, _beside(folder, "config.json"), asked, engine, assumed
        )
    return _weighed(config, term, path, kept, assumed)


def _weighed(config: Mapping[str, Any] | None, term: Term, path: str, asked: str, assumed: Assumptions) -> Model:
    """A model whose bytes are known, and its shape where a config.json stands beside it."""
    said = asked or (_said_dtype(config) if config else "")
    form = _form(said or str(assumed.take("model.weights.dtype", None)))
    name = PurePosixPath(path).parent.name or PurePosixPath(path).name
    if config is None:
        note = f"no config.json beside {path}: the cache and the speed cannot be told"
        return Model(name, term, form, notes=(note,))
    if (encoder := encoder_from_config(config)) is not None:
        return Model(name, term, form, encoder=encoder)
    try:
        shape = from_config(config)
    except NotAnArchitecture as error:
        return Model(name, term, form, notes=(f"config.json beside {path}: {error}",))
    return Model(name, term, form, shape, parameters(shape), notes=shape.notes)


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
    return Model(found.name, found.term, _form(asked or found.form), count=count, notes=(note,))


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
