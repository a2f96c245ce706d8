"""Weights of an ONNX model by its initialisers and constants: shapes and types of onnx.proto; no value is read."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

from aiaudit.capacity.terms import Term
from aiaudit.probes.models.onnx import onnx_elements
from aiaudit.probes.models.source import Ended, Stream
from aiaudit.project.reader import Reader

# TensorProto.DataType -> name, bits an element, and our weight format (onnx.proto 1.20)
_TYPES: Final[dict[int, tuple[str, int, str]]] = {
    1: ("FLOAT", 32, "fp32"), 2: ("UINT8", 8, "int8"), 3: ("INT8", 8, "int8"), 4: ("UINT16", 16, "fp16"),
    5: ("INT16", 16, "fp16"), 6: ("INT32", 32, "fp32"), 7: ("INT64", 64, ""), 9: ("BOOL", 8, ""),
    10: ("FLOAT16", 16, "fp16"), 11: ("DOUBLE", 64, "fp32"), 12: ("UINT32", 32, "fp32"), 13: ("UINT64", 64, ""),
    16: ("BFLOAT16", 16, "bf16"), 17: ("FLOAT8E4M3FN", 8, "fp8"), 18: ("FLOAT8E4M3FNUZ", 8, "fp8"),
    19: ("FLOAT8E5M2", 8, "fp8"), 20: ("FLOAT8E5M2FNUZ", 8, "fp8"), 21: ("UINT4", 4, "gptq-int4"),
    22: ("INT4", 4, "gptq-int4"), 23: ("FLOAT4E2M1", 4, "mxfp4"),
}  # fmt: skip


class NoInitialisers(Exception):  # noqa: N818
    """The file cannot be counted. The text says why."""


class OnnxWeights(Struct, frozen=True):
    """`parameters`: elements of types that weights have (no 64-bit integers: those are shapes and indices).

    `form`: the weight format of most bytes."""

    name: str
    parameters: int
    term: Term
    form: str


def onnx_weights(reader: Reader, path: str) -> OnnxWeights:
    """Count the initialisers of the file at `path`.

    Raises:
        Unreadable: there is no such file.
        NoInitialisers: it is no whole model, has no weights, or a type of which the size is not known.
    """
    with reader.open(path) as stream:
        size = stream.seek(0, 2)
        try:
            elements = onnx_elements(Stream(stream, size))
        except (Ended, ValueError, OSError) as error:
            raise NoInitialisers(f"{path}: no whole ONNX model ({error or 'it ends too early'})") from None
    unknown = sorted(kind for kind in elements if kind not in _TYPES)
    if unknown:
        raise NoInitialisers(f"{path}: initialisers of type {unknown[0]}, of which the size is not known")
    sizes = {_TYPES[kind][0]: count * _TYPES[kind][1] // 8 for kind, count in sorted(elements.items())}
    weights = {kind: count for kind, count in elements.items() if _TYPES[kind][2]}
    if not weights:
        raise NoInitialisers(f"{path}: the graph has no initialisers")
    largest = max(weights, key=lambda kind: weights[kind] * _TYPES[kind][1])
    parts = " + ".join(f"{size:,} {name}" for name, size in sizes.items() if size)
    total = sum(sizes.values())
    count = sum(weights.values())
    text = f"Σ bytes of the initialisers: {parts}"
    term = Term.exact("weights", total, text, f"{path}: graph", bytes=total, parameters=count)
    return OnnxWeights(PurePosixPath(path).name, count, term, _TYPES[largest][2])
