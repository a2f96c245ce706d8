"""The table of end dates and the probe that looks names up in it."""

from __future__ import annotations

import datetime as dt

import pytest

from aiaudit.probes.lifecycle import _MOST_ITEMS, _going_on, _of_each, _row, _runtime, _standing, _table


def test_every_row_has_a_source_a_date_and_a_successor() -> None:
    checked, rows = _table()
    assert isinstance(checked, dt.date)
    assert len(rows) > 60
    for name, row in rows.items():
        assert isinstance(row.ends, dt.date), name
        assert row.source, name
        assert row.use, name


@pytest.mark.parametrize(
    ("image", "ends"),
    [
        ("python:3.8.19-slim", "2024-10-07"),
        ("python:3.8", "2024-10-07"),
        ("node:18-alpine", "2025-04-30"),
        ("ubuntu:20.04", "2025-05-31"),
        ("python:3-buster", "2024-06-30"),
        ("uvicorn-gunicorn:python3.7", "2023-06-27"),
        ("uvicorn-gunicorn-fastapi:python3.8-slim", "2024-10-07"),
        ("huggingface-pytorch-inference:1.10-transformers4.17-cpu-py38-ubuntu20.04", "2024-10-07"),
        ("playwright:v1.40-node18", "2025-04-30"),
    ],
)
def test_an_image_is_found_by_its_version(image: str, ends: str) -> None:
    row = _runtime(image, _table()[1])
    assert row is not None
    assert row.ends.isoformat() == ends


@pytest.mark.parametrize(
    "image",
    ["python:3.13-slim", "python:latest", "python", "node:24", "python:3.80", "spark:3.5-python3.13", "tool:happy37"],
)
def test_other_images_are_not(image: str) -> None:
    row = _runtime(image, _table()[1])
    assert row is None or row.ends > dt.date(2027, 1, 1)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("claude-3.7-sonnet", "2026-02-19"),
        ("claude-3.7-sonnet-thinking", "2026-02-19"),
        ("claude-3.7-sonnet:thinking", "2026-02-19"),
        ("claude-3.5-sonnet", "2025-10-28"),
        ("claude-sonnet-4.5", "2026-11-30"),
        ("claude-opus-4.5", "2027-01-22"),
        ("claude-3", None),
    ],
)
def test_a_model_is_found_by_the_name_that_a_gateway_gives_it(name: str, ends: str | None) -> None:
    row = _row(name, "model", _table()[1])
    assert (row.ends.isoformat() if row else None) == ends


def test_no_name_both_ends_and_lives() -> None:
    assert not _going_on().living & _table()[1].keys()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("gpt-5.5", ""),
        ("claude-opus-4.6", ""),
        ("claude-haiku-4-5-20251001-v1:0", ""),
        ("gemini", ""),
        ("gpt-7-lite", "unknown"),
        ("kimi-k2.6:free", "unknown"),
        ("llama-9-70b-versatile", "unknown"),
        ("llama3.2:3b", "weights"),
        ("qwen2.5:3b-instruct-q4_k_m", "weights"),
        ("mistral-7b-instruct-v0.2", "weights"),
    ],
)
def test_what_is_known_of_a_model_without_an_end(name: str, what: str) -> None:
    assert _standing(name, _table()[1]) == what


def test_of_very_many_places_each_name_and_folder_keeps_its_first() -> None:
    many = [{"path": f"a/m{number:05}.py", "line": 1, "name": "gpt-4"} for number in range(3 * _MOST_ITEMS)]
    few = [{"path": "z/last.py", "line": line, "name": "gpt-4"} for line in (1, 2)]
    other = [{"path": "a/zz.py", "line": 9, "name": "gpt-3.5-turbo"}]
    kept = _of_each([*many, *other, *few])
    assert len(kept) == _MOST_ITEMS
    assert kept == [*many[: _MOST_ITEMS - 3], *other, *few]
    assert _of_each(few) == few
