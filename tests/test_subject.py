"""The name of a project: what it calls itself, in whatever it says it, and never the folder it happens to lie in."""

import pytest

from aiaudit import subject
from aiaudit.project.config import ProjectConfig
from aiaudit.project.tree import Project


@pytest.mark.parametrize(
    ("readme", "name"),
    [
        ("# Loan scoring\n\nText.", "Loan scoring"),
        ("<!-- # made by a tool -->\n[![Build](b.svg)](b)\n# **Loan** scoring :rocket:\n", "Loan scoring"),
        ('<h1 align="center">\n  <img src="x.png"/>\n  Loan scoring\n</h1>', "Loan scoring"),
        ("Loan scoring\n============\n", "Loan scoring"),
        ("# [Loan scoring](https://example.org)", "Loan scoring"),
        ("# Customer_Churn", "Customer_Churn"),
        ("# Loan scoring: a service that tells branch offices which applications need a second look", "Loan scoring"),
        ("```python\n# after a lot of training\n```\n", None),
        ("```python\n# after a lot of training\n", None),
        ("# Getting started\n", None),
        ("# Important\n- Images are resized.\n", None),
        ("# Welcome to Microblog!\n", "Microblog"),
        ("# Project title\n", None),
        ("# ⚠️ Deprecation Notice\n", None),
        ("# ---\n", None),
        ("# " + "word " * 40, None),
        ("## Only a part", None),
        ("", None),
    ],
)
def test_a_readme_names_a_project_that_declares_no_name(tmp_path, readme, name) -> None:
    root = tmp_path / "folder-of-this-machine"
    root.mkdir()
    (root / "README.md").write_text(readme, encoding="utf-8")
    assert subject.name(Project.open(root), ProjectConfig()) == name


def test_what_is_declared_goes_before_the_readme(tmp_path) -> None:
    (tmp_path / "README.md").write_text("# A title\n")
    (tmp_path / "package.json").write_text('{"name": "declared"}')
    assert subject.name(Project.open(tmp_path), ProjectConfig()) == "declared"
    assert subject.name(Project.open(tmp_path), ProjectConfig(project={"name": "own"})) == "own"
