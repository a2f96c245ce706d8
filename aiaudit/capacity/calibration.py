"""What an engine's own log says of its memory: it corrects the estimate, narrows its band, and convicts it if far off.

Lines of vLLM from 0.4 to 1.x: "Model loading took X GB/GiB", "the current vLLM instance can use total_gpu_memory …",
"Available KV cache memory: X GiB", "GPU KV cache size: N tokens", "# GPU blocks: N", "Graph capturing finished in …
took X GiB".
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from aiaudit import lazy
from aiaudit.capacity.demand import Demand
from aiaudit.capacity.fit import Fit, fit
from aiaudit.capacity.setup import Setup
from aiaudit.capacity.tables import GIB
from aiaudit.capacity.terms import Sum, Term, total
from aiaudit.model.records import as_dict
from aiaudit.project.parse import Malformed, parse_json
from aiaudit.project.reader import Reader, Unreadable

MISMATCH: Final = 0.05  # of the budget or the weights; beyond it the plan and the log do not speak of the same thing
BAND: Final = 0.02  # of a figure that a log has confirmed
MAX_LOG: Final = 64 * 1024 * 1024
MAX_LINE: Final = 4000  # characters of a line that are looked at
FILE: Final = "aiaudit-calibration.json"  # beside aiaudit.yaml
_NUMBER: Final = r"(\d{1,9}(?:\.\d{1,6})?)"
_UNIT: Final = r"\s*(GiB|GB|MiB|MB)"
_LINES: Final = {
    "weights": re.compile(rf"(?:Model loading took|model weights take|Loading model weights took)\s*{_NUMBER}{_UNIT}"),
    "pool": re.compile(rf"(?:Available KV cache memory:|reserved for KV Cache is)\s*{_NUMBER}{_UNIT}"),
    "graphs": re.compile(rf"Graph capturing finished in [\d.]+ secs?, took {_NUMBER}{_UNIT}"),
    "activations": re.compile(rf"PyTorch activation peak memory takes {_NUMBER}{_UNIT}"),
    "non_torch": re.compile(rf"non_torch_memory takes {_NUMBER}{_UNIT}"),
    "visible": re.compile(rf"total_gpu_memory \({_NUMBER}{_UNIT}\)"),
}  # fmt: skip
_TOKENS: Final = lazy.regex(r"GPU KV cache size:\s*([\d,]{1,15}) tokens")
_BLOCKS: Final = lazy.regex(r"# (?:GPU|CUDA) blocks:\s*([\d,]{1,12})")


class NoCalibration(Exception):  # noqa: N818
    """The log has none of the lines that are looked for."""


class Calibration(Struct, frozen=True):
    """Bytes a rank as a log has them (several ranks: the largest weights and the least pool); None where silent.

    `residual`: measured minus predicted pool, in bytes. `findings`: what differs by more than 5 %.
    """

    weights: int | None = None
    pool: int | None = None
    tokens: int | None = None
    blocks: int | None = None
    graphs: int | None = None
    activations: int | None = None
    non_torch: int | None = None
    visible: int | None = None
    residual: int | None = None
    findings: tuple[str, ...] = ()
    of: str = ""  # the setup that it was made for

    def to_json(self) -> str:
        return json.dumps({"schema": 1, **as_dict(self)}, indent=2) + "\n"


def read_log(text: str) -> Calibration:
    """The figures in a log. Raises `NoCalibration`."""
    found: dict[str, list[int]] = {}
    tokens: list[int] = []
    blocks: list[int] = []
    for line in (whole[:MAX_LINE] for whole in text.splitlines()):
        for name, pattern in _LINES.items():
            if match := pattern.search(line):
                found.setdefault(name, []).append(_bytes(match.group(1), match.group(2)))
        if match := _TOKENS.search(line):
            tokens.append(int(match.group(1).replace(",", "")))
        if match := _BLOCKS.search(line):
            blocks.append(int(match.group(1).replace(",", "")))
    if not found and not tokens and not blocks:
        raise NoCalibration("no line of vLLM's memory profile is in this log (start it with VLLM_LOGGING_LEVEL=INFO)")
    pool = found.get("pool")
    return Calibration(
        weights=max(found["weights"]) if "weights" in found else None,
        pool=min(pool) if pool else None,
        tokens=min(tokens) if tokens else None,
        blocks=min(blocks) if blocks else None,
        graphs=max(found["graphs"]) if "graphs" in found else None,
        activations=max(found["activations"]) if "activations" in found else None,
        non_torch=max(found["non_torch"]) if "non_torch" in found else None,
        visible=min(found["visible"]) if "visible" in found else None,
    )


def from_json(data: Any) -> Calibration:
    """A stored calibration. Raises `NoCalibration`."""
    if not isinstance(data, dict) or data.get("schema") != 1:
        raise NoCalibration("not a stored calibration")
    names = ("weights", "pool", "tokens", "blocks", "graphs", "activations", "non_torch", "visible", "residual")
    kept = {name: data[name] for name in names if isinstance(data.get(name), int) and not isinstance(data[name], bool)}
    said = [text for text in data.get("findings", []) if isinstance(text, str)]
    return Calibration(**kept, findings=tuple(said), of=str(data.get("of", "")))


def signature(setup: Setup) -> str:
    """What a calibration holds for: another model, GPU, split or engine makes it void."""
    share = "" if setup.utilisation is None else f" at {setup.utilisation:g}"
    form = f"{setup.model.name} {setup.model.form.name}, cache {setup.kv_type}"
    return f"{form}, {setup.engine}{share}, {setup.tp} x {setup.pp} {setup.gpu.name}"


def compare(log: Calibration, setup: Setup, demand: Demand) -> Calibration:
    """The same with what it shows about our estimate: the pool's residual, and every figure that is > 5 % off.

    Raises `NoCalibration` where the model has no cache that a log could be held against: it would confirm nothing."""
    if setup.model.shape is None:
        raise NoCalibration(f"{setup.model.name} has no known shape: a log of vLLM confirms nothing of it")
    mine = fit(setup, demand)
    said = []
    pool = log.pool
    if pool is None and setup.cache is not None and not setup.cache.window and not setup.cache.per_sequence:
        # for hybrid models the line "GPU KV cache size" is no rate (vllm #51041), so it is left alone
        each = setup.cache.per_token * setup.element * setup.cache.split(setup.tp)
        count = log.tokens if log.tokens is not None else log.blocks * setup.block if log.blocks is not None else None
        pool = None if count is None else round(count * each)
    if log.weights is not None:
        said += _differs("weights", log.weights, mine.terms["weights"].expected, log.weights)
    residual = None
    if pool is not None:
        residual = pool - mine.pool
        said += _differs("cache pool", pool, mine.pool, mine.usable)
    return replace(log, pool=pool, residual=residual, findings=tuple(said), of=signature(setup))


def _differs(name: str, measured: int, predicted: int, whole: int) -> list[str]:
    share = abs(measured - predicted) / whole if whole else 0.0
    if share <= MISMATCH:
        return []
    return [
        f"{name}: the log has {measured / GIB:.2f} GiB a rank, the plan {predicted / GIB:.2f} GiB"
        f" ({100 * share:.0f} % apart):"
        " the plan and the log are not of the same model, engine or settings"
    ]


def apply(found: Fit, setup: Setup, calibration: Calibration | None) -> Fit:
    """The fit with the log's figures in the place of estimates: what it confirms has a band of 2 %."""
    if calibration is None or calibration.pool is None or setup.model.shape is None or calibration.findings:
        return found
    if calibration.of and calibration.of != signature(setup):
        why = f"{FILE} is of another setup ({calibration.of}) and was left out"
        return replace(found, notes=(*found.notes, why))
    known = {"weights": calibration.weights, "working set": calibration.activations, "graphs": calibration.graphs}
    terms = []
    for term in found.terms.terms:
        value = known.get(term.name)
        if value is not None:
            terms.append(Term.within(term.name, value, BAND, "as the engine's log has it", "log"))
        elif term.name == "context":
            rest = found.usable - calibration.pool - sum(t.expected for t in terms)
            if calibration.activations is None:
                rest -= sum(t.expected for t in found.terms.terms if t.name == "working set" and t not in terms)
            terms.append(Term.within("context", max(0, rest), BAND, "what the log's pool leaves", "log"))
        elif term.name == "working set":  # the pool confirms the sum of it and the context
            terms.append(Term.within(term.name, term.expected, BAND, term.formula, term.provenance, **term.inputs))
        else:
            terms.append(term)
    sums = total(terms)
    scale = calibration.pool / found.pool if found.pool else 1.0
    holds, longest = int(found.holds * scale), int(found.holds_longest * scale)
    inside = sum(term.expected for term in terms if term.name != "graphs" or setup.engine != "vllm")
    note = "memory as the engine's own log has it"
    return replace(
        found,
        terms=Sum(sums.terms),
        pool=calibration.pool,
        holds=holds,
        holds_longest=longest,
        limit=max(1, min(holds, found.limit if found.limit < found.holds else holds)),
        share=inside / found.usable,
        notes=(*found.notes, note),
    )


def _bytes(number: str, unit: str) -> int:
    # vLLM writes GB where it divides by 2^30 (before 0.8), and GiB after
    return round(float(number) * (GIB if unit.startswith("G") else 1024**2))


def stored(reader: Reader) -> Calibration | None:
    """The calibration that the project keeps; None where there is none, or it cannot be read."""
    try:
        return from_json(parse_json(reader.read(FILE).data))
    except (Unreadable, Malformed, NoCalibration):
        return None
