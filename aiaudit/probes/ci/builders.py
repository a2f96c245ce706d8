"""What the build tools of other languages do when they are run: one command of Gradle or Maven does many things, and a
wrapper script in the tree stands for the tool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiaudit import lazy
from aiaudit.probes.ci.kinds import Kind

_TOOLS: Final = {
    "gradle": "gradle",
    "gradlew": "gradle",
    "gradlew.bat": "gradle",
    "mvn": "mvn",
    "mvnw": "mvn",
    "mvnw.cmd": "mvn",
    "mvnd": "mvn",
    "sbt": "sbt",
    "cargo": "cargo",
    "cross": "cargo",
    "rscript": "r",
    "r": "r",
}
_TESTING: Final = {
    "gradle": frozenset(
        {"test", "check", "build", "integrationtest", "nativetest", "alltests", "jvmtest", "functionaltest"}
    ),
    # a phase of Maven runs all phases before it
    "mvn": frozenset({"test", "package", "integration-test", "verify", "install", "deploy"}),
    "sbt": frozenset({"test", "testquick", "testonly", "it:test"}),
    "cargo": frozenset({"test", "nextest"}),
}
_IMAGE_TASK: Final = lazy.regex(
    r"(?i)^(?:jib\w*|boot-?buildimage|build-image\w*|docker(?:build|push)\w*|jib:\w+|image:?build)$"
)
_IMAGE_SETTING: Final = lazy.regex(r"-D(?:quarkus[.]container-image[.](?:build|push))=true|-P(?:docker|jib)\b")
_NO_TESTS: Final = lazy.regex(r"^-DskipTests(?:=true)?$|^-Dmaven[.]test[.]skip(?:=true)?$|^-DskipITs$")
_R_TESTS: Final = lazy.regex(
    r"\b(?:testthat|tinytest|RUnit|shinytest2?)::|devtools::(?:test|check)|rcmdcheck\b|\btest_(?:dir|local|check)\("
)


def builder_kind(program: str, arguments: Sequence[str]) -> Kind | None:
    """The kind of a command of such a tool; None where the program is none, or where that says nothing."""
    tool = _TOOLS.get(program.lower())
    if tool is None:
        return None
    if tool == "r":
        return "test" if arguments[:2] == ["CMD", "check"] or _R_TESTS.search(" ".join(arguments)) else None
    tasks, skipped = _tasks(tool, arguments)
    if any(_IMAGE_TASK.match(task) for task in tasks) or any(_IMAGE_SETTING.match(one) for one in arguments):
        return "build_image"
    runs = any(task.lower() in _TESTING[tool] for task in tasks)
    if runs and not skipped:
        return "test"
    return "other" if runs else None


def _tasks(tool: str, arguments: Sequence[str]) -> tuple[list[str], bool]:
    """The tasks, goals or sub-commands, each without the path before it, and whether the tests are left out."""
    tasks: list[str] = []
    skipped = any(_NO_TESTS.match(one) for one in arguments)
    before = ""
    for one in arguments:
        if before in ("-x", "--exclude-task"):
            skipped = skipped or one.rpartition(":")[2] == "test"
        elif one[:1] != "-" and before not in ("-f", "--file", "-p", "--project-dir", "-pl", "--projects", "-P"):
            tasks.append(one if one.startswith("jib:") else one.rpartition(":")[2] if tool != "sbt" else one)
        before = one
    return tasks[:1] if tool == "cargo" else tasks, skipped
