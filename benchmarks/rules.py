"""The rule language on facts of a large project, beside cel-expr-python where it is installed. CPU time, best of 7.

    python benchmarks/rules.py

The facts: 200 columns, 2,000 files, 150 dependencies; then 100,000 files; then 500 rules, each on a budget of its own,
as an audit judges them. The peer must give the same value; "refused": an error, such as its iteration budget. Last the
hostile expressions of the tests, of which none may take more than 200 ms.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, Unknown, list_of, record
from aiaudit.rules import compile, evaluate

COLUMN = record("column", name=STRING, nulls=DOUBLE, kind=STRING)
FILE = record("file", path=STRING, size=INT, imports=list_of(STRING))
NAMES: dict[str, Type] = {
    "columns": list_of(COLUMN), "files": list_of(FILE), "deps": list_of(record("dep", name=STRING, pinned=BOOL)),
    "flag.trains": BOOL, "params.most": DOUBLE,
}  # fmt: skip
EXPRESSIONS = {
    "all (200)": "columns.all(c, c.nulls <= 0.2)",
    "exists (2,000)": "files.exists(f, f.path == 'nowhere.py')",
    "exists on a set (2,000)": "files.exists(f, f.path in ['nowhere.py', 'elsewhere.py'])",
    "filter and size (2,000)": "files.filter(f, f.size > 500).size() > 10",
    "filter and map (150)": "deps.filter(d, !d.pinned).map(d, d.name).size() >= 0",
    "has": "has(files[0].path)",
    "nested (150 x 200)": "deps.all(d, columns.all(c, c.name != d.name))",
    "matches (2,000)": "files.filter(f, f.path.matches('^src/.*_[0-9]+[.]py$')).size() > 0",
}
RUNS = 7
LONGEST = 200  # ms of processor time that an expression may take, whatever it says


def facts(files: int) -> dict[str, Any]:
    """The values that the rules see."""
    return {
        "columns": [{"name": f"c{n}", "nulls": 0.1, "kind": "double"} for n in range(200)],
        "files": [{"path": f"src/pkg/module_{n}.py", "size": n, "imports": ["os", "torch"]} for n in range(files)],
        "deps": [{"name": f"dep{n}", "pinned": n % 3 == 0} for n in range(150)],
        "flag.trains": True,
        "params.most": 0.2,
    }


def best(action: Callable[[], Any]) -> float:
    """Microseconds of CPU for one call: the least of several samples, each at least 20 ms long."""
    calls, least = 1, float("inf")
    while True:
        start = time.process_time()
        for _ in range(calls):
            action()
        if (spent := time.process_time() - start) > 0.02:
            break
        calls *= 2 if spent < 0.005 else 4
    for _ in range(RUNS):
        start = time.process_time()
        for _ in range(calls):
            action()
        least = min(least, (time.process_time() - start) / calls)
    return least * 1e6


def peer() -> Any:
    """cel-expr-python with the same names declared, or None where it is not installed."""
    try:
        from cel_expr_python import cel
    except ImportError:
        return None
    row = cel.Type.List(cel.Type.Map(cel.Type.STRING, cel.Type.DYN))
    return cel.NewEnv(variables={"columns": row, "files": row, "deps": row})


def peer_time(environment: Any, source: str, values: dict[str, Any], wanted: Any) -> float | None:
    """The peer's time with the values bound once, or None where it gave an error or another value."""
    compiled, bound = environment.compile(source), environment.Activation(values)
    try:
        if compiled.eval(bound).plain_value() != wanted:
            return None
    except RuntimeError:  # its iteration budget
        return None
    return best(lambda: compiled.eval(bound))


def show(name: str, ours: float, theirs: str = "") -> None:
    """One row of a table."""
    print(f"{name:<44} {ours:>12,.1f} {theirs:>18}".rstrip())


def expressions() -> None:
    """The eight expressions on 2,000 files, then those over files on 100,000."""
    environment = peer()
    print(f"{'evaluate, µs a call':<44} {'aiaudit':>12} {'cel-expr-python' if environment else '':>18}")
    for count in (2_000, 100_000):
        values = facts(count)
        bound = {name: values[name] for name in ("columns", "files", "deps")}
        ours_sum = theirs_sum = 0.0  # over what both answer
        for name, source in EXPRESSIONS.items():
            if count == 100_000 and "2,000" not in name:
                continue
            rule = compile(source, NAMES, expect=BOOL)
            value = evaluate(rule, values).value
            ours = best(lambda rule=rule, values=values: evaluate(rule, values))  # type: ignore[misc]
            theirs = peer_time(environment, source, bound, value) if environment else None
            label = name.replace("2,000", f"{count:,}") + ("" if isinstance(value, bool) else "  (budget spent)")
            show(label, ours, "" if not environment else "refused" if theirs is None else f"{theirs:,.1f}")
            if theirs is not None:
                ours_sum, theirs_sum = ours_sum + ours, theirs_sum + theirs
        if theirs_sum:
            show("sum of those that both answer", ours_sum, f"{theirs_sum:,.1f}")
        print()


def vague() -> None:
    """What unknown places cost, and an explanation."""
    values = facts(2_000)
    for file in values["files"][::2]:
        file["size"] = Unknown("not read")
    print("half of the elements unknown, µs a call")
    for name in ("exists (2,000)", "filter and size (2,000)"):
        ours = compile(EXPRESSIONS[name], NAMES)
        show(name, best(lambda ours=ours: evaluate(ours, values)))  # type: ignore[misc]
    explained = compile(EXPRESSIONS["filter and size (2,000)"], NAMES)
    show("filter and size, explained", best(lambda: evaluate(explained, values, explain=True)))
    print()


def rules() -> None:
    """500 rules as packs have them: short, over flags, lists and parameters."""
    templates = [
        "flag.trains && columns.exists(c, c.name == 'c{n}')",
        "columns.filter(c, c.nulls > params.most).size() == 0",
        "deps.exists(d, d.name == 'dep{n}' && d.pinned)",
        "deps.filter(d, !d.pinned).size() * 100 < 40 * deps.size() || columns.size() > {n}",
        "deps.map(d, d.name).exists(name, name in ['torch{n}', 'jax'])",
    ]
    sources = [templates[n % len(templates)].replace("{n}", str(n % 200)) for n in range(500)]
    values = facts(2_000)
    print("500 rules, ms")
    show("parse and check", best(lambda: [compile(source, NAMES, expect=BOOL) for source in sources]) / 1000)
    show("first evaluation", best(lambda: [evaluate(compile(s, NAMES, expect=BOOL), values) for s in sources]) / 1000)
    ready = [compile(source, NAMES, expect=BOOL) for source in sources]
    show("evaluation", best(lambda: [evaluate(rule, values) for rule in ready]) / 1000)


def hostile() -> None:
    """The slowest of the expressions that are made to take long, each in a process of its own."""
    root = Path(__file__).parents[1]
    said = subprocess.run(
        [sys.executable, "-m", "tests.rules.hostile"], cwd=root, capture_output=True, check=True
    ).stdout
    times = sorted(((one["seconds"] * 1000, name) for name, one in json.loads(said).items()), reverse=True)
    print(f"\n{len(times)} hostile expressions, ms (at most {LONGEST})")
    for milliseconds, name in times[:5]:
        show(name, milliseconds)


if __name__ == "__main__":
    expressions()
    vague()
    rules()
    hostile()
