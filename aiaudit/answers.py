"""Answers of probes about a tree that has not changed since, from the user's cache.

Most answers depend on the files of the tree, the configuration, the day and this program alone; others (git, this
machine, databases elsewhere on it: `registry.BEYOND_THE_TREE`) are asked each time. What is kept is named by a digest
of all of that (`aiaudit.project.manifest`), and holds the facts as `--facts-out` writes them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from aiaudit.facts_file import query_digest
from aiaudit.model.check import FactSpec
from aiaudit.model.fact import Fact, State
from aiaudit.model.fact_codec import from_bytes, to_bytes, to_pieces
from aiaudit.plain_json import decode, encode
from aiaudit.probes.collect import Progress
from aiaudit.probes.collect import collect as run_probes
from aiaudit.probes.registry import BEYOND_THE_TREE, PROBES
from aiaudit.program import program_files
from aiaudit.project.cache import Cache, engine_id
from aiaudit.project.hashes import Hashes
from aiaudit.project.manifest import Manifest
from aiaudit.project.memory import VERY_MANY_FILES, hand_back
from aiaudit.project.tree import Project

if TYPE_CHECKING:
    from aiaudit.project.config import ProjectConfig

SLOT: Final = "answers"
WORTH_SECONDS: Final = 0.05  # answers that took less are not kept: reading them would take as long
_SECRETS: Final = frozenset({"secrets", "secrets.engine", "secrets.history"})
_DATA: Final = "data.profile"
_SHORT: Final = 400  # characters of a fact that others may be equal to


def is_of_tree(spec: FactSpec, options: Mapping[str, Any]) -> bool:
    """Whether the answer to this query is decided by the tree, the configuration, the day and the program."""
    if spec.probe in _SECRETS:  # a second engine is another program, and the history is no part of the tree
        return options.get("secrets_engine", "builtin") == "builtin" and not options.get("history")
    if spec.probe == _DATA and options.get("data_engine"):  # tables elsewhere are no part of the tree
        return False
    return spec.probe in PROBES and spec.probe not in BEYOND_THE_TREE  # a plug-in's code is not among our files


class Kept(Mapping[str, Fact]):
    """Kept facts by id. Each is read when somebody wants it: most of a result is not made anew."""

    def __init__(self, rows: Mapping[str, memoryview]) -> None:
        self._rows = rows
        self._read: dict[str, Fact] = {}

    def __getitem__(self, fact_id: str) -> Fact:
        if fact_id not in self._read:
            self._read[fact_id] = from_bytes(fact_id, zlib.decompress(self._rows[fact_id]))
        return self._read[fact_id]

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._rows  # without reading it, which is what a mapping does by itself

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Joined(Mapping[str, Fact]):
    """Facts of two sources in the order of the queries; neither is read before it is asked."""

    def __init__(self, order: Iterable[str], first: Mapping[str, Fact], second: Mapping[str, Fact]) -> None:
        self._order = tuple(order)
        self._first, self._second = first, second

    def __getitem__(self, fact_id: str) -> Fact:
        return self._first[fact_id] if fact_id in self._first else self._second[fact_id]

    def __contains__(self, fact_id: object) -> bool:
        return fact_id in self._first or fact_id in self._second

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)


class Asked(Struct, frozen=True):
    """What was answered. `name`: a digest of all that decides it; None where that is not known."""

    facts: Mapping[str, Fact]
    name: bytes | None = None


def ask(
    specs: Iterable[FactSpec],
    project: Project,
    config: ProjectConfig,
    as_of: dt.date,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    unread: dict[str, str] | None = None,
    caller_config: str | None = None,
    meanwhile: Iterable[None] = (),
) -> Asked:
    """The facts of `aiaudit.probes.collect.collect`, with what `cache` keeps of exactly this tree.

    `specs` are those of loaded packs, in which every query was validated.
    `caller_config`: the configuration file that the caller named. `meanwhile`: done, step by step, where workers look
    through files.
    """
    asked = [spec for spec in specs if spec.probe]
    unread = {} if unread is None else unread
    answer = partial(
        run_probes,
        project=project,
        config=config,
        as_of=as_of,
        jobs=jobs,
        options=options,
        progress=progress,
        unread=unread,
        checked=True,
        meanwhile=meanwhile,
    )
    if cache is None:
        return Asked(answer(asked))
    lasting = [spec for spec in asked if is_of_tree(spec, options or {})]
    kept = Answers.of(project, cache, lasting, _settings(config, as_of, options or {}, caller_config))
    hashes = Hashes()
    made = answer([spec for spec in asked if spec.id not in kept.facts], cache=cache, hashes=hashes)
    if len(project.entries) >= VERY_MANY_FILES:
        hand_back()
    kept.keep(made, unread, hashes)
    for path, reason in kept.unread.items():
        unread.setdefault(path, reason)
    return Asked(Joined([spec.id for spec in asked], kept.facts, made), kept.named_with(made))


def _settings(config: ProjectConfig, as_of: dt.date, options: Mapping[str, Any], caller_config: str | None) -> str:
    """All that answers may depend on besides the tree and the program."""
    named = None if caller_config is None else Path(caller_config).read_bytes().hex()
    own = config.model_dump(mode="json", by_alias=True) if config.file else config.project.stage  # `--stage`
    return json.dumps([config.file, own, named, as_of.isoformat(), dict(options)], default=str)


class Answers(Struct):
    """The kept answers about one tree. `facts` and `unread` are empty where there are none."""

    manifest: Manifest
    cache: Cache
    specs: Sequence[FactSpec]
    settings: str  # all that decides besides the tree
    facts: Mapping[str, Fact] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    name: bytes | None = None  # under which they are kept
    _slot: bytes = b""
    _began: float = 0.0

    @classmethod
    def of(cls, project: Project, cache: Cache, specs: Sequence[FactSpec], settings: str) -> Answers:
        """What is kept of this tree for these queries. Make it before anything is read."""
        queries = [[spec.id, query_digest(spec)] for spec in specs]
        made = cls(Manifest(project, cache), cache, specs, settings)
        made._slot = engine_id(SLOT, json.dumps([os.path.realpath(project.root), queries]))
        made._began = time.perf_counter()
        if made.manifest.seen_before:
            made._read()
        return made

    def keep(self, facts: Mapping[str, Fact], unread: Mapping[str, str], hashes: Hashes) -> None:
        """Keep what the probes answered, unless something went wrong that may go well the next time."""
        if self.facts or time.perf_counter() - self._began < WORTH_SECONDS:
            return
        if any(facts[spec.id].state is State.ERROR for spec in self.specs):
            return
        self.manifest.learn(hashes)
        name = self._name()
        if name is None or not self.manifest.unchanged():
            return
        try:
            self.cache.keep(self._slot, name, self._parts(facts, unread))
        except (ValueError, TypeError, RecursionError):  # a value that is no JSON: half a document is none
            return
        self.name = name
        self.manifest.note()

    def named_with(self, others: Mapping[str, Fact]) -> bytes | None:
        """A digest of these answers and of others, which were asked anew; None where these are not kept."""
        if self.name is None:
            return None
        made = hashlib.blake2b(self.name, digest_size=20)
        mine = {spec.id for spec in self.specs}
        for fact_id in sorted(set(others) - mine):
            made.update(b"\0%b\0%b" % (fact_id.encode(), to_bytes(others[fact_id])))
        return made.digest()

    def _parts(self, facts: Mapping[str, Fact], unread: Mapping[str, str]) -> Iterator[bytes]:
        """What could not be read, then each fact."""
        yield encode(dict(unread))
        packed: dict[bytes, bytes] = {}  # half of the facts are that nothing is there
        for spec in self.specs:
            rows = to_pieces(facts[spec.id])
            row = next(rows)
            part = packed.get(row)
            if part is None:
                packer = zlib.compressobj(1)
                part = b"".join([packer.compress(row), *map(packer.compress, rows), packer.flush()])
                if len(row) < _SHORT and row.endswith(b"}"):
                    packed[row] = part
            yield part

    def _name(self) -> bytes | None:
        tree = self.manifest.digest()
        if tree is None:
            return None
        made = hashlib.blake2b(tree, digest_size=20)
        made.update(self.settings.encode("utf-8", "surrogateescape"))
        try:
            for name, size, changed in program_files():
                made.update(f"\0{name}\0{size}\0{changed}".encode("utf-8", "surrogateescape"))
        except OSError:
            return None
        return made.digest()

    def _read(self) -> None:
        name = self._name()
        parts = None if name is None else self.cache.kept(self._slot, name)
        if parts is None:
            return
        try:
            self.unread = {str(path): str(reason) for path, reason in decode(parts[0]).items()}
            self.facts = Kept(dict(zip((spec.id for spec in self.specs), parts[1:], strict=True)))
        except (ValueError, TypeError, AttributeError, RecursionError):
            self.unread = {}
            return
        self.name = name
        if self.manifest.read_again:
            self.manifest.note()
