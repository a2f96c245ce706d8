"""Which reader a model file gets: by its first bytes. Then what was concluded, as plain data."""

from __future__ import annotations

import re
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.models import formats
from aiaudit.probes.models.archives import judge_tar, judge_zip
from aiaudit.probes.models.compressed import NotCompressed, unpack
from aiaudit.probes.models.headers import judge_gguf, judge_safetensors
from aiaudit.probes.models.judgement import Budget, Judgement, Verdict
from aiaudit.probes.models.keras import judge_hdf5
from aiaudit.probes.models.numpy_files import judge_numpy
from aiaudit.probes.models.onnx import judge_onnx
from aiaudit.probes.models.pickles import judge_pickles, looks_like_pickle
from aiaudit.probes.models.second_opinion import MAX_BYTES, add_second_opinion
from aiaudit.probes.models.source import Memory, Source
from aiaudit.probes.models.zips import END, TooLarge

HEAD: Final = 8192
MAX_DEPTH: Final = 3  # archives in archives
_PEEK: Final = 4096
_DATA_ALONE: Final = frozenset({"tflite", "catboost", "lightgbm", "pmml", "ggml", "xgboost"})  # no code in the format


def look(source: Source, suffix: str) -> dict[str, Any]:
    """Everything that is said of one file, as JSON; empty where it is no model file as far as its bytes tell."""
    head = source.at(0, HEAD)
    if not head:
        return {}
    if head.startswith(formats.LFS) or (len(head) < 1000 and formats.ANNEX.match(head)):
        judged = Judgement()
        judged.add(Verdict.UNKNOWN, "pointer", "only a pointer is here, the file itself is kept elsewhere")
        return _told("", "", judged, pointer=True)
    kind, container = formats.format_of(head, suffix, source.size)
    container = container or formats.compression_of(head) * (suffix != ".onnx" and not kind)
    if suffix not in formats.EXPECTED and formats.is_text(head) and not formats.is_old_pickle(head):
        return {"text": True}
    found = judge(source, suffix, Budget(second_opinion=suffix in formats.EXPECTED), 0)
    if found is None:
        promised = formats.BY_SUFFIX.get(suffix, "")
        if formats.is_text(head):
            return {"text": True}
        if not promised:
            return {}
        found = Judgement()
        if promised not in _DATA_ALONE:
            found.add(Verdict.UNKNOWN, "format", "the bytes are of no format that is known here")
        return _told("", "", found)
    # A name without an ending promises nothing that the bytes could break.
    if suffix and suffix not in formats.EXPECTED and found.facts.get("format") in ("pickle", "torch") and not container:
        found.add(Verdict.REVIEW, "disguise", "is a pickle, which its name does not say")
    return _told(kind or str(found.facts.pop("format", "")), container, found)


def judge(source: Source, suffix: str, budget: Budget, depth: int) -> Judgement | None:
    """What is concluded of a file or of a member of an archive; None where it is no model."""
    head = source.at(0, HEAD)
    if depth > MAX_DEPTH:
        judged = Judgement()
        judged.add(Verdict.UNKNOWN, "archive", "archives are nested too deeply")
        return judged
    if head.startswith(b"PK\x03\x04"):
        return _zip(source, budget, depth)
    if formats.is_unread_archive(head):
        judged = Judgement(facts={"format": "archive"})
        judged.add(Verdict.UNKNOWN, "archive", "archives of this kind are not opened")
        return judged
    if formats.is_tar(head):
        return _with_model(judge_tar(source, budget, depth, judge), suffix)
    kind, _ = formats.format_of(head, suffix, source.size)
    match kind:
        case "gguf":
            return judge_gguf(source)
        case "hdf5":
            return judge_hdf5(source)
        case "safetensors":
            return judge_safetensors(source)
        case "numpy":
            return judge_numpy(source, budget)
        case "onnx":
            return judge_onnx(source)
        case _ if kind in _DATA_ALONE:
            return Judgement()
    if looks_like_pickle(head):
        return _pickle(source, budget, named=suffix in formats.PICKLE_SUFFIXES)
    return _unmarked(source, head, suffix, budget, depth)


def _unmarked(source: Source, head: bytes, suffix: str, budget: Budget, depth: int) -> Judgement | None:
    """Formats without a strong mark: compressed streams, old pickles, zips behind other bytes."""
    packed = formats.compression_of(head)
    if packed:
        found = _packed(source, packed, suffix, budget, depth)
        if found is not None:
            return found
    if suffix in formats.EXPECTED and END in source.at(max(0, source.size - (1 << 16)), 1 << 16):
        found = _zip(source, budget, depth)
        if found is not None and found.verdict != Verdict.UNKNOWN:
            found.add(Verdict.REVIEW, "zip", "other bytes stand before the archive")
        if found is not None:
            return found
    if formats.is_old_pickle(head):
        found = _pickle(source, budget, named=True)
        return found if found is None or suffix in formats.EXPECTED or found.facts.pop("calls", 0) else None
    if suffix in formats.PICKLE_SUFFIXES and not _is_words(head):
        return _pickle(source, budget, named=True)
    if suffix in (".pb", ".onnx") and b"\0" in head:
        return _graph(source)
    return None


def _is_words(head: bytes) -> bool:
    """Text that begins with no opcode which makes something: no pickle, whatever its name says."""
    return b"\0" not in head and re.match(rb"[(\]}dl)]|[cISFLVKNi][^ ]*\n", head) is None


def _pickle(source: Source, budget: Budget, *, named: bool) -> Judgement | None:
    followed = judge_pickles(source, budget)
    judged = followed.judged
    judged.facts["calls"] = followed.calls
    judged.facts.setdefault("format", "torch" if judged.facts.get("framework") == "torch" else "pickle")
    only_broken = judged.verdict == Verdict.UNKNOWN and all(one[1] == "broken stream" for one in judged.reasons)
    if only_broken and not named:
        return None  # bytes that begin like a pickle by chance
    if judged.verdict in (Verdict.SAFE, Verdict.REVIEW) and budget.second_opinion and followed.end <= MAX_BYTES:
        add_second_opinion(judged, followed.opcodes(source))
    return judged


def _zip(source: Source, budget: Budget, depth: int) -> Judgement | None:
    judged = judge_zip(source, budget, depth, judge)
    if depth == 0 and not judged.reasons and "format" not in judged.facts:
        judged.facts["format"] = ""
    return judged


def _with_model(judged: Judgement, suffix: str) -> Judgement | None:
    """A tar or a compressed stream in which nothing of a model is: None, unless its name promises one."""
    seen = judged.reasons or judged.facts.get("format") or judged.facts.get("framework")
    return judged if seen or suffix in formats.BY_SUFFIX else None


def _packed(source: Source, packed: str, suffix: str, budget: Budget, depth: int) -> Judgement | None:
    try:
        start = unpack(source, packed, budget, _PEEK)
    except NotCompressed:
        return None
    except TooLarge:
        start = b""
    strong = packed in ("gzip", "bzip2", "xz") or suffix in formats.PICKLE_SUFFIXES
    if not start and not strong:
        return None
    interesting = (
        looks_like_pickle(start)
        or formats.is_old_pickle(start)
        or formats.is_tar(start)
        or formats.compression_of(start)
        or start.startswith((b"PK\x03\x04", b"\x93NUMPY", b"GGUF", b"\x89HDF"))
    )
    if not interesting and suffix not in formats.PICKLE_SUFFIXES:
        return None
    try:
        inside = Memory(unpack(source, packed, budget))
    except NotCompressed:
        return None
    except TooLarge:
        judged = Judgement()
        judged.add(Verdict.UNKNOWN, "too large", "more comes out of the compressed file than is looked at")
        return judged
    return judge(inside, suffix, budget, depth + 1)


# Operators of TensorFlow that reach out of the graph (the ones that modelscan names, and those that run Python).
_REACHING: Final = lazy.regex(rb"\x0a?(WriteFile|ReadFile|PyFunc|EagerPyFunc|PyFuncStateless|MergeV2Checkpoints)")
_MAX_GRAPH: Final = 256 * 1024 * 1024


def _graph(source: Source) -> Judgement:
    """A TensorFlow graph: its operators by name."""
    judged = Judgement(facts={"format": "tensorflow"})
    found = {one.decode() for one in _REACHING.findall(source.whole(_MAX_GRAPH))}
    for name in sorted(found):
        verdict = Verdict.DANGEROUS if name == "WriteFile" else Verdict.REVIEW
        judged.add(verdict, "graph operator", f"the graph has the operator {name}")
    if source.size > _MAX_GRAPH:
        judged.add(Verdict.UNKNOWN, "too large", "only the first part of the graph was searched")
    return judged


def _told(kind: str, container: str, judged: Judgement, *, pointer: bool = False) -> dict[str, Any]:
    facts = {key: value for key, value in judged.facts.items() if key not in ("format", "members", "calls")}
    return {
        "format": kind,
        "container": container,
        "pointer": pointer,
        "verdict": judged.verdict.name.lower(),
        "reasons": judged.told(),
        "facts": facts,
    }
