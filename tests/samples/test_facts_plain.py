"""What probes answer is plain JSON with `Unknown` in single places: rules read nothing else, and nothing else can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aiaudit.audit import audit
from aiaudit.model.fact import State
from aiaudit.model.types import Unknown
from aiaudit.ruleset import Options
from tests.samples.support import AS_OF, SAMPLES

PLAIN = (str, int, float, bool, type(None), Unknown)


def strange(value: Any) -> Iterator[str]:
    """The types of whatever in it is not plain."""
    if type(value) is list:
        for one in value:
            yield from strange(one)
    elif type(value) is dict:
        for key, one in value.items():
            yield from strange(one)
            if type(key) is not str:
                yield f"a key of the type {type(key).__name__}"
    elif type(value) not in PLAIN:
        yield type(value).__name__
    elif isinstance(value, float) and not abs(value) < float("inf"):
        yield "a number that is not finite"


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if path.is_dir()))
def test_every_fact_about_a_sample_is_plain_and_none_is_an_error(name: str) -> None:
    done = audit(str(SAMPLES / name), Options(as_of=AS_OF, jobs=1, cache=False))
    assert not {fact_id: found for fact_id, fact in done.facts.items() if (found := set(strange(fact.value)))}
    assert not {fact_id: fact.reason for fact_id, fact in done.facts.items() if fact.state is State.ERROR}
