"""Bytes of the weights: from a file's own header where there is one, else from the shape and the weight format."""

from __future__ import annotations

from typing import Final

from aiaudit.capacity.architecture import Parameters
from aiaudit.capacity.tables import WeightFormat
from aiaudit.capacity.terms import Term

NAME_ONLY: Final = 0.10  # a parameter count read from a name ("7B") is rounded
MIXTURE: Final = 0.02  # bits of a GGUF mixture vary with the share of the embeddings (4.82 … 4.91 for Q4_K_M)
PADDED_EXPERTS: Final = (
    1.067  # vLLM pads gpt-oss' 2,880 columns to 3,072: 20b takes 13.47 GiB, 120b 64.4 (llm-d-planner)
)


def from_shape(count: Parameters, form: WeightFormat, provenance: str, *, engine: str = "") -> Term:
    """Σ parameters × bits / 8, embeddings and experts apart where the format treats them apart."""
    if form.whole is not None:
        return Term.within(
            "weights",
            count.total * form.whole / 8,
            MIXTURE,
            f"{count.total:,} parameters × {form.whole:g} bits / 8",
            provenance,
            parameters=count.total,
            bits=form.whole,
        )
    experts = count.experts if form.experts != form.linear else 0
    padding = PADDED_EXPERTS if experts and engine == "vllm" else 1.0
    plain = count.linear - experts
    value = (plain * form.linear + count.embedding * form.embedding + experts * form.experts * padding) / 8
    parts = [f"{plain:,} × {form.linear:g}", f"{count.embedding:,} embedded × {form.embedding:g}"]
    if experts:
        parts.append(f"{experts:,} in experts × {form.experts:g}" + (f" × {padding:g} padding" if padding > 1 else ""))
    return Term.exact(
        "weights", value, f"({' + '.join(parts)} bits) / 8", provenance, parameters=count.total, bits=form.linear
    )


def from_count(parameters: float, form: WeightFormat, provenance: str, *, rounded: bool) -> Term:
    """A plain parameter count: exact only where the count is, and blind to what the format leaves in 16 bits."""
    bits = form.whole or form.linear
    return Term.within(
        "weights",
        parameters * bits / 8,
        NAME_ONLY if rounded else 0.03,
        f"{parameters:,.0f} parameters × {bits:g} bits / 8",
        provenance,
        parameters=parameters,
        bits=bits,
    )


def from_bytes(size: int, provenance: str) -> Term:
    """The sum of the tensors, as the file's own header has it."""
    return Term.exact("weights", size, "Σ bytes of the tensors", provenance, bytes=size)
