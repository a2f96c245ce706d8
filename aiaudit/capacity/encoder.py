"""Encoders that embed or classify (BERT and its kin): exact counts, and the memory of a batch. They keep no cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aiaudit.capacity.terms import Term

FAMILIES: Final = frozenset({"bert", "roberta", "xlm-roberta", "camembert"})
BATCH: Final = 32  # sequences at once, where none is declared (sentence-transformers' default)
STATES: Final = 6  # hidden states that the widest moment of a layer holds (the project's capacity notes, 1.4)
ELEMENT: Final = 2  # bytes of one of their figures


class Encoder(Struct, frozen=True):
    """What the memory of a batch depends on."""

    hidden: int
    layers: int
    context: int
    parameters: int


def encoder_from_config(config: Mapping[str, Any]) -> Encoder | None:
    """The encoder of a config.json; None where it is none of the known families, or a figure is missing."""
    if config.get("model_type") not in FAMILIES:
        return None
    names = ("vocab_size", "hidden_size", "num_hidden_layers", "intermediate_size", "max_position_embeddings")
    figures = [config.get(name) for name in names]
    types = config.get("type_vocab_size", 2)
    if not all(type(one) is int and 0 < one < 10**9 for one in (*figures, types)):
        return None
    words, h, layers, inner, positions = (int(one or 0) for one in figures)
    embeddings = (words + positions + types) * h + 2 * h
    layer = 4 * (h * h + h) + 2 * h + (h * inner + inner) + (inner * h + h) + 2 * h
    return Encoder(h, layers, positions, embeddings + layers * layer + h * h + h)  # the pooler last


def batch_memory(encoder: Encoder, batch: int, tokens: int) -> Term:
    """The widest transient of a batch: about six of its hidden states, of one layer at a time."""
    value = STATES * batch * tokens * encoder.hidden * ELEMENT
    text = f"{STATES} × {batch} sequences × {tokens:,} tokens × {encoder.hidden} × {ELEMENT} B"
    return Term.within("working set", value, 0.5, text, "no cache is kept", batch=batch, tokens=tokens)
