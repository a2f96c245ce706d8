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
from aiaudit.probes.profile import engine, measuring, one_task, session
from aiaudit.project.tree import Project


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in (
        (engine, "SMALL"),
        (duckdb_engine, "SMALL"),
        (columns, "EXACT_BELOW"),
        (columns, "COUNTED_BELOW"),
    ):
        monkeypatch.setattr(module, name, 1000)
    monkeypatch.setattr(samples, "ROWS", 2000)


def by(made: engine.ProjectEngine, found: list[Found], file: Path, now: dt.datetime) -> dict[str, Any]:
    try:
        return session.measured(made, found, [[file]], [], now)
    finally:
        made.close()


@pytest.mark.usefixtures("everything_is_large")
def test_the_figures_do_not_depend_on_the_number_of_cores(tmp_path: Path) -> None:
    draw = random.Random(7)
    file = tmp_path / "rows.csv"
    lines = (f"{i},{draw.random()},{draw.gauss(0, 1e6)},user{draw.randrange(50)}@mail.com,{i % 2}" for i in range(9000))
    file.write_text("id,x,y,mail,label\n" + "\n".join(lines))
    found = [Found("rows", "rows.csv", ("rows.csv",), "csv", file.stat().st_size)]
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made: list[dict[str, Any]] = [
        by(engine.ProjectEngine(memory_limit=512, cores=cores), found, file, now) for cores in (1, 2, 3)
    ]
    assert made[0]["datasets"][0]["rows"] == 9000
    assert made[0]["sample"]["rows"] == 2000
    assert made[0]["datasets"][0]["columns"][3]["personal"]["kind"] == "email"
    assert made[0] == made[1] == made[2]


@pytest.mark.usefixtures("everything_is_large")
def test_far_from_a_leak_the_sample_is_enough_and_near_one_all_rows_are_counted(tmp_path: Path) -> None:
    draw = random.Random(3)
    labels = [draw.randrange(2) for _ in range(9000)]
    file = tmp_path / "rows.csv"
    lines = (f"{i},{draw.random()},{y if i else 1 - y},{y}" for i, y in enumerate(labels))
    file.write_text("n,noise,copy,label\n" + "\n".join(lines))
    found = [Found("rows", "rows.csv", ("rows.csv",), "csv", file.stat().st_size)]
    made = by(engine.ProjectEngine(memory_limit=512), found, file, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    leaks = {one["column"]: one for one in made["datasets"][0]["leakage"]}
    assert leaks["copy"]["accuracy"] == 8999 / 9000
    assert leaks["copy"]["majority"] == max(sum(labels), 9000 - sum(labels)) / 9000
    assert not leaks["copy"]["sampled"]
    assert leaks["noise"]["sampled"]
    assert 0.5 < leaks["noise"]["accuracy"] < 0.6


def test_of_moderate_sets_few_values_and_possible_ids_are_counted_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "COUNTED_BELOW", 1000)
    draw = random.Random(5)
    file = tmp_path / "rows.csv"
    lines = [f"k{i % 11999},{i % 700},{draw.random()},{i % 3 == 0}" for i in range(12000)]
    file.write_text("key,group,x,flag\n" + "\n".join(lines))
    found = [Found("rows", "rows.csv", ("rows.csv",), "csv", file.stat().st_size, ids=("key",))]
    made = by(engine.ProjectEngine(memory_limit=512), found, file, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    (one,) = made["datasets"]
    told = {c["name"]: (c["distinct"], c["distinct_exact"]) for c in one["columns"]}
    assert (told["key"], told["group"], told["flag"]) == ((11999, True), (700, True), (2, True))
    assert told["x"][1] is False
    assert one["ids"] == [{"column": "key", "duplicates": 1}]
    assert one["duplicate_rows"] == 0


def test_a_sample_of_parquet_is_drawn_by_the_seed_alone(tmp_path: Path) -> None:
    import duckdb

    from aiaudit.data.model import Source

    files = []
    for part in range(2):
        files.append(tmp_path / f"part-{part}.parquet")
        duckdb.execute(f"COPY (SELECT {part} AS p, i FROM range(30000) r(i)) TO '{files[-1]}' (ROW_GROUP_SIZE 2048)")
    drawn = []
    for threads, seed in ((1, 42), (3, 42), (1, 43)):
        one = duckdb_engine.DuckDBEngine(threads=threads)
        table = one.sample(one.open(Source("s", "s", tuple(files), "parquet")), 500, seed).table
        drawn.append(sorted(one.rows(table)))
        one.close()
    assert len(set(drawn[0])) == 500
    assert {p for p, _ in drawn[0]} == {0, 1}
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_unpacks_without_end_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train.csv").write_text("a\n" + "".join(f"{n}{'x' * 20}\n" for n in range(260_000)))
    (tmp_path / "validation.csv").write_text("a,b\n1,2\n3,4\n")
    monkeypatch.setattr(one_task, "_ROOM", 2_000_000)
    monkeypatch.setattr(one_task, "_GROWTH", 0)
    for one in (engine, duckdb_engine):
        monkeypatch.setattr(one, "SMALL", 1000)
    with Project.open(tmp_path) as project:
        found = [
            Found(name, name, (name,), "csv", (tmp_path / name).stat().st_size)
            for name in ("train.csv", "validation.csv")
        ]
        made = measuring.measure(project, found, dt.date(2026, 1, 1), jobs=1)
    assert [one["datasets"][0]["rows"] for one in made] == [260_000, 2]  # the text is parsed anew for each question
    assert any("a copy of the parsed text" in note and "File too large" in note for note in made[0]["notes"])
    assert made[1]["notes"] == []
