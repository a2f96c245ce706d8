"""`models.files` and `models.scan` on small projects: what is listed, what is told, how far files are read."""

from __future__ import annotations

import io
import pickle
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import Fact, Level, State
from aiaudit.probes.collect import collect
from aiaudit.probes.models.files import ModelsProbe, ScanProbe
from aiaudit.probes.models.formats import format_of
from aiaudit.probes.registry import get
from tests.probes.models import assemble as a
from tests.probes.support import AS_OF, context


def asked(root: Path, files: dict[str, str | bytes], probe: str, **query: Any) -> Fact:
    made = context(root, files)
    spec = FactSpec("x", Place("pack.yaml", 1, 1), probe=probe, query=query)
    return collect([spec], made.project, made.config, AS_OF, isolate=False)["x"]


def scanned(root: Path, files: dict[str, str | bytes], **query: Any) -> dict[str, tuple[str, str]]:
    fact = asked(root, files, "models.scan", **query)
    return {one["path"]: (one["verdict"], one["technique"]) for one in fact.value or []}


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 10)
    return buffer.getvalue()


SAFETENSORS = (2).to_bytes(8, "little") + b"{}" + b"\0" * 16


@pytest.mark.parametrize(
    ("data", "suffix", "kind", "container"),
    [
        (pickle.dumps({"a": 1}, protocol=4), ".pkl", "pickle", ""),
        (pickle.dumps({"a": 1}, protocol=0), ".pkl", "pickle", ""),
        (zlib.compress(b"x" * 100), ".joblib", "joblib", "zlib"),
        (zipped("archive/data.pkl", "archive/data/0"), ".pt", "torch", "zip"),
        (zipped("metadata.json", "config.json", "model.weights.h5"), ".keras", "keras", "zip"),
        (zipped("arr_0.npy"), ".npz", "numpy", "zip"),
        (SAFETENSORS, ".safetensors", "safetensors", ""),
        (b"GGUF\x03\0\0\0", ".gguf", "gguf", ""),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 20, ".h5", "hdf5", ""),
        (b"\x08\x07\x12\x07pytorch", ".onnx", "onnx", ""),
        (b"\x1c\0\0\0TFL3", ".tflite", "tflite", ""),
        (b"\x93NUMPY\x01\0", ".npy", "numpy", ""),
        (b"plain text", ".bin", "", ""),
    ],
)
def test_model_formats(data: bytes, suffix: str, kind: str, container: str) -> None:
    assert format_of(data, suffix, len(data)) == (kind, container)


def test_model_files(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 500\n"
    files: dict[str, str | bytes] = {
        "model.pkl": pickle.dumps([1]),
        "weights.safetensors": SAFETENSORS,
        "innocent.onnx": pickle.dumps([1, 2]),
        "big.bin": pointer,
        "notes.bin": "just text",
        "data/rows.npy": b"\x93NUMPY\x01\0",
        "vendor/x.pkl": pickle.dumps([1]),
        "empty.h5": "",
    }
    found = asked(tmp_path, files, "models.files").value
    told = {one["path"]: (one["format"], one["runs_code"], one["pointer"], one["disguised"]) for one in found}
    assert told == {
        "model.pkl": ("pickle", True, False, False),
        "weights.safetensors": ("safetensors", False, False, False),
        "innocent.onnx": ("pickle", True, False, True),
        "big.bin": ("", False, True, False),
    }


def test_headers_give_facts(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.gguf": a.gguf("{{ messages }}", tensors=2),
        "b.safetensors": a.safetensors(),
        "c.onnx": a.onnx("model.data"),
        "d.pt": a.torch_zip(a.state_dict()),
    }
    told = {one["path"]: one for one in asked(tmp_path, files, "models.files").value}
    gguf = told["a.gguf"]
    assert (gguf["architecture"], gguf["context_length"], gguf["quantisation"]) == ("llama", 4096, "Q4_K_M")
    assert (gguf["parameters"], gguf["tensors"], gguf["chat_template"]) == (64, 2, True)
    assert (told["b.safetensors"]["parameters"], told["b.safetensors"]["dtypes"]) == (6, ["F16"])
    assert (told["c.onnx"]["parameters"], told["c.onnx"]["external_data"]) == (6, ["model.data"])
    assert (told["d.pt"]["parameters"], told["d.pt"]["framework"], told["d.pt"]["chat_template"]) == (4, "torch", False)


def test_what_was_scanned_and_what_not(tmp_path: Path) -> None:
    bad = a.call("os", "system", "id")
    files: dict[str, str | bytes] = {
        "model.pkl": pickle.dumps([1]),
        "bad.pkl": bad,
        "notes.txt": bad,
        "README": "cos\nsystem\nis what a pickle would say, and this is no pickle.\n",
        "data.zip": a.zipped({"a.csv": b"1,2"}),
        "data/rows.npy": a.npy("'<f4'", "(1,)", b"\0" * 4),
        "data/objects.npy": a.npy("'|O'", "(1,)", bad),
        "far.pt": "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 5\n",
        "annex.pt": "/annex/objects/SHA256E-s5--00.pt\n",
        "dist/old.pkl": bad,
    }
    fact = asked(tmp_path, files, "models.scan")
    told = {one["path"]: (one["verdict"], one["technique"]) for one in fact.value}
    assert told == {
        "model.pkl": ("safe", ""),
        "bad.pkl": ("dangerous", "global"),
        "notes.txt": ("dangerous", "global"),
        "data/objects.npy": ("dangerous", "global"),
        "far.pt": ("unknown", "pointer"),
        "annex.pt": ("unknown", "pointer"),
        "dist/old.pkl": ("dangerous", "global"),
    }
    assert fact.level is Level.MEASURED
    assert fact.scope is not None
    assert fact.scope.unread == ("annex.pt", "far.pt")


def test_large_files_are_read_by_pieces(tmp_path: Path) -> None:
    padding = b"\0" * (3 * 1024 * 1024)
    bad = a.call("os", "system", "id", number=2)
    tensor = a.zipped({"m/data.pkl": a.state_dict(), "m/data/0": padding, "m/version": b"3"})
    files: dict[str, str | bytes] = {
        "good.pt": tensor,
        "bad.pt": a.zipped({"m/data/0": padding, "m/data.pkl": bad}),
        "late.pkl": b"\x80\x03B" + struct.pack("<I", len(padding)) + padding + b"0" + bad[2:],
        "weights.h5": b"\x01" + padding,
    }
    assert scanned(tmp_path, files) == {
        "good.pt": ("safe", ""),
        "bad.pt": ("dangerous", "global"),
        "late.pkl": ("dangerous", "global"),
        "weights.h5": ("unknown", "format"),
    }


def test_sparse_and_empty_trees(tmp_path: Path) -> None:
    with (tmp_path / "huge.pt").open("wb") as file:
        file.truncate(4 * 1024 * 1024 * 1024)
    assert scanned(tmp_path, {}) == {"huge.pt": ("unknown", "unreadable")}
    nothing = asked(tmp_path / "other", {"main.py": "x = 1\n"}, "models.scan")
    assert nothing.state is State.ABSENT


def test_the_probes_are_registered() -> None:
    assert isinstance(get("models.files"), ModelsProbe)
    assert isinstance(get("models.scan"), ScanProbe)


def test_a_model_that_git_tracks_and_nobody_has_is_unknown(tmp_path: Path) -> None:
    files = {"models/a.pt": b"PK", "models/b.pkl": b"\x80\x04N.", "tests/c.pkl": b"\x80\x04N.", "data/rows.zip": b"PK"}
    context(tmp_path, dict(files))
    for words in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    for name in ("models/a.pt", "tests/c.pkl", "data/rows.zip"):
        (tmp_path / name).unlink()
    found = scanned(tmp_path, {}, roles=["model", "code", "other"])
    assert {path: verdict for path, (verdict, _) in found.items()} == {"models/a.pt": "unknown", "models/b.pkl": "safe"}
