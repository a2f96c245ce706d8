"""What a load test of the project shows of one replica: the rate at which it met the objectives, and its memory.

The rate is a lower bound: more was not asked for, or was asked for and not met. It serves where no model of the speed
exists.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.capacity.assumptions import Assumptions
from aiaudit.probes.capacity.results import LoadResult, against, from_csv, from_json, from_text
from aiaudit.project.parse import Malformed, parse_json
from aiaudit.project.reader import Reader, Unreadable, decode
from aiaudit.project.workload import WorkloadPart

_PEAK: Final = lazy.regex(r"^VmHWM:[ \t]{1,20}(\d{1,15}) kB\s*$", re.MULTILINE)  # the kernel's kB are 1,024 bytes
_DIGITS: Final = 15
_SMALL: Final = 64 * 1024  # bytes of a file of peaks
_LARGEST: Final = 8 * 1024 * 1024  # bytes of a result file


class NoMeasurement(Exception):  # noqa: N818
    """The declared load test shows no rate that may be used. The text says why."""


class Measured(Struct, frozen=True):
    """`each`: requests a second that one replica answered within the objectives, at least. `p95_ms`: None if not told.

    `replicas`: those that were tested; `compared`: the objectives that the result has a figure for. `met`: the
    objectives were met at this rate; else it is what a replica yields at full use, as the project file declares it.
    """

    each: float
    replicas: int
    p95_ms: float | None
    tool: str
    file: str
    day: dt.date | None
    compared: tuple[str, ...]
    met: bool = True

    @property
    def word(self) -> str:
        return "tested" if self.met else "declared"

    @property
    def source(self) -> str:
        if not self.met:
            return self.file
        return f"{self.tool}{f' of {self.day.isoformat()}' if self.day else ', no date'}, {self.file}"


def measured(part: WorkloadPart, reader: Reader | None, assumed: Assumptions) -> Measured | None:
    """The declared load test (`serving.load_test`); None where none is. Raises `NoMeasurement`."""
    declared = part.serving.load_test
    if declared is None:
        return None
    result = _read(reader, declared.file)
    if result.kind != "load":
        raise NoMeasurement(f"{declared.file} is a benchmark of single requests, no load test")
    if result.rps <= 0:
        raise NoMeasurement(f"{declared.file} does not tell how many requests a second were answered")
    compared, missed = against(result, part)
    if missed:
        raise NoMeasurement(f"the load test {declared.file} misses an objective ({'; '.join(missed)})")
    copies = declared.replicas
    if copies is None:
        copies = part.serving.parallel.replicas or part.serving.replicas or 1
        assumed.note("serving.load_test.replicas", copies, "as many were tested as serve")
    answered = result.rps * (1 - max(0.0, result.error_rate))
    p95 = result.p95_ms if result.p95_ms > 0 else None
    return Measured(answered / copies, copies, p95, result.tool, declared.file, result.started, tuple(compared))


def declared_rate(tokens_per_second: float | None, answer: float) -> Measured | None:
    """The declared output of one replica as a rate of requests, whose answers have so many tokens on the mean."""
    if tokens_per_second is None or answer <= 0:
        return None
    key = "workload.hardware.tokens_per_second"
    return Measured(tokens_per_second / answer, 1, None, "declared", key, None, (), met=False)


def measured_memory(part: WorkloadPart, reader: Reader | None) -> int | None:
    """Bytes of one replica at its peak in that test; None where no file is declared. Raises `NoMeasurement`."""
    path = part.serving.load_test.memory if part.serving.load_test else ""
    if not path:
        return None
    if reader is None:
        raise NoMeasurement(f"{path} was not read")
    try:
        text = decode(reader.read(path, _SMALL).data)
    except Unreadable as error:
        raise NoMeasurement(f"the peak memory {path} cannot be read ({error})") from None
    peaks = [int(found) * 1024 for found in _PEAK.findall(text)]
    if not peaks and (whole := text.strip()).isdecimal() and len(whole) <= _DIGITS:
        peaks = [int(whole)]
    if not sum(peaks):
        raise NoMeasurement(f"{path} has neither VmHWM lines nor the figure of memory.peak")
    return sum(peaks)


def _read(reader: Reader | None, path: str) -> LoadResult:
    if reader is None:
        raise NoMeasurement(f"{path} was not read")
    try:
        data = reader.read(path, _LARGEST).data
        found = from_json(parse_json(data)) if path.endswith(".json") else None
        if found is None:
            text = decode(data)
            found = from_csv(text) if path.endswith(".csv") else from_text(text)
    except Unreadable as error:
        raise NoMeasurement(f"the load test {path} cannot be read ({error})") from None
    except Malformed:
        raise NoMeasurement(f"the load test {path} is broken JSON") from None
    if found is None:
        known = "k6, Locust, Vegeta, wrk, vLLM, GuideLLM or pytest-benchmark"
        raise NoMeasurement(f"{path} is no result of a load test that is known ({known})")
    return found
