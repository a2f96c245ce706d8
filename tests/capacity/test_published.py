"""The format in which a model is published: as its configuration, its name, or the table of presets has it."""

from __future__ import annotations

import json

import pytest

from aiaudit.capacity.architecture import parameters
from aiaudit.capacity.model_config import from_config
from aiaudit.capacity.published import named_dtype, said_dtype
from aiaudit.capacity.tables import GIB, gpu_named, weight_format
from tests.capacity.support import on, planned

LLAMA = {
    "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256, "max_position_embeddings": 8192,
    "torch_dtype": "bfloat16",
}  # fmt: skip
SCOUT = {
    "model_type": "llama4_text", "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
    "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128,
    "vocab_size": 202048, "num_experts_per_tok": 1,
}  # fmt: skip


def packed(bits, kind, activations=None, form=""):
    group = {"weights": {"num_bits": bits, "type": kind}, "input_activations": activations}
    return {"quant_method": "compressed-tensors", "format": form, "config_groups": {"group_0": group}}


@pytest.mark.parametrize(
    ("quantised", "form"),
    [
        ({"quant_method": "awq", "bits": 4}, "awq-int4"),
        ({"quant_method": "gptq", "bits": 8}, "w8a16"),
        ({"quant_method": "auto-round", "bits": 4}, "gptq-int4"),
        (packed(8, "float", {"num_bits": 8}, "float-quantized"), "fp8"),
        (packed(8, "int", {"num_bits": 8}, "int-quantized"), "int8"),
        (packed(8, "int", None, "pack-quantized"), "w8a16"),
        (packed(4, "int", None, "pack-quantized"), "awq-int4"),
        (packed(4, "float", {"num_bits": 4}, "nvfp4-pack-quantized"), "nvfp4"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "nvfp4"),
        ({"quant_method": "modelopt", "quant_algo": "FP8"}, "fp8"),
        ({"quant_method": "fbgemm_fp8"}, "fp8"),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "w8a16"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_use_double_quant": True}, "nf4-double"),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "nf4"),
    ],
)
def test_what_a_configuration_says_of_its_quantisation(quantised, form):
    said = said_dtype({**LLAMA, "quantization_config": quantised})
    assert weight_format(said).name == form
    assert weight_format(said_dtype({"text_config": {**LLAMA, "quantization_config": quantised}})).name == form


@pytest.mark.parametrize(
    ("quantised", "said"),
    [({"quant_method": "exl3", "bits": 3.5}, "exl3"), ({"quant_method": "gptq", "bits": 3}, "gptq of 3 bits")],
)
def test_a_quantisation_that_is_not_known_is_no_guess(tmp_path, quantised, said):
    (tmp_path / "config.json").write_text(json.dumps({**LLAMA, "quantization_config": quantised}))
    text = (
        "workload: {model: {source: config.json%s}, hardware: {gpu: L40S, count: 1}, traffic: {requests_per_second: 1,"
    )
    text += " tokens: {input: 900, output: 250}}}"
    made = planned(text % "", tmp_path)
    assert made.verdict == "unknown"
    assert f"({said}) is not one that is known; set workload.model.weights.dtype" in made.problems[0]
    assert planned(text % ", weights: {dtype: nf4}", tmp_path).verdict == "yes"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Qwen/Qwen2.5-7B-Instruct-AWQ", "awq-int4"), ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8", "w8a16"),
        ("Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "gptq-int4"), ("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", "fp8"),
        ("RedHatAI/Llama-3.3-70B-Instruct-quantized.w4a16", "awq-int4"), ("nvidia/Llama-3.3-70B-Instruct-FP4", "nvfp4"),
        ("unsloth/gpt-oss-20b-BF16", "bf16"), ("unsloth/Llama-3.2-3B-Instruct-bnb-4bit", "nf4"),
        ("llama3.1:8b-instruct-q8_0", "gguf:Q8_0"), ("llama3.2:3b-instruct-fp16", "fp16"), ("llama3.1:8b", ""),
        ("meta-llama/Llama-3.1-8B-Instruct", ""), ("openai/gpt-oss-20b", ""),
    ],
)  # fmt: skip
def test_what_a_name_says(name, form):
    assert named_dtype(name) == form


def weights_of(name):
    made = on("H200", name)
    (told,) = [text for text in made.assumptions if text.startswith("model.weights.dtype")]
    return made.model.form.name, made.model.weights.expected / GIB, told


def test_a_preset_is_counted_as_it_is_published():
    assert weights_of("openai/gpt-oss-120b")[::2] == (
        "mxfp4", "model.weights.dtype: mxfp4 (as gpt-oss-120b is published)",
    )  # fmt: skip
    form, size, told = weights_of("deepseek-ai/DeepSeek-V3")
    assert (form, "as deepseek-v3 is published" in told) == ("fp8", True)
    assert 620 < size < 640  # its index without the layer that predicts ahead
    assert weights_of("unsloth/gpt-oss-20b-BF16")[0] == "bf16"
    assert weights_of("meta-llama/Llama-3.1-8B-Instruct")[0] == "bf16"


def test_a_name_goes_before_the_table_and_a_declared_format_before_both():
    form, size, told = weights_of("Qwen/Qwen2.5-32B-Instruct-AWQ")
    assert (form, told) == ("awq-int4", "model.weights.dtype: awq-int4 (as the model's name has it)")
    assert size == pytest.approx(18.0, abs=0.1)
    declared = on("H200", "Qwen/Qwen2.5-32B-Instruct-AWQ, weights: {dtype: fp8}")
    assert declared.model.form.name == "fp8"


def test_tags_of_ollama_are_in_four_bits_unless_they_say_otherwise():
    assert weights_of("'llama3.1:8b'")[::2] == (
        "gguf:Q4_K_M", "model.weights.dtype: gguf:Q4_K_M (as Ollama keeps what a tag names no format for)",
    )  # fmt: skip
    assert weights_of("'llama3.1:8b-instruct-q8_0'")[0] == "gguf:Q8_0"
    assert weights_of("'gpt-oss:20b'")[0] == "mxfp4"


def test_32_bit_weights_are_served_in_16(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({**LLAMA, "torch_dtype": "float32"}))
    text = "workload: {model: {source: config.json}, hardware: {gpu: L40S, count: 1}, serving: {engine: %s},"
    text += " traffic: {requests_per_second: 1, tokens: {input: 900, output: 250}}}"
    made = planned(text % "vllm", tmp_path)
    assert made.model.form.name == "bf16"
    assert any("vllm loads a 32-bit checkpoint in 16 bits" in told for told in made.assumptions)
    assert planned(text % "transformers", tmp_path).model.form.name == "fp32"


@pytest.mark.parametrize(("experts", "step", "total"), [(16, 1, 107_769_861_120), (128, 2, 400_711_848_960)])
def test_llama_4_has_an_expert_for_all_tokens(experts, step, total):
    config = {**SCOUT, "num_local_experts": experts, "interleave_moe_layer_step": step}
    assert parameters(from_config(config)).total == total


def test_towers_that_are_not_counted_are_told():
    seen = from_config({**LLAMA, "model_type": "qwen2_5_vl", "vision_config": {"depth": 32}})
    assert seen.notes == ("qwen2_5_vl: the language part only; image and audio towers are not counted",)
    assert from_config(LLAMA).notes == ()


@pytest.mark.parametrize(
    ("scaling", "context"),
    [
        (None, 8192), ({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8192}, 32768),
        ({"type": "linear", "factor": 2.0}, 16384), ({"rope_type": "llama3", "factor": 8.0}, 8192),
        ({"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": 4096}, 8192),
    ],
)  # fmt: skip
def test_the_context_is_as_its_scaling_stretches_it(scaling, context):
    assert from_config({**LLAMA, "rope_scaling": scaling}).context == context
    assert from_config({**LLAMA, "model_type": "gemma3_text", "rope_scaling": scaling}).context == 8192


def test_a_model_is_called_by_its_folder_not_by_its_file(tmp_path):
    (tmp_path / "m" / "ours").mkdir(parents=True)
    (tmp_path / "m" / "ours" / "config.json").write_text(json.dumps(LLAMA))
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    text = "workload: {model: {source: %s}, hardware: {gpu: L40S}, traffic: {requests_per_second: 1,"
    text += " tokens: {input: 900, output: 250}}}"
    names = [planned(text % at, tmp_path).model.name for at in ("m/ours/config.json", "config.json")]
    assert names == ["ours", "llama of config.json"]


@pytest.mark.parametrize(
    ("name", "gpu"),
    [("nvidia-h100-80gb", "H100-SXM5-80GB"), ("nvidia-l4", "L4"), ("nvidia-tesla-t4", "T4"), ("NVIDIA L40S", "L40S")],
)
def test_gpus_by_the_names_of_node_labels(name, gpu):
    assert gpu_named(name).name == gpu


@pytest.mark.parametrize(("name", "gib"), [("T4", 14.56), ("L4", 22.49), ("A10G", 22.49), ("A10", 22.49)])
def test_what_error_correction_takes_is_not_there(name, gib):
    assert gpu_named(name).visible / GIB == pytest.approx(gib, abs=0.01)


def test_four_bits_run_at_the_rate_of_16_where_there_are_no_units_for_them():
    h100, b200 = gpu_named("H100"), gpu_named("B200")
    assert h100.rate("fp4") == h100.rate("fp16")
    assert b200.rate("fp4") > b200.rate("fp8")
