"""What a file is, by its first bytes. A suffix decides only where bytes have no mark (ONNX, old pickles)."""

from __future__ import annotations

import re
from typing import Final

from aiaudit import lazy
from aiaudit.project.roles import MODEL_SUFFIXES

LFS: Final = b"version https://git-lfs.github.com/spec/v1"
ANNEX: Final = lazy.regex(rb"/?(?:\.\./)*\.?git/annex/objects/|/annex/objects/")
MAX_HEADER: Final = 100 * 1024 * 1024  # of a safetensors file

BY_SUFFIX: Final = {
    ".pkl": "pickle", ".pickle": "pickle", ".joblib": "joblib", ".dill": "pickle", ".pt": "torch", ".pth": "torch",
    ".ckpt": "torch", ".h5": "hdf5", ".hdf5": "hdf5", ".keras": "keras", ".onnx": "onnx", ".safetensors": "safetensors",
    ".gguf": "gguf", ".ggml": "ggml", ".npy": "numpy", ".npz": "numpy", ".tflite": "tflite", ".pb": "tensorflow",
    ".ubj": "xgboost", ".xgb": "xgboost", ".cbm": "catboost", ".mlmodel": "coreml", ".pmml": "pmml", ".skops": "skops",
    ".params": "mxnet", ".engine": "tensorrt", ".plan": "tensorrt", ".caffemodel": "caffe", ".nemo": "nemo",
    ".mar": "torchserve",
}  # fmt: skip
# Formats whose loading may run code that the file brings.
CODE: Final = frozenset({"pickle", "joblib", "torch", "keras", "hdf5", "nemo", "torchserve"})
PICKLE_SUFFIXES: Final = frozenset({".pkl", ".pickle", ".dill", ".joblib", ".pt", ".pth", ".ckpt", ".p", ".model"})
EXPECTED: Final = MODEL_SUFFIXES | {".npy", ".npz", ".zip", ".nemo", ".mar", ".cbm", ".p", ".model", ".weights", ".z"}
# Names under which a model may lie as well; most such files are none.
ALSO: Final = frozenset(
    {"", ".txt", ".json", ".dat", ".data", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".lzma", ".7z", ".rar", ".zst", ".db"}
    | {".sav", ".obj", ".pck", ".mdl", ".jbl", ".torch"}  # what people call a pickle of theirs
)
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


def format_of(data: bytes, suffix: str, size: int) -> tuple[str, str]:
    """Format and container by the first bytes; ("", "") where they say nothing."""
    if data.startswith(b"PK\x03\x04"):
        return _zip_format(data, suffix), "zip"
    if data.startswith(b"\x1f\x8b"):
        return ("joblib" if suffix in (".joblib", ".pkl", ".gz") else BY_SUFFIX.get(suffix, "")), "gzip"
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
    return BY_SUFFIX.get(suffix, "")


def _is_safetensors(data: bytes, size: int) -> bool:
    """A length in eight bytes, then a JSON header of that length."""
    if len(data) < 10 or data[8:9] not in (b"{", b" "):
        return False
    length = int.from_bytes(data[:8], "little")
    return 2 <= length <= min(MAX_HEADER, max(0, size - 8))


def _pickle_kind(data: bytes, suffix: str) -> str:
    if b"torch" in data[:2000] or suffix in (".pt", ".pth", ".ckpt"):
        return "torch"
    return "joblib" if suffix == ".joblib" or b"joblib" in data[:500] else "pickle"


def compression_of(head: bytes) -> str:
    """gzip, bzip2, xz, lzma, zlib or ""."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if re.match(rb"BZh[1-9]1AY&SY", head):
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    if head.startswith(b"]\0\0") and head[5:13] and (head[5:13] == b"\xff" * 8 or head[11:13] == b"\0\0"):
        return "lzma"
    if len(head) > 1 and head[0] & 0x0F == 8 and head[0] >> 4 <= 7 and (head[0] << 8 | head[1]) % 31 == 0:
        return "zlib"
    return ""


_UNREAD: Final = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"LZIP", b"MSCF")


def is_unread_archive(head: bytes) -> bool:
    """7-Zip, RAR, Zstandard, LZ4 and others that are not looked into."""
    return head.startswith(_UNREAD)


def is_tar(head: bytes) -> bool:
    """A tar header whose own checksum is right: the mark alone came with POSIX, old tars have none."""
    if len(head) < 512 or not head[0]:
        return False
    digits = head[148:156].strip(b" \0")
    if not digits or digits.strip(b"01234567"):
        return False
    return sum(head[:148]) + 8 * 32 + sum(head[156:512]) == int(digits, 8)


def is_text(head: bytes) -> bool:
    """Whether these bytes are words: UTF-8 without control characters."""
    try:
        words = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        words = head[: error.start].decode("utf-8")
    return re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", words) is None


def is_old_pickle(head: bytes) -> bool:
    """Whether text may be a pickle of protocol 0 or 1 that imports something: a module and a name, a line each."""
    return re.match(rb"[(\]}dl]*[ci][A-Za-z_][\w.]*\r?\n[A-Za-z_][\w.]*\r?\n[(\])}a-zA-Z0-9.]", head) is not None or (
        re.match(rb"\((?:[SVIFK][^\n]{0,200}\n|[NX)\]}]){1,4}i[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n", head) is not None
    )
