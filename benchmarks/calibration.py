"""Does the score tell prototypes, pilots and production-grade projects apart?

    python benchmarks/calibration.py AIAUDIT LABELS CHECKOUTS [--held-out LABELS CHECKOUTS]... [--samples LABELS FOLDER]
                                     [--results DIR] [--markdown] [--weights]

AIAUDIT is the command, LABELS a YAML file with a tier (1 prototype, 2 pilot, 3 production-grade) and a commit for each
repository, CHECKOUTS a folder with one checkout per repository, named owner+name. `--held-out` names repositories that
nothing was tuned on (`benchmarks/held_out.yaml`): their figures stand beside the others, and what helps the first only
is fitted to them; it may be given more than once. `--samples` (`benchmarks/samples.yaml sample_projects`) adds a column
for the first set with the sample projects. `--weights` looks for the best figure that any weighting of the packs
gives. With `--results` the audits' results are kept there, and those that are there are not made again.

Somers' D of a figure given the tier, over pairs of different tiers only: the share of pairs that the figure puts in the
order of their tiers, less the share that it puts in the other order. Equal figures count as neither (R. H. Somers, "A
New Asymmetric Measure of Association for Ordinal Variables", American Sociological Review 27, 1962).
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml
from accuracy import table

WEIGHT = {"critical": 8, "high": 4, "medium": 2, "low": 1}
CORE = frozenset({"data", "infra", "security", "governance", "cost"})
JUDGED = frozenset({"pass", "partial", "fail"})
TIERS = (1, 2, 3)
LEAST = 4  # repositories on which a check was judged, for its line to say anything

Result = Mapping[str, Any]


def somers_d(figures: Mapping[str, float | None], tiers: Mapping[str, int]) -> tuple[float | None, int]:
    """Somers' D and the number of pairs; None where there is no pair."""
    signs = [
        ((figures[a] > figures[b]) - (figures[a] < figures[b])) * (1 if tiers[a] > tiers[b] else -1)  # type: ignore[operator]
        for a, b in combinations(sorted(figures), 2)
        if tiers[a] != tiers[b] and figures[a] is not None and figures[b] is not None
    ]
    return (sum(signs) / len(signs), len(signs)) if signs else (None, 0)


def judged(result: Result, pack: str | None = None) -> list[Result]:
    """The judged checks, of one pack or of all."""
    return [c for c in result["checks"] if c["status"] in JUDGED and pack in (None, c["pack"])]


def pooled(checks: Iterable[Result]) -> float | None:
    """Weighted points over these checks, 0-100."""
    rows = [(WEIGHT[c["severity"]], c["points"]) for c in checks]
    weight = sum(w for w, _ in rows)
    return 100 * sum(w * p for w, p in rows) / weight if weight else None


def mean_of_packs(result: Result, least: int) -> float | None:
    """The overall score, had a pack to have so many judged checks for a number."""
    rows = [
        (2 if pack["id"] in CORE else 1, pack["score"])
        for pack in result["packs"]
        if pack["score"] is not None and len(judged(result, pack["id"])) >= least
    ]
    weight = sum(w for w, _ in rows)
    return sum(w * s for w, s in rows) / weight if weight else None


FIGURES: Mapping[str, Callable[[Result], float | None]] = {
    "score": lambda r: r["score"],
    "score_low": lambda r: r["score_low"],
    "score_high": lambda r: r["score_high"],
    "middle of the range": lambda r: (r["score_low"] + r["score_high"]) / 2,
    "score, were three judged checks needed for a pack's number": lambda r: mean_of_packs(r, 3),
    "all judged checks by weight": lambda r: pooled(judged(r)),
    "the same without security": lambda r: pooled(c for c in judged(r) if c["pack"] != "security"),
}


def weighted(result: Result, weights: Mapping[str, float]) -> float:
    """The mean of the packs that have a number, by these weights; -1 where none has."""
    rows = [(weights[pack["id"]], pack["score"]) for pack in result["packs"] if pack["score"] is not None]
    weight = sum(w for w, _ in rows)
    return sum(w * s for w, s in rows) / weight if weight else -1.0


def best_weights(
    results: Mapping[str, Result], tiers: Mapping[str, int], low: float, high: float
) -> tuple[float, dict[str, float]]:
    """The largest Somers' D that a climb from six starts finds, each weight within the bounds, and the weights."""
    draw = random.Random(1)
    packs = [pack["id"] for pack in next(iter(results.values()))["packs"]]
    scores = {
        name: {"packs": [{"id": p["id"], "score": p["score"]} for p in r["packs"]]} for name, r in results.items()
    }

    def figure(weights: Mapping[str, float]) -> float:
        return somers_d({name: weighted(r, weights) for name, r in scores.items()}, tiers)[0] or 0.0

    best: tuple[float, dict[str, float]] = (-1.0, {})
    for _ in range(6):
        weights = {pack: draw.choice((low, (low * high) ** 0.5, high)) for pack in packs}
        found = figure(weights)
        for _ in range(1200):
            changed = dict(weights)
            for pack in draw.sample(packs, draw.randint(1, 3)):
                changed[pack] = min(high, max(low, weights[pack] * draw.choice((0.3, 0.6, 0.8, 1.25, 1.7, 3))))
            if (now := figure(changed)) >= found:
                weights, found = changed, now
        best = max(best, (found, weights), key=lambda one: one[0])
    return best


def weightings(groups: Sequence[Mapping[str, Result]], tiers: Mapping[str, int]) -> list[list[str]]:
    """For each group, and for all of them: the best weighting for it, and what that gives on the others."""
    every = {name: result for results in groups for name, result in results.items()}
    sets = [*groups, every]
    names = [*(f"set {number}" for number in range(1, len(groups) + 1)), "all"]
    rows = [["weights", "chosen for", *names]]
    for told, low, high in (("any", 0.01, 1.0), ("within a factor of four", 0.5, 2.0)):
        for name, results in zip(names, sets, strict=True):
            _, weights = best_weights(results, tiers, low, high)
            given = [somers_d({n: weighted(r, weights) for n, r in some.items()}, tiers)[0] for some in sets]
            rows.append([told, name, *(_two(one) for one in given)])
    return rows


def audits(command: str, checkouts: Path, names: Iterable[str], kept: Path | None) -> dict[str, Result]:
    """The result of each repository."""
    found: dict[str, Result] = {}
    for name in names:
        folder, file = checkouts / name.replace("/", "+"), kept / f"{name.replace('/', '+')}.json" if kept else None
        if file is not None and file.exists():
            found[name] = json.loads(file.read_bytes())
            continue
        asked = [command, "run", str(folder), "-o", "-", "--format", "json", "--quiet"]
        done = subprocess.run(asked, capture_output=True, check=False)
        if done.returncode not in (0, 3):
            sys.exit(f"{name}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
        if file is not None:
            file.write_bytes(done.stdout)
        found[name] = json.loads(done.stdout)
    return found


def repositories(results: Mapping[str, Result], tiers: Mapping[str, int]) -> list[list[str]]:
    """One row a repository, by tier and score."""
    rows = [["tier", "repository", "score", "range", "seen", "level", "packs with a number"]]
    for name in sorted(results, key=lambda n: (tiers[n], results[n]["score"] or 0)):
        r = results[name]
        numbered = [f"{p['id']} {p['score']:.0f}" for p in r["packs"] if p["score"] is not None]
        span = f"{r['score_low']:.0f}–{r['score_high']:.0f}"
        level = (r["readiness"] or "–").replace("_", " ")
        rows.append(
            [str(tiers[name]), name, _one(r["score"]), span, f"{r['coverage']:.0f} %", level, ", ".join(numbered)]
        )
    return rows


def figures(groups: Mapping[str, Mapping[str, Result]], tiers: Mapping[str, int]) -> list[list[str]]:
    """Somers' D of the score, and of other figures from the same verdicts: of each titled group of repositories."""
    found = dict(FIGURES)
    for pack in next(iter(next(iter(groups.values())).values()))["packs"]:
        found[f"pack {pack['id']}"] = partial(_score_of, pack=pack["id"])
    rows = [["figure", *(text for title in groups for text in (title, "pairs"))]]
    for name, figure in found.items():
        pairs_of = [somers_d({n: figure(r) for n, r in results.items()}, tiers) for results in groups.values()]
        if any(pairs for _, pairs in pairs_of):
            rows.append([name, *(text for d, pairs in pairs_of for text in (_two(d), str(pairs)))])
    return rows


def _score_of(result: Result, pack: str) -> float | None:
    found: float | None = next(p["score"] for p in result["packs"] if p["id"] == pack)
    return found


def checks(results: Mapping[str, Result], tiers: Mapping[str, int]) -> list[list[str]]:
    """One row a check that was judged often enough, the best first: mean points by tier, and Somers' D."""
    by_check: dict[str, dict[str, Result]] = {}
    for name, result in results.items():
        for check in judged(result):
            by_check.setdefault(check["id"], {})[name] = check
    rows: list[tuple[float, list[str]]] = []
    for check_id, found in by_check.items():
        d, pairs = somers_d({n: c["points"] for n, c in found.items()}, tiers)
        if d is None or len(found) < LEAST:
            continue
        means = [_two(_mean(c["points"] for n, c in found.items() if tiers[n] == tier)) for tier in TIERS]
        first = next(iter(found.values()))
        rows.append((d, [check_id, first["severity"], str(len(found)), *means, _two(d), str(pairs), first["title"]]))
    head = ["check", "severity", "judged", "tier 1", "tier 2", "tier 3", "D", "pairs", "title"]
    return [head, *(row for _, row in sorted(rows, key=lambda row: (-row[0], row[1])))]


def caps(results: Mapping[str, Result], tiers: Mapping[str, int]) -> list[list[str]]:
    """Every pack that is held down by a critical check: to be read, place by place."""
    rows = [["tier", "repository", "pack", "score", "uncapped", "by", "why", "places"]]
    for name in sorted(results, key=lambda n: (tiers[n], n)):
        for pack in results[name]["packs"]:
            for check_id in pack["capped_by"] or ():
                check = next(c for c in results[name]["checks"] if c["id"] == check_id)
                places = ", ".join(f"{f['path']}:{f['line']}" for f in check["findings"][:3])
                rows.append(
                    [str(tiers[name]), name, pack["id"], _one(pack["score"]), _one(pack["uncapped_score"]),
                     f"{check_id} {check['status']}", check["reason"], places]
                )  # fmt: skip
    return rows


def failed(results: Mapping[str, Result]) -> list[str]:
    """Checks that could not be judged for a fault of the program, each with its repository and why."""
    return [
        f"{check['id']} of {name} ({check['reason']})"
        for name, result in results.items()
        for check in result["checks"]
        if check["status"] == "error"
    ]


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def _one(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def main() -> None:
    """Print the tables: Somers' D, repositories, caps, checks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aiaudit")
    parser.add_argument("labels", type=Path)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--held-out", nargs=2, type=Path, metavar=("LABELS", "CHECKOUTS"), action="append", default=[])
    parser.add_argument("--samples", nargs=2, type=Path, metavar=("LABELS", "FOLDER"))
    parser.add_argument("--weights", action="store_true")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    if options.results is not None:
        options.results.mkdir(parents=True, exist_ok=True)
    tiers: dict[str, int] = {}

    def read(labels: Path, checkouts: Path) -> dict[str, Result]:
        own = {row["repo"]: int(row["tier"]) for row in yaml.safe_load(labels.read_text(encoding="utf-8"))}
        tiers.update(own)
        return audits(options.aiaudit, checkouts, own, options.results)

    groups = [read(*given) for given in ((options.labels, options.checkouts), *options.held_out)]
    samples = read(*options.samples) if options.samples else {}
    together = {name: result for results in groups for name, result in results.items()}
    columns = {"first set": groups[0]}
    if samples:
        columns["with samples"] = groups[0] | samples
    columns |= {f"held out {number}": results for number, results in enumerate(groups[1:], start=1)}
    if len(groups) > 1:
        columns["all together"] = together
    print(table(figures(columns, tiers), markdown=options.markdown), end="\n\n")
    if options.weights:
        print(table(weightings(groups, tiers), markdown=options.markdown), end="\n\n")
    for results in filter(None, (*groups, samples)):
        print(table(repositories(results, tiers), markdown=options.markdown), end="\n\n")
    for rows in (caps, checks):
        print(table(rows(together, tiers), markdown=options.markdown), end="\n\n")
    print(f"Checks that ended with an error: {', '.join(failed(together | samples)) or 'none'}")


if __name__ == "__main__":
    main()
