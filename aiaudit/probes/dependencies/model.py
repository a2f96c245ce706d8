"""Plain records of the dependency probes: what manifests declare and what lock files fix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct, field

from aiaudit import lazy
from aiaudit.probes.words import word_set

Group = Literal["main", "dev", "optional", "build"]
Ecosystem = Literal["pypi", "npm", "conda"]

_SEPARATORS: Final = lazy.regex(r"[-_.]+")
_DEV_WORDS: Final = word_set(
    "dev devel develop development test tests testing lint linting docs doc documentation ci typing types",
    "quality style format formatting debug notebook notebooks bench benchmark benchmarks precommit local",
)


def normalise(name: str, ecosystem: Ecosystem = "pypi") -> str:
    """A package's comparable name: PEP 503 for Python and conda, unchanged for npm."""
    return name if ecosystem == "npm" else _SEPARATORS.sub("-", name.strip()).lower()


def group_of(label: str, default: Group) -> Group:
    """`dev` where one word of a group's, extra's or file's name says so, otherwise `default`."""
    words = set(re.split(r"[^a-z]+", label.lower()))
    return "dev" if words & _DEV_WORDS else default


class Dependency(Struct, frozen=True):
    """One direct dependency as a manifest declares it.

    `spec` is the version condition as written ("" = any version). `pinned`: only one version can be installed.
    `source` is where it comes from: registry, vcs, url or path (a folder of the tree, or the project itself).
    `digest` is one of its hashes (`sha256:hex`), where the manifest gives some.
    """

    name: str
    spec: str
    pinned: bool
    group: Group
    path: str
    line: int
    ecosystem: Ecosystem
    hashed: bool = False
    marker: str = ""
    source: Literal["registry", "vcs", "url", "path"] = "registry"
    digest: str = ""

    def record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "spec": self.spec,
            "pinned": self.pinned,
            "group": self.group,
            "path": self.path,
            "line": self.line,
            "ecosystem": self.ecosystem,
            "hashed": self.hashed,
            "marker": self.marker,
            "source": self.source,
        }


class Manifest(Struct, frozen=True):
    """A file that declares dependencies. `dynamic`: something in it could not be read without running code."""

    path: str
    tool: str  # pip, pyproject, poetry, setuptools, pipenv, conda, npm
    ecosystem: Ecosystem
    dependencies: tuple[Dependency, ...] = ()
    dynamic: str = ""
    name: str = ""  # the project's own name where the manifest gives one
    compiled_from: tuple[str, ...] = ()  # pip-compile and uv pip compile: the files this one was made from
    includes: tuple[str, ...] = ()  # -r files inside the tree
    options: tuple[str, ...] = ()  # pip options that change where packages come from, such as --extra-index-url
    refused: tuple[tuple[int, str], ...] = ()  # lines for which pip installs nothing of the file, and their words
    contradicted: tuple[tuple[int, str, str], ...] = ()  # another version than an earlier line fixes: both their words

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]


class Locked(Struct, frozen=True):
    """One package as a lock file fixes it.

    `hashed`: it has an integrity hash, or needs none because it comes from no registry (`local`). `digest` is one hash
    as `algorithm:hex` and `file` the artefact it is of ("" where the lock does not say). `mark` is how the line begins
    on which the package stands.
    """

    name: str
    version: str
    hashed: bool
    local: bool = False
    digest: str = ""
    file: str = ""
    licence: str = ""
    mark: str = ""
    line: int = 1


class Lock(Struct, frozen=True):
    """A file that fixes versions. `packages` maps comparable names to the versions it holds; `locked` has the details.

    `hashed`: every package that comes from a registry has an integrity hash. `unreadable` says why nothing was read.
    """

    path: str
    tool: str
    ecosystem: Ecosystem
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    locked: tuple[Locked, ...] = ()
    hashed: bool = False
    unhashed: tuple[str, ...] = ()
    without_hash: int = 0  # how many these are; `unhashed` names some of them
    unreadable: str = ""

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    def line_of(self, name: str) -> int:
        """The line on which a package (by its comparable name) stands; 1 where it is not found."""
        return next((one.line for one in self.locked if normalise(one.name, self.ecosystem) == name), 1)
