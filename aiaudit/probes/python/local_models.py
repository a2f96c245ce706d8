"""Language models that run in the project's own process: what loads them, and what lets them write.

Read from the libraries' documentation; as of 2026-08. Named by `group:llm.local` and `group:llm.generate`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aiaudit.probes.python.resolved import Resolved

_CAUSAL: Final = (  # of transformers and what is built on it: one interface, `generate`
    "transformers.AutoModelForCausalLM.from_pretrained",
    "transformers.AutoModelForImageTextToText.from_pretrained",
    "transformers.*ForCausalLM.from_pretrained",
    "unsloth.FastLanguageModel.from_pretrained",
    "auto_gptq.AutoGPTQForCausalLM.from_quantized",
    "peft.AutoPeftModelForCausalLM.from_pretrained",
)
_ENGINES: Final = ("vllm.AsyncLLMEngine", "vllm.*.AsyncLLMEngine", "vllm.*.AsyncLLM")
_FRAMEWORKS: Final = tuple(
    f"langchain*.{name}"
    for name in ("LlamaCpp", "ChatLlamaCpp", "GPT4All", "VLLM", "HuggingFacePipeline", "CTransformers")
)
_LLAMA: Final = ("__call__", "create_completion", "create_chat_completion")
_HAYSTACK: Final = tuple(
    f"haystack*.{name}"
    for name in (
        "HuggingFaceLocalGenerator",
        "HuggingFaceLocalChatGenerator",
        "LlamaCppGenerator",
        "LlamaCppChatGenerator",
    )
)

LOADERS: Final = (
    "vllm.LLM",
    *(f"{engine}.from_engine_args" for engine in _ENGINES),
    "vllm.LLMEngine.from_engine_args",
    "vllm.*.LLMEngine.from_engine_args",
    "llama_cpp.Llama",
    "llama_cpp.Llama.from_pretrained",
    "ctransformers.AutoModelForCausalLM.from_pretrained",
    "gpt4all.GPT4All",
    "mlx_lm.load",
    *_CAUSAL,
    "transformers.AutoModelForSeq2SeqLM.from_pretrained",
    "transformers.Llama*.from_pretrained",
    "transformers.*ForConditionalGeneration.from_pretrained",
    "transformers.TextGenerationPipeline",
    "langchain*.LlamaCpp",
    "langchain*.HuggingFacePipeline.from_model_id",
    "langchain*.GPT4All",
    "langchain*.VLLM",
    *_HAYSTACK,
    "sglang.Engine",
)
"""Calls that load one, those included that translate or write down speech."""

GENERATORS: Final = (
    "vllm.LLM.generate",
    "vllm.LLM.chat",
    *(f"{engine}.from_engine_args.generate" for engine in _ENGINES),
    *(f"llama_cpp.Llama.{call}" for call in _LLAMA),
    *(f"llama_cpp.Llama.from_pretrained.{call}" for call in _LLAMA),
    "ctransformers.AutoModelForCausalLM.from_pretrained.__call__",
    "ctransformers.AutoModelForCausalLM.from_pretrained.generate",
    "gpt4all.GPT4All.generate",
    "mlx_lm.generate",
    "mlx_lm.stream_generate",
    *(f"{loader}.generate" for loader in _CAUSAL),
    *(f"{loader}.*.generate" for loader in _CAUSAL if "*" not in loader),  # moved to a device, set to evaluation
    "peft.PeftModel.from_pretrained.generate",
    "peft.PeftModel.from_pretrained.*.generate",
    "transformers.TextGenerationPipeline.__call__",
    *(
        f"{name}.{call}"
        for name in (*_FRAMEWORKS, "langchain*.HuggingFacePipeline.from_model_id")
        for call in ("invoke", "ainvoke", "stream", "astream", "batch", "predict", "generate", "__call__")
    ),
    *(f"{name}.run" for name in _HAYSTACK),
    "sglang.Engine.generate",
    "sglang.Engine.async_generate",
)
"""Calls that let a loaded model write what it is asked for; translating and writing down speech are none."""

_WRITING: Final = frozenset({"text-generation", "text2text-generation", "image-text-to-text"})


def is_writing_pipeline(one: Resolved) -> bool:
    """Whether it is a pipeline of transformers that was made to write text, and not to classify or to translate."""
    if not one.instance or one.name != "transformers.pipeline" or one.made_by is None:
        return False
    given = [*one.made_by.args[:1], *(keyword.value for keyword in one.made_by.keywords if keyword.arg == "task")]
    return any(isinstance(task, ast.Constant) and task.value in _WRITING for task in given)


def writes_tokens(call: ast.Call) -> bool:
    """Whether something that was handed in is told how many tokens to write: `model.generate(x, max_new_tokens=9)`."""
    function = call.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "generate"
        and any(keyword.arg == "max_new_tokens" for keyword in call.keywords)
    )
