"""SQL that Ibis compiled for a type is said of every column of it, and kept for the next process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aiaudit.data import phrases
from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.model import Source
from aiaudit.data.phrases import Phrasebook, number, quoted, say
from aiaudit.project.cache import Cache, open_cache

HOSTILE = ('"; drop table', "stand_in_0", "t0`", 'a"b', "{0}", "Größe 1")


@pytest.fixture
def cache(tmp_path: Path) -> Any:
    with open_cache(tmp_path / "cache") as made:  # type: ignore[union-attr]
        yield made


def longest(column: Any, least: Any) -> dict[str, Any]:
    return {"most": column.length().max(), "some": (column.length() > least).sum()}


def test_a_phrase_is_said_of_any_name(tmp_path: Path) -> None:
    import duckdb

    file = tmp_path / "t.parquet"
    columns = ", ".join(f"'{'x' * n}' AS {quoted('duckdb', name)}" for n, name in enumerate(HOSTILE, 1))
    duckdb.sql(f"COPY (SELECT {columns} FROM range(3)) TO '{file}'")
    engine = DuckDBEngine()
    try:
        relation = engine.open(Source("t", "t", (file,), "parquet"))
        assert relation.columns == list(HOSTILE)
        for n, name in enumerate(HOSTILE, 1):
            said = relation.phrases("longest", [name, None], longest)
            asked = [say(text, relation.quoted(name), number("duckdb", 2.5)) for text in said.values()]
            assert engine.rows(f"SELECT {', '.join(asked)} FROM {relation.origin}") == [(n, 3 if n > 2.5 else 0)]
    finally:
        engine.close()


def test_only_one_select_is_a_phrase() -> None:
    book = Phrasebook()
    text = book.kind("duckdb", "VARCHAR")
    with pytest.raises(ValueError, match="not one SELECT"):
        book.of("duckdb", "two", [text], lambda c: {"n": c.as_table().count().as_scalar() + c.nunique()})


def test_what_was_compiled_is_kept_and_compiled_again_when_its_source_changes(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Phrasebook()
    first.open(cache)
    kind = first.kind("duckdb", "VARCHAR")
    told = first.of("duckdb", "longest", [kind, None], longest)
    first.keep(cache)

    def never(*_: object) -> Any:
        raise AssertionError("compiled again")

    monkeypatch.setattr(phrases, "_compiled", never)
    second = Phrasebook()
    second.open(cache)
    assert second.of("duckdb", "longest", [second.kind("duckdb", "VARCHAR"), None], longest) == told
    with pytest.raises(AssertionError):
        second.of("duckdb", "another", [kind, None], longest)
    monkeypatch.setattr(phrases, "_state", lambda: bytes(20))
    third = Phrasebook()
    third.open(cache)
    with pytest.raises(AssertionError):
        third.of("duckdb", "longest", [kind, None], longest)


def test_a_worker_tells_what_it_compiled(cache: Cache) -> None:
    worker, parent = Phrasebook(), Phrasebook()
    kind = worker.kind("duckdb", "BIGINT")
    worker.of("duckdb", "most", [kind], lambda c: {"m": c.max()})
    compiled = worker.taken()
    assert worker.taken() == {}
    parent.learn(compiled)
    parent.keep(cache)
    later = Phrasebook()
    later.open(cache)
    assert later.kind("duckdb", "BIGINT") == kind


def test_what_is_kept_does_not_grow_without_end(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "MOST", 3)
    for turn in range(3):
        book = Phrasebook()
        book.open(cache)
        for kind in ("a", "b"):
            book.kind("duckdb", f"STRUCT({kind}{turn} BIGINT)")
        book.keep(cache)
    later = Phrasebook()
    later.open(cache)
    assert list(later._kinds) == ["duckdb STRUCT(a2 BIGINT)", "duckdb STRUCT(b2 BIGINT)"]


def test_a_second_run_never_imports_ibis(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(
        "id,price,city,seen,ok\n"
        + "".join(f"{i},{i / 3},town {i % 5},2024-01-{i % 27 + 1:02},{i % 2 == 0}\n" for i in range(90))
    )
    code = (
        "import sys; from typer.testing import CliRunner; from aiaudit.cli.app import application\n"
        f"done = CliRunner().invoke(application(), ['data', {str(file)!r}, '--label', 'ok', '--json'])\n"
        "print(done.exit_code, 'ibis' in sys.modules, hash(done.stdout.split('\"freshness_days\"')[0]))"
    )
    env = {**os.environ, "AIAUDIT_CACHE_DIR": str(tmp_path / "cache"), "PYTHONHASHSEED": "0"}
    said = [
        subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(2)
    ]
    assert [one[:2] for one in said] == [["0", "True"], ["0", "False"]]
    assert said[0][2] == said[1][2]
