"""Peak memory of one GPU that trains: weights, gradients, optimiser, activations, logits, and the context around them.

Sources: ZeRO (arXiv 1910.02054) and DeepSpeed's own estimators for the states; Korthikanti et al. (arXiv 2205.05198)
for the shape of the activations. The bytes an activation takes in current implementations, the logits chain and the
workspaces were fitted on measured runs of Llama-3.2-1B and of Qwen-7B in 4 bits, and hold on others.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from aiaudit.capacity.architecture import Architecture, parameters
from aiaudit.capacity.tables import WeightFormat, weight_format
from aiaudit.capacity.terms import Sum, Term, total

Method = Literal["full", "lora", "qlora", "inference"]
Precision = Literal["pure", "amp", "mixed"]

# --- fitted on vramcalc's runs of Llama-3.2-1B ------------------------------------------------------------------------
LOGITS: Final = 14  # bytes a logit: 2 in 16 bits, then three copies in 32 at log_softmax's backward
NORMS: Final = 26  # bytes a token and hidden unit that a layer keeps, besides its inner block
INNER: Final = 8  # bytes a token and inner unit: gate, up, activation, product
SCORES: Final = 6  # bytes a score that eager attention keeps: 4 softmax in 32 bits, 2 in 16
FUSED: Final = (16, 4)  # NORMS and INNER where a compiler fuses and recomputes
# --- fitted on Qwen-7B in 4 bits --------------------------------------------------------------------------------------
GPTQ_LOGITS: Final = 8  # in 16 bits throughout
GPTQ_WORKSPACE: Final = 0.325  # bytes a quantised parameter that its kernels unpack
# --------------------------------------------------------------------------------------------------------------------
CONTEXT: Final = 1.0e9  # bytes of CUDA context and allocator outside what a framework counts
BAND: Final[dict[str, float]] = {"full": 0.15, "lora": 0.15, "qlora": 0.25, "inference": 0.10}
SHARDED_BAND: Final = 0.25
CHUNKS: Final = 8  # of a loss that is computed in pieces


class Run(Struct, frozen=True):
    """A training run. `tokens` = sequences a step and GPU × their length.

    `precision`: `pure` (all in 16 bits), `amp` (32-bit weights where they are trained, cast as they are used),
    `mixed` (16-bit weights with a 32-bit copy in the optimiser). `process`: count what lies outside the allocator.
    """

    method: Method
    seq: int = 2048
    batch: int = 1
    checkpointing: bool = True
    optimizer: str = "adamw"
    precision: Precision = "mixed"
    attention: str = "flash"
    rank: int = 16
    trains_embeddings: bool = False
    gpus: int = 1
    zero: int = 0
    form: str = "bf16"
    compiled: bool = False
    chunked_loss: bool = False
    in_backward: bool = False  # the optimiser steps in the backward pass: gradients are not kept
    paged: bool = False  # the optimiser's states lie in the machine's memory
    process: bool = True
    targets: str = "all"  # linear layers that have adapters
    deepspeed: bool = False

    @property
    def tokens(self) -> int:
        return self.seq * self.batch


# bytes a trained parameter: moments in what precision they are kept
_STATES: Final = {"adamw": 8, "adam": 8, "lion": 4, "sgd": 0, "momentum": 4, "adamw8bit": 2, "adafactor": 0.02}


def training_memory(shape: Architecture, run: Run) -> Sum:
    """The terms of one GPU's peak."""
    count = parameters(shape)
    form = weight_format(run.form) if run.method == "qlora" else weight_format("bf16")
    trained = count.total if run.method == "full" else 0
    terms = [_weights(shape, run, form)]
    if run.method in ("lora", "qlora"):
        terms.append(_adapters(shape, run))
        if run.trains_embeddings:
            terms.append(_trained_embeddings(shape))
    if trained:
        terms += _states(trained, shape, run)
    terms += _activations(shape, run)
    terms.append(_logits(shape, run))
    if run.method == "qlora" and run.form.startswith("gptq"):
        work = GPTQ_WORKSPACE * count.linear
        terms.append(Term.exact("workspace", work, f"{GPTQ_WORKSPACE} × {count.linear:,} quantised", "fit on Qwen-7B"))
    if run.method == "inference":
        cached = 2 * len(shape.layers) * shape.attention.kv_heads * shape.attention.head_dim * 2 * run.tokens
        terms.append(Term.exact("cache", cached, f"{run.tokens:,} tokens in 16 bits", "shape"))
    if run.process:
        terms.append(Term.within("context", CONTEXT, 0.5, "CUDA context and fragmentation", "0.5 … 1.5 GB measured"))
    return total(terms)


def band(run: Run) -> float:
    """The share by which a measured peak may differ."""
    return SHARDED_BAND if run.gpus > 1 else BAND[run.method]


def adapter_parameters(shape: Architecture, rank: int) -> int:
    """r · Σ (in + out) over the linear layers of attention and block."""
    a, h, i = shape.attention, shape.hidden, shape.intermediate
    q, kv = a.heads * a.head_dim, a.kv_heads * a.head_dim
    layer = (h + q) + 2 * (h + kv) + (q + h) + (3 if shape.gated_mlp else 2) * (h + i)
    return rank * layer * len(shape.layers)


def _weights(shape: Architecture, run: Run, form: WeightFormat) -> Term:
    count = parameters(shape)
    shards = run.gpus if run.zero >= 3 else 1
    if run.method == "qlora":
        value = (count.linear * form.linear + count.embedding * form.embedding) / 8 / shards
        text = f"{count.linear:,} × {form.linear:g} bits + {count.embedding:,} embedded × {form.embedding:g}"
        return Term.exact("weights", value, text, form.source)
    size = 4 if run.precision == "amp" else 2
    value = count.total * size / shards
    text = f"{count.total:,} × {size} B" + (f" / {shards}" if shards > 1 else "")
    casts = 0.0
    if run.precision == "amp" and run.method == "full":
        casts = 2 * count.total  # autocast keeps 16-bit copies of what is trained
    elif run.precision == "amp":  # copies of what is frozen live as long as a graph needs them
        casts = 2 * shape.vocabulary * shape.hidden if run.checkpointing else 2 * count.total
    return Term.exact("weights", value + casts, text + (" + 16-bit copies" if casts else ""), "ZeRO, arXiv 1910.02054")


def _adapters(shape: Architecture, run: Run) -> Term:
    count = adapter_parameters(shape, run.rank)
    each = 8 if run.precision == "pure" else 16
    text = f"r {run.rank}: {count:,} × {each} B (weight, gradient, moments)"
    return Term.exact("adapters", count * each, text, "QLoRA, arXiv 2305.14314")


def _trained_embeddings(shape: Architecture) -> Term:
    """Embedding and output layer are copied and trained in 16 bits: copy, gradient, two moments, step workspace."""
    count = shape.vocabulary * shape.hidden * 2
    return Term.exact("embeddings", count * 10, f"{count:,} × 10 B", "AdamW in 16 bits with its step workspace")


def _states(trained: int, shape: Architecture, run: Run) -> list[Term]:
    optimizer = run.optimizer.lower().replace("paged_", "").replace("paged-", "").replace("_", "").replace("-", "")
    moments = _STATES.get(optimizer, 8.0)
    if run.precision == "pure" and moments == 8:
        moments = 4.0  # in 16 bits as the weights
    master = 4 if run.precision == "mixed" else 0
    keeps = 0 if run.paged else moments + master
    shard = run.gpus if run.zero >= 1 else 1
    terms = [
        Term.exact(
            "optimiser", trained * keeps / shard, f"{trained:,} × {keeps:g} B / {shard}", "ZeRO, arXiv 1910.02054"
        )
    ]
    size = 4 if run.precision == "amp" else 2
    extra = 2 if run.deepspeed and run.zero >= 1 else 0  # DeepSpeed counts 18 B a parameter in all
    parts = run.gpus if run.zero >= 2 else 1
    if run.in_backward:
        largest = shape.vocabulary * shape.hidden
        terms.append(
            Term.exact("gradients", largest * size, "the largest tensor's alone", "optimiser in the backward pass")
        )
    else:
        terms.append(
            Term.exact(
                "gradients", trained * (size + extra) / parts, f"{trained:,} × {size + extra} B / {parts}", "ZeRO"
            )
        )
    return terms


def _activations(shape: Architecture, run: Run) -> list[Term]:
    layers, tokens, h = len(shape.layers), run.tokens, shape.hidden
    norms, inner = FUSED if run.compiled else (NORMS, INNER)
    layer = tokens * (norms * h + inner * shape.inner)
    scores = SCORES * shape.attention.heads * run.seq * run.seq * run.batch if run.attention == "eager" else 0
    if run.method == "inference":
        return [
            Term.exact("activations", 4 * tokens * h + scores, f"{tokens:,} tokens, one layer", "one layer at a time")
        ]
    if run.checkpointing:
        kept = 2 * tokens * h * layers
        # one layer is recomputed at a time, after the logits are gone: the larger of the two counts
        extra = max(0.0, layer + scores - _logits(shape, run).expected)
        text = f"2 × {tokens:,} tokens × {h:,} × {layers} layers"
        return [Term.exact("activations", kept + extra, text, "arXiv 2205.05198, full recomputation")]
    text = f"{tokens:,} tokens × ({norms} × {h:,} + {inner} × {shape.inner:,}) × {layers} layers"
    terms = [Term.exact("activations", layer * layers, text, "fit on Llama-3.2-1B")]
    if scores:
        terms.append(
            Term.exact(
                "scores", scores * layers, f"{SCORES} × heads × {run.seq:,}² × {layers} layers", "eager attention"
            )
        )
    return terms


def _logits(shape: Architecture, run: Run) -> Term:
    each = 2 if run.method == "inference" else GPTQ_LOGITS if run.form.startswith("gptq") else LOGITS
    chunks = CHUNKS if run.chunked_loss else 1
    value = run.tokens * shape.vocabulary * each / chunks
    text = f"{run.tokens:,} tokens × {shape.vocabulary:,} words × {each} B" + (f" / {chunks}" if chunks > 1 else "")
    return Term.exact("logits", value, text, "log_softmax and its backward pass")
