"""The words that say what decided."""

from __future__ import annotations

from typing import Any

import pytest

from aiaudit.model.types import BOOL, DOUBLE, DYN, INT, STRING, list_of, map_of, record
from aiaudit.rules import Failed, Unknown, compile, evaluate

LOAD = record("load", path=STRING, line=INT, source=STRING, safe=BOOL, args=list_of(STRING))
NAMES = {
    "loads": list_of(LOAD), "flag.trains": BOOL, "coverage": DOUBLE, "stage": STRING, "m": map_of(INT), "d": DYN,
    "broken": BOOL, "unread": BOOL, "gone": list_of(STRING), "words": list_of(STRING), "params.least": INT,
}  # fmt: skip
VALUES: dict[str, Any] = {
    "loads": [
        {"path": "src/a.py", "line": 14, "source": "disk", "safe": True, "args": []},
        {"path": "src/b.py", "line": 2, "source": Unknown("an expression"), "safe": False, "args": ["x"]},
        {"path": "src/c.py", "line": 9, "source": "network", "safe": False, "args": ["weights", "x"]},
    ],
    "flag.trains": True,
    "coverage": 71.25,
    "stage": "pilot",
    "m": {"a": 1},
    "d": {"k": None},
    "broken": Failed("the probe broke"),
    "unread": Unknown("3 files were too large"),
    "words": ["alpha", "beta"],
    "params.least": 80,
}


def trace(source: str, **changed: Any) -> tuple[str, ...]:
    return evaluate(compile(source, NAMES), {**VALUES, **changed}, explain=True).trace


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("loads.exists(l, l.source == 'network')", ["exists(l): element 3 (src/c.py:9) l.source == 'network'"]),
        (
            "loads.exists(l, l.source == 'user')",
            ["exists(l): element 2 (src/b.py:2) l.source is unknown: an expression"],
        ),
        ("loads.exists(l, l.line > 100)", ["exists(l): none of 3 elements"]),
        ("loads.all(l, l.line > 0)", ["all(l): each of 3 elements"]),
        ("loads.all(l, l.safe)", ["all(l): element 2 (src/b.py:2) not l.safe"]),
        ("loads.all(l, l.line > 2 && l.path != '')", ["all(l): element 2 (src/b.py:2) not (l.line > 2)"]),
        ("loads.all(l, l.safe || l.line > 5)", ["all(l): element 2 (src/b.py:2) not (l.safe || l.line > 5)"]),
        ("loads.exists(l, !l.safe || l.line == 1)", ["exists(l): element 2 (src/b.py:2) !l.safe"]),
        (
            "loads.exists(l, l.line / 0 == 1)",
            ["exists(l): element 1 (src/a.py:14) l.line / 0 is an error: division by zero"],
        ),
        ("words.exists(w, w == 'beta')", ["exists(w): element 2 ('beta') w == 'beta'"]),
        ("m.exists(k, k == 'a')", ["exists(k): element 1 ('a') k == 'a'"]),
        ("[].exists(x, true)", ["exists(x): [] is empty"]),
        (
            "loads.exists(l, l.args.exists(a, a == 'weights'))",
            [
                "exists(l): element 3 (src/c.py:9) l.args.exists(a, a == 'weights')",
                "  exists(a): element 1 ('weights') a == 'weights'",
            ],
        ),
        ("!loads.exists(l, l.line > 100)", ["exists(l): none of 3 elements"]),
        ("loads.size() > 0", ["loads.size() > 0: 3 elements, first (src/a.py:14)"]),
        ("words.size() == 0", ["words.size() == 0: 2 elements, first ('alpha')"]),
        (
            "loads.filter(l, !l.safe).size() > 1",
            ["loads.filter(l, !l.safe).size() > 1: 2 of 3 elements, first element 2 (src/b.py:2)"],
        ),
        (
            "loads.count(l, l.source == 'network') > 1",
            ["loads.count(l, l.source == 'network') > 1: 1 of 3 elements, first element 3 (src/c.py:9), 1 unknown"],
        ),
        (
            "loads.exists_one(l, l.safe)",
            ["loads.exists_one(l, l.safe): 1 of 3 elements, first element 1 (src/a.py:14)"],
        ),
        ("loads.filter(l, l.line > 99)", ["loads.filter(l, l.line > 99): 0 of 3 elements"]),
        ("loads.sortBy(l, l.line)", ["loads.sortBy(l, l.line): 3 elements, first (src/a.py:14)"]),
        ("loads.map(l, l.line)", ["loads.map(l, l.line): 3 elements, first (src/a.py:14)"]),
        ("loads.filter(l, l.safe).exists(l, l.line == 14)", ["exists(l): element 1 (src/a.py:14) l.line == 14"]),
        ("flag.trains", ["flag.trains is true"]),
        ("flag.trains && coverage > 70.0", ["flag.trains is true", "coverage > 70.0: coverage is 71.25"]),
        ("flag.trains && coverage > 80.0", ["coverage > 80.0: coverage is 71.25"]),
        ("coverage >= params.least", ["coverage >= params.least: coverage is 71.25, params.least is 80"]),
        ("coverage > 80.0 || stage == 'pilot'", ["stage == 'pilot': stage is 'pilot'"]),
        ("stage in ['pilot', 'scale']", ["stage in ['pilot', 'scale']: stage is 'pilot'"]),
        ("has(d.k) && d.k == null", ["has(d.k) is true", "d.k == null: d.k is none"]),
        ("coverage > 80.0 || unread", ["unread is unknown: 3 files were too large"]),
        ("broken && unread", ["unread is unknown: 3 files were too large"]),
        ("broken || false", ["broken is an error: the probe broke"]),
        ("gone.size() > 0", ["gone was not collected"]),
        ("gone.exists(g, true)", ["gone was not collected"]),
        ("d.z == 1", ["d.z is an error: no field `z`"]),
        ("coverage > 80.0 ? broken : flag.trains", ["coverage > 80.0: coverage is 71.25", "flag.trains is true"]),
        ("stage", ["stage is 'pilot'"]),
        ("true", []),
    ],
)
def test_trace(source: str, lines: list[str]) -> None:
    assert list(trace(source)) == lines


def test_trace_is_made_only_when_asked_for() -> None:
    assert evaluate(compile("flag.trains", NAMES), VALUES).trace == ()


def test_trace_is_clean_and_short() -> None:
    """Facts come from a hostile tree: control characters and long texts do not reach the trace."""
    hostile = "\x1b[31m\n" + "x" * 500 + "\u202e"
    load = {**VALUES["loads"][0], "path": hostile}
    (line,) = trace("loads.exists(l, l.line == 14)", loads=[load])
    assert line.isprintable() and len(line) < 250
    (line,) = trace("stage == 'a'", stage=hostile)
    assert line.isprintable() and len(line) < 120
    (line,) = trace("unread", unread=Unknown(hostile))
    assert line.isprintable() and len(line) < 200
    (line,) = trace(f"stage == '{'y' * 300}'")
    assert len(line) < 200


def test_a_reason_is_told_once():
    assert trace("coverage > 90.0 || (coverage > 90.0 && flag.trains)") == ("coverage > 90.0: coverage is 71.25",)
