"""A result is taken from the cache where nothing has changed that decides it, and is the one that an audit would make."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aiaudit import answers, audit, outcome
from aiaudit.project import manifest
from aiaudit.reports import html
from aiaudit.reports import json as json_report
from aiaudit.reports.result import to_json
from aiaudit.reports.writing import pieces_of
from aiaudit.ruleset import Options

ASK = {"packs": ("security",), "jobs": 1}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(answers, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(manifest, "RACY_NS", 0)  # the files of a test are younger than two seconds
    root = tmp_path / "tree"
    root.mkdir()
    (root / "app.py").write_text("import torch\n\nmodel = torch.load('model.pt')\nprint(model)\n")
    (root / "README.md").write_text("# Model\n\nIt predicts churn.\n")
    time.sleep(0.02)  # a tick of the clock: what is noted now is settled
    return root


@pytest.fixture
def run(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[outcome.Outcome, bool]]:
    """Audits the tree; gives the outcome, and whether it was judged anew."""
    judged: list[bool] = []

    def conclude(prepared: object) -> object:
        judged.append(True)
        return real(prepared)

    real = audit.conclude
    monkeypatch.setattr(audit, "conclude", conclude)

    def go(**asked: object) -> tuple[outcome.Outcome, bool]:
        judged.clear()
        made = outcome.outcome(str(tree), Options(**{**ASK, **asked}))
        return made, bool(judged)

    return go


def test_a_second_run_judges_nothing_and_says_the_same(run, tree: Path) -> None:
    first, anew = run()
    second, again = run()
    assert (anew, again) == (True, False)
    assert "facts" not in second.head
    fresh = to_json(audit.audit(str(tree), Options(**{**ASK, "cache": False})))
    written = b"".join(second.text)
    assert written == b"".join(first.text) == json_report.render(fresh)
    assert second.result == json.loads(written)
    assert b"".join(pieces_of(second.render(".html"))).decode() == html.render(fresh)
    assert second.collection.saved() == first.collection.saved()


@pytest.mark.parametrize(
    "asked",
    [{"fail_under": ("99",)}, {"stage": "production"}, {"packs": ("security", "llm")}, {"own_outputs": ("README.md",)}],
    ids=str,
)
def test_what_is_asked_otherwise_is_judged_anew(run, asked: dict[str, object]) -> None:
    run()
    assert run(**asked)[1]


def test_a_changed_file_or_baseline_is_judged_anew(run, tree: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    earlier.write_bytes(b"".join(run()[0].text))
    assert run(baseline=str(earlier))[1]
    assert not run(baseline=str(earlier))[1]
    earlier.write_bytes(earlier.read_bytes() + b"\n")
    assert run(baseline=str(earlier))[1]
    (tree / "app.py").write_text("print('nothing is loaded')\n")
    made, anew = run()
    assert anew
    assert {c["id"]: c["status"] for c in made.head["checks"]}["SEC-002"] != "fail"


def test_nothing_is_kept_where_time_is_told_or_no_cache_wanted(run) -> None:
    for asked in ({"timings": True}, {"cache": False}):
        assert run(**asked)[1]
        assert run(**asked)[1]
