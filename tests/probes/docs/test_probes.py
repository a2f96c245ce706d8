"""The document probes over small projects."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiaudit.model.fact import Level, State
from aiaudit.probes.docs.licence import LicenceProbe, LicenceQuery, family, recognise
from aiaudit.probes.docs.present import PresentProbe, PresentQuery
from aiaudit.probes.docs.readme import ReadmeProbe, ReadmeQuery
from aiaudit.probes.docs.sections import SectionsProbe, SectionsQuery

from ..support import context

CARD = SectionsQuery(
    files=["**/model_card*.md", "MODEL_CARD.md"],
    sections={"use": ["intended use"], "limits": ["limitation*"], "data": ["=data"]},
    min_words=8,
)
FILLED = "This ranks incoming support tickets by urgency for one team of agents. "


def test_sections_found_filled_and_missing(tmp_path: Path) -> None:
    text = (
        f"---\nlicense: mit\n---\n# Card\n## Intended use\n{FILLED}\n## Known limitations\nTODO\n## Data handling\nx\n"
    )
    fact = SectionsProbe().answer("card", CARD, context(tmp_path, {"MODEL_CARD.md": text}))
    assert (fact.state, fact.level) == (State.KNOWN, Level.CONTENT)
    record = fact.value[0]
    assert (record["filled"], record["missing"], record["metadata"]) == (1, ["limits", "data"], {"license": "mit"})
    use, limits, data = record["sections"]
    assert (use["found"], use["filled"], use["line"]) == (True, True, 5)
    assert (limits["found"], limits["filled"], limits["title"]) == (True, False, "Known limitations")
    assert data["found"] is False  # the whole heading was asked for
    assert fact.evidence[0].path == "MODEL_CARD.md"


def test_a_parent_heading_owns_its_children(tmp_path: Path) -> None:
    text = f"# Intended use\n## Direct\n{FILLED}\n# Limitations\n**Language:** {FILLED}\n"
    fact = SectionsProbe().answer("card", CARD, context(tmp_path, {"MODEL_CARD.md": text}))
    assert fact.value[0]["missing"] == ["data"]


def test_the_fuller_card_comes_first(tmp_path: Path) -> None:
    files = {"MODEL_CARD.md": "# Intended use\nTBD\n", "docs/model_card_v2.md": f"# Intended use\n{FILLED}\n"}
    fact = SectionsProbe().answer("card", CARD, context(tmp_path, files))
    assert [record["path"] for record in fact.value] == ["docs/model_card_v2.md", "MODEL_CARD.md"]


def test_no_card_is_absent_and_an_unreadable_one_unknown(tmp_path: Path) -> None:
    assert SectionsProbe().answer("card", CARD, context(tmp_path / "a", {"x.md": "x"})).state is State.ABSENT
    binary = context(tmp_path / "b", {"MODEL_CARD.md": b"\x00\x01\x02" * 10})
    fact = SectionsProbe().answer("card", CARD, binary)
    assert (fact.state, fact.reason) == (State.UNKNOWN, "MODEL_CARD.md: not a text")
    linked = tmp_path / "c"
    linked.mkdir()
    (linked / "MODEL_CARD.md").symlink_to("/etc/passwd")
    assert SectionsProbe().answer("card", CARD, context(linked)).state is State.ABSENT


def test_vendored_documents_are_not_the_projects(tmp_path: Path) -> None:
    files = {"vendor/lib/model_card.md": f"# Intended use\n{FILLED}\n"}
    assert SectionsProbe().answer("card", CARD, context(tmp_path, files)).state is State.ABSENT


README = """# App
[![ci](https://x/y.svg)](https://x)
## Installation
```bash
$ git clone https://github.com/me/app && cd app
$ pip install -r requirements.txt
```
## Usage
Start it with `streamlit run app.py`.
"""


def readme(tmp_path: Path, text: str, **files: str) -> tuple[list[str], list[str]]:
    fact = ReadmeProbe().answer("readme", ReadmeQuery(), context(tmp_path, {"README.md": text, **files}))
    assert fact.state is State.KNOWN
    return [c["command"] for c in fact.value["install"]], [c["command"] for c in fact.value["run"]]


def test_install_and_run(tmp_path: Path) -> None:
    assert readme(tmp_path, README) == (["pip install -r requirements.txt"], ["streamlit run app.py"])


@pytest.mark.parametrize(
    ("text", "installs", "runs"),
    [
        ("```\nuv sync\nuv run python -m app\n```", True, True),
        ("```sh\nmake install\nmake run\n```", True, True),
        ("    npm ci\n\n    npm start", True, True),
        ("```console\n(venv) user@host:~/app$ pip install .\n>>> import app\n```", True, False),
        ("`docker compose up --build`", True, True),
        ("```bash\npip install thing\nthing serve --port 1\n```", True, True),
        ("## Usage\n```python\nimport thing\nthing.go()\n```\n`pip install thing`", True, True),
        ("Install the dependencies, then run the server.", False, False),
        ("```bash\npytest\n# pip install nothing\n```", False, False),
        ("```yaml\nrun: pip install x\n```", False, False),
        ("```bash\npython setup.py install\npython -m venv .venv\nsource .venv/bin/activate\n```", True, False),
        ("```bash\nCUDA_VISIBLE_DEVICES=0 \\\n  python train.py\n```", False, True),
        ("```bash\ngit clone https://x/y\ncd y\nls\n```", False, False),
    ],
)
def test_which_commands_count(tmp_path: Path, text: str, installs: bool, runs: bool) -> None:
    install, run = readme(tmp_path, f"# X\n{text}\n")
    assert (bool(install), bool(run)) == (installs, runs)


def test_a_console_script_is_a_run_step(tmp_path: Path) -> None:
    package = '[project]\nname = "ticket-router"\nscripts = {route = "router:main"}\n'
    _, run = readme(tmp_path, "# X\n```\nroute --all\n```\n", **{"pyproject.toml": package})
    assert run == ["route --all"]


def test_a_readme_never_shows_a_secret(tmp_path: Path) -> None:
    _, run = readme(tmp_path, "# X\n```\nOPENAI_API_KEY=abcdefgh python app.py\n```\n")
    assert run == ["OPENAI_API_KEY=… python app.py"]


def test_no_readme_is_absent(tmp_path: Path) -> None:
    assert ReadmeProbe().answer("r", ReadmeQuery(), context(tmp_path, {"a.py": ""})).state is State.ABSENT


MIT = (
    "MIT License\n\nCopyright (c) 2026 X\n\nPermission is hereby granted, "
    "free of charge, to any person obtaining a copy " * 2
)
GPL3 = (
    "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n" + "words " * 400 + "the GNU Affero General Public License"
)


@pytest.mark.parametrize(
    ("text", "licence", "kind"),
    [
        (MIT, "MIT", "permissive"),
        (GPL3, "GPL-3.0", "copyleft"),
        ("GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3, 19 November 2007", "AGPL-3.0", "network-copyleft"),
        ("Apache License\nVersion 2.0, January 2004\nhttp://www.apache.org/licenses/", "Apache-2.0", "permissive"),
        ("Redistribution and use in source and binary forms, with or without", "BSD-2-Clause", "permissive"),
        ("Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0", "non-commercial"),
        ("BigScience Open RAIL-M License\ndated May 26, 2022", "RAIL", "use-restricted"),
        ("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT", "Llama", "use-restricted"),
        ("Copyright 2026 ACME Ltd. All rights reserved.", "proprietary", "proprietary"),
        ("You may look at this text on Tuesdays.", "", "unknown"),
    ],
)
def test_licence_texts(text: str, licence: str, kind: str) -> None:
    assert recognise(text) == licence
    assert family(licence) == kind


def test_licences_of_a_project(tmp_path: Path) -> None:
    files = {
        "LICENSE": MIT,
        "pyproject.toml": '[project]\nname = "x"\nlicense = {text = "Apache-2.0"}\n',
        "package.json": '{"name": "x",\n "license": "AGPL-3.0-only"}',
        "README.md": "---\nlicense: cc-by-nc-4.0\n---\n# X\n",
    }
    fact = LicenceProbe().answer("licence", LicenceQuery(), context(tmp_path, files))
    assert [(item["path"], item["licence"]) for item in fact.value["files"]] == [("LICENSE", "MIT")]
    assert [(item["path"], item["line"], item["family"]) for item in fact.value["declared"]] == [
        ("package.json", 2, "network-copyleft"),
        ("pyproject.toml", 3, "permissive"),
        ("README.md", 2, "non-commercial"),
    ]


@pytest.mark.parametrize(
    ("section", "licence"),
    [
        (f"## License\n\nX is licensed under the MIT License.\n\n```\n{MIT}\n```\n", "MIT License"),
        (f"## License\n\n```\n{MIT * 3}\n```\n", "MIT"),
        (
            "# License\n\nThis project is released under the Apache License 2.0. Copyright A. All rights reserved.\n",
            "Apache License 2.0",
        ),
        ("## Licence\n\n[MIT](LICENSE)\n", "MIT"),
        ("## License\n\nMIT License\n\n---\n", "MIT License"),
        ("## License\n\nSee the LICENSE file.\n", ""),
        ("## Usage\n\nThe data is distributed under the MIT License.\n", ""),
    ],
)
def test_a_readme_may_hold_or_grant_the_licence(tmp_path: Path, section: str, licence: str) -> None:
    fact = LicenceProbe().answer("licence", LicenceQuery(), context(tmp_path, {"README.md": f"# X\n\n{section}"}))
    assert [one["licence"] for one in (fact.value or {}).get("declared", [])] == ([licence] if licence else [])


def test_an_empty_licence_file_is_no_licence(tmp_path: Path) -> None:
    fact = LicenceProbe().answer("licence", LicenceQuery(), context(tmp_path, {"LICENSE": "MIT\n"}))
    assert fact.state is State.ABSENT


def test_present_by_file_or_by_heading(tmp_path: Path) -> None:
    query = PresentQuery(files=["CONTRIBUTING*"], headings=["contributing", "contributions"], min_words=5)
    files = {
        "README.md": "# X\n## ❤️ Contributions\nPlease open an issue before you send a change.\n",
        "CONTRIBUTING.md": "",
    }
    fact = PresentProbe().answer("x", query, context(tmp_path, files))
    assert [(item["path"], item["line"], item["via"]) for item in fact.value] == [("README.md", 2, "section")]
    empty = PresentProbe().answer("x", query, context(tmp_path / "b", {"CONTRIBUTING.md": "# Contributing\nTODO\n"}))
    assert empty.state is State.ABSENT
