"""A new pack to start from (`aiaudit checks new`): one check that works, with its cases, for the author to change."""

from __future__ import annotations

import re
from typing import Final

from aiaudit.packs.problems import PackError, Problem
from aiaudit.packs.schema import CHECK_ID

_PACK: Final = """\
# yaml-language-server: $schema=pack.schema.json
# The schema for your editor: aiaudit checks schema > pack.schema.json
schema: 1
pack: {pack}
title: {title}
facts:
  # What is asked of the project. Try a query first: aiaudit checks try "{{probe: python.imports, any: [fastapi]}}" PATH
  web: {{probe: python.imports, any: [fastapi, flask, aiohttp, starlette], title: web frameworks that the code imports}}
  runbook:
    probe: docs.sections
    files: ["**/RUNBOOK*.md"]
    sections: {{rollback: [roll back, rollback], contact: [contact*, on call]}}
    min_words: 8
    title: the runbook and its sections
checks:
- id: {check}
  title: The runbook says how to roll back and whom to call   # the condition that should hold
  severity: medium            # critical 8 · high 4 · medium 2 · low 1
  kind: automatic             # automatic | measured | attested
  min_level: E2               # judged content will do; without this line a pass needs proof that it is wired (E3)
  applies: web.size() > 0     # where the question makes sense; never whether the answer is there
  rule:                       # the first line that holds decides; a line that cannot be told ends as unknown
    pass: runbook.exists(d, d.missing.size() == 0)
    partial: runbook.exists(d, d.filled > 0)
    fail: otherwise
  findings: runbook.filter(d, d.missing.size() > 0)
  finding_says: "nothing is said about {{missing}}"
  says:
    pass: The runbook says how to roll back and whom to call.
    partial: "The runbook says nothing about {{runbook[0].missing}}."
    fail: There is no runbook with content.
  why: In an incident nobody has time to find out how the last version comes back.
  risk: The service stays wrong or down for hours because the one who knows is away.
  remediation: Write the two sections and try them once.
  effort: S
  false_results: A runbook that is kept in another place is not seen.
  controls:
    NIST: [MANAGE 4.1]
"""

_APP: Final = """\
files:
  app.py: |
    from fastapi import FastAPI
    app = FastAPI()
"""
_ROLLBACK: Final = """\
  RUNBOOK.md: |
    # Runbook
    ## Rollback
    Set the image back to the tag of the last release, deploy, and watch the error rate for ten minutes.
"""
_CONTACT: Final = """\
    ## Contact
    The team on call answers within a quarter of an hour; its number is on the first page of the wiki.
"""
_TEMPLATE: Final = """\
  RUNBOOK.md: |
    # Runbook
    ## Rollback
    TODO: describe how to roll back
    ## Contact
    TBD
"""
_CASES: Final = {
    "pass": f"status: pass\n{_APP}{_ROLLBACK}{_CONTACT}",
    "partial": f"status: partial\nfindings: [RUNBOOK.md]\n{_APP}{_ROLLBACK}",
    "fail": f"status: fail\n{_APP}",
    "na": "status: not_applicable\nfiles:\n  train.py: |\n    import sklearn\n",
    "decoy": f"status: fail\n{_APP}{_TEMPLATE}",
}


def new_pack(check_id: str, title: str = "Our own rules") -> dict[str, str]:
    """The files of a new pack with one check, path → text: `<pack>.yaml` and `cases/<check>/<case>/expect.yaml`.

    Raises:
        PackError: `check_id` is none.
    """
    if not re.match(CHECK_ID, check_id):
        raise PackError(
            [Problem(None, f"'{check_id}' is no check id: capitals, a hyphen and three digits, as TEAM-001")]
        )
    pack = check_id.partition("-")[0].lower()
    shown = '"' + title.replace("\\", "\\\\").replace('"', '\\"') + '"'
    files = {f"{pack}.yaml": _PACK.format(pack=pack, check=check_id, title=shown)}
    return files | {f"cases/{check_id}/{name}/expect.yaml": text for name, text in _CASES.items()}
