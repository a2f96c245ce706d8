"""Headers of formats that hold data alone: safetensors and GGUF. Read within bounds, for facts and what is amiss."""

from __future__ import annotations

import json
import re
import struct
from typing import Any, Final, TypeGuard

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.models.judgement import Judgement, Verdict, named
from aiaudit.probes.models.source import Cursor, Ended, Source

MAX_HEADER: Final = 100 * 1024 * 1024  # bytes of a safetensors header, as its own library allows
MAX_TENSORS: Final = 200_000
MAX_PAIRS: Final = 100_000
MAX_TEMPLATE: Final = 1 << 20
_MAX_DEPTH: Final = 4  # of arrays in GGUF metadata

# GGUF's general.file_type (llama.cpp, enum llama_ftype); others are told by their number.
_FILE_TYPES: Final = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16",
}  # fmt: skip
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

# What leads out of a template's sandbox (server-side template injection). Judged inside the marks of Jinja alone, since
# templates of tool calls carry words about code.
_BLOCK: Final = lazy.regex(r"\{\{.{0,20000}?\}\}|\{%.{0,20000}?%\}", re.DOTALL)
_ESCAPE: Final = lazy.regex(
    r"__(?:class|mro|bases?|subclasses|globals|builtins|init|import|dict|getattribute|reduce|self|code|call|module|new)"
    r"|\|\s*attr\b|\.\s*(?:mro|subclasses|globals|builtins|popen)\b|\bself\s*\.\s*_|\\x5f|\\u005f"
)
_PIECES: Final = lazy.regex(r"(['\"])__\1|%c")
_LOADS: Final = lazy.regex(r"\{%-?\s*(?:import|from|include|extends)\b")
_JOINED: Final = lazy.regex(r"['\"]_{1,2}['\"]\s*[~+]?\s*['\"]|['\"]__\w*['\"]\s*[~+]?\s*['\"]\w*_")


def read_safetensors(source: Source) -> dict[str, Any]:
    """The header of a safetensors file: tensor name to its type, shape and offsets. Raises `ValueError`."""
    length = int.from_bytes(source.at(0, 8), "little")
    if not 2 <= length <= min(MAX_HEADER, source.size - 8):
        raise ValueError("the header's length does not fit the file")
    try:
        header = json.loads(source.at(8, length))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise ValueError("the header is no JSON object")
    return header


def judge_safetensors(source: Source) -> Judgement:
    """Parse the header: its length, JSON, and offsets that lie in the file."""
    judged = Judgement()
    try:
        header = read_safetensors(source)
    except ValueError as error:
        judged.add(Verdict.UNKNOWN, "header", str(error))
        return judged
    length = int.from_bytes(source.at(0, 8), "little")
    parameters, dtypes, names = 0, set(), 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        shape = entry.get("shape") if isinstance(entry, dict) else None
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if (
            not _whole(shape)
            or not _whole(offsets)
            or len(offsets) != 2
            or not offsets[0] <= offsets[1] <= source.size - 8 - length
        ):
            judged.add(Verdict.UNKNOWN, "header", f"tensor {named(name)} does not lie in the file")
            break
        parameters += _product(shape)
        dtypes.add(named(str(entry.get("dtype", ""))))
        names += 1
    judged.facts |= {"tensors": names, "parameters": parameters, "dtypes": sorted(dtypes)[:10]}
    return judged


class GgufHeader(Struct, frozen=True):
    """What stands before the data: metadata (arrays are None) and the tensors as name, dimensions and ggml type."""

    values: dict[str, Any]
    tensors: tuple[tuple[str, tuple[int, ...], int], ...]


def read_gguf(source: Source) -> GgufHeader:
    """The header of a GGUF file. Raises `Ended`, `ValueError`, `KeyError` or `struct.error` where it is broken."""
    cursor = Cursor(source, 4)
    version, tensors, pairs = struct.unpack("<IQQ", cursor.take(20))
    if version not in (2, 3) or tensors > MAX_TENSORS or pairs > MAX_PAIRS:
        raise UnreadVersion(f"GGUF version {version} with {pairs} values is not read")
    values: dict[str, Any] = {}
    for _ in range(pairs):
        key = _string(cursor, 1 << 16)
        values[key or ""] = _value(cursor, int.from_bytes(cursor.take(4), "little"), 0)
    found = []
    for _ in range(tensors):
        name = _string(cursor, 1 << 16) or ""
        dimensions = int.from_bytes(cursor.take(4), "little")
        if dimensions > 8:
            raise ValueError("a tensor of more than 8 dimensions")
        sizes = struct.unpack(f"<{dimensions}Q", cursor.take(8 * dimensions))
        found.append((name, sizes, int.from_bytes(cursor.take(4), "little")))
        cursor.take(8)
    return GgufHeader(values, tuple(found))


class UnreadVersion(ValueError):  # noqa: N818
    """A version, or a size of header, that is not read."""


def judge_gguf(source: Source) -> Judgement:
    """Parse the metadata and the list of tensors; look through the chat templates."""
    judged = Judgement()
    try:
        header = read_gguf(source)
    except UnreadVersion as error:
        judged.add(Verdict.UNKNOWN, "header", str(error))
        return judged
    except (Ended, ValueError, KeyError, struct.error) as error:
        judged.add(Verdict.UNKNOWN, "header", f"the GGUF header is broken ({type(error).__name__})")
        return judged
    values, tensors = header.values, len(header.tensors)
    parameters = sum(_product(list(sizes)) for _, sizes, _ in header.tensors)
    architecture = str(values.get("general.architecture", ""))
    kind = values.get("general.file_type")
    context = values.get(f"{architecture}.context_length")
    judged.facts |= {"tensors": tensors, "parameters": parameters, "architecture": named(architecture)}
    if isinstance(kind, int):
        judged.facts["quantisation"] = _FILE_TYPES.get(kind, f"type {kind}")
    if isinstance(context, int):
        judged.facts["context_length"] = context
    for key, text in sorted(values.items()):
        if key.startswith("tokenizer.chat_template"):
            judged.facts["chat_template"] = True
            if isinstance(text, str):
                judge_template(judged, text)
            else:
                judged.add(Verdict.UNKNOWN, "chat template", "the chat template is too long, or no text")
    return judged


def judge_template(judged: Judgement, text: str) -> None:
    """Look for what reaches out of a Jinja template."""
    for part in _BLOCK.finditer(text):
        block = part.group()
        found = _ESCAPE.search(block) or _JOINED.search(block) or _LOADS.match(block)
        if found is not None:
            what = f"the chat template reaches for {named(found.group().strip())}"
            judged.add(Verdict.DANGEROUS, "chat template", what)
            return
        if _PIECES.search(block):
            judged.add(Verdict.REVIEW, "chat template", "the chat template puts names together from characters")


def _string(cursor: Cursor, limit: int) -> str | None:
    """A length and a text; None (passed over) where it is longer than `limit`. Raises `Ended`."""
    length = int.from_bytes(cursor.take(8), "little")
    if length > cursor.source.size - cursor.place:
        raise Ended
    if length > limit:
        cursor.go(cursor.place + length)
        return None
    return cursor.take(length).decode("utf-8", "replace")


def _value(cursor: Cursor, kind: int, depth: int) -> Any:
    """One metadata value; arrays are passed over. Raises `Ended`, `KeyError`, `ValueError`."""
    if kind == _STRING:
        return _string(cursor, MAX_TEMPLATE)
    if kind == _ARRAY:
        if depth >= _MAX_DEPTH:
            raise ValueError("arrays nested too deeply")
        inner = int.from_bytes(cursor.take(4), "little")
        count = int.from_bytes(cursor.take(8), "little")
        if inner in _SCALARS:
            width = struct.calcsize("<" + _SCALARS[inner])
            if count * width > cursor.source.size - cursor.place:
                raise Ended
            cursor.go(cursor.place + count * width)
            return None
        if count > 4_000_000:
            raise ValueError("an array of too many elements")
        for _ in range(count):
            _value(cursor, inner, depth + 1)
        return None
    shape = "<" + _SCALARS[kind]
    return struct.unpack(shape, cursor.take(struct.calcsize(shape)))[0]


def _whole(numbers: Any) -> TypeGuard[list[int]]:
    return isinstance(numbers, list) and len(numbers) <= 32 and all(type(n) is int and n >= 0 for n in numbers)


def _product(numbers: list[int]) -> int:
    count = 1
    for one in numbers:
        count *= one
    return min(count, 1 << 62)
