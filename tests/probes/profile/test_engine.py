"""The audit's engine: the figures do not depend on how many cores work on them."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import Any

import pytest

from aiaudit.data import columns, duckdb_engine
from aiaudit.data import sample as samples
from aiaudit.data.discovery import Found
from aiaudit.probes.profile import engine, session


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((engine, "SMALL"), (duckdb_engine, "SMALL"), (columns, "EXACT_BELOW")):
        monkeypatch.setattr(module, name, 1000)
    monkeypatch.setattr(samples, "ROWS", 2000)


@pytest.mark.usefixtures("everything_is_large")
def test_the_figures_do_not_depend_on_the_number_of_cores(tmp_path: Path) -> None:
    draw = random.Random(7)
    file = tmp_path / "rows.csv"
    lines = (f"{i},{draw.random()},{draw.gauss(0, 1e6)},user{draw.randrange(50)}@mail.com,{i % 2}" for i in range(9000))
    file.write_text("id,x,y,mail,label\n" + "\n".join(lines))
    found = [Found("rows", "rows.csv", ("rows.csv",), "csv", file.stat().st_size)]
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made: list[dict[str, Any]] = [
        session.measured(found, [[file]], [], now, memory=512, cores=cores) for cores in (1, 2, 3)
    ]
    assert made[0]["datasets"][0]["rows"] == 9000
    assert made[0]["sample"]["rows"] == 2000
    assert made[0]["datasets"][0]["columns"][3]["personal"]["kind"] == "email"
    assert made[0] == made[1] == made[2]
