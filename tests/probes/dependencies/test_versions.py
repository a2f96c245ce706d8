"""Version conditions of PEP 440, Poetry and npm; CVSS scores."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.probes.dependencies.cvss import base_score, rating
from aiaudit.probes.dependencies.versions import npm_pinned, poetry_to_pep440, satisfies_npm, satisfies_pep440


@pytest.mark.parametrize(
    ("version", "spec", "expected"),
    [
        ("1.2.3", "^1.2", True), ("2.0.0", "^1.2", False), ("0.2.9", "^0.2.3", True), ("0.3.0", "^0.2.3", False),
        ("0.0.3", "^0.0.3", True), ("0.0.4", "^0.0.3", False), ("1.2.9", "~1.2.3", True), ("1.3.0", "~1.2.3", False),
        ("1.9.9", "1.x", True), ("1.2.3", "1.2.3", True), ("1.2.4", "=1.2.3", False), ("3.0.0", ">=1 <3", False),
        ("2.9.9", ">= 1 < 3", True), ("2.0.0", "1.0.0 - 2.0.0", True), ("2.0.1", "1.0.0 - 2.0.0", False),
        ("5.0.0", "^3 || ^5", True), ("1.0.0", "", True), ("1.0.0", "*", True), ("2.0.0-beta.1", "^1.0.0", False),
        ("1.0.1", ">1.0.0", True), ("1.0.0", ">1.0.0", False), ("1.9.0", "<=1", True), ("1.9.0", ">1", False),
        ("19.0.0-rc-4", "19.0.0-rc-4", True), ("1.0.0", "latest", None), ("1.0.0", "workspace:*", None),
        ("x", "^1", None),
    ],
)  # fmt: skip
def test_npm_ranges(version: str, spec: str, expected: bool | None) -> None:
    assert satisfies_npm(version, spec) is expected


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^1.2.3", ">=1.2.3,<2"), ("^0.2.3", ">=0.2.3,<0.3"), ("^0.0.3", ">=0.0.3,<0.0.4"), ("^0", ">=0,<1"),
        ("~1.2.3", ">=1.2.3,<1.3"), ("~1", ">=1,<2"), ("1.2", "==1.2"), ("1.*", "==1.*"), (">=1,<2", ">=1,<2"),
        ("*", ""), ("~=1.2", "~=1.2"), ("^1 || ^2", None), ("^x", None),
    ],
)  # fmt: skip
def test_poetry_constraints(constraint: str, expected: str | None) -> None:
    assert poetry_to_pep440(constraint) == expected


def test_pep440() -> None:
    assert satisfies_pep440("2.0.0rc1", ">=1") is True
    assert satisfies_pep440("1.0", ">=1,<2") is True
    assert satisfies_pep440("3", "<2") is False
    assert satisfies_pep440("what", "<2") is None
    assert satisfies_pep440("1", "what") is None


@pytest.mark.parametrize(
    ("spec", "pinned"), [("1.2.3", True), ("v1.2.3-rc.1", True), ("^1.2.3", False), ("1.2", False), ("latest", False)]
)
def test_npm_pins(spec: str, pinned: bool) -> None:
    assert npm_pinned(spec) is pinned


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("0123.^~<>=|-* xX v+a"), max_size=40),
    st.text(alphabet=st.sampled_from("0123.-a"), max_size=12),
)
def test_any_range_and_version(spec: str, version: str) -> None:
    assert satisfies_npm(version, spec) in (True, False, None)
    poetry_to_pep440(spec)


@pytest.mark.parametrize(
    ("vector", "score", "words"),
    [  # vectors and scores of published advisories
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "medium"),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N", 5.5, "medium"),
        ("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", 5.9, "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, "critical"),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N", 0.0, ""),
    ],
)
def test_cvss_base_scores(vector: str, score: float, words: str) -> None:
    assert base_score(vector) == score
    assert rating(score) == words


@pytest.mark.parametrize("vector", ["", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "nonsense"])
def test_broken_vectors(vector: str) -> None:
    assert base_score(vector) is None
