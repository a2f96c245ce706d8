"""The probe `python.tests`: test files with what they assert and which of the project's files they exercise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from pydantic import Field

from aiaudit.model.fact import Fact, Level
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.python.asking import CodeQuery, fact_of, placed
from aiaudit.probes.python.project import PythonProject
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role

TEST_FILE: Final = record(
    "test_file",
    path=STRING,
    line=INT,
    role=STRING,
    tests=INT,
    asserting=INT,
    asserts=INT,
    skipped=INT,
    exercises=list_of(STRING),
    imports_project=BOOL,
)
_ENTRY_ROLES: Final = frozenset({Role.CODE, Role.EXAMPLE, Role.OTHER})


class TestsQuery(CodeQuery):
    """All test functions, file by file. `exercises`: the project's files outside the tests that the test file imports,
    itself or through a conftest.py or helper beside it, and those in which what it imports is defined; not those of
    which it takes constants alone."""

    __test__ = False  # not a test class, whatever pytest makes of its name

    roles: list[Role] = Field(default=[Role.TEST, Role.CODE])


class TestsProbe(Probe[TestsQuery]):
    __test__ = False

    name: ClassVar[str] = "python.tests"
    title: ClassVar[str] = "Test functions: how many, what they assert, which project files they import"
    query: ClassVar[type[Query]] = TestsQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "python"

    def value_type(self, query: TestsQuery) -> Type:
        return list_of(TEST_FILE)

    def answer(self, fact_id: str, query: TestsQuery, context: Context) -> Fact:
        roles = {entry.path: entry.role for entry in context.project.files}
        made: dict[str, dict[str, Any]] = context.memo.setdefault("python.tests.rows", {})  # one for all facts

        def find(entry: Entry, project: PythonProject) -> Iterator[dict[str, Any]]:
            tests = project.base(entry.path).tests
            if not tests or (entry.role is not Role.TEST and not entry.name.startswith("test")):
                return
            if entry.path in made:
                yield made[entry.path]
                return
            exercises = sorted(_exercised(entry.path, project, roles))
            record = {
                "line": tests[0].line,
                "tests": len(tests),
                "asserting": sum(one.asserts > 0 and not one.skipped for one in tests),
                "asserts": sum(one.asserts for one in tests),
                "skipped": sum(one.skipped for one in tests),
                "exercises": exercises[:50],
                "imports_project": bool(exercises),
            }
            made[entry.path] = placed(entry, record)
            yield made[entry.path]

        def note(one: dict[str, Any]) -> str:
            return f"{one['tests']} tests, {one['asserts']} asserts"

        return fact_of(fact_id, query, context, find, note, having="base.tests")


def _exercised(path: str, project: PythonProject, roles: dict[str, Role]) -> set[str]:
    """The project's own files that a test reaches by its imports, through other test files as well."""
    found: set[str] = set()
    folder = path.rpartition("/")[0]
    todo = [path]
    while True:
        conftest = f"{folder}/conftest.py" if folder else "conftest.py"
        if conftest in project.records:
            todo.append(conftest)
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    seen = set(todo)
    while todo:
        current = todo.pop()
        found.update(home for home in _homes(current, project) if roles.get(home) in _ENTRY_ROLES)
        constants = _for_constants(current, project)
        for imported in project.own_imports(current) - constants:
            if roles.get(imported) in _ENTRY_ROLES:
                found.add(imported)
            elif imported not in seen:
                seen.add(imported)
                todo.append(imported)
    return found


def _homes(path: str, project: PythonProject) -> Iterator[str]:
    """The files that define the names a file imports: a package hands on what its modules define."""
    for imported, _ in project.base(path).each_import():
        if imported.name and imported.name != "*" and project.split(imported.module, path) is not None:
            home = project.home(imported.target, path)
            if home is not None and not _constant(imported.name, home[0], project):
                yield home[0]


def _constant(name: str, home: str, project: PythonProject) -> bool:
    """Whether a name is written like a constant and stands for no class or function there (`CNN`)."""
    return name.isupper() and not any(project.base(home).definitions_called({name}))


def _for_constants(path: str, project: PythonProject) -> set[str]:
    """The project's files of which a file takes nothing but constants (`from labels import NAMES`): it runs none of
    what they do."""
    constants, others = set[str](), set[str]()
    for imported, _ in project.base(path).each_import():
        told = (imported.target, imported.module) if imported.name != "*" else (imported.module,)
        split = next((found for name in told if (found := project.split(name, path)) is not None), None)
        if split is not None:
            home = project.home(imported.target, path) if imported.name.isupper() else None
            taken = home is not None and _constant(imported.name, home[0], project)
            (constants if taken else others).add(split[0])
    return constants - others
