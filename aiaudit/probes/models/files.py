"""The probes `models.files` (what model files there are) and `models.scan` (whether loading them may run code).

Both rest on the bytes of the files, not on their names. Nothing is deserialised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit import lazy
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.docs.common import OWN_ROLES
from aiaudit.probes.models.engine import NAME, is_candidate, large_files
from aiaudit.probes.models.formats import BY_SUFFIX, CODE, EXPECTED
from aiaudit.project.entry import MISSING, Entry
from aiaudit.project.missing import missing_files
from aiaudit.project.roles import MODEL_SUFFIXES, Role

_ARCHIVES: Final = frozenset({".npy", ".npz", ".zip", ".nemo", ".mar", ".cbm"})  # only what is told by the bytes counts
_MODEL_PLACE: Final = lazy.regex(r"model|weights|checkpoint|ckpt", re.IGNORECASE)  # else an archive is one of data
_EVIDENCE: Final = 20
_NAMES: Final = frozenset({".bin", ".params", ".plan", ".pb"})  # suffixes that other files bear as well

_COMMON: Final = {
    "path": STRING, "line": INT, "format": STRING, "container": STRING, "runs_code": BOOL, "size": INT, "pointer": BOOL,
    "disguised": BOOL, "role": STRING, "ignored": BOOL,
}  # fmt: skip
MODEL_FILE: Final = record(
    "model file",
    **_COMMON,
    framework=STRING,
    architecture=STRING,
    quantisation=STRING,
    parameters=INT,
    tensors=INT,
    context_length=INT,
    chat_template=BOOL,
    dtypes=list_of(STRING),
    external_data=list_of(STRING),
)
SCANNED_FILE: Final = record(
    "scanned model file", **_COMMON, verdict=STRING, technique=STRING, what=STRING, reasons=list_of(STRING)
)


class ModelsQuery(Query):
    """roles: purposes of files (default: all but vendored and generated). ignored: files that git ignores as well."""

    roles: list[Role] = Field(default=list(OWN_ROLES))
    ignored: bool = True


class ScanQuery(Query):
    """roles: purposes of files (default: all). ignored: files that git ignores as well."""

    roles: list[Role] = Field(default=list(Role))
    ignored: bool = True


class ModelsProbe(Probe[ModelsQuery]):
    """Model files by magic bytes and suffix, with what their headers say.

    `format`: pickle, joblib, torch, safetensors, gguf, ggml, onnx, hdf5, keras, numpy, tflite, tensorflow and others;
    "" where neither bytes nor suffix tell. `container`: zip, gzip, zlib or "". `runs_code`: loading the format may
    run code that the file brings. `pointer`: a Git LFS or git-annex pointer, the model is elsewhere. `disguised`: the
    bytes are of a format that runs code, the suffix promises one that does not. `size` in bytes. `parameters`,
    `tensors`, `context_length` (tokens): 0 where the header does not say; so are texts "". `external_data`: files that
    an ONNX model reads its weights from. `quantisation`: of a GGUF file, such as Q4_K_M.
    """

    name: ClassVar[str] = "models.files"
    title: ClassVar[str] = "model files: format by content, size, pointers, parameters"
    query: ClassVar[type[ModelsQuery]] = ModelsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: ModelsQuery) -> Type:
        return list_of(MODEL_FILE)

    def answer(self, fact_id: str, query: ModelsQuery, context: Context) -> Fact:
        looked, unread = 0, []
        records: list[dict[str, Any]] = []
        for entry, found in _looked_at(query, context):
            if entry.suffix not in EXPECTED and found.get("format") not in CODE:
                continue
            looked += 1
            if "error" in found:
                unread.append(entry.display)
                continue
            one = _record(entry, found)
            if one is not None and one["format"] != "archive":
                records.append(one | _header(found.get("facts", {})))
        scope = Scope(looked, looked - len(unread), tuple(unread[:10]))
        if not records and unread:
            return Fact(fact_id, State.UNKNOWN, reason=f"{unread[0]} cannot be read", scope=scope)
        if not records:
            return Fact(fact_id, State.ABSENT, [], Level.CONTENT, "magic bytes", scope=scope)
        evidence = tuple(Evidence(one["path"], None, _note(one)) for one in records[:_EVIDENCE])
        return Fact(fact_id, State.KNOWN, records, Level.CONTENT, "magic bytes", evidence=evidence, scope=scope)


class ScanProbe(Probe[ScanQuery]):
    """Whether loading a model file may run code that it brings, judged without loading it.

    `verdict`: safe (data alone, or only names of an allow-list), review (names that are on no list: a person has to
    look), dangerous (runs code, or reaches out of the file), unknown (could not be looked through: broken, encrypted,
    too large, a pointer; never a pass). `technique` and `what`: the worst reason; `reasons`: all of them, the worst
    first. Archives of kinds that are not opened have the format archive; they count where their path speaks of a model.
    """

    name: ClassVar[str] = "models.scan"
    title: ClassVar[str] = "what loading the model files would run: pickles, Keras, ONNX, GGUF, archives"
    query: ClassVar[type[ScanQuery]] = ScanQuery
    max_level: ClassVar[Level] = Level.MEASURED
    engine: ClassVar[str | None] = NAME

    def value_type(self, query: ScanQuery) -> Type:
        return list_of(SCANNED_FILE)

    def answer(self, fact_id: str, query: ScanQuery, context: Context) -> Fact:
        method = "opcodes and headers, read without loading"
        looked, unread = 0, []
        records: list[dict[str, Any]] = []
        for entry, found in _looked_at(query, context):
            one = _record(entry, found, scanned=True)
            if one is None:
                continue
            looked += 1
            if one["verdict"] == "unknown":
                unread.append(entry.display)
            records.append(one)
        scope = Scope(looked, looked - len(unread), tuple(unread[:10]))
        if not records:
            return Fact(fact_id, State.ABSENT, [], Level.MEASURED, method, scope=scope)
        records.sort(key=lambda one: (_ORDER.index(one["verdict"]), one["path"]))
        evidence = tuple(
            Evidence(r["path"], None, f"{r['verdict']}: {r['what'] or _note(r)}") for r in records[:_EVIDENCE]
        )
        return Fact(fact_id, State.KNOWN, records, Level.MEASURED, method, evidence=evidence, scope=scope)


_ORDER: Final = ("dangerous", "unknown", "review", "safe")


def _looked_at(query: ModelsQuery | ScanQuery, context: Context) -> Iterator[tuple[Entry, dict[str, Any]]]:
    """Every candidate, and what the engine says of it."""
    scanned = context.scans.get(NAME, {})
    large = large_files(context)
    for entry in context.project.files:
        if entry.role not in query.roles or (entry.ignored and not query.ignored):
            continue
        if is_candidate(entry):
            yield entry, scanned.get(entry.path) or large.get(entry.path) or {}
        elif entry.sparse and entry.suffix in EXPECTED:
            yield entry, {"error": "a sparse file: far larger than what is on the disk"}
    for entry in missing_files(context.project):
        if entry.suffix in MODEL_SUFFIXES and entry.role in query.roles:
            yield entry, {"error": MISSING}


def _record(entry: Entry, found: dict[str, Any], *, scanned: bool = False) -> dict[str, Any] | None:
    """The record of a file; None for one that is no model (an archive, a text with a suffix that models use).

    The inventory leaves out arrays of data; the scan leaves out those that are numbers alone.
    """
    pointer = bool(found.get("pointer"))
    kind = str(found.get("format", ""))
    verdict = str(found.get("verdict", ""))
    promised = BY_SUFFIX.get(entry.suffix, "")
    if "error" in found:
        if entry.suffix not in EXPECTED:
            return None
        found = {**found, "reasons": [{"technique": "unreadable", "what": str(found["error"])}]}
        verdict = "unknown"
    elif not pointer and not kind and verdict != "dangerous":
        unnamed = not promised and (scanned or entry.suffix != ".bin")  # what is in such a file, nothing says
        if "verdict" not in found and (entry.suffix not in EXPECTED or unnamed or found.get("text")):
            return None
        if entry.suffix in _ARCHIVES or (entry.suffix in _NAMES and entry.role is not Role.MODEL):
            return None
        if entry.suffix not in EXPECTED:
            return None
    if (pointer and entry.suffix not in EXPECTED) or (kind == "archive" and not _MODEL_PLACE.search(entry.path)):
        return None
    objects = bool(found.get("facts", {}).get("objects"))
    if (
        kind == "numpy"
        and (scanned or entry.role in (Role.DATA, Role.TEST))
        and not (scanned and (objects or verdict != "safe"))
    ):
        return None  # an array of data
    known = kind or promised
    record_ = {
        "path": entry.display,
        "line": 1,
        "format": known,
        "container": str(found.get("container", "")),
        "runs_code": known in CODE,
        "size": entry.size,
        "pointer": pointer,
        "disguised": bool(kind) and kind in CODE and bool(promised) and promised not in CODE,
        "role": str(entry.role),
        "ignored": entry.ignored,
    }
    if scanned:
        reasons = list(found.get("reasons", ()))
        record_ |= {
            "verdict": verdict or "unknown",
            "technique": str(reasons[0]["technique"]) if reasons else "",
            "what": str(reasons[0]["what"]) if reasons else "",
            "reasons": [str(one["what"]) for one in reasons],
        }
    return record_


def _header(facts: dict[str, Any]) -> dict[str, Any]:
    """What the file's header says, with empty values for what it does not."""
    texts = {key: str(facts.get(key, "")) for key in ("framework", "architecture", "quantisation")}
    numbers = {key: int(facts.get(key, 0)) for key in ("parameters", "tensors", "context_length")}
    lists = {key: [str(one) for one in facts.get(key, ())] for key in ("dtypes", "external_data")}
    return {**texts, **numbers, **lists, "chat_template": bool(facts.get("chat_template"))}


def _note(one: dict[str, Any]) -> str:
    if one["pointer"]:
        return f"{one['format'] or 'model'}: a Git LFS pointer"
    inside = f" in {one['container']}" if one["container"] else ""
    return f"{one['format'] or 'unknown format'}{inside}, {one['size']} bytes"
