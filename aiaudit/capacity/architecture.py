"""The shape of a transformer: exact parameter counts, and how its KV cache grows.

Sources: the layers' definitions in transformers' modelling code. Counts are exact to the parameter for the dense and
mixture families in `tables/models.yaml` (tests hold them against published figures).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

LayerKind = Literal["full", "sliding", "linear"]


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

    @property
    def inner(self) -> int:
        """Units of the inner block that a token goes through: of all its active experts, and of the shared one."""
        if self.experts is None:
            return self.intermediate
        return self.experts.active * self.experts.size + self.experts.shared_size


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
