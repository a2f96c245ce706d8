"""The probe files.copies: which files of a project were made from which others."""

from __future__ import annotations

from pathlib import Path

from aiaudit.model.fact import Fact, State
from aiaudit.probes.copies import CopiesProbe, CopiesQuery
from tests.probes.support import context

LONG = "".join(f"def step_{n}(value):\n    return value + {n}\n" for n in range(20))
OTHER = "".join(f"def other_{n}(value):\n    return value * {n}\n" for n in range(20))


def look(root: Path, files: dict[str, str]) -> Fact:
    return CopiesProbe().answer("f", CopiesQuery(), context(root, files))


def pairs(fact: Fact) -> list[tuple[str, str]]:
    return [(row["path"], row["of"]) for row in fact.value]


def test_files_with_the_same_content_are_copies_of_one(tmp_path: Path) -> None:
    fact = look(tmp_path, {"hw8/llm.py": LONG, "hw5/llm.py": LONG, "hw10/llm.py": LONG, "app.py": OTHER})
    assert pairs(fact) == [("hw10/llm.py", "hw5/llm.py"), ("hw8/llm.py", "hw5/llm.py")]
    assert all(row["exact"] and row["blocks"] == [] for row in fact.value)


def test_what_was_put_away_is_the_copy_of_what_is_in_use(tmp_path: Path) -> None:
    files = {"archive/a.py": LONG, "src/app/a.py": LONG, "b copy.py": OTHER, "b.py": OTHER}
    assert pairs(look(tmp_path, files)) == [("archive/a.py", "src/app/a.py"), ("b copy.py", "b.py")]


def test_where_files_of_many_folders_lie_together_they_were_dropped(tmp_path: Path) -> None:
    texts = {name: LONG.replace("step", name) for name in "abc"}
    files = {f"{name}.py": text for name, text in texts.items()}
    files |= {f"src/part_{name}/{name}.py": text for name, text in texts.items()}
    assert pairs(look(tmp_path, files)) == [(f"{name}.py", f"src/part_{name}/{name}.py") for name in "abc"]


def test_a_file_that_was_changed_a_little_is_one_with_the_lines_that_are_the_same(tmp_path: Path) -> None:
    changed = "import os\n" + LONG.replace("value + 7", "value - 7")
    files = {"v1/app.py": LONG, "v2/app.py": changed, "v1/util.py": OTHER, "v2/util.py": OTHER}
    row, other = look(tmp_path, files).value
    assert (row["path"], row["of"], row["exact"]) == ("v2/app.py", "v1/app.py", False)
    assert row["blocks"] == [[2, 1, 15], [18, 17, 24]]
    assert (other["path"], other["exact"]) == ("v2/util.py", True)


def test_a_changed_copy_is_one_by_its_name_or_where_it_was_put_away(tmp_path: Path) -> None:
    changed = LONG.replace("value + 7", "value - 7")
    files = {"app.py": LONG, "app_v2.py": changed, "web/b.py": OTHER, "backup/b.py": OTHER.replace("* 7", "* 8")}
    assert pairs(look(tmp_path, files)) == [("app_v2.py", "app.py"), ("backup/b.py", "web/b.py")]


def test_two_that_were_written_alike_and_are_both_in_use_are_none(tmp_path: Path) -> None:
    changed = LONG.replace("value + 7", "value - 7")
    files = {"api/highs/scan/route.ts": LONG, "api/lows/scan/route.ts": changed}
    assert look(tmp_path, files).state is State.ABSENT


def test_what_is_alike_by_chance_is_none(tmp_path: Path) -> None:
    half = LONG[: len(LONG) // 2] + OTHER[len(OTHER) // 2 :]
    files = {
        "a/__init__.py": "# nothing\n", "b/__init__.py": "# nothing\n",  # short
        "a/app.py": LONG, "b/app.py": half, "c/app.py": OTHER,
        "x.png": LONG, "y.png": LONG,
    }  # fmt: skip
    fact = look(tmp_path, files)
    assert (fact.state, fact.value) == (State.ABSENT, [])
