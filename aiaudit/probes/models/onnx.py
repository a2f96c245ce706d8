"""ONNX: where weights outside of the file lie, and which operators are not of the standard. No protobuf library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aiaudit import lazy
from aiaudit.probes.models.judgement import Judgement, Verdict, named
from aiaudit.probes.models.source import Cursor, Ended, Source

MAX_FIELDS: Final = 2_000_000
_MAX_DEPTH: Final = 8  # of graphs inside nodes
_KEPT_LOCATIONS: Final = 20
_OUTSIDE: Final = lazy.regex(r"^[/\\~]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|^\w+://|\x00")
# Fields of ModelProto, GraphProto, NodeProto, AttributeProto and TensorProto in onnx.proto.
_MODEL_GRAPH, _MODEL_PRODUCER, _MODEL_FUNCTIONS = 7, 2, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH, _ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS = 5, 6, 10, 11
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_EXTERNAL = 1, 2, 13
_STANDARD: Final = frozenset({"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"})
_TYPES: Final = {1: "F32", 2: "U8", 3: "I8", 6: "I32", 7: "I64", 9: "BOOL", 10: "F16", 11: "F64", 16: "BF16"}

Field = tuple[int, int | Source]


class _Reader:
    def __init__(self) -> None:
        self.judged = Judgement()
        self.left = MAX_FIELDS
        self.parameters = 0
        self.tensors = 0
        self.types: set[str] = set()
        self.elements: dict[int, int] = {}  # by TensorProto.DataType
        self.locations: list[str] = []
        self.domains: set[str] = set()

    def fields(self, source: Source) -> Iterator[Field]:
        """(number, value) of each field; raises `ValueError` or `Ended` where it is no protocol buffer."""
        cursor = Cursor(source)
        while cursor.place < source.size:
            self.left -= 1
            if self.left < 0:
                raise ValueError("too many fields")
            key = _varint(cursor)
            match key & 7:
                case 0:
                    yield key >> 3, _varint(cursor)
                case 1:
                    cursor.take(8)
                case 2:
                    length = _varint(cursor)
                    start = cursor.place
                    if length > source.size - start:
                        raise Ended
                    yield key >> 3, source.part(start, length)
                    cursor.go(start + length)
                case 5:
                    cursor.take(4)
                case _:
                    raise ValueError("no protocol buffer")

    def graph(self, source: Source, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise ValueError("graphs nested too deeply")
        for number, value in self.fields(source):
            if isinstance(value, int):
                continue
            if number == _GRAPH_NODE:
                self.node(value, depth)
            elif number == _GRAPH_INITIALIZER:
                self.tensor(value)
            elif number == _GRAPH_SPARSE:
                for inner, part in self.fields(value):
                    if inner in (1, 2) and isinstance(part, Source):
                        self.tensor(part)

    def node(self, source: Source, depth: int) -> None:
        for number, value in self.fields(source):
            if isinstance(value, int):
                continue
            if number == _NODE_DOMAIN:
                self.domains.add(named(value.whole(200)))
            elif number == _NODE_ATTRIBUTE:
                for inner, part in self.fields(value):
                    if isinstance(part, int):
                        continue
                    if inner in (_ATTRIBUTE_GRAPH, _ATTRIBUTE_GRAPHS):
                        self.graph(part, depth + 1)
                    elif inner in (_ATTRIBUTE_TENSOR, _ATTRIBUTE_TENSORS):
                        self.tensor(part)

    def tensor(self, source: Source) -> None:
        count, dims, kind = 1, 0, 0
        for number, value in self.fields(source):
            if number == _TENSOR_DIMS:
                for one in [value] if isinstance(value, int) else _packed(value):
                    count *= max(0, one)
                    dims += 1
            elif number == _TENSOR_TYPE and isinstance(value, int):
                self.types.add(_TYPES.get(value, f"type {value}"))
                kind = value
            elif number == _TENSOR_EXTERNAL and isinstance(value, Source):
                self.external(value)
        self.tensors += 1
        elements = min(count, 1 << 62) if dims else 1
        self.parameters += elements
        self.elements[kind] = self.elements.get(kind, 0) + elements

    def external(self, source: Source) -> None:
        pair = {number: value.whole(4096) for number, value in self.fields(source) if isinstance(value, Source)}
        if pair.get(1) != b"location":
            return
        location = pair.get(2, b"").decode("utf-8", "replace")
        if _OUTSIDE.search(location):
            self.judged.add(Verdict.DANGEROUS, "external data", f"reads weights from {named(location)}")
        if location not in self.locations and len(self.locations) < _KEPT_LOCATIONS:
            self.locations.append(location)


def judge_onnx(source: Source) -> Judgement:
    """Walk the model. What is no ONNX model ends as unknown."""
    reader = _Reader()
    judged, seen = reader.judged, False
    try:
        for number, value in reader.fields(source):
            if isinstance(value, int):
                continue
            if number == _MODEL_GRAPH:
                seen = True
                reader.graph(value, 0)
            elif number == _MODEL_PRODUCER:
                judged.facts["framework"] = named(value.whole(60))
            elif number == _MODEL_FUNCTIONS:
                for inner, part in reader.fields(value):
                    if inner == 7 and isinstance(part, Source):  # FunctionProto.node
                        reader.node(part, 0)
    except (ValueError, Ended):
        judged.add(Verdict.UNKNOWN, "header", "the file is no whole ONNX model")
        return judged
    if not seen:
        judged.add(Verdict.UNKNOWN, "header", "the file has no graph")
    judged.facts |= {"tensors": reader.tensors, "parameters": reader.parameters, "dtypes": sorted(reader.types)[:10]}
    if reader.locations:
        judged.facts["external_data"] = [named(one) for one in reader.locations]
    foreign = sorted(reader.domains - _STANDARD)
    if any("python" in one.lower() or one == "ai.onnx.contrib" for one in foreign):
        judged.add(Verdict.REVIEW, "custom operator", f"needs operators of {', '.join(foreign)}")
    return judged


def onnx_elements(source: Source) -> dict[int, int]:
    """Elements of the initialisers of a model, by their type (TensorProto.DataType). Values are not read.

    Raises:
        ValueError, Ended: it is no whole ONNX model.
    """
    reader = _Reader()
    graphs = [part for number, part in reader.fields(source) if number == _MODEL_GRAPH and isinstance(part, Source)]
    if not graphs:
        raise ValueError("the file has no graph")
    for graph in graphs:
        reader.graph(graph, 0)
    return dict(reader.elements)


def _varint(cursor: Cursor) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = cursor.byte()
        if byte < 0:
            raise Ended
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
    raise ValueError("a number of more than ten bytes")


def _packed(source: Source) -> list[int]:
    cursor = Cursor(source)
    out: list[int] = []
    while cursor.place < source.size and len(out) < 64:
        out.append(_varint(cursor))
    return out
