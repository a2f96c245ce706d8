"""Figures of documents beside those of the evaluation's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.probes.docs.metrics import MetricsProbe, MetricsQuery, _rounds_to

from ..support import context

QUERY = MetricsQuery(files=["MODEL_CARD.md"])


def document(tmp_path: Path, files: dict[str, str]) -> dict[str, Any]:
    fact = MetricsProbe().answer("m", QUERY, context(tmp_path, files))
    assert (fact.state, fact.level) == (State.KNOWN, Level.CONTENT)
    return dict(fact.value["documents"][0])


def test_figures_of_the_section_on_metrics_are_found_in_the_evaluation(tmp_path: Path) -> None:
    card = "# Card\n## Training data\n0.55\n## Metrics\nMacro F1 0.865 on 200 tickets, recall 78.5 %.\nAUC 0.91\n"
    found = document(
        tmp_path,
        {
            "MODEL_CARD.md": card,
            "reports/evaluation.json": '{"macro_f1": 0.8652, "by_class": {"recall": 0.785}, "n": 0.91}',
        },
    )
    assert (found["stated"], found["matched"], found["artefact"]) == (3, 2, "reports/evaluation.json")
    assert [(one["line"], one["text"]) for one in found["unmatched"]] == [(6, "0.91")]  # `n` names no metric


def test_a_comma_may_stand_before_the_decimals(tmp_path: Path) -> None:
    card = "# Karte\n## Metrics\nF1 0,865, Recall 78,5 %, 41,000 rows of 1,234 and 3,4,5\n"
    found = document(
        tmp_path, {"MODEL_CARD.md": card, "metrics.json": '{"f1": 0.8652, "recall": 0.785, "accuracy": 41.0}'}
    )
    assert (found["stated"], found["matched"]) == (2, 2)


def test_csv_rows_are_keyed_by_the_metric_that_they_name(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        {
            "MODEL_CARD.md": "# C\n## Results\nRMSE 12.34, rows 0.77\n",
            "results.csv": "metric,value\nrmse,12.341\nrows,0.77\n",
        },
    )
    assert (found["stated"], found["matched"]) == (2, 1)


def test_versions_and_whole_numbers_are_no_figures(tmp_path: Path) -> None:
    found = document(tmp_path, {"MODEL_CARD.md": "# C\n## Metrics\nscikit-learn 1.7.2 on 200 rows, limit 0.8\n"})
    assert found["stated"] == 0


def test_without_a_document_it_is_absent_and_broken_files_hold_nothing(tmp_path: Path) -> None:
    assert MetricsProbe().answer("m", QUERY, context(tmp_path, {"a.md": "x"})).state is State.ABSENT
    broken = {
        "MODEL_CARD.md": "# C\n## Metrics\nF1 0.91\n",
        "metrics.json": "{",
        "eval.yaml": "a: [",
        "score.csv": "\0",
    }
    assert document(tmp_path, broken)["matched"] == 0


@pytest.mark.parametrize(
    ("value", "text", "percent", "same"),
    [
        (0.8652, "0.865", False, True),
        (0.8656, "0.865", False, False),
        (0.865, "86.5", True, True),
        (0.865, "86.5", False, False),
        (86.5, "86.5", True, True),
        (-0.12, "-0.12", False, True),
    ],
)
def test_rounding(value: float, text: str, percent: bool, same: bool) -> None:
    assert _rounds_to(value, text, percent) is same


def test_addresses_and_numbers_of_papers_are_no_figures(tmp_path: Path) -> None:
    card = "## Performance\nSee [the paper](https://arxiv.org/abs/2212.04356), arXiv:2304.07193. Accuracy 91.4 %.\n"
    assert document(tmp_path, {"MODEL_CARD.md": card})["stated"] == 1
