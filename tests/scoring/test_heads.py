"""Heads of saved results: what is read of which file, and what is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.reports import json as written
from aiaudit.scoring import heads
from tests.reports.make_result import make_result


@pytest.fixture
def result() -> dict[str, Any]:
    return make_result()


def _ended(result: dict[str, Any]) -> list[str]:
    return [f"{check['status']} {check['id']}" for check in result["checks"]]


@pytest.mark.parametrize("layout", ["ours", "one line", "wide", "bom", "facts first"])
def test_every_layout_of_a_result_gives_the_same(tmp_path: Path, result: dict[str, Any], layout: str) -> None:
    text = {
        "ours": written.render(result),
        "one line": json.dumps(result).encode(),
        "wide": json.dumps(result, indent=7).encode(),
        "bom": b"\xef\xbb\xbf" + json.dumps(result).encode(),
        "facts first": written.render({"schema_version": 1, "facts": result["facts"], **result}),
    }[layout]
    file = tmp_path / "result.json"
    file.write_bytes(text)

    [row] = heads.statuses([file])

    assert row["filename"] == str(file)
    assert (row["score"], row["as_of"], row["project"]["name"]) == (
        pytest.approx(result["score"]),
        result["as_of"],
        result["project"]["name"],
    )
    assert row["checks"] == _ended(result)
    assert [one["id"] for one in heads.details([file])] == [check["id"] for check in result["checks"]]
    assert [one["as_of"] for one in heads.headlines([file])] == [result["as_of"]]


def test_the_facts_of_a_result_are_not_looked_at(tmp_path: Path, result: dict[str, Any]) -> None:
    """Facts of several megabytes, broken in their middle: the head is read, and the end tells that the file is whole."""
    whole = written.render({**result, "facts": {f"f{i}": "x" * 1000 for i in range(3000)}})
    file = tmp_path / "result.json"
    file.write_bytes(whole.replace(b'"f1500": ', b'"f1500": broken '))

    assert [row["checks"] for row in heads.statuses([file])] == [_ended(result)]


def test_what_is_no_whole_result_is_left_out(tmp_path: Path, result: dict[str, Any]) -> None:
    good = written.render(result)
    for name, text in {
        "a-good": good,
        "b-cut in its facts": good[: good.index(b'\n  "facts": ') + 400],
        "c-cut in its checks": good[: good.index(b'\n  "checks": ') + 400],
        "d-no json": b"not json",
        "e-empty": b"",
        "f-no text": b'{\n  "schema_version": "\xff\xfe"}',
        "g-another": b'{"name": "left-pad", "checks": [1]}',
        "h-no checks": b'{"schema_version": 1, "checks": []}',
        "i-list": b"[1, 2]",
        "j-good": good,
    }.items():
        (tmp_path / f"{name}.json").write_bytes(text)
    (tmp_path / "k-folder.json").mkdir()

    files = [path for path in sorted(tmp_path.iterdir()) if path.is_file()]

    assert [Path(row["filename"]).stem for row in heads.statuses(files)] == ["a-good", "j-good"]


def test_a_huge_result_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "MAX_BYTES", 10)
    (tmp_path / "result.json").write_text('{"schema_version": 1}')
    with pytest.raises(heads.HeadsError, match="larger than"):
        heads.statuses([tmp_path / "result.json"])
