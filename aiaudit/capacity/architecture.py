"""The shape of a transformer, from its `config.json`: exact parameter counts, and how its KV cache grows.

Sources: the layers' definitions in transformers' modelling code. Counts are exact to the parameter for the dense and
mixture families in `tables/models.yaml` (tests hold them against published figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct, field

LayerKind = Literal["full", "sliding", "linear"]


class NotAnArchitecture(ValueError):  # noqa: N818
    """The configuration lacks a figure that is needed. The text names it."""


class Attention(Struct, frozen=True):
    """Grouped-query attention of one kind of layer: heads, key/value heads, and the size of a head.

    `shared_kv`: keys and values are the same tensor (one copy is cached).
    """

    heads: int
    kv_heads: int
    head_dim: int
    shared_kv: bool = False


class Latent(Struct, frozen=True):
    """Multi-head latent attention (DeepSeek-V2 …): a compressed vector and the rotary key are cached, per layer."""

    kv_rank: int
    rope_dim: int
    nope_dim: int
    v_dim: int
    q_rank: int | None


class Experts(Struct, frozen=True):
    """Mixture of experts: `count` of them, `active` a token, of inner size `size`; `shared_size` runs for all tokens.

    The first `dense_layers` layers have a dense block; `every` n-th layer is a mixture.
    """

    count: int
    active: int
    size: int
    shared_size: int = 0
    shared_gate: bool = False
    dense_layers: int = 0
    every: int = 1
    router_bias: bool = False
    expert_bias: bool = False


class Linear(Struct, frozen=True):
    """A linear-attention or state-space layer: its state, in elements a sequence, and its parameters."""

    state: int
    parameters: int


class Architecture(Struct, frozen=True):
    """A decoder: what its weights and its cache depend on. `layers` names each layer's kind, in order."""

    family: str
    hidden: int
    vocabulary: int
    layers: tuple[LayerKind, ...]
    attention: Attention
    intermediate: int
    tied: bool = False
    sliding_attention: Attention | None = None
    window: int | None = None
    latent: Latent | None = None
    experts: Experts | None = None
    linear: Linear | None = None
    qkv_bias: bool = False
    output_bias: bool = False
    qk_norm: bool = False
    qk_norm_full: bool = False
    gated_mlp: bool = True
    mlp_bias: bool = False
    norms: int = 2
    norm_size: int = 1
    attention_sinks: bool = False
    gated_attention: bool = False
    positions: int = 0
    final_norm: bool = True
    context: int | None = None
    other: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def full_layers(self) -> int:
        """Layers whose cache grows with every token."""
        return self.layers.count("full")

    @property
    def sliding_layers(self) -> int:
        """Layers whose cache stops growing at the window."""
        return self.layers.count("sliding")

    @property
    def linear_layers(self) -> int:
        """Layers with a state of fixed size."""
        return self.layers.count("linear")


# --- parameters ---------------------------------------------------------------------------------------------------


class Parameters(Struct, frozen=True):
    """Numbers of parameters. `embedding`: input and, where untied, output; they usually stay in 16 bits."""

    total: int
    embedding: int
    active: int
    experts: int = 0

    @property
    def linear(self) -> int:
        """What quantisation usually touches: everything but the embeddings."""
        return self.total - self.embedding


def parameters(shape: Architecture) -> Parameters:
    """Count them: embeddings + Σ layers (attention + block + norms) + final norm."""
    embedding = shape.vocabulary * shape.hidden * (1 if shape.tied else 2)
    total = embedding + shape.positions * shape.hidden + shape.other
    total += shape.norm_size * shape.hidden if shape.final_norm else 0
    inactive = all_experts = 0
    for number, kind in enumerate(shape.layers):
        total += _attention(shape, kind) + shape.norms * shape.norm_size * shape.hidden
        experts = shape.experts
        if experts is not None and number >= experts.dense_layers and (number + 1) % experts.every == 0:
            one = 3 * shape.hidden * experts.size
            one += (2 * experts.size + shape.hidden) if experts.expert_bias else 0
            total += experts.count * one + experts.count * shape.hidden + 3 * shape.hidden * experts.shared_size
            total += (shape.hidden if experts.shared_gate else 0) + (experts.count if experts.router_bias else 0)
            inactive += (experts.count - experts.active) * one
            all_experts += experts.count * one
        else:
            total += _block(shape)
    # The input embedding is a lookup: a token touches one row of it. The output matrix is read whole.
    lookup = shape.vocabulary * shape.hidden if not shape.tied else 0
    return Parameters(total, embedding, total - inactive - lookup, all_experts)


def _attention(shape: Architecture, kind: LayerKind) -> int:
    h = shape.hidden
    if kind == "linear" and shape.linear is not None:
        return shape.linear.parameters
    if shape.latent is not None:
        m, heads = shape.latent, shape.attention.heads
        key = m.nope_dim + m.rope_dim
        query = h * heads * key if m.q_rank is None else h * m.q_rank + m.q_rank + m.q_rank * heads * key
        cached = h * (m.kv_rank + m.rope_dim) + m.kv_rank + m.kv_rank * heads * (m.nope_dim + m.v_dim)
        return query + cached + heads * m.v_dim * h
    a = shape.sliding_attention if kind == "sliding" and shape.sliding_attention else shape.attention
    q, kv = a.heads * a.head_dim, a.kv_heads * a.head_dim
    matrices = 1 if a.shared_kv else 2
    total = h * q * (2 if shape.gated_attention else 1) + matrices * h * kv + q * h
    total += q + 2 * kv if shape.qkv_bias else 0
    total += h if shape.output_bias else 0
    if shape.qk_norm:
        total += (q + kv) if shape.qk_norm_full else 2 * a.head_dim
    return total + (a.heads if shape.attention_sinks else 0)


def _block(shape: Architecture) -> int:
    h, i = shape.hidden, shape.intermediate
    matrices = 3 if shape.gated_mlp else 2
    bias = ((matrices - 1) * i + h) if shape.mlp_bias else 0
    return matrices * h * i + bias


# --- cache --------------------------------------------------------------------------------------------------------


class Cache(Struct, frozen=True):
    """The KV cache of one model, in elements (multiply by the bytes of its type).

    `per_token`: grows with every token of every sequence. `per_window_token`: grows until the window is full.
    `per_sequence`: fixed state of linear-attention layers. `replicated`: the share that tensor parallelism cannot split
    (a latent vector is held whole on every rank); `kv_heads` bounds the split of the rest.
    """

    per_token: int
    per_window_token: int
    window: int | None
    per_sequence: int
    kv_heads: int
    replicated: bool

    def elements(self, tokens: int) -> int:
        """Of one sequence of `tokens` tokens."""
        seen = min(tokens, self.window) if self.window else tokens
        return self.per_token * tokens + self.per_window_token * seen + self.per_sequence

    def split(self, tensor_parallel: int) -> float:
        """The share of the cache that one of `tensor_parallel` ranks holds; beyond their number, heads are copied."""
        if self.replicated or tensor_parallel <= 1:
            return 1.0
        return -(-self.kv_heads // tensor_parallel) / self.kv_heads


def cache(shape: Architecture) -> Cache:
    """2·L·kv_heads·head_dim a token (keys and values); L·(kv_rank + rope_dim) for latent attention."""
    if shape.latent is not None:
        per_layer = shape.latent.kv_rank + shape.latent.rope_dim
        return Cache(len(shape.layers) * per_layer, 0, None, 0, 1, replicated=True)
    full, sliding = shape.attention, shape.sliding_attention or shape.attention
    state = shape.linear.state if shape.linear else 0
    return Cache(
        per_token=shape.full_layers * _cached(full),
        per_window_token=shape.sliding_layers * _cached(sliding),
        window=shape.window,
        per_sequence=shape.linear_layers * state,
        kv_heads=full.kv_heads,
        replicated=False,
    )


def _cached(attention: Attention) -> int:
    return (1 if attention.shared_kv else 2) * attention.kv_heads * attention.head_dim


# --- reading config.json ------------------------------------------------------------------------------------------

_NO_SLIDING: Final = frozenset({"qwen2", "qwen2_moe", "qwen3", "qwen3_moe"})  # off unless use_sliding_window says so


def from_config(config: Mapping[str, Any]) -> Architecture:
    """The architecture that a `config.json` describes. Raises `NotAnArchitecture`."""
    text = config.get("text_config")
    notes: tuple[str, ...] = ()
    if isinstance(text, Mapping):
        outer = str(config.get("model_type", ""))
        config = {"tie_word_embeddings": config.get("tie_word_embeddings", False), **text}
        notes = (f"{outer or 'a multimodal model'}: the language part only; image and audio towers are not counted",)
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
        intermediate=_optional(config, "intermediate_size", "n_inner", "ffn_hidden_size") or 4 * hidden,
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
        context=_optional(config, "max_position_embeddings", "n_positions", "max_sequence_length", "seq_length"),
        other=_int(config, "vocab_size") if family == "phi" else 0,  # the output layer's bias
        notes=notes,
    )


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
    shared = _optional(config, "shared_expert_intermediate_size") or size * (_optional(config, "n_shared_experts") or 0)
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
