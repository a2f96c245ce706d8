"""The probe `models.files`: model files by what they are, not by what they are called. Nothing is deserialised."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import OWN_ROLES
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import MODEL_SUFFIXES, Role

_HEAD: Final = 8192
_MAX_HEADER: Final = 100 * 1024 * 1024  # of a safetensors file
_LFS: Final = b"version https://git-lfs.github.com/spec/v1"
_ALSO: Final = frozenset({".npy", ".npz", ".zip", ".nemo", ".mar", ".cbm"})

_BY_SUFFIX: Final = {
    ".pkl": "pickle", ".pickle": "pickle", ".joblib": "joblib", ".dill": "pickle", ".pt": "torch", ".pth": "torch",
    ".ckpt": "torch", ".h5": "hdf5", ".hdf5": "hdf5", ".keras": "keras", ".onnx": "onnx", ".safetensors": "safetensors",
    ".gguf": "gguf", ".ggml": "ggml", ".npy": "numpy", ".npz": "numpy", ".tflite": "tflite", ".pb": "tensorflow",
    ".ubj": "xgboost", ".xgb": "xgboost", ".cbm": "catboost", ".mlmodel": "coreml", ".pmml": "pmml", ".skops": "skops",
    ".params": "mxnet", ".engine": "tensorrt", ".plan": "tensorrt", ".caffemodel": "caffe", ".nemo": "nemo",
    ".mar": "torchserve",
}  # fmt: skip
# Formats whose loading may run code that the file brings.
_CODE: Final = frozenset({"pickle", "joblib", "torch", "keras", "hdf5", "nemo", "torchserve"})
MODEL_FILE: Final = record(
    "model file",
    path=STRING,
    line=INT,
    format=STRING,
    container=STRING,
    runs_code=BOOL,
    size=INT,
    pointer=BOOL,
    disguised=BOOL,
    role=STRING,
    ignored=BOOL,
)


class ModelsQuery(Query):
    """roles: purposes of files (default: all but vendored and generated). ignored: files that git ignores as well."""

    roles: list[Role] = Field(default_factory=lambda: list(OWN_ROLES))
    ignored: bool = True


class ModelsProbe(Probe[ModelsQuery]):
    """Model files by magic bytes and suffix.

    `format`: pickle, joblib, torch, safetensors, gguf, ggml, onnx, hdf5, keras, numpy, tflite, tensorflow and others;
    "" where neither bytes nor suffix tell. `container`: zip, gzip, zlib or "". `runs_code`: loading the format may
    run code that the file brings. `pointer`: a Git LFS pointer, the model is elsewhere. `disguised`: the bytes are of a
    format that runs code, the suffix promises one that does not.
    """

    name: ClassVar[str] = "models.files"
    title: ClassVar[str] = "model files: format by content, size, pointers"
    query: ClassVar[type[ModelsQuery]] = ModelsQuery
    max_level: ClassVar[Level] = Level.CONTENT

    def value_type(self, query: ModelsQuery) -> Type:
        return list_of(MODEL_FILE)

    def answer(self, fact_id: str, query: ModelsQuery, context: Context) -> Fact:
        found: list[dict[str, Any]] = []
        looked, unread = 0, []
        for entry in context.project.files:
            if entry.role not in query.roles or (entry.ignored and not query.ignored):
                continue
            if entry.suffix not in MODEL_SUFFIXES and entry.suffix not in _ALSO:
                continue
            looked += 1
            try:
                one = _record(entry, context.project.head(entry.path, _HEAD))
            except Unreadable:
                unread.append(entry.display)
                continue
            if one is not None:
                found.append(one)
        scope = Scope(looked, looked - len(unread), tuple(unread[:10]))
        if not found:
            if unread:
                return Fact(fact_id, State.UNKNOWN, reason=f"{unread[0]} cannot be read", scope=scope)
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "magic bytes", scope=scope)
        evidence = tuple(Evidence(one["path"], None, _note(one)) for one in found[:20])
        return Fact(fact_id, State.KNOWN, found, Level.CONTENT, "magic bytes", evidence=evidence, scope=scope)


def format_of(data: bytes, suffix: str, size: int) -> tuple[str, str]:
    """Format and container by the first bytes; ("", "") where they say nothing."""
    if data.startswith(b"PK\x03\x04"):
        return _zip_format(data, suffix), "zip"
    if data.startswith(b"\x1f\x8b"):
        return ("joblib" if suffix in (".joblib", ".pkl", ".gz") else _BY_SUFFIX.get(suffix, "")), "gzip"
    if data[:2] in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda") and suffix in (".joblib", ".pkl", ".z"):
        return "joblib", "zlib"
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name, ""
    if data[4:8] == b"TFL3":
        return "tflite", ""
    if _is_safetensors(data, size):
        return "safetensors", ""
    if len(data) > 2 and data[0] == 0x80 and data[1] in range(2, 6):
        return _pickle_kind(data, suffix), ""
    if data[:1] == b"\x08" and suffix == ".onnx":
        return "onnx", ""
    if suffix in (".pkl", ".pickle", ".dill", ".joblib") and re.match(rb"[(cd\]})l]", data):
        return "pickle", ""  # protocols 0 and 1 have no mark
    return "", ""


_MAGIC: Final = (
    (b"GGUF", "gguf"),
    (b"ggml", "ggml"),
    (b"lmgg", "ggml"),
    (b"tjgg", "ggml"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x93NUMPY", "numpy"),
    (b"CBM1", "catboost"),
    (b"tree\nversion=", "lightgbm"),
    (b"<PMML", "pmml"),
)


def _zip_format(data: bytes, suffix: str) -> str:
    """What a zip holds, by the names of its first members."""
    if b"data.pkl" in data or b"constants.pkl" in data:
        return "torch"
    if b"config.json" in data[:400] and (suffix == ".keras" or b"metadata.json" in data):
        return "keras"
    if re.match(rb"PK\x03\x04.{26}[^\x00]{1,200}\.npy", data, re.DOTALL):
        return "numpy"
    if b"schema.json" in data[:400] and suffix == ".skops":
        return "skops"
    return _BY_SUFFIX.get(suffix, "")


def _is_safetensors(data: bytes, size: int) -> bool:
    """A length in eight bytes, then a JSON header of that length."""
    if len(data) < 10 or data[8:9] not in (b"{", b" "):
        return False
    length = int.from_bytes(data[:8], "little")
    return 2 <= length <= min(_MAX_HEADER, max(0, size - 8))


def _pickle_kind(data: bytes, suffix: str) -> str:
    if b"torch" in data[:2000] or suffix in (".pt", ".pth", ".ckpt"):
        return "torch"
    return "joblib" if suffix == ".joblib" or b"joblib" in data[:500] else "pickle"


def _record(entry: Entry, data: bytes) -> dict[str, Any] | None:
    """The record of a file; None for one that is no model (an archive, a text with a suffix that models use)."""
    pointer = data.startswith(_LFS)
    kind, container = ("", "") if pointer else format_of(data, entry.suffix, entry.size)
    promised = _BY_SUFFIX.get(entry.suffix, "")
    if not pointer and not kind:
        text = b"\0" not in data[:1024]
        if entry.size == 0 or entry.suffix in _ALSO or (text and entry.suffix in (".bin", ".params", ".plan", ".pb")):
            return None
        if entry.suffix == ".bin" and entry.role is not Role.MODEL:
            return None
    if kind == "numpy" and entry.role in (Role.DATA, Role.TEST):
        return None  # an array of data
    known = kind or promised
    return {
        "path": entry.display,
        "line": 1,
        "format": known,
        "container": container,
        "runs_code": known in _CODE,
        "size": entry.size,
        "pointer": pointer,
        "disguised": bool(kind) and kind in _CODE and bool(promised) and promised not in _CODE,
        "role": str(entry.role),
        "ignored": entry.ignored,
    }


def _note(one: dict[str, Any]) -> str:
    if one["pointer"]:
        return f"{one['format'] or 'model'}: a Git LFS pointer"
    inside = f" in {one['container']}" if one["container"] else ""
    return f"{one['format'] or 'unknown format'}{inside}, {one['size']} bytes"
