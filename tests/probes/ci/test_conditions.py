"""At which events a condition of GitHub can hold."""

from __future__ import annotations

import pytest

from aiaudit.probes.ci.conditions import Event, covered, events, never

PUSH = Event("push", ("refs/heads/main",))


@pytest.mark.parametrize(
    ("condition", "event", "expected"),
    [
        ("false", PUSH, True),
        ("${{ false }}", PUSH, True),
        ("github.event_name == 'push'", PUSH, False),
        ("github.event_name != 'push'", PUSH, True),
        ("github.event_name == 'schedule' || github.event_name == 'push'", PUSH, False),
        ("github.ref == 'refs/heads/main'", PUSH, False),
        ("github.ref == 'refs/heads/develop'", PUSH, True),
        ("github.ref_name == 'develop'", PUSH, True),
        ("github.ref == 'refs/heads/develop'", Event("push"), False),
        ("startsWith(github.ref, 'refs/tags/')", PUSH, True),
        ("startsWith(github.ref, 'refs/tags/')", Event("pull_request"), True),
        ("github.ref == 'refs/heads/main'", Event("pull_request"), True),
        ("github.ref == 'refs/heads/main'", Event("pull_request_target"), False),
        ("github.actor == 'x' && false", PUSH, True),
        ("github.actor == 'x' || false", PUSH, False),
        ("!(github.event_name == 'push')", PUSH, True),
        ("contains(github.event.head_commit.message, 'it''s')", PUSH, False),
        ("always() && github.event_name == 'pull_request'", PUSH, True),
        ("failure()", PUSH, True),
        ("github.event_name == 'push'", Event("workflow_call"), False),
        ("github.event_name == 'schedule' &&", PUSH, False),
        ("${{ github.actor }} == 'false'", PUSH, False),
        ("(" * 300 + "false" + ")" * 300, PUSH, False),
    ],
)
def test_a_condition_that_cannot_hold(condition: str, event: Event, expected: bool) -> None:
    assert never(condition, event) is expected


def test_the_names_that_start_a_push() -> None:
    assert events({"push": {"branches": ["main"]}}, ("push",)) == (PUSH,)
    assert events({"push": {"branches": ["main", "v*"]}}, ("push",)) == (Event("push"),)
    assert events({"push": {"tags": ["v1"]}}, ("push:tags",)) == (Event("push", ("refs/tags/v1",)),)
    assert events({"push": None, "schedule": []}, ("push", "schedule")) == (Event("push"), Event("schedule"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, True),
        ({"paths": ["docs/**"]}, False),
        ({"paths": ["**.py"]}, True),
        ({"paths": ["src/**", "!src/app.py"]}, False),
        ({"paths": ["!src/app.py", "src/**"]}, True),
        ({"paths": ["src/*"]}, True),
        ({"paths": ["*"]}, False),
        ({"paths-ignore": ["**"]}, False),
        ({"paths-ignore": ["**.md"]}, True),
        ({"paths": ["(["]}, False),
        ({"paths": ["*" * 50]}, True),
    ],
)
def test_the_files_whose_change_starts_it(settings: dict[str, list[str]], expected: bool) -> None:
    assert covered(settings, ["src/app.py"]) is expected
