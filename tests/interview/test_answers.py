"""Answers on disk: what is written reads back, and what people wrote beside it stays."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.interview.answers import checked, default_review, load, sealed, with_answer
from aiaudit.project.config import ConfigError

FULL = {
    "answer": "yes",
    "owner": "Kim",
    "evidence": ["docs/a.md", "https://example.org/b"],
    "reviewed": dt.date(2026, 11, 1),
    "review_by": dt.date(2027, 5, 1),
    "note": 'said: "so"',
}


def saved(tmp_path, text):
    path = tmp_path / "attestations.yaml"
    path.write_text(text)
    return load(tmp_path)


def test_an_answer_reads_back(tmp_path):
    assert saved(tmp_path, with_answer("", "GOV-003", FULL)) == {"GOV-003": FULL}
    (tmp_path / "attestations.yaml").unlink()
    assert load(tmp_path) == {}


def test_an_answer_takes_the_place_of_the_earlier_one_and_no_other(tmp_path):
    text = "# ours\nGOV-001:\n  answer: yes   # sure\n  owner: Ann\n\nGOV-003:\n  answer: no\n\n# end\nORG-005:\n  answer: no\n"
    changed = with_answer(text, "GOV-003", FULL)
    assert changed.startswith("# ours\nGOV-001:\n  answer: yes   # sure\n  owner: Ann\n\nGOV-003:\n")
    assert changed.endswith("\n\n# end\nORG-005:\n  answer: no\n")
    found = saved(tmp_path, changed)
    assert found["GOV-003"] == FULL
    assert found["GOV-001"] == {"answer": "yes", "owner": "Ann"}


@given(st.text(min_size=1, max_size=40), st.text(max_size=60))
def test_any_text_reads_back(tmp_path_factory, owner, note):
    answer = checked({"answer": "partly", "owner": owner, "note": note})
    assert saved(tmp_path_factory.mktemp("a"), with_answer("", "GOV-003", answer)).get("GOV-003") == answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [({"answer": "maybe"}, "answer: "), ({"answer": "yes", "reviewed": "soon"}, "reviewed: "), ({}, "answer: ")],
)
def test_what_is_no_answer_is_refused(answer, told):
    with pytest.raises(ConfigError) as error:
        checked(answer)
    assert str(error.value).startswith(told)


def test_a_review_is_due_in_a_year():
    assert default_review(dt.date(2026, 11, 24)) == dt.date(2027, 11, 24)
    assert default_review(dt.date(2028, 2, 29)) == dt.date(2029, 2, 28)


def test_what_is_reviewed_today_is_sealed_with_the_hash_of_its_evidence(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("We agreed.\n")
    (tmp_path / "link.md").symlink_to("/etc/hostname")
    answer = {**FULL, "evidence": ["docs/a.md#part", "https://example.org/b", "docs/none.md", "../a.md", "link.md"]}
    made = sealed(answer, tmp_path, FULL["reviewed"])
    assert made["evidence_sha256"] == [hashlib.sha256(b"We agreed.\n").hexdigest()[:16], "", "", "", ""]
    assert saved(tmp_path, with_answer("", "GOV-003", made))["GOV-003"] == made
    assert sealed(answer, tmp_path, dt.date(2026, 11, 2)) == answer  # what it was on the day of the review is not known
    assert sealed({"answer": "no"}, tmp_path, FULL["reviewed"]) == {"answer": "no"}


@pytest.mark.parametrize("word", ["yes", "no", "true", "12", "2026-11-01", "null"])
def test_words_that_yaml_reads_as_something_else_stay_words(word):
    text = with_answer("", "GOV-001", {"answer": "yes", "owner": word, "evidence": [word, "a.md"], "note": word})
    read = yaml.safe_load(text)["GOV-001"]
    assert (read["owner"], read["evidence"], read["note"]) == (word, [word, "a.md"], word)
