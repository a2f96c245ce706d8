"""Reports of a real audit: what the engine writes is what the reports read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aiaudit.reports import html, markdown, schema
from tests.reports.page import Page

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def audited(tmp_path_factory) -> dict:
    out = tmp_path_factory.mktemp("audit") / "result.json"
    command = [sys.executable, "-m", "aiaudit", "run", "sample_projects/churn-model", "--no-cache", "-o", str(out)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(out.read_text(encoding="utf-8"))


def test_every_check_and_every_finding_of_an_audit_is_in_its_report(audited) -> None:
    schema.check(audited)
    page = Page.of(html.render(audited))
    assert len(page.ids) == len(set(page.ids))
    for check in audited["checks"]:
        assert page.ids.count(f"check-{check['id'].lower()}") == 1
        if check["status"] in ("fail", "partial"):
            for finding in check["findings"][:8]:
                if finding["path"] and finding["line"]:
                    assert f"{finding['path']}:{finding['line']}" in page.text


def test_every_failed_check_of_an_audit_is_in_the_markdown(audited) -> None:
    text = markdown.render(audited, long=True)  # the short form stops at twenty
    for check in audited["checks"]:
        if check["status"] == "fail":
            assert f"`{check['id']}`" in text
