"""Figures of a model from files: headers to the byte, an index' sum, config.json; and what cannot be read."""

from __future__ import annotations

import json
import struct

import pytest

from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.model import Model, NoModel
from aiaudit.capacity.model_source import preset_named, resolve
from aiaudit.capacity.tables import table
from aiaudit.project.reader import Reader
from aiaudit.project.workload import ModelSourcePart

CONFIG = table("models")["models"]["llama-3.2-1b"]["config"]


def found(root, **part) -> Model:
    with Reader(str(root)) as reader:
        return resolve(ModelSourcePart(**part), reader, "vllm", Assumptions())


def safetensors(tensors: dict[str, tuple[str, list[int], int]]) -> bytes:
    header, at = {}, 0
    for name, (kind, shape, size) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(at)


def gguf(values: dict[str, object], tensors: list[tuple[str, list[int], int]]) -> bytes:
    def text(word: str) -> bytes:
        return struct.pack("<Q", len(word)) + word.encode()

    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    for key, value in values.items():
        out += text(key)
        out += struct.pack("<I", 8) + text(value) if isinstance(value, str) else struct.pack("<II", 4, value)
    for name, sizes, kind in tensors:
        out += (
            text(name)
            + struct.pack("<I", len(sizes))
            + struct.pack(f"<{len(sizes)}Q", *sizes)
            + struct.pack("<IQ", kind, 0)
        )
    return out


def test_config_json(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "torch_dtype": "bfloat16"}))
    model = found(tmp_path, source="./config.json")
    assert model.count.total == 1_235_814_400
    assert model.weights.expected == 2 * 1_235_814_400
    assert model.form.name == "bf16"


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ({"quant_method": "awq", "bits": 4}, "awq-int4"),
        ({"quant_method": "gptq", "bits": 8}, "w8a16"),
        ({"quant_method": "fp8"}, "fp8"),
    ],
)
def test_quantisation_is_read(tmp_path, said, form):
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "quantization_config": said}))
    assert found(tmp_path, source="config.json").form.name == form


def test_an_index_beside_it_has_the_exact_sum(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "m" / "model.safetensors.index.json").write_text('{"metadata": {"total_size": 2471645608}}')
    for source in ("m", "m/config.json", "m/model.safetensors.index.json"):
        model = found(tmp_path, source=source)
        assert model.weights.expected == 2471645608
        assert "total_size" in model.weights.provenance
        assert model.count.total == 1_235_814_400


def test_a_safetensors_header_to_the_byte(tmp_path):
    data = safetensors({"a": ("BF16", [3, 4], 24), "b": ("F8_E4M3", [5], 5), "c": ("F32", [2], 8)})
    (tmp_path / "model.safetensors").write_bytes(data)
    model = found(tmp_path, source="model.safetensors")
    assert model.weights.expected == 37
    assert model.weights.formula == "Σ bytes of the tensors: 24 BF16 + 8 F32 + 5 F8_E4M3"
    assert model.shape is None
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    assert found(tmp_path, source="model.safetensors").shape is not None


def test_a_gguf_header_to_the_byte_and_its_shape(tmp_path):
    values = {
        "general.architecture": "llama", "llama.embedding_length": 2048, "llama.block_count": 16,
        "llama.attention.head_count": 32, "llama.attention.head_count_kv": 8, "llama.feed_forward_length": 8192,
        "llama.context_length": 131072,
    }  # fmt: skip
    tensors = [
        ("token_embd.weight", [2048, 128256], 14),
        ("blk.0.attn_q.weight", [2048, 2048], 12),
        ("norm", [2048], 0),
    ]
    (tmp_path / "m.gguf").write_bytes(gguf(values, tensors))
    model = found(tmp_path, gguf="m.gguf")
    assert model.weights.expected == round(2048 * 128256 * 6.5625 / 8 + 2048 * 2048 * 4.5 / 8 + 2048 * 4)
    assert (model.shape.attention.kv_heads, model.shape.vocabulary, model.shape.tied) == (8, 128256, True)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("m.gguf", b"GGUF" + bytes(8), "the header is broken"),
        ("m.gguf", b"nothing of the kind", "is no GGUF file"),
        ("m.safetensors", b"\xff" * 40, "length does not fit"),
        ("m.safetensors", (2).to_bytes(8, "little") + b"[]", "no JSON object"),
    ],
)
def test_broken_headers_are_told(tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(NoModel, match=said):
        found(tmp_path, source=name)


def test_nothing_outside_the_project_is_read(tmp_path):
    inside = tmp_path / "p"
    inside.mkdir()
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (inside / "link.json").symlink_to(tmp_path / "config.json")
    for source in ("../config.json", str(tmp_path / "config.json"), "link.json"):
        with pytest.raises(NoModel):
            found(inside, source=source)


@pytest.mark.parametrize(
    ("name", "preset"),
    [("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"), ("Qwen/Qwen2.5-7B-Instruct-AWQ", "qwen2.5-7b"),
     ("meta-llama/Meta-Llama-3-8B", "llama-3-8b"), ("mistralai/Mistral-7B-v0.3", "mistral-7b-v0.3"), ("mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b-v0.3"), ("openai/gpt-oss-20b", "gpt-oss-20b"),
     ("deepseek-ai/DeepSeek-R1-0528", "deepseek-v3"), ("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "qwen3-8b"),
     ("deepseek-ai/DeepSeek-R1-Distill-Qwen-32B", "qwen2.5-32b"), ("Qwen/Qwen3-Embedding-0.6B", "qwen3-0.6b"),
     ("mistralai/Mistral-Small-3.1-24B-Instruct-2503", "mistral-small-24b"), ("microsoft/phi-4-reasoning-plus", "phi-4"),
     ("meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8", "llama-4-maverick-17b-128e"),
     ("llama3.1:8b", "llama-3.1-8b"), ("gemma3:27b", "gemma-3-27b"), ("qwen2.5-coder:32b-instruct-q8_0", "qwen2.5-32b"),
     ("Qwen/Qwen3-4B-Instruct-2507", "qwen3-4b"), ("unsloth/Llama-3.2-3B-Instruct-bnb-4bit", "llama-3.2-3b")],
)  # fmt: skip
def test_presets_by_the_names_of_hubs(name, preset):
    assert preset_named(name)[0] == preset


@pytest.mark.parametrize(
    "name", ["deepseek-ai/DeepSeek-R1-0528-Phi-9B", "meta-llama/Llama-9-8B", "x/qwen3-8b-it-merge-13b"]
)
def test_a_name_with_a_size_of_its_own_is_no_preset_of_another(name):
    assert preset_named(name) is None


def test_a_name_stands_for_one_shape():
    rows = table("models")["models"]
    names = [*rows, *(name for row in rows.values() for name in row.get("also", ()))]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


def test_a_plain_count_has_a_band():
    named, exact = (resolve(ModelSourcePart(params=n), None, "vllm", Assumptions()).weights for n in (7e9, 8030261248))
    assert named.high / named.expected == pytest.approx(1.10)
    assert exact.high / exact.expected == pytest.approx(1.03)


def test_a_config_without_figures_names_the_missing_one(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(NoModel, match="hidden_size"):
        found(tmp_path, source="config.json")
