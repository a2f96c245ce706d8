"""A report without folders: no path of the project is left in any string, and nothing else is changed."""

from __future__ import annotations

import copy
import json
import re

import pytest

from aiaudit.reports import html
from aiaudit.reports.redact import without_folders
from tests.reports.make_full import full_result


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> dict:
    return full_result(tmp_path_factory.mktemp("redact"))


def test_no_path_of_a_finding_or_of_evidence_is_left(full) -> None:
    paths = {f["path"] for c in full["checks"] for f in c["findings"] if f["path"] and "/" in f["path"]}
    paths |= {e["path"] for fact in full["facts"].values() for e in fact["evidence"] if e["path"] and "/" in e["path"]}
    paths |= {"data/train.csv", "data/current.csv"}
    assert len(paths) > 10
    before = copy.deepcopy(full)
    left = without_folders(full)
    assert full == before
    told = "\n".join(strings({key: value for key, value in left.items() if key != "frameworks"}))
    assert [path for path in paths if path in told] == []
    page = html.render(left)
    assert [path for path in paths if path in page] == []
    assert "…/api.py:27" in page


def test_what_is_no_path_stays(full) -> None:
    left = without_folders(full)
    for key in ("score", "packs", "frameworks", "brand", "levels"):
        assert left[key] == full[key]
    titles = [(a["title"], b["title"]) for a, b in zip(full["checks"], left["checks"], strict=True)]
    assert all(a == b for a, b in titles)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("see src/app/serve.py:3, and src/app.", "see …/serve.py:3, and …/app."),
        ("in src/app/ (two files)", "in …/app/ (two files)"),
        ("tokens/s and/or https://example.org/src/app", "tokens/s and/or https://example.org/src/app"),
        ("reads 'my docs/big file.txt' twice", "reads '…/big file.txt' twice"),
        ("src", "src"),
    ],
)
def test_paths_in_sentences(text, said) -> None:
    found = {"findings": [{"path": "src/app/serve.py"}, {"path": "my docs/big file.txt"}]}
    assert without_folders({"checks": [found], "note": text})["note"] == said


def test_a_path_as_a_key_is_told_too() -> None:
    left = without_folders({"facts": {"f": {"value": {"lib/inner/a.py": 3}, "evidence": []}}})
    assert not re.search("lib/inner", json.dumps(left, ensure_ascii=False))
