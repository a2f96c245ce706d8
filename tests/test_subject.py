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
        ('<h1><img src="x.png">&nbsp;<a href="https://example.org">Loans &amp; scores</a></h1>', "Loans & scores"),
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
        ("# 🤖 Loan scoring 👩‍💻 for banks ✨\n", "Loan scoring for banks"),
        ("# 贷款评分 – Prêts ™\n", "贷款评分 – Prêts ™"),
        ("# ---\n", None),
        ("# " + "word " * 40, None),
        ("Text, then\n## Only a part", None),
        ("### Loan scoring\n\n#### How to run", "Loan scoring"),
        ("## How to run", None),
        ("# Overview\n\n- **Project title:** Loan scoring\n- **Author:** Somebody\n", "Loan scoring"),
        ("", None),
        ("<<<<<<< HEAD\n=======\n\n# Chat with papers\n>>>>>>> 3f2b9c1\n", "Chat with papers"),
        ("Paper chat\n=======\n\ntext\n", "Paper chat"),
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


def _clone(root, url: str) -> None:
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git" / "config").write_text(
        '[remote "fork"]\n\turl = https://example.org/a/fork\n'
        f'[remote "origin"]\n\turl = {url}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/owner/loan-scoring.git", "loan-scoring"),
        ("https://user:secret@example.org/group/sub/loan.scoring/", "loan.scoring"),
        ("git@example.org:loan-scoring.git", "loan-scoring"),
        ("ssh://git@example.org:2222/owner/loan-scoring", "loan-scoring"),
        ("/home/somebody/loan-scoring", None),  # a place on one machine
        ("../loan-scoring", None),
        ("file:///srv/git/loan-scoring.git", None),
        ("https://example.org", None),
        ("https://example.org/a?token=secret", None),
    ],
)
def test_a_clone_is_called_as_it_was_published(tmp_path, url, name) -> None:
    root = tmp_path / "folder-of-this-machine"
    _clone(root, url)
    (root / "app.py").write_text("x = 1\n")
    assert subject.name(Project.open(root), ProjectConfig()) == name


def test_a_title_goes_before_the_address_and_the_address_before_a_lower_heading(tmp_path) -> None:
    _clone(tmp_path, "https://example.org/owner/published")
    (tmp_path / "README.md").write_text("### Lower heading\n")
    assert subject.name(Project.open(tmp_path), ProjectConfig()) == "published"
    (tmp_path / "README.md").write_text("# A title\n")
    assert subject.name(Project.open(tmp_path), ProjectConfig()) == "A title"


def test_a_part_of_a_repository_is_not_called_like_the_whole(tmp_path) -> None:
    _clone(tmp_path, "https://example.org/owner/whole")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "app.py").write_text("x = 1\n")
    assert subject.name(Project.open(tmp_path / "part"), ProjectConfig()) is None


OF_NO_MODEL = dict.fromkeys(subject.OF_MODELS, False)


@pytest.mark.parametrize(
    ("flags", "without"),
    [
        (OF_NO_MODEL, True),
        ({**OF_NO_MODEL, "serves": True}, True),
        ({**OF_NO_MODEL, "rag": True}, False),
        ({**OF_NO_MODEL, "trains": None}, False),
        ({}, False),
        (None, False),
    ],
)
def test_a_project_without_a_model_is_told_only_where_that_was_seen(flags, without) -> None:
    assert subject.without_model({"flags": flags}) is without
