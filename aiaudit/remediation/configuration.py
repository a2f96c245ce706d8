"""Configurations: pre-commit, a CI job, the user of an image, and the command that makes a lock."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.remediation.scaffold import Project, Scaffold, ScaffoldError

# Pinned by commit, as SEC-012 asks of others.
_CHECKOUT: Final = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
_PYTHON: Final = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"
_WORKFLOW: Final = ".github/workflows/ci.yml"
_START: Final = lazy.regex(r"^\s*(?:CMD|ENTRYPOINT)\b", re.IGNORECASE)
_FROM: Final = lazy.regex(r"^\s*FROM\b", re.IGNORECASE)
_PORT: Final = lazy.regex(r"(?:--port[ =]|-p |--bind[ =]|-b |0\.0\.0\.0)\S*?:?(\d{2,5})\b")
_UNPRIVILEGED: Final = 1024  # ports below are root's, unless the kernel is told otherwise
_RESERVED: Final = (
    "ports below 1024 are root's in many clusters, and the process may then fail to start; let it listen on one such as"
    " 8080, there and wherever this one is named (service, probes, compose)"
)
_INSTALL: Final = "Commit the lock, and install from it in CI and in the image."
_LOCKS: Final[Mapping[str, str]] = {
    "poetry": "poetry lock",
    "pdm": "pdm lock",
    "uv": "uv lock",
    "pipenv": "pipenv lock",
    "npm": "npm install --package-lock-only",
    "pnpm": "pnpm install --lockfile-only",
    "yarn": "yarn install --mode update-lockfile",
}


def pre_commit(project: Project) -> Scaffold:
    """Hooks that run what is installed here: no version of somebody else's hook is made up."""
    hooks = """\
repos:
  - repo: local
    hooks:
      - id: aiaudit-secrets
        name: no live secret and no unsafe load of a model file
        entry: aiaudit run . --quiet --pack security --fail-on SEC-001,SEC-002
        language: system
        pass_filenames: false
        always_run: true
      - id: aiaudit-waivers
        name: waivers of aiaudit.yaml and of comments hold
        entry: aiaudit waivers lint
        language: system
        pass_filenames: false
        always_run: true
"""
    if project.rows("delivery.tests") and any(path.endswith(".py") for path in project.paths):
        hooks += """\
      - id: pytest
        name: tests
        entry: python -m pytest -q
        language: system
        pass_filenames: false
        types: [python]
        stages: [pre-push]
"""
    return Scaffold({".pre-commit-config.yaml": hooks}, commands=("pre-commit install",))


def ci(project: Project) -> Scaffold:
    """A GitHub workflow that runs the tests that are there on every change.

    Raises:
        ScaffoldError: there is no test to run, and one is not made up; or a job of GitHub runs the tests already.
    """
    if not project.rows("delivery.tests"):
        raise ScaffoldError("there is no test that a CI job could run; write one first (aiaudit explain OPS-006)")
    for step in project.rows("delivery.test_commands"):
        if step.get("on_change") and step.get("runs") and str(step.get("ci_path")).startswith(".github/"):
            place = f"{step['ci_path']}:{step['ci_line']}"
            raise ScaffoldError(
                f"{place} runs tests on every change already; `aiaudit explain OPS-006` says what is asked"
            )
    install = _install(project)
    text = f"""\
name: ci
on:
  push: {{branches: [main]}}   # TODO the name of your main branch
  pull_request:
permissions: {{contents: read}}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: {_CHECKOUT}
      - uses: {_PYTHON}
        with: {{python-version: "3.12"}}   # TODO the version you run
      - run: {install}
      - run: python -m pytest -q
"""
    path = _WORKFLOW if _WORKFLOW not in project.paths else ".github/workflows/tests.yml"
    return Scaffold({path: text})


def docker_user(project: Project) -> Scaffold:
    """The patch that lets images start as an ordinary user.

    Raises:
        ScaffoldError: no image is seen to run as root.
    """
    changed, low = {}, []
    for image in project.rows("delivery.images"):
        path = str(image.get("path"))
        if image.get("root") is True and path in project.paths and not image.get("development"):
            before = project.read(path)
            changed[path] = before, _with_user(before)
            low += [f"{path} listens on port {port}" for port in _low_ports(image)]
    if not changed:
        raise ScaffoldError("no Dockerfile is seen to start as root; nothing to change")
    note = "The process may then write only where that user may: give it a folder or a volume where it writes."
    return Scaffold(changed=changed, notes=(note, *(f"{one}: {_RESERVED}" for one in low)))


def _low_ports(image: Mapping[str, Any]) -> list[int]:
    """The ports below 1024 that an image names, in EXPOSE or where it starts."""
    named = [*(str(port).partition("/")[0] for port in image.get("expose") or ())]
    named += [one[1] for one in _PORT.finditer(str(image.get("command") or ""))]
    return sorted({int(port) for port in named if port.isdecimal() and 0 < int(port) < _UNPRIVILEGED})


def _with_user(text: str) -> str:
    """The Dockerfile with a numeric user before its last stage starts; a number needs no account in the image."""
    lines = text.splitlines(keepends=True)
    last = max((n for n, line in enumerate(lines) if _FROM.match(line)), default=0)
    starts = [n for n, line in enumerate(lines) if n > last and _START.match(line) and not _goes_on(lines[:n])]
    at = starts[0] if starts else len(lines)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    return "".join([*lines[:at], "USER 10001:10001\n", *lines[at:]])


def _goes_on(above: Sequence[str]) -> bool:
    """Does the instruction above go on in the next line (a HEALTHCHECK whose CMD stands there)? Comments between are
    skipped, as Docker does."""
    written = [line for line in above if line.strip() and not line.lstrip().startswith("#")]
    return bool(written) and written[-1].rstrip().endswith(("\\", "`"))


def lock(project: Project) -> Scaffold:
    """The command that locks what each manifest declares. It needs the network, so that it is shown and not run.

    Raises:
        ScaffoldError: no manifest is without a lock.
    """
    commands = []
    for manifest in project.rows("delivery.manifests"):
        if manifest.get("primary") and not manifest.get("hashed") and not manifest.get("lock_hashed"):
            commands.append(_lock_command(manifest))
    if not commands:
        raise ScaffoldError("every manifest has a lock with hashes; nothing to make")
    return Scaffold(commands=tuple(dict.fromkeys(commands)), notes=(_INSTALL,))


def _lock_command(manifest: Mapping[str, Any]) -> str:
    """The command for one manifest. Lists of one folder get a lock each, of their own name."""
    folder = str(manifest.get("folder") or "")
    into = f"cd {shlex.quote(folder)} && " if folder else ""
    known = _LOCKS.get(str(manifest.get("tool")))
    if known:
        return into + known
    name = str(manifest.get("path")).rpartition("/")[2]
    if manifest.get("ecosystem") == "npm":
        return into + _LOCKS["npm"]
    stem, _, suffix = name.rpartition(".")
    if suffix == "txt":  # it keeps its name, so that what installs it goes on to do so
        text, source = shlex.quote(name), shlex.quote(f"{stem}.in")
        return f"{into}mv {text} {source} && pip-compile --generate-hashes -o {text} {source}"
    if suffix == "in":
        return f"{into}pip-compile --generate-hashes -o {shlex.quote(f'{stem}.txt')} {shlex.quote(name)}"
    lock = "requirements.lock" if suffix in ("toml", "py", "cfg") else f"{name}.lock"
    return f"{into}pip-compile --generate-hashes -o {shlex.quote(lock)} {shlex.quote(name)}"


def _install(project: Project) -> str:
    """How the project is installed, by its manifests."""
    ours = [
        manifest
        for manifest in project.rows("delivery.manifests")
        if manifest.get("primary") and manifest.get("ecosystem") == "pypi"
    ]
    if not ours:
        return "python -m pip install pytest   # TODO what the tests need"
    manifest = min(ours, key=_usual)
    name = str(manifest.get("path"))
    if not name.endswith(".txt"):
        return "python -m pip install -e . pytest"
    if manifest.get("hashed"):
        return f"python -m pip install --require-hashes -r {shlex.quote(name)}"
    return f"python -m pip install -r {shlex.quote(name)} pytest"


def _usual(manifest: Mapping[str, Any]) -> tuple[int, int, str]:
    """Sorts the manifest first that most projects are installed by: at the root, and of the usual name."""
    folder, _, name = str(manifest.get("path")).rpartition("/")
    named = ("requirements.txt", "pyproject.toml", "setup.py")
    return len(folder), named.index(name) if name in named else len(named), name
