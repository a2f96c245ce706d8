"""What the engines find, while they are still at it: whoever asks for it waits, everybody else goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiaudit.debug import in_a_line, show_where

if TYPE_CHECKING:
    from aiaudit.probes.base import Engine
    from aiaudit.project.scan import Scan
    from aiaudit.project.tree import Project


class Scans(Mapping[str, Mapping[str, dict[str, Any]]]):
    """What the engines found. Workers look for it while other probes are asked; who wants to know it waits for them.

    `trouble`: why there is none.
    """

    def __init__(self) -> None:
        self.trouble = ""
        self._scan: Scan | None = None
        self._found: Mapping[str, Mapping[str, dict[str, Any]]] = {}
        self._gone: set[str] = set()

    def begin(self, project: Project, engines: list[Engine], **options: Any) -> None:
        """Begin to look through the files."""
        if engines:
            from aiaudit.project.scan import Scan

            with self._told():
                self._scan = Scan(project, engines, **options)

    @property
    def under_way(self) -> bool:
        """Whether files are still being looked through."""
        return self._scan is not None

    def attend(self) -> None:
        """Let the workers go on."""
        if self._scan is not None:
            with self._told():
                self._scan.attend()

    def found(self) -> Mapping[str, Mapping[str, dict[str, Any]]]:
        """All of it."""
        if self._scan is not None:
            with self._told():
                self._found = self._scan.results()
            self._end()
        return self._found

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Trouble is told and not raised: no engine has an answer then."""
        try:
            yield
        except Exception as error:
            show_where()
            self.trouble = in_a_line(error)
            self._end()

    def _end(self) -> None:
        scan, self._scan = self._scan, None
        if scan is not None:
            scan.close()

    def let_go(self, engine: str) -> None:
        """Drop what an engine found, once the last of its probes has answered. No shipped probe asks for another's, but
        that some of no engine may ask for Python; who does gets an error, not an answer as if nothing was found."""
        if engine not in ("", "python") and isinstance(self._found, dict) and self._found.pop(engine, None) is not None:
            self._gone.add(engine)

    def __enter__(self) -> Scans:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __getitem__(self, engine: str) -> Mapping[str, dict[str, Any]]:
        if engine in self._gone:
            raise RuntimeError(
                f"what the {engine} engine found is gone; a probe that asks for it has engine = {engine!r}"
            )
        return self.found()[engine]

    def __iter__(self) -> Iterator[str]:
        return iter(self.found())

    def __len__(self) -> int:
        return len(self.found())
