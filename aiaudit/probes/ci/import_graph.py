"""Which files of the project run when one of its Python files is imported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from aiaudit.probes.python.project import PythonProject


class ImportGraph:
    """Which file imports which, each looked up once."""

    def __init__(self, project: PythonProject) -> None:
        self.project = project
        self._next: dict[str, list[str]] = {}

    def closure(self, *roots: str) -> set[str]:
        """The files and everything of the project that they import, directly or not."""
        seen = {path for path in roots if path in self.project.records}
        todo = list(seen)
        while todo:
            for imported in self.imports(todo.pop()):
                if imported not in seen:
                    seen.add(imported)
                    todo.append(imported)
        return seen

    def imports(self, path: str) -> list[str]:
        """The project's files that run when the file at `path` is imported."""
        known = self._next.get(path)
        if known is None:
            found = {*self._imported(path), *_packages(path)} - {path}
            known = self._next[path] = sorted(one for one in found if one in self.project.records)
        return known

    def _imported(self, path: str) -> Iterator[str]:
        names: dict[str, set[str]] = defaultdict(set)
        for imported, _ in self.project.base(path).each_import():
            if imported.module.startswith(".") or self.project.may_own(imported.module.partition(".")[0]):
                names[imported.module].add(imported.target)
        for module, targets in names.items():
            found = self.project.module(module, path)
            if found is not None:
                yield found
            if found is None or found.endswith("__init__.py"):  # what is imported may be a module of the package
                for target in targets - {module, f"{module}.*"}:
                    inner = self.project.module(target, path)
                    if inner is not None:
                        yield inner


def _packages(path: str) -> Iterator[str]:
    """The `__init__.py` files that Python runs before the module at `path` (those that are there count)."""
    folder = path.rpartition("/")[0]
    while folder:
        yield f"{folder}/__init__.py"
        folder = folder.rpartition("/")[0]
