"""Manifests and locks of all tools, joined with what CI and images install."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import Unknown
from aiaudit.probes.dependencies.probes import (
    Declared,
    DeclaredQuery,
    Locks,
    LocksQuery,
    Manifests,
    ManifestsQuery,
    Versions,
    VersionsQuery,
)
from tests.probes.ci.asking import github
from tests.probes.support import context

Tree = dict[str, str]
HASH = "--hash=sha256:" + "a" * 64


def declared(root: Path, files: Tree, **query: Any) -> Fact:
    return Declared().answer("d", DeclaredQuery(**query), context(root, files))


def brief(root: Path, files: Tree) -> list[tuple[str, str, bool, str, int]]:
    return [(d["name"], d["spec"], d["pinned"], d["group"], d["line"]) for d in declared(root, files).value or []]


def manifests(root: Path, files: Tree) -> list[dict[str, Any]]:
    return Manifests().answer("m", ManifestsQuery(), context(root, files)).value or []


def lock(root: Path, files: Tree) -> dict[str, Any]:
    (found,) = Locks().answer("l", LocksQuery(), context(root, files)).value
    return found  # type: ignore[no-any-return]


def test_pep_621(tmp_path: Path) -> None:
    text = """\
[build-system]
requires = ["hatchling>=1"]
[project]
name = "p"
dependencies = [
  "requests>=2",
  "numpy==1.26.4; python_version<'3.13'",
]
[project.optional-dependencies]
gpu = ["torch"]
dev = ["pytest"]
[dependency-groups]
docs = ["mkdocs"]
"""
    assert brief(tmp_path, {"pyproject.toml": text}) == [
        ("requests", ">=2", False, "main", 6),
        ("numpy", "==1.26.4", True, "main", 7),
        ("torch", "", False, "optional", 10),
        ("pytest", "", False, "dev", 11),
        ("mkdocs", "", False, "dev", 13),
        ("hatchling", ">=1", False, "build", 2),
    ]


def test_poetry(tmp_path: Path) -> None:
    text = """\
[tool.poetry]
name = "p"
[tool.poetry.dependencies]
python = "^3.11"
a = "^1.2"
b = "1.2.3"
c = {version = "*", optional = true}
d = {git = "https://h/d.git", rev = "main"}
e = [{version = "1.0", markers = "x"}, {version = "2.0"}]
[tool.poetry.group.dev.dependencies]
pytest = "^8"
[tool.poetry.group.gpu.dependencies]
torch = "*"
"""
    assert brief(tmp_path, {"pyproject.toml": text}) == [
        ("a", "^1.2", False, "main", 5),
        ("b", "1.2.3", True, "main", 6),
        ("c", "", False, "optional", 7),
        ("d", "", False, "main", 8),
        ("e", "1.0", True, "main", 9),
        ("e", "2.0", True, "main", 9),
        ("pytest", "^8", False, "dev", 11),
        ("torch", "", False, "optional", 13),
    ]


def test_other_manifests(tmp_path: Path) -> None:
    files = {
        "setup.cfg": (
            "[metadata]\nname = p\n[options]\ninstall_requires =\n    aa>=1\n    bb==2\n"
            "[options.extras_require]\ntest = cc\n"
        ),
        "Pipfile": '[packages]\ndd = "*"\nee = {version = "==1.0"}\n[dev-packages]\nff = "*"\n',
        "environment.yml": "name: x\ndependencies:\n  - python=3.11\n  - gg=1.2.3\n  - hh>=1\n  - pip:\n    - ii==1\n",
        "package.json": (
            '{\n "dependencies": {"jj": "^1.0.0", "kk": "1.0.0", "ll": "file:../l"},\n'
            ' "devDependencies": {"mm": "*"}\n}'
        ),
    }
    found = {d[0]: d[1:4] for d in brief(tmp_path, files)}
    assert found == {
        "aa": (">=1", False, "main"), "bb": ("==2", True, "main"), "cc": ("", False, "dev"),
        "dd": ("", False, "main"), "ee": ("==1.0", True, "main"), "ff": ("", False, "dev"),
        "gg": ("=1.2.3", True, "main"), "hh": (">=1", False, "main"), "ii": ("==1", True, "main"),
        "jj": ("^1.0.0", False, "main"), "kk": ("1.0.0", True, "main"), "ll": ("file:../l", True, "main"),
        "mm": ("*", False, "dev"),
    }  # fmt: skip


def test_setup_py_is_parsed_and_never_run(tmp_path: Path) -> None:
    text = """\
import os
os.remove("/tmp/never")
BASE = ["aa>=1"]
setup(name="p", install_requires=BASE + ["bb==2"], extras_require={"dev": ["cc"], "gpu": ["dd"]})
"""
    assert brief(tmp_path, {"setup.py": "from setuptools import setup\n" + text}) == [
        ("aa", ">=1", False, "main", 4),
        ("bb", "==2", True, "main", 5),
        ("cc", "", False, "dev", 5),
        ("dd", "", False, "optional", 5),
    ]


def test_what_is_computed_is_unknown(tmp_path: Path) -> None:
    computed = declared(tmp_path / "a", {"setup.py": "from setuptools import setup\nsetup(install_requires=find())\n"})
    assert computed.state is State.UNKNOWN
    assert "computed when setup.py runs" in computed.reason
    reads = {
        "setup.py": "from setuptools import setup\nsetup(install_requires=open('requirements.txt').read().split())\n",
        "requirements.txt": "aa==1\n",
    }
    assert [d[0] for d in brief(tmp_path / "b", reads)] == ["aa"]
    dynamic = '[project]\nname = "p"\ndynamic = ["dependencies"]\n'
    assert declared(tmp_path / "c", {"pyproject.toml": dynamic}).state is State.UNKNOWN
    read = dynamic + '[tool.setuptools.dynamic]\ndependencies = {file = ["deps.txt"]}\n'
    assert [d[0] for d in brief(tmp_path / "d", {"pyproject.toml": read, "deps.txt": "aa==1\n"})] == ["aa"]


def test_includes_are_followed_inside_the_tree_only(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secretpkg==1\n")
    files = {
        "requirements.txt": "-r deps/base.txt\n-r ../outside.txt\n-r /etc/passwd\naa\n",
        "deps/base.txt": "bb==1\n-r ../requirements.txt\n",
    }
    assert sorted(d[0] for d in brief(tmp_path / "project", files)) == ["aa", "bb"]


def test_states(tmp_path: Path) -> None:
    assert declared(tmp_path / "a", {"x.py": ""}).state is State.ABSENT
    broken = declared(tmp_path / "b", {"pyproject.toml": "[project\n"})
    assert broken.state is State.UNKNOWN
    assert "pyproject.toml" in broken.reason
    ignored = {"requirements.txt": "a==1\n", ".gitignore": "requirements.txt\n"}
    assert declared(tmp_path / "c", ignored).state is State.ABSENT
    tools_only = {"pyproject.toml": "[tool.ruff]\nline-length = 1\n"}
    assert declared(tmp_path / "d", tools_only).state is State.ABSENT


UV = """\
version = 1
[[package]]
name = "p"
source = { virtual = "." }
[[package]]
name = "requests"
version = "2.32.0"
source = { registry = "https://i/simple" }
wheels = [{ url = "u", hash = "sha256:aa" }]
"""
PROJECT = '[project]\nname = "p"\ndependencies = ["Requests>=2"]\n'


def test_uv_lock_that_agrees(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": PROJECT,
        "uv.lock": UV,
        ".github/workflows/ci.yml": github("uv sync --locked\nuv run pytest"),
    }
    found = lock(tmp_path, files)
    assert (found["tool"], found["packages"], found["hashed"], found["in_sync"], found["manifest"]) == (
        "uv", 2, True, True, "pyproject.toml",
    )  # fmt: skip
    assert [(i["line"], i["strict"], i["where"]) for i in found["installed_by"]] == [(7, True, "ci"), (8, False, "ci")]
    (manifest,) = manifests(tmp_path, {})
    assert (manifest["lock"], manifest["in_sync"], manifest["pinned"], manifest["primary"]) == (
        "uv.lock",
        True,
        False,
        True,
    )


def test_locks_that_do_not_agree(tmp_path: Path) -> None:
    newer = {"pyproject.toml": PROJECT.replace(">=2", ">=3"), "uv.lock": UV}
    assert (lock(tmp_path / "a", newer)["in_sync"], lock(tmp_path / "a", {})["stale"]) == (
        False,
        ["Requests 2.32.0 not >=3"],
    )
    more = {"pyproject.toml": PROJECT.replace('"Requests>=2"', '"Requests>=2", "extra"'), "uv.lock": UV}
    assert lock(tmp_path / "b", more)["missing"] == ["extra"]
    marked = {
        "pyproject.toml": PROJECT.replace('"Requests>=2"', '"Requests>=2", "w; sys_platform==\'win32\'"'),
        "uv.lock": UV,
    }
    assert lock(tmp_path / "c", marked)["in_sync"] is True


@pytest.mark.parametrize(
    ("name", "text", "tool", "hashed"),
    [
        (
            "poetry.lock",
            '[[package]]\nname = "requests"\nversion = "2.1"\nfiles = [{file = "f", hash = "sha256:a"}]\n',
            "poetry",
            True,
        ),
        ("poetry.lock", '[[package]]\nname = "requests"\nversion = "2.1"\nfiles = []\n', "poetry", False),
        (
            "pdm.lock",
            '[[package]]\nname = "requests"\nversion = "2.1"\nfiles = [{file = "f", hash = "sha256:a"}]\n',
            "pdm",
            True,
        ),
        (
            "pylock.toml",
            '[[packages]]\nname = "requests"\nversion = "2.1"\nwheels = [{hashes = {sha256 = "a"}}]\n',
            "pylock",
            True,
        ),
        (
            "Pipfile.lock",
            '{"default": {"requests": {"version": "==2.1", "hashes": ["sha256:a"]}}, "develop": {}}',
            "pipenv",
            True,
        ),
        ("conda-lock.yml", "package:\n- {name: requests, version: '2.1', hash: {sha256: a}}\n", "conda-lock", True),
        (
            "package-lock.json",
            (
                '{"packages": {"": {}, "node_modules/requests": {"version": "2.1.0", "resolved": "https://r", '
                '"integrity": "sha512-a"}}}'
            ),
            "npm",
            True,
        ),
        ("package-lock.json", '{"dependencies": {"requests": {"version": "2.1.0"}}}', "npm", False),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\npackages:\n  requests@2.1.0: {resolution: {integrity: sha512-a}}\n",
            "pnpm",
            True,
        ),
        ("yarn.lock", '# yarn lockfile v1\n\nrequests@^2:\n  version "2.1.0"\n  integrity sha512-a\n', "yarn", True),
        (
            "yarn.lock",
            '__metadata:\n  version: 8\n\n"requests@npm:^2":\n  version: 2.1.0\n  checksum: 10/a\n',
            "yarn",
            True,
        ),
        (
            "yarn.lock",
            '__metadata:\n  version: 8\n\n"requests@npm:^2":\n  version: 2.1.0\n  conditions: os=darwin & cpu=arm64\n',
            "yarn",
            True,
        ),
        ("bun.lock", '{"packages": {"requests": ["requests@2.1.0", "", {}, "sha512-a"],},}', "bun", True),
    ],
)
def test_locks_of_all_tools(tmp_path: Path, name: str, text: str, tool: str, hashed: bool) -> None:
    found = lock(tmp_path, {name: text})
    assert (found["tool"], found["packages"], found["hashed"]) == (tool, 1, hashed)
    assert isinstance(found["in_sync"], Unknown)
    versions = Versions().answer("v", VersionsQuery(names=("Requests",)), context(tmp_path)).value
    assert [v["version"].rstrip(".0") or v["version"] for v in versions] == ["2.1"]


@pytest.mark.parametrize(
    "name", ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "package-lock.json", "pnpm-lock.yaml",
             "yarn.lock", "bun.lock", "conda-lock.yml"]
)  # fmt: skip
@pytest.mark.parametrize(
    "text",
    ["", "[]", "x = 1", "{}", '{"packages": 3}', "package: [1]", "packages: {a: 1}", '[[package]]\nversion = "1"'],
)
def test_broken_locks_are_unreadable_not_empty(tmp_path: Path, name: str, text: str) -> None:
    found = lock(tmp_path, {name: text})
    assert isinstance(found["packages"], Unknown)


def test_compiled_requirements_are_the_lock_of_their_source(tmp_path: Path) -> None:
    files = {
        "requirements.in": "flask>=2\n",
        "requirements.txt": f"# autogenerated by pip-compile\nflask==2.3.0 \\\n    {HASH}\nclick==8.0 \\\n    {HASH}\n",
        "Dockerfile": "FROM x:1\nCOPY requirements.txt .\nRUN pip install --require-hashes -r requirements.txt\n",
    }
    (manifest,) = manifests(tmp_path, files)
    assert (manifest["path"], manifest["lock"], manifest["in_sync"], manifest["lock_hashed"]) == (
        "requirements.in", "requirements.txt", True, True,
    )  # fmt: skip
    assert [(i["where"], i["strict"], i["line"]) for i in manifest["lock_installs"]] == [("image", True, 3)]
    assert [d[0] for d in brief(tmp_path, {})] == ["flask"]


def test_pins_without_hashes_are_a_manifest(tmp_path: Path) -> None:
    (manifest,) = manifests(tmp_path, {"requirements.txt": "a==1\nb==2\n"})
    assert (manifest["pinned"], manifest["lock"], manifest["hashed"], manifest["unpinned"]) == (True, "", False, [])


def test_an_image_that_installs_from_ranges_beside_a_lock(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": PROJECT,
        "uv.lock": UV,
        "api/requirements.txt": "fastapi\n",
        "Dockerfile": "FROM x:1\nCOPY api/requirements.txt ./requirements.txt\nRUN pip install -r requirements.txt\n",
    }
    found = {m["path"]: m for m in manifests(tmp_path, files)}
    assert [i["path"] for i in found["api/requirements.txt"]["own_installs"]] == ["Dockerfile"]
    assert (found["api/requirements.txt"]["primary"], found["pyproject.toml"]["lock_installs"]) == (False, [])


@pytest.mark.parametrize(
    ("run", "source", "strict"),
    [
        ("npm ci", "package-lock.json", True),
        ("npm install", "package-lock.json", False),
        ("npm install -g npm", "", False),
        ("npm install left-pad", "", False),
        ("pnpm install --frozen-lockfile", "pnpm-lock.yaml", True),
        ("yarn install --frozen-lockfile --network-timeout 600000", "yarn.lock", True),
        ("yarn --immutable", "yarn.lock", True),
        ("yarn install --immutable", "yarn.lock", True),
        ("yarn install", "yarn.lock", False),
        ("poetry install --only main", "poetry.lock", True),
        ("pipenv sync", "Pipfile.lock", True),
        ("pipenv install", "Pipfile.lock", False),
        ("uv sync --frozen", "uv.lock", True),
        ("pip install -r requirements.txt", "requirements.txt", False),
        ("uv pip sync requirements.txt", "requirements.txt", False),
        ("pip-sync requirements.txt", "requirements.txt", True),
        ("pip install .", "pyproject.toml", False),
        ("pip install pytest", "", False),
    ],
)
def test_what_install_commands_install_from(tmp_path: Path, run: str, source: str, strict: bool) -> None:
    from aiaudit.probes.dependencies.installers import installs

    made = context(tmp_path, {".github/workflows/ci.yml": github(run)})
    assert [(i.source, i.strict) for i in installs(made)] == ([(source, strict)] if source else [])


def test_levels(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT, "uv.lock": UV}
    assert Locks().answer("l", LocksQuery(), context(tmp_path, files)).level is Level.CONTENT
    wired = {".github/workflows/ci.yml": github("uv sync")}
    assert Locks().answer("l", LocksQuery(), context(tmp_path, wired)).level is Level.WIRED


def test_workspaces_need_not_be_in_the_lock(tmp_path: Path) -> None:
    files = {
        "package.json": json.dumps({"name": "root", "dependencies": {"@x/part": "^1.0.0", "a": "^1.0.0"}}),
        "part/package.json": json.dumps({"name": "@x/part", "version": "1.0.0"}),
        "package-lock.json": json.dumps(
            {"packages": {"node_modules/a": {"version": "1.2.0", "integrity": "sha512-a"}}}
        ),
    }
    assert lock(tmp_path, files)["in_sync"] is True


def test_the_lock_of_a_workspace_covers_the_members_it_holds(tmp_path: Path) -> None:
    root = f'{PROJECT}[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    member = '[project]\nname = "part"\ndependencies = ["requests>=2.1"]\n'
    files = {
        "pyproject.toml": root,
        "packages/part/pyproject.toml": member,
        "packages/other/pyproject.toml": member.replace("requests>=2.1", "certifi"),
        "uv.lock": UV,
    }
    covered = {one["path"]: (one["lock"], one["in_sync"]) for one in manifests(tmp_path, files)}
    assert covered == {
        "pyproject.toml": ("uv.lock", True),
        "packages/part/pyproject.toml": ("uv.lock", True),
        "packages/other/pyproject.toml": ("", False),
    }
