"""`python.gates`: a metric is compared with a limit, and what follows stops the run or lets a model through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.ci.test_reach import ask


def gates(root: Path, text: str, path: str = "evaluate.py") -> list[tuple[int, str, str]]:
    found = ask(root, {path: text}, "python.gates").value or []
    return [(one["line"], one["metric"], one["action"]) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import sys\nif f1 < 0.8:\n    sys.exit(1)\n", [(2, "f1", "exit")]),
        ("import sys\nif f1 < 0.8:\n    sys.exit('too low')\n", [(2, "f1", "exit")]),
        ("import sys\nif f1 < 0.8:\n    sys.exit(0)\n", []),
        ("if metrics['roc_auc'] <= LIMIT:\n    raise SystemExit(1)\n", [(1, "roc_auc", "raise")]),
        ("if result.get('accuracy') < 1:\n    raise ValueError('no')\n", [(1, "accuracy", "raise")]),
        ("assert score >= 0.7\n", [(1, "score", "assert")]),
        ("assert 0.7 <= report.f1_score\n", [(1, "f1_score", "assert")]),
        ("ok = rmse < 2\nif not ok:\n    exit(1)\n", [(2, "rmse", "exit")]),
        ("import sys\nok = wer < 0.2\nsys.exit(0 if ok else 1)\n", [(3, "wer", "exit")]),
        (
            "import sys\ndef main():\n    if f1 < 0.8:\n        return 1\n    return 0\nsys.exit(main())\n",
            [(3, "f1", "return")],
        ),
        ("def main():\n    if f1 < 0.8:\n        return 1\nmain()\n", []),  # nobody looks at what it returns
        ("if f1 < 0.8:\n    print('low')\n", []),
        ("if count < 3:\n    raise ValueError\n", []),
        ("if len(scores) < 3:\n    raise ValueError\n", []),
        ("if new_auc > old_auc:\n    client.transition_model_version_stage('m')\n", [(1, "new_auc", "promote")]),
        (
            "def should_deploy(new_f1, old_f1):\n    if new_f1 < old_f1:\n        return False\n    return True\n",
            [(2, "new_f1", "decide")],
        ),
        (
            "def should_promote(old_mae, new_mae):\n    return (old_mae - new_mae) / old_mae > LEAST\n",
            [(2, "old_mae_difference", "decide")],
        ),
        (
            "def go(old_f1, new_f1):\n    gain = new_f1 - old_f1\n    if gain < 0.01:\n        return\n    promote_model()\n",
            [(3, "new_f1_difference", "promote")],
        ),
        ("def go(a_f1, b_f1):\n    gain = b_f1 - 1\n    if gain < 0.01:\n        return\n    promote_model()\n", []),
        (
            "def go(old_f1, new_f1):\n    drop = old_f1 - new_f1\n    if drop < 0.01:\n        return\n    promote_model()\n",
            [],
        ),  # what is no worse is left where it is
        ("assert abs(a_mae - b_mae) < 0.1\n", []),
        ("def quality_gate(f1):\n    if f1 < 0.8:\n        return False\n    return True\n", [(2, "f1", "decide")]),
        (
            "def aggregate(f1):\n    if f1 < 0.8:\n        return False\n    return True\n",
            [],
        ),  # a gate in its name only
    ],
)
def test_gates(tmp_path: Path, text: str, expected: list[tuple[int, str, str]]) -> None:
    assert gates(tmp_path, text) == expected


def test_limits(tmp_path: Path) -> None:
    text = "LIMIT = 0.8\nassert f1 > LIMIT\nassert f1 > settings.minimum\nassert f1 > 0\nassert new_f1 > champion_f1\n"
    found = ask(tmp_path, {"tests/test_quality.py": text}, "python.gates").value
    assert [one["limit"] if isinstance(one["limit"], float) else None for one in found] == [0.8, None, 0.0, None]
    assert [one["limit_name"] for one in found][1] == "minimum"
    assert [one["relative"] for one in found] == [False, False, False, True]
    assert {one["role"] for one in found} == {"test"}


@pytest.mark.parametrize("text", ["if f1 <", "assert score >" + "(" * 500, "f1 < 1\n" * 5000, "\x00 f1 < 1"])
def test_hostile_source(tmp_path: Path, text: str) -> None:
    assert gates(tmp_path, text) == []
