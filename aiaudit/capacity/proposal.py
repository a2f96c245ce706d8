"""A proposed `workload:` for the project file: what the project says of its model, engine and interface.

Lines of YAML below the key, to be commented out by who writes them: a proposal, with the place of what it rests on.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from aiaudit import lazy
from aiaudit.capacity.model_source import preset_named
from aiaudit.capacity.published import named_dtype

_IMAGES: Final = (
    ("vllm", re.compile(r"(?:^|/)vllm(?:-openai)?(?::|@|$)")),
    ("sglang", re.compile(r"(?:^|/)sglang(?::|@|$)")),
    ("trt-llm", re.compile(r"trtllm|tensorrt-?llm")),
    ("llama.cpp", re.compile(r"(?:^|/)llama\.cpp(?::|@|$)")),
    ("tgi", re.compile(r"(?:^|/)text-generation-inference(?::|@|$)")),
)
_COMMANDS: Final = (  # what an image of the project's own starts
    ("vllm", re.compile(r"(?:^|[\s/])vllm\s+serve\s|\bvllm\.entrypoints\.")),
    ("sglang", re.compile(r"\bsglang\.launch_server\b")),
    ("trt-llm", re.compile(r"(?:^|[\s/])trtllm-serve\s")),
    ("llama.cpp", re.compile(r"(?:^|[\s/])llama-server\s")),
    ("tgi", re.compile(r"(?:^|[\s/])text-generation-launcher\s")),
)
_VERSION: Final = lazy.regex(r":v?(\d+(?:\.\d+){1,3})")
_FLAGS: Final = {  # as vLLM, SGLang, llama.cpp and TGI call them -> where it stands in the workload
    "--model": "model", "--model-path": "model", "-m": "model", "--model-id": "model",
    "--tensor-parallel-size": "tp", "-tp": "tp", "--tp": "tp", "--tp-size": "tp", "--num-shard": "tp",
    "--pipeline-parallel-size": "pp", "-pp": "pp",
    "--max-model-len": "max_model_len", "--context-length": "max_model_len", "-c": "max_model_len",
    "--max-total-tokens": "max_model_len",
    "--max-num-seqs": "max_num_seqs", "--max-running-requests": "max_num_seqs",
    "--gpu-memory-utilization": "memory_utilization", "--mem-fraction-static": "memory_utilization",
    "--kv-cache-dtype": "kv_cache_dtype", "--quantization": "dtype", "-q": "dtype",
    "--quantize": "dtype",
}  # fmt: skip
_FORMATS: Final = {"awq": "awq-int4", "gptq": "gptq-int4", "fp8": "fp8", "awq_marlin": "awq-int4", "mxfp4": "mxfp4"}
_PROVIDERS: Final = ("openai", "anthropic", "google", "mistralai", "cohere", "groq", "together", "fireworks", "azure")
_MANY: Final = 10_000  # more copies than that nobody declares
_FILES: Final = (".gguf", ".safetensors", ".onnx", "config.json", "model.safetensors.index.json")


def propose_workload(
    services: Iterable[Mapping[str, Any]],
    models: Iterable[Mapping[str, Any]],
    calls: Iterable[Mapping[str, Any]],
) -> list[str]:
    """Lines of the block for what was seen; [] where nothing was.

    `services`: containers of compose files and Kubernetes manifests, and images that Dockerfiles make. `models`: rows
    of the bill of materials. `calls`: calls of language models in the code; a container that serves a model comes
    before one of an interface.
    """
    files = [str(row.get("path", "")) for row in models]
    local = next((path for path in files if path.endswith(_FILES)), "")
    for service in services:
        if (engine := _engine(service)) is not None:
            return _served(service, engine, local)
    for call in calls:
        if (lines := _called(call)) is not None:
            return lines
    return [f"model: {{source: {_text(local)}}}"] if local else []


def _engine(service: Mapping[str, Any]) -> str | None:
    """By what the container starts, else by its image, or by the one that a Dockerfile builds on."""
    image, command = str(service.get("image") or service.get("base") or ""), str(service.get("command") or "")
    started = (name for name, pattern in _COMMANDS if pattern.search(f"{command} "))
    return next(started, None) or next((name for name, pattern in _IMAGES if pattern.search(image.lower())), None)


def _served(service: Mapping[str, Any], engine: str, local: str) -> list[str]:
    said = flags(str(service.get("command", "")))
    image = str(service.get("image") or service.get("base") or "")
    version = _VERSION.search(image) if any(pattern.search(image.lower()) for _, pattern in _IMAGES) else None
    parts = [f"engine: {engine}"]
    if version:
        parts.append(f"engine_version: {_text(version[1])}")
    for key in ("max_model_len", "max_num_seqs", "memory_utilization"):
        if key in said:
            parts.append(f"{key}: {said[key]}")
    ranks = ", ".join(f"{key}: {said[key]}" for key in ("tp", "pp") if key in said)
    if ranks:
        parts.append(f"parallel: {{{ranks}}}")
    lines = [f"serving: {{{', '.join(parts)}}}   # {_place(service)}"]
    name = str(said.get("model", ""))
    preset = preset_named(name) if name else None
    source = preset[0] if preset else local
    more = [f"source: {_text(source)}"] if source else []
    if form := _FORMATS.get(str(said.get("dtype", "")).lower()) or (named_dtype(name) if preset else ""):
        more.append(f"weights: {{dtype: {form}}}")
    if str(said.get("kv_cache_dtype", "")).startswith("fp8"):
        more.append("kv_cache_dtype: fp8")
    if source:
        told = f"   # the command says {_one_line(name)}" if name else ""
        lines.append(f"model: {{{', '.join(more)}}}{told}")
    else:
        what = _one_line(name) or "the model that is served"
        lines.append(f"model: {{source: ./config.json}}   # of {what}: a config.json, a header or a preset")
    ranks_of_one = int(said.get("tp", 1)) * int(said.get("pp", 1))
    copies = service.get("replicas")
    count = ranks_of_one * (copies if isinstance(copies, int) and 0 < copies < _MANY else 1)
    lines.append(f"hardware: {{gpu: L40S, count: {count}}}   # which GPUs are they?")
    return lines


def flags(command: str) -> dict[str, Any]:
    """Options of a serving command, by their place in the workload; what is no number where one is due is left out."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    words = [part for word in words for part in (word.split("=", 1) if word.startswith("-") else [word])]
    found: dict[str, Any] = {}
    if "serve" in words[:-1] and not words[words.index("serve") + 1].startswith("-"):
        found["model"] = words[words.index("serve") + 1]
    for word, value in pairwise(words):
        key = _FLAGS.get(word)
        if key is None or value.startswith("-"):
            continue
        if key in ("model", "dtype", "kv_cache_dtype"):
            found[key] = value
        elif key == "memory_utilization" and re.fullmatch(r"0?\.\d{1,4}|1(?:\.0)?", value):
            found[key] = float(value)
        elif key != "memory_utilization" and re.fullmatch(r"[1-9]\d{0,6}", value):
            found[key] = int(value)
    return found


def _called(call: Mapping[str, Any]) -> list[str] | None:
    """The interface that a call asks for a model by name; None where the name is not in the code."""
    options = call.get("kw")
    if not isinstance(options, Mapping) or call.get("role") not in ("code", "notebook", None):
        return None
    model = options.get("model")
    if not isinstance(model, str) or not model:
        return None
    root = str(call.get("name", "")).partition(".")[0].partition("_")[0]
    prefix, slash, rest = model.partition("/")
    provider = prefix if slash and prefix in _PROVIDERS else root if root in _PROVIDERS else ""
    name = rest if slash and prefix in _PROVIDERS else model
    parts = ([f"provider: {provider}"] if provider else []) + [f"model: {_text(name)}"]
    limits = ("max_tokens", "max_completion_tokens", "max_output_tokens")
    limit = next((options[key] for key in limits if key in options), None)
    place = _place(call)
    if isinstance(limit, int) and not isinstance(limit, bool):
        place += f", at most {limit} tokens an answer"
    return ["serving: {engine: api}", f"api: {{{', '.join(parts)}}}   # {place}"]


def _place(row: Mapping[str, Any]) -> str:
    return _one_line(f"{row.get('path')}:{row.get('line')}")


def _text(value: str) -> str:
    """A YAML string on one line; a plain one where it is plain."""
    return value if re.fullmatch(r"[A-Za-z][\w./-]{0,200}", value) else json.dumps(value)


def _one_line(value: str) -> str:
    return re.sub(r"[^\x20-\x7e]", "?", value)[:120]
