"""The documentation is built once, every warning an error; every check and every command has its place in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from aiaudit.cli.app import application
from aiaudit.packs.files import ids_in, shipped_files
from aiaudit.probes.registry import PROBES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True)
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    return folder


def test_every_check_is_on_the_page_of_its_pack_and_in_the_list(site):
    listed = (site / "checks/index.html").read_text()
    pages = "".join(page.read_text() for page in (site / "checks").glob("*.html"))
    ids = [check for file in shipped_files() for check in ids_in(file)]
    assert len(ids) > 100
    assert [check for check in ids if f'id="{check.lower()}"' not in pages] == []
    assert [check for check in ids if f"#{check.lower()}" not in listed] == []


def test_every_command_is_on_its_page(site):
    page = (site / "commands.html").read_text()
    root = typer.main.get_command(application())
    names = [name for name, command in root.commands.items() if not hasattr(command, "commands")]
    names += [
        f"{name} {inner}" for name, command in root.commands.items() for inner in getattr(command, "commands", {})
    ]
    assert [name for name in names if f'id="aiaudit-{name.replace(" ", "-")}"' not in page] == []
    assert "AIAUDIT_FAIL_UNDER" in page


def test_every_probe_is_on_its_page_with_its_keys(site):
    page = (site / "probes.html").read_text()
    assert [name for name in PROBES if f'id="{name.replace(".", "-")}"' not in page] == []
    assert "missing_kw" in page and "evidence_of" in page


def test_the_pages_fetch_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        fetched = re.findall(
            r'<(?:script|img|iframe)[^>]*src="(https?:[^"]*)|<link[^>]*rel="stylesheet"[^>]*href="(https?:[^"]*)',
            page.read_text(),
        )
        assert fetched == [], page
