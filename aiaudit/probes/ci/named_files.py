"""Whether the files are there that a command of CI names to be run: a program of tests that is told to run a file or a
folder that is not there runs nothing, and a script that is not there does not start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.ci.kinds import Kind
from aiaudit.probes.ci.model import Maybe, as_map
from aiaudit.probes.ci.script_tasks import upwards
from aiaudit.probes.ci.task import join
from aiaudit.probes.ci.wrappers import program_of
from aiaudit.probes.reading import Files

_KINDS: Final = frozenset({"test", "evaluate", "validate_data"})
_IN_IMAGES: Final = lazy.regex(r"(?i)dockerfile|containerfile|\b(?:docker|podman|buildah)\b|compose")
_ALONE: Final = lazy.regex(
    r"^-(?:[vqsxlrfh]\w*|-\S+=\S*|-(?:verbose|quiet|exitfirst|failed-first|cov|pyargs|strict\S*))$"
)
_UNTOLD: Final = lazy.regex(r"[$*?{}\[\]<>`~]|://")


class NamedFiles:
    """Looks for what commands name in the tree of the project."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def there(self, words: Sequence[str], kind: Kind, folder: str | None, via: Sequence[str]) -> Maybe:
        """False where something that is named is missing in a folder that is there; unknown where the folder is
        missing too, which another step may bring. `via`: where the command stands and how it was reached; what runs in
        an image sees other files."""
        if kind not in _KINDS or folder is None or any(_IN_IMAGES.search(one) for one in via):
            return True
        if not self.files.project.complete or not words:
            return True
        if folder and folder not in self._folders:
            return Unknown(f"the folder {folder}, where it runs, is not in the project")
        for named in _paths(words):
            path = join(folder, named)
            if not path or path in self._folders or self.files.project.entry(path) is not None:
                continue
            parts = path.split("/")
            above = ["/".join(parts[:index]) for index in range(1, len(parts))]
            links = any((entry := self.files.project.entry(one)) and entry.kind != "file" for one in above)
            if not above or links or above[-1] not in self._folders or path in self._brought:
                return Unknown(f"{path} is not in the project")
            return False
        return True

    def lacks_script(self, words: Sequence[str], folder: str | None, via: Sequence[str]) -> bool:
        """Whether npm or pnpm is told to run a script that the nearest package.json does not have, and so ends with a
        fault. What is said to another package than that of the folder, or to run only what is there, is not told."""
        if folder is None or program_of(words[0]) not in ("npm", "pnpm") or not self.files.project.complete:
            return False
        told = words[1] if len(words) > 1 else ""
        name = words[2] if told in ("run", "run-script") and len(words) > 2 else told if told == "test" else ""
        own = words[: words.index("--")] if "--" in words else words
        if not name or _UNTOLD.search(name) or any(word.startswith("-") for word in own):
            return False
        if any(_IN_IMAGES.search(one) for one in via) or (folder and folder not in self._folders):
            return False
        path = upwards(self.files, folder, "package.json")
        manifest = as_map(self.files.json(path)) if path else {}
        return bool(manifest) and name not in as_map(manifest.get("scripts"))

    @cached_property
    def _folders(self) -> frozenset[str]:
        found = set[str]()
        for entry in self.files.project.entries:
            folder = entry.path.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

    @cached_property
    def _brought(self) -> str:
        """What names the repositories that are checked out within this one."""
        return self.files.text(".gitmodules") or "" if self.files.exists(".gitmodules") else ""


def _paths(words: Sequence[str]) -> Iterator[str]:
    """The files and folders that a command line names to be run: of Python its script, of pytest all."""
    program = program_of(words[0])
    if program == "python":
        if len(words) > 1 and words[1].endswith(".py") and not _UNTOLD.search(words[1]):
            yield words[1]
        return
    if program not in ("pytest", "py.test"):
        return
    before = ""
    for word in words[1:]:
        if word == "--pyargs":
            return
        value = before.startswith("-") and not _ALONE.match(before)
        if not word.startswith("-") and not value and not _UNTOLD.search(word):
            path = word.partition("::")[0]
            if "/" in path or path.endswith(".py"):
                yield path
        before = word
