"""Models that are taken by their figures on the part that is kept for the test."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.probes.python.support import ask

_LOOP = """
X_train, X_test, y_train, y_test = train_test_split(X, y)
results = {}
for name, model in models.items():
    model.fit(X_train, y_train)
    pred = model.predict(X_test)
    results[name] = {"f1": f1_score(y_test, pred), "val_f1": f1_score(y_val, model.predict(X_val))}
"""
FOUND = {
    "the greatest of a mapping": (_LOOP + 'best = max(results, key=lambda n: results[n]["f1"])\nsave(models[best])', 8),
    "of its items": (_LOOP + 'best = max(results.items(), key=lambda kv: kv[1]["f1"])[0]\njoblib.dump(best, "m")', 8),
    "by a table in order": (
        _LOOP + 'table = pd.DataFrame(results).T.sort_values("f1", ascending=False)\n'
        "best_name = table.iloc[0].name\nbest_model = models[best_name]",
        9,
    ),
    "by the index of the greatest": (
        _LOOP + 'table = pd.DataFrame(results).T\nname = table["f1"].idxmax()\nsave_model(models[name])',
        9,
    ),
    "by names of its own": (
        """
        a, b, c, d = train_test_split(X, y)
        scores = [(accuracy_score(d, model.fit(a, c).predict(b)), model) for model in models]
        winner = sorted(scores, key=lambda one: one[0])[-1]
        joblib.dump(winner, "model.pkl")
        """,
        4,
    ),
    "one after the other": (
        """
        def run(model, test_loader):
            best_acc = 0
            for epoch in range(9):
                step(model)
                loss, acc = evaluate(model, test_loader)
                if acc > best_acc:
                    best_acc = acc
                    torch.save(model.state_dict(), "best.pt")
        """,
        7,
    ),
    "handed back": (
        """
        def choose(models, X_test, y_test):
            return max(models, key=lambda one: r2_score(y_test, one.predict(X_test)))
        """,
        3,
    ),
}
NONE = {
    "by another key": _LOOP + 'best = max(results, key=lambda n: results[n]["val_f1"])\nsave(models[best])',
    "only shown": _LOOP + 'best = max(results, key=lambda n: results[n]["f1"])\nprint(best)',
    "by folds": """
        for name, model in models.items():
            for train_index, test_index in kfold.split(X):
                X_test, y_test = X[test_index], y[test_index]
                results[name] = f1_score(y_test, model.predict(X_test))
        best = max(results, key=results.get)
        save(models[best])
        """,
    "by cross-validation": """
        X_train, X_test, y_train, y_test = train_test_split(X, y)
        results = {name: cross_val_score(model, X_train, y_train).mean() for name, model in models.items()}
        best = max(results, key=results.get)
        save(models[best])
        """,
    "a part of its own name": """
        X_train, X_valid, y_train, y_valid = train_test_split(X, y)
        results = {name: f1_score(y_valid, model.predict(X_valid)) for name, model in models.items()}
        best = max(results, key=results.get)
        save(models[best])
        """,
    "a threshold": """
        def run(model, X_test, y_test):
            best_threshold = max(thresholds, key=lambda t: f1_score(y_test, model.predict_proba(X_test) > t))
            return best_threshold
        """,
    "the best answer, not the best model": """
        def run(model, X_test):
            answers = model.predict(X_test)
            best = max(answers, key=len)
            return best
        """,
    "what is tested is a program": """
        def pick(tests):
            best = max(tests, key=lambda test: test["score"])
            return best
        """,
}


def _choices(tmp_path: Path, code: str) -> list[dict[str, Any]]:
    return ask(tmp_path, "python.choices", {"train.py": dedent(code)}).value or []


@pytest.mark.parametrize("case", FOUND)
def test_a_choice_by_the_test_is_found(case: str, tmp_path: Path) -> None:
    code, line = FOUND[case]
    assert [one["line"] for one in _choices(tmp_path, code)] == [line]


@pytest.mark.parametrize("case", NONE)
def test_another_choice_is_none(case: str, tmp_path: Path) -> None:
    assert not _choices(tmp_path, NONE[case])


def test_what_is_nested_deeply_costs_nothing(tmp_path: Path) -> None:
    deep = "f(" * 90 + "X_test" + ")" * 90
    assert not _choices(tmp_path, f"best = max(models, key=lambda one: {deep})\nsave(best)")
    chain = "x" + ".head(1)" * 400
    assert not _choices(tmp_path, f"y_test = {chain}\nbest = max(models, key=len)\nsave(best)")
