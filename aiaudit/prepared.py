"""What an audit stands on: the rules, what the caller asks, and what was seen. From there `aiaudit.audit` goes on.

What only judging and reporting need is not imported here: it is made ready while workers look through the files.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from aiaudit.collection import Collection, Progress, collect, reuse
from aiaudit.packs.problems import PackError, Problem
from aiaudit.resources import path_of
from aiaudit.ruleset import Options, Ruleset, read_ruleset
from aiaudit.scoring import baseline, gate
from aiaudit.settings import caller_gate
from aiaudit.version import ruleset_hash

_LEAST_DIGITS: Final = 8  # of a hash, by which it is named


class Prepared(Struct, frozen=True):
    """All that decides an audit: the rules, what the caller asks, and what was seen."""

    options: Options
    ruleset: Ruleset
    ruleset_hash: str
    ladder_text: str
    asked: gate.GateOptions
    before: baseline.Baseline | None
    collection: Collection
    clock: Clock


def prepare(
    root: str | None, options: Options | None = None, *, facts: str | None = None, progress: Progress | None = None
) -> Prepared:
    """Read the rules and look at the project below `root`, or take the facts saved in the file `facts`.

    Raises:
        Unreadable, ConfigError, PackError, GateError, BaselineError, FactsError: known trouble; one line a mistake,
            with its place and the way out.
    """
    options = options or Options()
    clock = Clock()
    ruleset = read_ruleset(options)
    ladder_text = _ladder()
    ruleset_hash = hash_of(ruleset, ladder_text)
    if options.ruleset and not _names(options.ruleset, ruleset_hash):
        way = "pin that where the change is wanted, or install the version that was pinned"
        raise PackError([Problem(None, f"--ruleset {options.ruleset}: these rules are {ruleset_hash}; {way}")])
    asked = caller_gate(options, ruleset)
    before = _baseline(options.baseline)
    clock.lap("packs")
    collection = (
        reuse(facts, ruleset, options)
        if facts
        else collect(root or ".", ruleset, options, progress, _meanwhile(ruleset, options))
    )
    clock.lap("facts")
    return Prepared(options, ruleset, ruleset_hash, ladder_text, asked, before, collection, clock)


def _meanwhile(ruleset: Ruleset, options: Options) -> Iterator[None]:
    """Step by step, what is needed once the facts are there."""
    import aiaudit.audit
    import aiaudit.reports.json  # noqa: F401
    from aiaudit.packs.frameworks import load as load_frameworks
    from aiaudit.project.cache import open_cache

    yield
    load_frameworks(open_cache() if options.cache else None)
    yield
    for spec in ruleset.selected.needed(also=ruleset.shared_facts).values():
        if spec.derive is not None:
            spec.derive.ready()
            yield
    for check in ruleset.selected.checks:
        if check.applies is not None:
            check.applies.ready()
            yield


def _baseline(file: str | None) -> baseline.Baseline | None:
    if file is None:
        return None
    try:
        return baseline.read(json.loads(Path(file).read_bytes()))
    except OSError as error:
        raise baseline.BaselineError(f"--baseline {file}: {(error.strerror or 'cannot be read').lower()}") from None
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, baseline.BaselineError) else "not JSON"
        raise baseline.BaselineError(
            f"--baseline {file}: {reason}; give a file of `aiaudit run -o result.json`"
        ) from None


def _ladder() -> str:
    return (path_of("checks") / "levels" / "readiness.yaml").read_text(encoding="utf-8")


def _names(asked: str, ruleset_hash: str) -> bool:
    """Whether it is the hash, or as much of its beginning as reports show: eight digits or more."""
    return len(asked) >= _LEAST_DIGITS and ruleset_hash.startswith(asked.lower())


def ruleset_of(ruleset: Ruleset) -> str:
    """The hash that an audit by these rules writes into its result, and that `--ruleset` pins."""
    return hash_of(ruleset, _ladder())


def hash_of(ruleset: Ruleset, ladder: str) -> str:
    """All that moves a figure besides project and machine: packs, the selection, parameters, gates, the version."""
    return ruleset_hash(ruleset.full.digest, [pack.id for pack in ruleset.selected.packs], ruleset.params, ladder)


class Clock:
    """Wall-clock seconds of each stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(now - self._last, 4)
        self._last = now
