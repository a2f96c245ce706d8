"""The weight format in which a model is published: as its config.json has it, or as its name on a hub says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiaudit import lazy

_METHODS: Final = {"fp8": "fp8", "fbgemm_fp8": "fp8", "mxfp4": "mxfp4"}
_BY_BITS: Final = {"awq": {4: "awq-int4", 8: "w8a16"}, "gptq": {4: "gptq-int4", 8: "w8a16"}}
_ALIKE: Final = {"auto-round": "gptq", "intel/auto-round": "gptq", "gptq_marlin": "gptq", "awq_marlin": "awq"}
_ALGORITHMS: Final = {"fp8": "fp8", "nvfp4": "nvfp4", "w4a16_awq": "awq-int4", "w4a16": "awq-int4"}  # of modelopt
_TYPES: Final = ("bfloat16", "float16", "float32")
# Words of a name, the longest first: `…-FP8`, `…-quantized.w4a16`, `…-GPTQ-Int8`, `…-bnb-4bit`.
_WORDS: Final = lazy.regex(
    r"(?:^|[-_.])(?:(?P<w8a16>gptq-int8|w8a16)|(?P<gptq>gptq(?:-int4)?)|(?P<awq>awq|w4a16|int4)|(?P<nvfp4>nvfp4|fp4)"
    r"|(?P<mxfp4>mxfp4)|(?P<fp8>fp8)|(?P<bf16>bf16)|(?P<int8>w8a8|int8)|(?P<nf4>bnb-4bit|nf4))(?=$|[-_.])"
)
_TAG: Final = lazy.regex(r"-(i?q\d[\w]*|fp16|bf16|f16)$")
_OF_WORDS: Final = {"gptq": "gptq-int4", "awq": "awq-int4"}


def said_dtype(config: Mapping[str, Any]) -> str:
    """The weights' type as config.json has it, its quantisation first; empty where it says none. A way to quantise that
    is not known is returned by its own name, which is no format's: a guess would be wrong by factors."""
    text = config.get("text_config")
    inner: Mapping[str, Any] = text if isinstance(text, Mapping) else {}
    quantised = config.get("quantization_config") or inner.get("quantization_config")
    if isinstance(quantised, Mapping):
        return _quantised(quantised)
    said = config.get("torch_dtype") or config.get("dtype") or inner.get("torch_dtype") or inner.get("dtype")
    return said if isinstance(said, str) and said in _TYPES else ""


def named_dtype(name: str) -> str:
    """The format that a name on a hub tells (`Qwen/Qwen2.5-7B-Instruct-AWQ`); empty where it tells none."""
    if ":" in name:
        return _tagged(name.rsplit(":", 1)[1])
    found = _WORDS.search(name.rsplit("/", 1)[-1].lower())
    if found is None or found.lastgroup is None:
        return ""
    return _OF_WORDS.get(found.lastgroup, found.lastgroup)


def _tagged(tag: str) -> str:
    """Of a tag of Ollama's, such as `8b-instruct-q4_K_M`."""
    said = _TAG.search(tag.lower())
    if said is None:
        return ""
    return (
        "bf16"
        if said[1] == "bf16"
        else "fp16"
        if said[1].endswith("p16") or said[1] == "f16"
        else f"gguf:{said[1].upper()}"
    )


def _quantised(part: Mapping[str, Any]) -> str:
    method = str(part.get("quant_method", "")).lower()
    method = _ALIKE.get(method, method)
    bits = part.get("bits", part.get("weight_bits", 4))
    known = _METHODS.get(method) or _BY_BITS.get(method, {}).get(bits if isinstance(bits, int) else 0)
    if known:
        return known
    if method == "bitsandbytes":
        if part.get("load_in_8bit") is True:
            return "w8a16"
        return "nf4-double" if part.get("bnb_4bit_use_double_quant") is True else "nf4"
    if method.startswith("modelopt") and (known := _ALGORITHMS.get(str(part.get("quant_algo", "")).lower())):
        return known
    if method == "compressed-tensors" and (known := _compressed(part)):
        return known
    return f"{method or 'quantization_config'}{f' of {bits} bits' if method in _BY_BITS else ''}"


def _compressed(part: Mapping[str, Any]) -> str:
    """Of compressed-tensors: by the weights of its first group, and whether activations are quantised as well."""
    groups = part.get("config_groups")
    first = next(iter(groups.values()), None) if isinstance(groups, Mapping) else None
    if not isinstance(first, Mapping) or not isinstance(first.get("weights"), Mapping):
        return ""
    kind = (first["weights"].get("type"), first["weights"].get("num_bits"))
    if kind == ("int", 8):
        return "int8" if isinstance(first.get("input_activations"), Mapping) else "w8a16"
    if kind == ("float", 4):
        form = str(first.get("format") or part.get("format") or "")
        return "nvfp4" if form.startswith("nvfp4") else ""
    return {("float", 8): "fp8", ("int", 4): "awq-int4"}.get(kind, "")
