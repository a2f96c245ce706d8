"""The tutorial's pack and cases are taken from the page itself: they load, lint clean and pass."""

from __future__ import annotations

import re
from pathlib import Path

from aiaudit.packs.cases import run_pack
from aiaudit.packs.expect import Expect
from aiaudit.packs.lint import lint
from aiaudit.packs.load import load
from aiaudit.packs.schema import CheckPart, FindingsPart, ParamPart

PAGE = (Path(__file__).parents[2] / "docs" / "write-a-check.md").read_text(encoding="utf-8")


def test_the_tutorials_check_works(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml title=(\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 6
    for name, text in blocks:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    done = run_pack(tmp_path / "team.yaml")
    assert [(str(result.case), result.problems) for result in done.results] == [
        (f"TEAM-001/{name}", ()) for name in ("decoy", "fail", "na", "partial", "pass")
    ]
    assert done.passed
    library = load([tmp_path / "team.yaml"], shipped=False)
    assert lint(library, tmp_path / "cases") == []


def test_every_key_is_on_the_page() -> None:
    for model in (CheckPart, FindingsPart, ParamPart, Expect):
        for key in model.model_fields:
            assert re.search(rf"`?\b{key}\b", PAGE), f"{model.__name__}.{key} is not explained"
