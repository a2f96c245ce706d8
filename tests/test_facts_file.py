"""Saved facts: read fact by fact or whole the same, whatever their texts hold and wherever a read ends."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit import facts_lines
from aiaudit.facts_file import FactsError, SavedFacts, load, pieces
from aiaudit.model.fact import Evidence, Fact, Level, Scope, State
from aiaudit.model.types import Unknown

TRAPS = ["\n  }", '\n "facts": {', "\n }\n}\n", ",\n", '"', "\\", "é\x85\u2028", "\U0001f600", ""]
ROWS = [
    {"path": f"m{number % 40}.py", "line": number, "said": TRAPS[number % len(TRAPS)], "at": Unknown("an expression")}
    for number in range(300)
]
FACTS = {
    "a.rows": Fact("a.rows", State.KNOWN, ROWS, Level.CONTENT, "read", evidence=(Evidence("a.py", 1, TRAPS[0]),)),
    "b.some": Fact("b.some", State.KNOWN, ROWS[100:250], Level.WIRED, scope=Scope(3, 2, ("c.py",))),
    "c.few": Fact("c.few", State.KNOWN, ROWS[:3], Level.CONTENT),
    "d.names": Fact("d.names", State.KNOWN, [f"n{number}" for number in range(200)], Level.CONTENT),
    "e.map": Fact("e.map", State.KNOWN, {"limit": Unknown("none"), "deep": [[1, 2.5, None, True]]}, Level.CONTENT),
    "f.none": Fact("f.none", State.ABSENT, reason=TRAPS[2], beyond="code"),
    "g.lists": Fact("g.lists", State.KNOWN, [[number, {"$unknown": "x", "y": 1}] for number in range(150)]),
    "h.none": Fact("h.none", State.UNKNOWN),
}


def saved(facts: dict[str, Fact]) -> SavedFacts:
    return SavedFacts(
        as_of=dt.date(2026, 1, 2),
        project={"name": TRAPS[1]},
        host={"cpu": {"cores": 2}},
        skipped={"files": [["a", TRAPS[2]]]},
        config={"project": {"stage": "pilot"}},
        config_by="project",
        readable=True,
        facts=facts,
        queries={fact_id: f"q {fact_id}" for fact_id in facts},
    )


def written(facts: dict[str, Fact]) -> bytes:
    return b"".join(pieces(saved(facts), "0"))


@pytest.mark.parametrize("facts", [{}, {"a.rows": FACTS["a.rows"]}, FACTS], ids=len)
def test_a_file_has_the_lines_of_json(facts: dict[str, Fact]) -> None:
    text = written(facts).decode()
    data = json.loads(text)
    if facts:
        assert json.dumps(data, indent=1, ensure_ascii=False) + "\n" == text
    assert list(data["facts"]) == list(facts)


@pytest.mark.parametrize("at_once", [1, 7, 100, 4096, 1024 * 1024])
def test_read_fact_by_fact_it_is_what_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(facts_lines, "_AT_ONCE", at_once)
    file = tmp_path / "facts.json"
    facts = FACTS if at_once > 50 else {key: FACTS[key] for key in ("c.few", "e.map", "f.none")}
    file.write_bytes(written(facts))
    with file.open("rb") as stream:
        assert facts_lines.read(stream) is not None
    assert load(str(file)) == saved(facts)


def test_rows_that_facts_share_are_one(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(written(FACTS))
    facts = load(str(file)).facts
    assert all(one is other for one, other in zip(facts["a.rows"].value[100:250], facts["b.some"].value, strict=True))


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_in_other_lines_is_read_whole(tmp_path: Path, indent: int | None) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(json.loads(written(FACTS)), indent=indent))
    with file.open("rb") as stream:
        assert facts_lines.read(stream) is None
    assert load(str(file)) == saved(FACTS)


def test_what_msgspec_refuses_is_read_whole(tmp_path: Path) -> None:
    facts: dict[str, Any] = {"a": Fact("a", State.KNOWN, ["\udcff", 2**90], Level.CONTENT)}
    file = tmp_path / "facts.json"
    file.write_bytes(written(facts))
    assert load(str(file)) == saved(facts)


@pytest.mark.parametrize("cut", [1, 3, 6, 40, 2000])
def test_a_file_that_was_cut_off_is_none(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(written(FACTS)[:-cut].rstrip() if cut > 1 else written(FACTS)[:-2])
    with pytest.raises(FactsError, match="not JSON"):
        load(str(file))


@pytest.mark.parametrize("more", [b"{}", b" \n }\n}\n", b'\n  "x": {\n  }\n }\n}\n'])
def test_what_follows_the_end_is_a_mistake(tmp_path: Path, more: bytes) -> None:
    assert facts_lines.read(io.BytesIO(written(FACTS) + more)) is None
    file = tmp_path / "facts.json"
    file.write_bytes(written(FACTS) + more)
    with pytest.raises(FactsError, match="not JSON"):
        load(str(file))
