"""Memory of vector indexes and classical models.

Flat: n · d · element. HNSW (hnswlib, faiss): + 2 · M links of 4 bytes a vector on the lowest layer, and M for each of
the layers above, of which a vector has 1 / ln M on average. Product quantisation: n · bytes of a code, and its
centroids. A tree model takes one to three times the size of its file.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import Struct

from aiaudit.capacity.assumptions import Assumptions
from aiaudit.capacity.tables import GIB
from aiaudit.capacity.terms import Term
from aiaudit.project.workload import IndexPart

_ELEMENT: Final = {"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1, "binary": 0.125}
CENTROIDS: Final = 256  # of a sub-quantiser of 8 bits
TREES: Final = (1.0, 2.0, 3.0)  # times the size of a pickled file


class Index(Struct, frozen=True):
    """An index' memory, and whether the declared memory holds it."""

    kind: str
    term: Term | None
    verdict: str
    reason: str


def index_of(part: IndexPart, assumed: Assumptions) -> Index:
    """The memory of a declared index; unknown where its size is not declared."""
    if part.vectors is None or part.dimensions is None:
        return Index(part.kind, None, "unknown", "vectors and dimensions are not declared")
    element = str(assumed.take("indexes.element", part.element))
    if element not in _ELEMENT:
        return Index(part.kind, None, "unknown", f"no element type {element!r}; known: {', '.join(_ELEMENT)}")
    links = assumed.whole("indexes.links", part.links) if part.kind == "hnsw" else 0
    code = assumed.whole("indexes.code_bytes", part.code_bytes) if part.kind == "pq" else 0
    term = index_memory(part.kind, part.vectors, part.dimensions, _ELEMENT[element], links=links, code=code)
    if part.memory_mb is None:
        return Index(part.kind, term, "unknown", f"{term.expected / GIB:.2f} GiB; no memory is declared for it")
    have = part.memory_mb * 1e6
    verdict = "no" if term.expected > have else "tight" if term.high > 0.9 * have else "yes"
    return Index(part.kind, term, verdict, f"{term.expected / GIB:.2f} of {have / GIB:.2f} GiB")


def index_memory(kind: str, vectors: float, dimensions: int, element: float, *, links: int = 0, code: int = 0) -> Term:
    """Bytes of an index of `vectors` vectors; the high value leaves room for what grows by doubling."""
    flat = vectors * dimensions * element
    if kind == "hnsw":
        upper = links / max(1.0, math.log(links)) if links > 1 else 0.0
        value = flat + vectors * 4 * (2 * links + upper)
        text = f"{vectors:,.0f} × ({dimensions} × {element:g} + (2 × {links} links + {upper:.1f} above) × 4 B)"
        return Term(
            "index", round(flat + vectors * 8 * links), round(value), round(value * 1.5), text, {}, "hnswlib, faiss"
        )
    if kind == "pq":
        value = vectors * code + CENTROIDS * dimensions * 4
        return Term.within(
            "index", value, 0.1, f"{vectors:,.0f} × {code} B + {CENTROIDS} × {dimensions} × 4 B", "faiss"
        )
    extra = vectors * 8 if kind == "ivf" else 0.0  # an inverted list keeps each vector's id
    text = f"{vectors:,.0f} × {dimensions} × {element:g} B" + (" + 8 B an id" if extra else "")
    return Term.within("index", flat + extra, 0.05, text, "faiss")


def tree_memory(file_size: int, provenance: str) -> Term:
    """A pickled classical model in memory: one to three times its file."""
    low, expected, high = (round(file_size * factor) for factor in TREES)
    return Term("weights", low, expected, high, f"{file_size:,} B of file × 1 … 3", {"file": file_size}, provenance)
