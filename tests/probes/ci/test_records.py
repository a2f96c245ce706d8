"""`python.records`: what code keeps of a decision."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aiaudit.probes.python import records
from tests.probes.ci.test_reach import ask

ALL = (
    '{"request_id": a, "timestamp": b, "model_version": c, "prompt": d, "answer": e, "confidence": f, "latency_ms": g,'
    ' "user_id": h}'
)


def fields(root: Path, text: str) -> list[tuple[str, int]]:
    found = ask(root, {"serve.py": text}, "python.records").value or []
    return [(one["sink"], len(one["fields"])) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"logger.info(json.dumps({ALL}))\n", [("log", 8)]),
        (f"def f():\n    event = {ALL}\n    logger.info(event)\n", [("log", 8)]),
        (f'logger.info("decision", extra={ALL})\n', [("log", 8)]),
        ("log.info('x', request_id=1, model=m, output=o, latency=l)\n", [("log", 4)]),
        (f"collection.insert_one({ALL})\n", [("store", 8)]),
        ("session.add(PredictionLog(request_id=1, model_version=v, features=x, prediction=y))\n", [("store", 4)] * 2),
        ("results.append({'model': m, 'score': s, 'time': t})\n", []),  # figures of a training run
        ("record_decision(request_id=r, model_version=v, confidence=c)\n", [("store", 3)]),
        (
            "span.set_attribute('model_name', m)\nspan.set_attribute('latency', l)\nspan.set_attribute('input', i)\n",
            [("trace", 3)],
        ),
        (f"return_value = {ALL}\n", []),
        (f"def f():\n    return {ALL}\n", []),
        (f"print({ALL})\n", []),
        ("logger.info(f'{request_id} {model_version} {latency} {confidence}')\n", []),
        ("logger.info('x', request_id=1, latency=2)\n", []),
    ],
)
def test_sites(tmp_path: Path, text: str, expected: list[tuple[str, int]]) -> None:
    assert fields(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "marks"), [("for one in d.values():\n    pass\n", 0), ("sql = 'insert into t values (%s)'\n", 2)]
)
def test_values_of_a_dict_are_no_sql(text: str, marks: int) -> None:
    data = text.encode()
    assert sum(records.counts(data, one.start()) for one in re.finditer(records.HITS, data)) == marks


def test_a_version_that_never_changes_does_not_count(tmp_path: Path) -> None:
    text = "logger.info('x', request_id=r, model_version='v1', output=o, latency=l)\n"
    assert fields(tmp_path, text) == [("log", 3)]


@pytest.mark.parametrize("text", ["logger.info({'latency': 1,", "latency = " + "[" * 400, "log.info(**latency)\n"])
def test_hostile_source(tmp_path: Path, text: str) -> None:
    assert fields(tmp_path, text) == []
