"""The architecture that a model's `config.json` describes, whatever words its family uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiaudit.capacity.architecture import Architecture, Attention, Experts, Latent, LayerKind, Linear


class NotAnArchitecture(ValueError):  # noqa: N818
    """The configuration lacks a figure that is needed. The text names it."""


_NO_SLIDING: Final = frozenset({"qwen2", "qwen2_moe", "qwen3", "qwen3_moe"})  # off unless use_sliding_window says so


_LLAMA4: Final = ("llama4", "llama4_text")


def _dense(family: str) -> tuple[str, ...]:
    """The key of a dense block's inner size: Llama 4 gives its experts' the plain one."""
    return ("intermediate_size_mlp", "intermediate_size") if family in _LLAMA4 else ("intermediate_size",)


def from_config(config: Mapping[str, Any]) -> Architecture:
    """The architecture that a `config.json` describes. Raises `NotAnArchitecture`."""
    text = config.get("text_config")
    notes: tuple[str, ...] = ()
    if isinstance(text, Mapping):
        outer = str(config.get("model_type", ""))
        config = {"tie_word_embeddings": config.get("tie_word_embeddings", False), **text}
        notes = (_towers(outer),)
    elif isinstance(config.get("vision_config"), Mapping) or isinstance(config.get("audio_config"), Mapping):
        notes = (_towers(str(config.get("model_type", ""))),)
    family = str(config.get("model_type", ""))
    hidden = _int(config, "hidden_size", "n_embd", "d_model")
    count = _int(config, "num_hidden_layers", "n_layer", "num_layers", "n_layers")
    heads = _int(config, "num_attention_heads", "n_head", "n_heads")
    kv_heads = _kv_heads(config, heads)
    head_dim = _optional(config, "head_dim") or hidden // heads
    attention = Attention(heads, kv_heads, head_dim)
    layers = _layers(config, family, count)
    gpt2 = family in ("gpt2", "gpt_bigcode")
    return Architecture(
        family=family,
        hidden=hidden,
        vocabulary=_int(config, "vocab_size", "padded_vocab_size"),
        layers=layers,
        attention=attention,
        intermediate=_optional(config, *_dense(family), "n_inner", "ffn_hidden_size") or 4 * hidden,
        tied=_tied(config, family),
        sliding_attention=_sliding(config, attention),
        window=_optional(config, "sliding_window") if "sliding" in layers else None,
        latent=_latent(config),
        experts=_experts(config, family, hidden),
        linear=_linear(config, family, hidden),
        qkv_bias=_qkv_bias(config, family),
        output_bias=gpt2
        or family in ("phi", "opt", "starcoder2")
        or (bool(config.get("attention_bias")) and family in ("llama", "gpt_oss")),
        qk_norm=family in ("qwen3", "qwen3_moe", "qwen3_next", "gemma3", "gemma3_text", "olmo2", "olmo3", "cohere2"),
        qk_norm_full=family in ("olmo2", "olmo3"),
        gated_mlp=not gpt2 and family not in ("phi", "gpt_neox", "opt", "falcon", "bloom", "starcoder2"),
        mlp_bias=gpt2 or bool(config.get("mlp_bias")) or family in ("phi", "gpt_neox", "opt", "bloom", "starcoder2"),
        norms=4
        if family in ("gemma2", "gemma3", "gemma3_text")
        else 1
        if family in ("cohere", "cohere2", "phi")
        else 2,
        norm_size=2 if gpt2 or family in ("phi", "gpt_neox", "opt", "bloom", "starcoder2") else 1,
        attention_sinks=family == "gpt_oss",
        gated_attention=family == "qwen3_next",
        positions=_int(config, "n_positions", "max_position_embeddings") if gpt2 or family == "opt" else 0,
        context=_context(config, family),
        other=_int(config, "vocab_size") if family == "phi" else 0,  # the output layer's bias
        notes=notes,
    )


def _context(config: Mapping[str, Any], family: str) -> int | None:
    """Tokens of the longest sequence: as trained, or as its rotary scaling stretches them (an engine's own rule)."""
    said = _optional(config, "max_position_embeddings", "n_positions", "max_sequence_length", "seq_length")
    scaling = config.get("rope_scaling") or config.get("rope_parameters")
    if said is None or not isinstance(scaling, Mapping) or family.startswith("gemma3"):
        return said
    factor, kind = scaling.get("factor"), scaling.get("rope_type", scaling.get("type"))
    if kind in ("default", "su", "longrope", "llama3", "mrope") or not isinstance(factor, (int, float)) or factor <= 1:
        return said  # these say the stretched length themselves
    base = _optional(scaling, "original_max_position_embeddings") or said
    return max(said, round(base * factor))


def _towers(family: str) -> str:
    return f"{family or 'a multimodal model'}: the language part only; image and audio towers are not counted"


def _layers(config: Mapping[str, Any], family: str, count: int) -> tuple[LayerKind, ...]:
    named = config.get("layer_types")
    if isinstance(named, Sequence) and not isinstance(named, str) and len(named) == count:
        kinds: dict[str, LayerKind] = {
            "full_attention": "full", "attention": "full", "sliding_attention": "sliding",
            "chunked_attention": "sliding", "linear_attention": "linear", "mamba": "linear", "recurrent": "linear",
        }  # fmt: skip
        return tuple(kinds.get(str(name), "full") for name in named)
    every = _optional(config, "full_attention_interval")
    if every and family == "qwen3_next":
        return _alternating(count, every, "linear")
    if _optional(config, "sliding_window") is None:
        return _alternating(count, 1, "full")
    if family in _NO_SLIDING and not config.get("use_sliding_window"):
        return _alternating(count, 1, "full")
    pattern = _optional(config, "sliding_window_pattern")
    if pattern is None:
        pattern = {"gemma2": 2, "gemma3": 6, "gemma3_text": 6, "cohere2": 4, "gpt_oss": 2}.get(family)
    return _alternating(count, pattern or count + 1, "sliding")


def _alternating(count: int, every: int, between: LayerKind) -> tuple[LayerKind, ...]:
    """Every n-th layer is full, the others `between`."""
    return tuple("full" if (n + 1) % every == 0 else between for n in range(count))


def _sliding(config: Mapping[str, Any], full: Attention) -> Attention | None:
    """Some families give global layers heads of another size; the config's plain figures are the sliding layers'."""
    wide = _optional(config, "global_head_dim")
    return full if wide and wide != full.head_dim else None


def _kv_heads(config: Mapping[str, Any], heads: int) -> int:
    if config.get("multi_query") is True and not config.get("new_decoder_architecture"):
        return 1
    return _optional(config, "num_key_value_heads", "num_kv_heads", "n_kv_heads") or heads


def _latent(config: Mapping[str, Any]) -> Latent | None:
    rank = _optional(config, "kv_lora_rank")
    if rank is None:
        return None
    return Latent(
        kv_rank=rank,
        rope_dim=_int(config, "qk_rope_head_dim"),
        nope_dim=_int(config, "qk_nope_head_dim"),
        v_dim=_int(config, "v_head_dim"),
        q_rank=_optional(config, "q_lora_rank"),
    )


def _experts(config: Mapping[str, Any], family: str, hidden: int) -> Experts | None:
    count = _optional(config, "n_routed_experts", "num_local_experts", "num_experts")
    if not count or count < 2:
        return None
    size = _optional(config, "moe_intermediate_size", "expert_intermediate_size", "intermediate_size") or 4 * hidden
    beside = 1 if family in _LLAMA4 else _optional(config, "n_shared_experts") or 0  # one runs for all tokens
    shared = _optional(config, "shared_expert_intermediate_size") or size * beside
    return Experts(
        count=count,
        active=_int(config, "num_experts_per_tok", "experts_per_token", "num_experts_per_token"),
        size=size,
        shared_size=shared,
        shared_gate=family in ("qwen2_moe", "qwen3_next"),
        dense_layers=_optional(config, "first_k_dense_replace") or 0,
        every=_optional(config, "decoder_sparse_step", "moe_layer_freq", "interleave_moe_layer_step") or 1,
        router_bias=family in ("deepseek_v3", "gpt_oss", "kimi_k2"),
        expert_bias=family == "gpt_oss",
    )


def _linear(config: Mapping[str, Any], family: str, hidden: int) -> Linear | None:
    """Gated DeltaNet of Qwen3-Next: a matrix of state for each value head and a short convolution."""
    key_heads, value_heads = _optional(config, "linear_num_key_heads"), _optional(config, "linear_num_value_heads")
    if family != "qwen3_next" or not key_heads or not value_heads:
        return None
    key, value = _int(config, "linear_key_head_dim"), _int(config, "linear_value_head_dim")
    width = _int(config, "linear_conv_kernel_dim")
    keys, values = key_heads * key, value_heads * value
    channels = 2 * keys + values
    state = value_heads * key * value + (width - 1) * channels
    count = hidden * (2 * keys + 2 * values) + hidden * 2 * value_heads + channels * width
    count += 2 * value_heads + value + values * hidden
    return Linear(state, count)


def _qkv_bias(config: Mapping[str, Any], family: str) -> bool:
    if "attention_bias" in config and family not in ("qwen2", "qwen2_moe"):
        return bool(config["attention_bias"])
    if family in ("chatglm",):
        return bool(config.get("add_qkv_bias"))
    return family in ("qwen2", "qwen2_moe", "gpt2", "gpt_bigcode", "gpt_oss", "phi", "opt", "starcoder2", "qwen2_vl")


def _tied(config: Mapping[str, Any], family: str) -> bool:
    """transformers' default is True for these families, where the file says nothing; else False as most files do."""
    default = family in ("gemma", "gemma2", "gemma3", "gemma3_text", "gpt2", "gpt_bigcode", "cohere", "cohere2", "opt")
    value = config.get("tie_word_embeddings", default)
    return bool(value) or family in ("gemma", "gemma2", "gemma3", "gemma3_text")


def _int(config: Mapping[str, Any], *names: str) -> int:
    value = _optional(config, *names)
    if value is None:
        raise NotAnArchitecture(f"no {names[0]} in the configuration")
    return value


def _optional(config: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9:
            return value
    return None
