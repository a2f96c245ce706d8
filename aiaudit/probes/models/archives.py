"""Zips and tars that hold models: each member is judged by its own bytes, whatever its name says."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from aiaudit import lazy
from aiaudit.probes.models.formats import compression_of, is_old_pickle, is_tar, is_unread_archive
from aiaudit.probes.models.judgement import Budget, Judgement, Verdict, named
from aiaudit.probes.models.keras import MAX_CONFIG, judge_config
from aiaudit.probes.models.numpy_files import is_plain_array
from aiaudit.probes.models.pickles import looks_like_pickle
from aiaudit.probes.models.source import Source
from aiaudit.probes.models.zips import Member, TooLarge, inflated, members

Judge = Callable[[Source, str, Budget, int], "Judgement | None"]
"""Judges a member: its content, its suffix, what may be spent, how deep it lies. None where it is no model."""

_PEEK: Final = 8192
_CHECKED: Final = 64 * 1024 * 1024  # bytes of which the checksum is made
_PICKLE_NAME: Final = lazy.regex(r"(?:^|/)(?:pickle|data\.pkl|constants\.pkl|[^/]+\.(?:pkl|pickle|joblib|dill|p))$")
_SCRIPT: Final = lazy.regex(r"(?:^|/)code/.+\.(?:py|ts|debug_pkl)$")
# Calls of TorchScript that read or write files of the machine.
_FILE_CALLS: Final = lazy.regex(
    rb"torch\.(?:save|load|from_file|_save|hub)\b|aten::(?:save|from_file)\b|ops\.aten\.(?:save|from_file)\b"
)
_NUMBERED: Final = lazy.regex(r"(?:^|/)(?:data|tensors?|storages?)/\d+$")  # raw numbers of a tensor


def judge_zip(source: Source, budget: Budget, depth: int, judge: Judge) -> Judgement:
    """Every member that any reader could reach, and what the headers disagree about."""
    judged, count, listed = Judgement(), 0, 0
    for member in members(source, budget):
        count += 1
        listed += member.listed is not None
        _headers(judged, member)
        _member(judged, source, member, budget, depth, judge)
    if budget.members <= 0:
        judged.add(Verdict.UNKNOWN, "zip", "the archive has too many members")
    if not count:
        judged.add(Verdict.UNKNOWN, "zip", "no member of the archive can be read")
    elif not listed:
        judged.add(Verdict.UNKNOWN, "zip", "the archive has no directory")
    elif listed < count:
        judged.add(Verdict.REVIEW, "zip", f"{count - listed} members do not stand in the archive's directory")
    judged.facts["members"] = count
    return judged


def _headers(judged: Judgement, member: Member) -> None:
    if member.listed is not None and member.listed != member.name:
        what = f"{named(member.name)} is called {named(member.listed)} in the archive's directory"
        judged.add(Verdict.REVIEW, "zip", what)
    if member.doubtful:
        judged.add(Verdict.REVIEW, "zip", f"the headers disagree on how {named(member.name)} is packed")


def _member(judged: Judgement, source: Source, member: Member, budget: Budget, depth: int, judge: Judge) -> None:
    where = named(member.name)
    if member.name.endswith("/") and not member.size:
        return
    try:
        if member.method not in (0, 8):
            judged.add(Verdict.UNKNOWN, "zip", f"{where} is packed by method {member.method}")
            return
        raw = source.part(member.start, member.size)
        head = raw.at(0, _PEEK) if member.method == 0 else zlib.decompressobj(-15).decompress(raw.at(0, _PEEK), _PEEK)
        wanted = _is_wanted(member, head)
        if member.encrypted:
            plain = wanted and (looks_like_pickle(head) or head.startswith(b"PK") or member.method == 8)
            verdict = Verdict.REVIEW if plain else Verdict.UNKNOWN
            told = "is marked as encrypted and is not" if plain else "is encrypted"
            judged.add(verdict, "zip", f"{where} {told}")
        if not wanted:
            return
        if member.method == 8 and is_plain_array(head):
            return  # numbers: zeros shrink beyond any ratio, and there is nothing to find in them
        content = inflated(source, member, budget)
    except TooLarge:
        judged.add(Verdict.UNKNOWN, "too large", f"{where} is larger than is looked at")
        return
    except (zlib.error, ValueError):
        verdict = Verdict.UNKNOWN if member.encrypted or _PICKLE_NAME.search(member.name) else Verdict.SAFE
        judged.add(verdict, "zip", f"{where} cannot be unpacked") if verdict else None
        return
    _content(judged, member, content, budget, depth, judge)


def _content(judged: Judgement, member: Member, content: Source, budget: Budget, depth: int, judge: Judge) -> None:
    where = named(member.name)
    if _SCRIPT.search(member.name):
        if _FILE_CALLS.search(content.whole(1 << 24)):
            judged.add(Verdict.DANGEROUS, "TorchScript", f"{where} reads or writes files")
        else:
            judged.add(Verdict.REVIEW, "TorchScript", "brings code that the TorchScript interpreter runs")
        return
    if member.name.rpartition("/")[2] == "config.json":
        data = content.whole(MAX_CONFIG)
        if b'"class_name"' in data:
            judged.join(judge_config(data), where)
            judged.facts.setdefault("framework", "keras")
        return
    suffix = "." + member.name.rpartition(".")[2].lower() if "." in member.name.rpartition("/")[2] else ""
    suffix = ".pkl" if _PICKLE_NAME.search(member.name) else suffix
    found = judge(content, suffix, budget, depth + 1)
    if found is None:
        return
    by_chance = suffix != ".pkl" and all(one[1] == "broken stream" for one in found.reasons)
    if found.verdict == Verdict.UNKNOWN and by_chance:
        return  # numbers that begin like a pickle
    judged.join(found, where)
    whole = member.size is not None and content.size <= _CHECKED and bool(member.crc)
    if suffix == ".pkl" and whole and member.crc != {zlib.crc32(content.whole(_CHECKED))}:
        judged.add(Verdict.REVIEW, "zip", f"the checksum of {where} is wrong")


def _is_wanted(member: Member, head: bytes) -> bool:
    """Whether the content is looked at whole."""
    name = member.name
    if _PICKLE_NAME.search(name) or _SCRIPT.search(name) or name.rpartition("/")[2] == "config.json":
        return True
    if looks_like_pickle(head) or head.startswith((b"PK\x03\x04", b"\x93NUMPY", b"\x89HDF", b"GGUF")):
        return True
    if _NUMBERED.search(name):
        return False
    packed = compression_of(head)
    return (
        is_old_pickle(head)
        or is_unread_archive(head)
        or is_tar(head)
        or (packed not in ("", "zlib"))
        or name.endswith(".onnx")
    )


class _AsFile:
    """The little of a file that tarfile asks for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.place = 0

    def read(self, length: int = -1) -> bytes:
        data = self.source.at(self.place, self.source.size if length < 0 else length)
        self.place += len(data)
        return data

    def seek(self, place: int, whence: int = 0) -> int:
        self.place = place + (0, self.place, self.source.size)[whence]
        return self.place

    def tell(self) -> int:
        return self.place


def judge_tar(source: Source, budget: Budget, depth: int, judge: Judge) -> Judgement:
    """The members of a tar, such as an old torch file or a NeMo model. Nothing is extracted."""
    judged, count = Judgement(), 0
    try:
        with tarfile.open(fileobj=cast(BinaryIO, _AsFile(source)), mode="r:") as archive:
            for info in archive:
                budget.members -= 1
                if budget.members <= 0:
                    judged.add(Verdict.UNKNOWN, "tar", "the archive has too many members")
                    break
                count += 1
                if not info.isfile() or info.size <= 0:
                    if info.issym() or info.islnk():
                        judged.add(Verdict.REVIEW, "tar", f"{named(info.name)} is a link")
                    continue
                content = source.part(info.offset_data, info.size)
                name = ".pkl" if _PICKLE_NAME.search(info.name) else "." + info.name.rpartition(".")[2].lower()
                found = judge(content, name, budget, depth + 1)
                if found is not None and not (
                    found.verdict == Verdict.UNKNOWN
                    and name != ".pkl"
                    and found.reasons
                    and found.reasons[0][1] == "broken stream"
                ):
                    judged.join(found, named(info.name))
    except (tarfile.TarError, ValueError, OSError, EOFError, IndexError):
        judged.add(Verdict.UNKNOWN, "tar", "the archive is broken")
    judged.facts["members"] = count
    return judged
