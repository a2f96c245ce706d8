"""The proposed workload: what is seen in commands and calls, with its place, and valid once it is answered."""

from __future__ import annotations

import pytest

from aiaudit.capacity.proposal import flags, propose_workload
from aiaudit.project.config import parse_config
from aiaudit.project.proposal import Detected, propose

VLLM = {
    "path": "compose.yml", "line": 2, "image": "vllm/vllm-openai:v0.8.5",
    "command": "--model meta-llama/Llama-3.1-8B-Instruct --tensor-parallel-size=2 --max-model-len 8192 "
    "--gpu-memory-utilization 0.85 --quantization awq --kv-cache-dtype fp8_e5m2",
}  # fmt: skip
CALL = {
    "path": "app.py", "line": 3, "role": "code", "name": "openai.OpenAI.chat.completions.create",
    "kw": {"model": "gpt-4o-mini", "messages": [], "max_tokens": 300},
}  # fmt: skip


def answered(lines):
    """The file with the block of the workload uncommented."""
    text = propose(Detected("x", {"calls_llm_api": True}, [], [], lines))
    block = text[text.index("# workload:") :].split("\n\n")[0]
    return parse_config("\n".join(line.removeprefix("# ") for line in block.splitlines()).encode()).workload


def test_a_container_that_serves():
    lines = propose_workload([{"image": "redis:7", "command": ""}, VLLM], [], [CALL])
    part = answered(lines)
    assert (part.serving.engine, part.serving.engine_version, part.serving.max_model_len) == ("vllm", "0.8.5", 8192)
    assert (part.serving.parallel.tp, part.serving.memory_utilization, part.hardware.count) == (2, 0.85, 2)
    assert (part.model.source, part.model.weights.dtype, part.model.kv_cache_dtype) == (
        "llama-3.1-8b", "awq-int4", "fp8",
    )  # fmt: skip
    assert "compose.yml:2" in lines[0]
    assert "meta-llama/Llama-3.1-8B-Instruct" in lines[1]


@pytest.mark.parametrize(
    ("image", "command", "engine"),
    [
        ("lmsysorg/sglang:v0.4.6", "python -m sglang.launch_server --model-path qwen3-8b --tp 4", "sglang"),
        ("ghcr.io/ggml-org/llama.cpp:server", "-m /models/x.gguf -c 4096", "llama.cpp"),
        ("nvcr.io/nvidia/tritonserver:25.03-trtllm-python-py3", "", "trt-llm"),
    ],
)
def test_other_engines(image, command, engine):
    part = answered(propose_workload([{"path": "k8s.yaml", "line": 9, "image": image, "command": command}], [], []))
    assert part.serving.engine == engine
    assert part.hardware.count == (4 if "--tp 4" in command else 1)


@pytest.mark.parametrize(
    ("row", "engine", "model", "count"),
    [
        ({"image": "ghcr.io/huggingface/text-generation-inference:3.0",
          "command": "--model-id mistralai/Mistral-7B-Instruct-v0.3 --num-shard 2"}, "tgi", "mistral-7b-v0.3", 2),
        ({"base": "vllm/vllm-openai:v0.9.1", "command": "vllm serve google/gemma-3-27b-it -tp 2"}, "vllm", "gemma-3-27b", 2),
        ({"base": "python:3.12", "command": "python3 -m sglang.launch_server --model-path Qwen/Qwen3-32B --tp 4"},
         "sglang", "qwen3-32b", 4),
        ({"image": "registry.example/llm:1", "command": "vllm serve Qwen/Qwen2.5-7B-Instruct", "replicas": 3},
         "vllm", "qwen2.5-7b", 3),
    ],
)  # fmt: skip
def test_engines_by_what_a_container_starts(row, engine, model, count):
    part = answered(propose_workload([{"path": "Dockerfile", "line": 1, **row}], [], []))
    assert (part.serving.engine, part.model.source, part.hardware.count) == (engine, model, count)


def test_an_image_builds_on_an_engine_and_a_name_tells_a_format():
    made = {"path": "Dockerfile", "line": 5, "base": "vllm/vllm-openai:v0.9.1", "command": "python3 /src/handler.py"}
    assert answered(propose_workload([made], [], [])).serving.engine == "vllm"
    assert propose_workload([{**made, "base": "python:3.12"}], [], []) == []
    named = {**VLLM, "command": "vllm serve Qwen/Qwen2.5-7B-Instruct-AWQ"}
    part = answered(propose_workload([named], [], []))
    assert (part.model.source, part.model.weights.dtype) == ("qwen2.5-7b", "awq-int4")


def test_a_model_of_its_own_is_the_file_in_the_project():
    served = {**VLLM, "command": "vllm serve ./ours"}
    part = answered(propose_workload([served], [{"name": "ours", "path": "model/config.json"}], []))
    assert part.model.source == "model/config.json"
    assert (
        answered(propose_workload([], [{"name": "m", "path": "m/weights.gguf"}], [])).model.source == "m/weights.gguf"
    )


def test_a_call_of_an_interface():
    lines = propose_workload([], [], [{"kw": {"model": None}}, CALL])
    part = answered(lines)
    assert (part.serving.engine, part.api.provider, part.api.model) == ("api", "openai", "gpt-4o-mini")
    assert "app.py:3, at most 300 tokens" in lines[1]
    other = {**CALL, "name": "litellm.completion", "kw": {"model": "anthropic/claude-sonnet-4-5"}}
    assert answered(propose_workload([], [], [other])).api.provider == "anthropic"


def test_nothing_seen_is_nothing_proposed():
    assert propose_workload([{"image": "nginx"}], [{"name": "gpt-4o", "path": "app.py"}], [{"kw": {}}]) == []


@pytest.mark.parametrize(
    "command",
    ["--tp two --max-model-len 8k", "--model 'unclosed", "--gpu-memory-utilization 9", "--tp", "", "--model --tp 0"],
)
def test_what_is_no_figure_is_left_out(command):
    assert set(flags(command)) <= {"model"}


def test_hostile_text_stays_in_its_line():
    served = {**VLLM, "path": "a\nhardware: {gpu: x}", "command": "vllm serve 'x\nserving: {}'"}
    part = answered(propose_workload([served], [{"path": 'm"\n}/config.json'}], []))
    assert (part.hardware.gpu, part.serving.engine) == ("L40S", "vllm")
    assert part.model.source == 'm"\n}/config.json'
