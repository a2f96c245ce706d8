"""What is not done proves nothing: a failing project to which everything that passes is added in comments, in texts that
document, or as an example."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from aiaudit.packs.cases import Case, find_cases, run_case
from aiaudit.packs.expect import FILE, Expect, read_expect
from tests import shared
from tests.packs.test_cases import FOLDER, PACK_OF, library

Hidden = Callable[[str, str], tuple[str, str]]
"""Gives the path to which a file's text is added, and what of it."""
OF_EXAMPLES: Final = {
    "DATA-001": "data of examples has its schema too",
    "DATA-012": "data of examples has its versions too",
    "EVO-009": "CI runs the tests of examples",
    "INT-005": "CI runs the tests of examples",
    "OPS-004": "training is often an example",
    "OPS-005": "training is often an example",
    "OPS-006": "CI runs the tests of examples",
    "OPS-008": "CI runs the tests of examples",
}
"""Checks to which what stands in a folder of examples says something."""
MARKS: Final = {
    **dict.fromkeys((".py", ".yaml", ".yml", ".sh", ".toml", ".tf", ".cfg", ".properties"), "# "),
    **dict.fromkeys((".ts", ".tsx", ".js", ".mjs", ".go", ".java", ".rs", ".kt", ".cs"), "// "),
}


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    shared.ready_to_fork()


def texts(case: Case, expect: Expect) -> dict[str, str]:
    """The text files of a case's tree."""
    found = {
        str(path.relative_to(case.path)): path.read_text("utf-8")
        for path in sorted(case.path.rglob("*"))
        if path.is_file() and path.name != FILE and mark(path.name)
    }
    return found | {path: text for path, text in expect.files.items() if isinstance(text, str)}


def mark(path: str) -> str:
    name = path.rpartition("/")[2]
    return "# " if name.startswith(("Dockerfile", "Makefile")) else MARKS.get(Path(name).suffix, "")


def in_comments(path: str, text: str) -> tuple[str, str]:
    """Each line as a comment."""
    return path, "".join(f"{mark(path)}{line}\n" if line.strip() else "\n" for line in text.splitlines())


def in_texts(path: str, text: str) -> tuple[str, str]:
    """Code in Python as the text of a function's documentation; that of others in comments."""
    if not path.endswith(".py"):
        return in_comments(path, text)
    inner = "".join(f"    {line}\n" for line in text.replace("\\", "\\\\").replace('"""', "'''").splitlines())
    return path, f'def noted():\n    """As it could be.\n\n{inner}    """\n'


def in_examples(path: str, text: str) -> tuple[str, str]:
    """The file as it is, among the examples."""
    return f"examples/{path}", text


@cache
def by_check() -> dict[str, list[tuple[Case, Expect]]]:
    """The cases that end as they do by their tree alone."""
    found: dict[str, list[tuple[Case, Expect]]] = {}
    for case in find_cases(FOLDER):
        expect = read_expect(case.path)
        if not (expect.git or expect.attestations):
            found.setdefault(case.check, []).append((case, expect))
    return found


def plain(check: str, status: str) -> list[tuple[Case, Expect]]:
    return [(case, expect) for case, expect in by_check().get(check, ()) if expect.status == status]


WAYS: Final[tuple[Hidden, ...]] = (in_comments, in_texts, in_examples)


@pytest.mark.parametrize("check", sorted(PACK_OF))
def test_what_is_not_done_improves_nothing(check: str, tmp_path: Path) -> None:
    fails = sorted(plain(check, "fail"), key=lambda one: one[0].name != "fail")
    if not fails or not plain(check, "pass"):
        return  # people answer it, or it needs a history
    ways = WAYS[:2] if check in OF_EXAMPLES else WAYS
    failing = fails[0]
    files = texts(*failing)
    suffixes = {Path(path).suffix for path in files}  # code in another language would be unread, and so unknown
    added = dict(files)
    for case, expect in plain(check, "pass"):
        for path, text in texts(case, expect).items():
            if mark(path) and (Path(path).suffix in suffixes or mark(path) == "# "):
                for place, idle in (hidden(path, text) for hidden in ways):
                    added[place] = added.get(place, "") + "\n" + idle
    folder = tmp_path / "fail"
    folder.mkdir()
    expected = failing[1].model_dump(mode="json", exclude_defaults=True)
    kept = {key: expected[key] for key in ("config", "as_of", "given", "options") if key in expected}
    binary = {path: one for path, one in (expected.get("files") or {}).items() if not isinstance(one, str)}
    (folder / FILE).write_text(json.dumps({**kept, "status": "fail", "files": {**binary, **added}}), "utf-8")
    for path in failing[0].path.rglob("*"):  # what is no text stays as it is
        if path.is_file() and path.name != FILE and str(path.relative_to(failing[0].path)) not in added:
            target = folder / path.relative_to(failing[0].path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    result = run_case(library(PACK_OF[check]), Case(check, "fail", folder))
    assert result.passed, "\n".join(result.problems)
