"""A .npy file: numbers, or a pickle where the type is an object."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy
from aiaudit.probes.models.judgement import Budget, Judgement, Verdict
from aiaudit.probes.models.pickles import judge_pickles
from aiaudit.probes.models.source import Source

MAGIC: Final = b"\x93NUMPY"
MAX_HEADER: Final = 1 << 20
# As NumPy writes it: a type of numbers or text, or a list of named ones. The loader reads any Python literal, so that
# what does not look like this may be an object in disguise.
_TYPE: Final = rb"'[|<>=]?[?bBhHiIlLqQefdgFDGSaUVmMuc][\w\[\]]*'"
_REST: Final = rb"'fortran_order': (?:True|False), 'shape': \([\d, L]*\),? ?\}\s*"
_PLAIN: Final = lazy.regex(rb"\{'descr': (?:" + _TYPE + rb"|\[[^\\\"]{1,100000}\]), " + _REST)
_OBJECT: Final = lazy.regex(rb"'[|<>=]?O\d*'")


def judge_numpy(source: Source, budget: Budget) -> Judgement:
    """Read the header; where it announces objects, follow the pickle behind it."""
    place, length = _header(source.at(0, 12))
    judged = Judgement()
    if length > MAX_HEADER or place + length > source.size:
        judged.add(Verdict.UNKNOWN, "header", "the header's length does not fit the file")
        return judged
    header = source.at(place, length)
    if _is_plain(header):
        return judged
    if _OBJECT.search(header) is None:
        judged.add(Verdict.UNKNOWN, "header", "the header is not as NumPy writes it")
    judged.facts["objects"] = True
    judged.join(judge_pickles(source.part(place + length), budget).judged)
    return judged


def is_plain_array(head: bytes) -> bool:
    """Whether this is the head of an array of numbers, its header in full."""
    place, length = _header(head[:12])
    return head.startswith(MAGIC) and place + length <= len(head) and _is_plain(head[place : place + length])


def _is_plain(header: bytes) -> bool:
    return _PLAIN.fullmatch(header) is not None and _OBJECT.search(header) is None


def _header(start: bytes) -> tuple[int, int]:
    """Where the header begins, and its length in bytes."""
    wide = len(start) > 6 and start[6] > 1
    return (12, int.from_bytes(start[8:12], "little")) if wide else (10, int.from_bytes(start[8:10], "little"))
