"""ONNX models are counted by their initialisers. The bytes are made here; `onnx` 1.20 counts the same of the same model."""

from __future__ import annotations

import math

import pytest

from tests.probes.models.assemble import field, varint

from .support import planned


def tensor(kind: int, *dims: int, packed: bool = False, external: bool = False) -> bytes:
    shape = field(1, b"".join(map(varint, dims))) if packed else b"".join(field(1, one) for one in dims)
    place = field(13, field(1, b"location") + field(2, b"weights.bin")) + field(14, 1) if external else b""
    return shape + field(2, kind) + field(8, b"w") + place


def model(*tensors: bytes) -> bytes:
    graph = field(1, field(4, b"Relu")) + b"".join(field(5, one) for one in tensors)
    return field(1, 8) + field(7, graph)


def on_onnx(root, data: bytes, gpu: str = "L4"):
    (root / "m.onnx").write_bytes(data)
    text = f"""
workload:
  model: {{source: m.onnx}}
  hardware: {{gpu: {gpu}}}
  traffic: {{requests_per_second: 3, tokens: {{input: 900, output: 250}}}}
"""
    return planned(text, root)


def test_each_type_is_counted_at_its_size(tmp_path):
    made = on_onnx(
        tmp_path,
        model(
            tensor(1, 256, 128), tensor(10, 128), tensor(3, 64, 64, packed=True), tensor(7, 2),
            tensor(22, 32, 10), tensor(16, 8, 8, external=True),
        ),
    )  # fmt: skip
    assert made.model.count.total == 256 * 128 + 128 + 64 * 64 + 320 + 64  # not the two 64-bit integers of a shape
    assert made.model.weights.expected == 4 * 256 * 128 + 2 * 128 + 64 * 64 + 160 + 2 * 64 + 16
    assert made.model.form.name == "fp32"
    assert made.verdict == "unknown"  # what its activations need is not told by weights
    assert any("37,376 parameters in initialisers" in note for note in made.model.notes)


def test_weights_that_do_not_fit_do_not_fit(tmp_path):
    made = on_onnx(tmp_path, model(tensor(1, 100_000, 100_000, external=True)))
    assert (made.model.weights.expected, made.verdict) == (4 * 10**10, "no")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x08\x08", "no graph"),
        (model(tensor(1, 4))[:-3], "no whole ONNX model"),
        (b"not a protocol buffer at all", "no whole ONNX model"),
        (model(), "no initialisers"),
        (model(tensor(8, 4)), "type 8"),
    ],
)
def test_what_cannot_be_counted_says_so(tmp_path, data, why):
    assert any(why in one for one in on_onnx(tmp_path, data).problems)


def test_absurd_shapes_end(tmp_path):
    made = on_onnx(tmp_path, model(tensor(1, *[2**40] * 6)))
    assert math.isfinite(made.model.weights.expected)
    assert made.verdict == "no"
