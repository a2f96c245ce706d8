"""The frame of a new check (`aiaudit checks new`): its block for a pack and its five cases.

What the author must think about is marked TODO. The frame loads and has no lint fault, so that nothing but those marks
stands between it and a check; its cases fail until they are filled in, so that it cannot be forgotten half done.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Final

from msgspec import Struct

from aiaudit.packs.document import Document
from aiaudit.packs.files import HEAD, cases_of, ids_in, shipped_packs
from aiaudit.packs.problems import PackError, Problem
from aiaudit.packs.schema import CHECK_ID

_PACK: Final = """\
schema: 1
pack: {pack}
title: {title}
"""
_HEAD: Final = f"""\
# yaml-language-server: $schema=pack.schema.json
# The schema for your editor: aiaudit checks schema > pack.schema.json
{_PACK}checks:
"""
_TITLE: Final = "TODO the pack's title, as the report shows it"
_BLOCK: Final = """\
- id: {check}
  title: TODO the condition that should hold, as a statement
  severity: medium            # TODO critical 8 · high 4 · medium 2 · low 1
  kind: automatic             # TODO automatic (read off the project) | measured (a figure) | attested (a person says)
  min_level: E2               # judged content will do; without this line a pass needs proof that it is wired (E3)
  facts:                      # TODO what is asked; try a query first: aiaudit checks try "{{probe: …}}" PATH
    {scope}: {{probe: files.exists, files: ["**/*.py"], min_size: 1, title: TODO where the question makes sense}}
    {proof}: {{probe: text.search, any: ["TODO: what proves it"], roles: [code], title: TODO what this finds}}
  applies: {scope}.size() > 0   # TODO where the question makes sense; never whether the answer is there
  rule:                       # TODO the first line that holds decides; a line that cannot be told ends as unknown
    pass: {proof}.size() > 1
    partial: {proof}.size() > 0
    fail: otherwise
  findings: "{proof}.size() > 1 ? [] : {proof}"   # TODO the faults: each has a path and a line
  finding_says: TODO what is wrong at this place
  says:
    pass: TODO what was seen to hold.
    partial: TODO what is there, and what is missing.
    fail: TODO what was looked for and not found.
  why: TODO why it matters, in one or two short sentences.
  risk: TODO cause, event and impact, in the words of the business.
  remediation: TODO what to do.
  effort: S                   # TODO S under a day · M under a week · L more
  false_results: TODO what it gets wrong, and what it does not see.
  controls:                   # TODO framework -> ids of controls that this is evidence for
    NIST: []
"""
_CASES: Final = {
    "pass": ("pass", "the smallest project where it holds"),
    "partial": ("partial", "a project where some of it holds"),
    "fail": ("fail", "a project where it does not hold"),
    "na": ("not_applicable", "a project where the question makes no sense"),
    "decoy": ("fail", "the right words and file names with nothing behind them; it must never pass"),
}
_CASE: Final = """\
status: TODO   # {status}, once the files below show it
note: TODO {what}
# findings: ["app.py:1"]   # all places, where it has some
files:
  {file}: |
    TODO
"""


class Frame(Struct, frozen=True):
    """What `write` puts down. `block` goes to the end of `file`, which may be new, and belongs to the pack `pack`;
    `cases`: path → text, all new. `head`: the text of the pack.yaml of a folder that begins with this check."""

    pack: Path
    file: Path
    block: str
    cases: dict[Path, str]
    head: str = ""

    @property
    def heading(self) -> Path:
        """The pack.yaml of a pack that is a folder."""
        return self.pack / HEAD

    def write(self) -> None:
        """Write the cases and append the block. A file that is there is never overwritten.

        Raises:
            PackError: a file cannot be written, or has come to be there meanwhile.
        """
        try:
            if self.head:
                self.pack.mkdir(parents=True, exist_ok=True)
                with self.heading.open("x", encoding="utf-8") as file:
                    file.write(self.head)
            for path, text in self.cases.items():
                path.parent.mkdir(parents=True)
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as file:
                file.write(self.block)
        except OSError as error:
            raise _refused(f"{error.filename}: cannot be written: {(error.strerror or 'error').lower()}") from None


def new_check(check_id: str, pack: Path | None = None, cases: Path | None = None) -> Frame:
    """The frame of a check; nothing is written yet.

    Args:
        check_id: such as TEAM-001.
        pack: the pack file that gets the block; a new one where it is not there; `team.yaml` where None. Of a pack
            that is a folder the check gets a file of its own there; a path without .yaml that is not there, and an
            empty folder, begin such a pack.
        cases: the folder of cases; `cases` beside the pack, or in its folder, where None.

    Raises:
        PackError: `check_id` is none, the check (of this pack or a shipped one) or a case of it is there already, or no
            block can go to the pack's end.
    """
    if not re.fullmatch(CHECK_ID, check_id):
        raise _refused(f"'{check_id}' is no check id: capitals, a hyphen and three digits, as TEAM-001")
    pack = pack or Path(f"{check_id.partition('-')[0].lower()}.yaml")
    shipped = shipped_packs()
    if pack.resolve() not in shipped and any(check_id in ids_in(ours) for ours in shipped):
        raise _refused(f"{check_id} is a check of aiaudit itself; take an id of your own, as TEAM-001")
    if pack.exists() and not (pack.is_file() or pack.is_dir()):
        raise _refused(f"{pack}: is no regular file; nothing was written")
    begun = not (pack / HEAD).exists() and (_names_folder(pack) or (pack.is_dir() and not any(pack.iterdir())))
    folder = (cases or (pack / "cases" if begun else cases_of(pack))) / check_id
    if folder.exists():
        raise _refused(f"{folder} is there already; nothing was written")
    texts = {
        folder / name / "expect.yaml": _CASE.format(
            status=status, what=what, file="README.md" if name == "na" else "app.py"
        )
        for name, (status, what) in _CASES.items()
    }
    if begun:
        head = _PACK.format(pack=_pack_name(pack, check_id), title=_TITLE)
        return Frame(pack, pack / f"{check_id}.yaml", _own_file(check_id, ""), texts, head)
    if pack.is_dir():
        return Frame(pack, pack / f"{check_id}.yaml", _alone(pack, check_id), texts)
    return Frame(pack, pack, _appended(pack, check_id) if pack.exists() else _first(pack, check_id), texts)


def _alone(folder: Path, check_id: str) -> str:
    """The block as a file of its own, in a pack that is a folder."""
    document = Document.read(folder)  # it has a head, and no mistake that would hide the new check
    if (folder / f"{check_id}.yaml").exists():
        raise _refused(f"{folder} has a check {check_id} already; nothing was written")
    return _own_file(check_id, "\n".join(document.lines))


def _own_file(check_id: str, beside: str) -> str:
    return textwrap.dedent(_block(check_id, beside).replace("- id:", "  id:", 1))


def _first(pack: Path, check_id: str) -> str:
    return _HEAD.format(pack=_pack_name(pack, check_id), title=_TITLE) + _block(check_id, "")


def _names_folder(pack: Path) -> bool:
    """Whether a path that is not there would be a folder's."""
    return not pack.exists() and pack.suffix.lower() not in (".yaml", ".yml")


def _pack_name(pack: Path, check_id: str) -> str:
    name = re.sub(r"[^a-z0-9_]", "_", pack.stem.lower())
    return name if re.match(r"[a-z]", name) else check_id.partition("-")[0].lower()


def _appended(pack: Path, check_id: str) -> str:
    """The block as it must follow the pack's text: with the indentation of its other checks, under names of its own."""
    document = Document.read(pack)
    text = "\n".join(document.lines)
    checks = document.data.get("checks") if isinstance(document.data, dict) else None
    if not isinstance(checks, list) or not checks or list(document.data)[-1] != "checks":
        raise _refused(f"{pack}: `checks` must be the last key and hold a check; nothing was written")
    if any(isinstance(one, dict) and one.get("id") == check_id for one in checks):
        raise _refused(f"{pack} has a check {check_id} already; nothing was written")
    indents = re.findall(r"^( *)- id:", text, re.MULTILINE)
    break_ = "" if not document.lines or pack.read_bytes().endswith(b"\n") else "\n"
    return break_ + textwrap.indent(_block(check_id, text), indents[-1] if indents else "")


def _block(check_id: str, beside: str) -> str:
    """The block, with names for its facts that do not stand in the text beside it."""
    return _BLOCK.format(check=check_id, scope=_unused("scope", beside), proof=_unused("proof", beside))


def _unused(name: str, text: str) -> str:
    number = 2
    tried = name
    while re.search(rf"\b{tried}\b", text):
        tried, number = f"{name}_{number}", number + 1
    return tried


def _refused(why: str) -> PackError:
    return PackError([Problem(None, why)])
