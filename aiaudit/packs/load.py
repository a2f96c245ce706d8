"""Load packs: from the files that ship with aiaudit, and from files that the caller names. Never from the audited tree.

Every mistake of every file is found in one go and told as `file:line:column: message`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import Struct, field
from pydantic import BaseModel, ValidationError

from aiaudit.model.check import Pack
from aiaudit.packs import attested
from aiaudit.packs.compile import CheckCompiler
from aiaudit.packs.declare import Declaration, Facts, Probes
from aiaudit.packs.document import Document, Path_
from aiaudit.packs.files import HEAD, SHARED, ids_in, shipped_packs
from aiaudit.packs.library import Library
from aiaudit.packs.problems import PackError, Problem, did_you_mean
from aiaudit.packs.schema import CheckPart, FindingsPart, PackFile, ParamPart, SayingPart, SharedFile
from aiaudit.version import digest_of

CORE_PACKS: Final = ("data", "infra", "security", "governance", "cost")


def load(files: Sequence[Path] = (), *, shipped: bool = True, probes: Probes | None = None) -> Library:
    """The shipped packs and those in `files`.

    Args:
        files: packs (files or folders, or files of shared facts) that the caller names.
        shipped: whether the packs that come with aiaudit are loaded too; their shared facts always are, and their
            checks may be required.
        probes: the probes by name; those of aiaudit where None.

    Raises:
        PackError: with every mistake in any of the files.
    """
    if probes is None:
        from aiaudit.probes.registry import probes as registered

        probes = registered()
    ours = shipped_packs()
    known: set[str] = set()
    if not shipped:
        known = {check for path in ours for check in ids_in(path)}
        ours = [path for path in ours if path.parent.name == SHARED]
    named = {path.resolve(): f"checks/{path.relative_to(path.parents[path.parent.name == SHARED])}" for path in ours}
    named |= {path.resolve(): str(path) for path in files}
    return load_documents(*_read(named.items()), probes, known)


def _read(named: Iterable[tuple[Path, str]]) -> tuple[list[Document], list[Problem]]:
    documents: list[Document] = []
    problems: list[Problem] = []
    for path, name in named:
        try:
            documents.append(Document.read(path, name))
        except PackError as error:
            problems += error.problems
    return documents, problems


def load_documents(
    documents: Sequence[Document], problems: Iterable[Problem], probes: Probes, known: Collection[str] = ()
) -> Library:
    """A library from parsed files. `problems`: mistakes found before. `known`: ids of checks that are not loaded.

    Raises:
        PackError: with these and all further mistakes.
    """
    return _Loader(probes, list(problems), known).load(documents)


M = TypeVar("M", bound=BaseModel)


class _OpenPack(Struct):
    """A pack whose facts are declared and whose checks are still to be compiled."""

    document: Document
    model: PackFile
    checks: list[tuple[int, CheckPart]]  # those that are well formed, with their number in the file
    names: dict[str, str] = field(default_factory=dict)


class _Loader:
    def __init__(self, probes: Probes, problems: list[Problem], known: Collection[str]) -> None:
        self.problems = problems
        self.known = known  # checks that may be required although they are not loaded
        self.facts = Facts(probes, problems)
        self.shared: dict[str, str] = {}  # names of shared facts; each is its own id

    def load(self, documents: Sequence[Document]) -> Library:
        packs: list[_OpenPack] = []
        for document in documents:
            data = document.data
            if not isinstance(data, dict):
                say = "a pack must be a mapping with schema, pack, title and checks"
                self.problems.append(Problem(document.place(), say))
            elif "id" in data and "pack" not in data:
                say = f"this is the file of a check; its pack is the folder around it, with the {HEAD}"
                self.problems.append(Problem(document.place("id"), say))
            elif data.keys() <= {"schema", "facts"}:
                self._share(document)
            elif pack := self._open(document):
                packs.append(pack)
        for pack in packs:
            self._declare(pack)
        built = [self._pack(pack) for pack in packs]
        facts = self.facts.all()
        self._check_ids(packs)
        if self.problems:
            raise PackError(list(dict.fromkeys(self.problems)))
        digest = digest_of(text for document in documents for text in document.texts)
        return Library(tuple(built), facts, digest, {one.name: one for one in documents})

    def _validated(self, document: Document, model: type[M], data: Any, at: Path_ = ()) -> M | None:
        """A part of a file as its model, or None after its mistakes were told."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self.problems += document.complaints(error, lambda path: _keys_at(path, model), at)
            return None

    def _share(self, document: Document) -> None:
        model = self._validated(document, SharedFile, document.data)
        for name, part in model.facts.items() if model else ():
            self.facts.add(Declaration(name, document, ("facts", name), part, self.shared))
            self.shared[name] = name

    def _open(self, document: Document) -> _OpenPack | None:
        """A pack with its well-formed checks: one that is broken does not hide mistakes in the others."""
        written = document.data.get("checks")
        one_by_one = isinstance(written, list)
        model = self._validated(document, PackFile, {**document.data, "checks": []} if one_by_one else document.data)
        checks = []
        for index, part in enumerate(written if one_by_one else ()):
            if check := self._validated(document, CheckPart, part, ("checks", index)):
                checks.append((index, check))
        return _OpenPack(document, model, checks) if model else None

    def _declare(self, pack: _OpenPack) -> None:
        """The pack's own facts, then those of each check."""
        own = {name: f"{pack.model.pack}.{name}" for name in pack.model.facts}
        pack.names.update(self.shared)
        pack.names.update(own)
        first_parts = {name.split(".")[0] for name in self.shared}
        for name, part in pack.model.facts.items():
            path: Path_ = ("facts", name)
            if name in first_parts:
                self.problems.append(Problem(pack.document.place(*path), _begins_shared(name)))
            self.facts.add(Declaration(own[name], pack.document, path, part, pack.names))
        for index, check in pack.checks:
            self.facts.add_attestation(check.id, pack.document, ("checks", index, "id"))
            for name, part in check.facts.items():
                path = ("checks", index, "facts", name)
                if name in pack.names or name in first_parts:
                    of_pack = f"'{name}' is a fact of the pack already; a check's own facts need names of their own"
                    say = of_pack if name in pack.names else _begins_shared(name)
                    self.problems.append(Problem(pack.document.place(*path), say))
                if name not in pack.names:  # declared all the same where it clashes: one mistake is told once
                    names = self._names_of(pack, check)
                    self.facts.add(Declaration(names[name], pack.document, path, part, names))

    def _names_of(self, pack: _OpenPack, check: CheckPart) -> dict[str, str]:
        """The facts that a check may use, by the names it uses."""
        local = {name: f"{pack.model.pack}.{check.id}.{name}" for name in check.facts}
        return {**local, **pack.names, attested.NAME: attested.fact_id(check.id)}

    def _pack(self, pack: _OpenPack) -> Pack:
        model = pack.model
        checks = []
        for index, part in pack.checks:
            names = self._names_of(pack, part)
            if attested.fact_id(part.id) not in self.facts:
                del names[attested.NAME]
            path: Path_ = ("checks", index)
            checks.append(
                CheckCompiler(pack.document, path, part, model.pack, self.facts, names, self.problems).check()
            )
        own = tuple(self.facts.spec(f"{model.pack}.{name}") for name in model.facts if self._is_declared(pack, name))
        return Pack(model.pack, model.title, pack.document.name, own, tuple(checks), model.pack in CORE_PACKS)

    def _is_declared(self, pack: _OpenPack, name: str) -> bool:
        return f"{pack.model.pack}.{name}" in self.facts

    def _check_ids(self, packs: Sequence[_OpenPack]) -> None:
        """Ids are unique, what `requires` and `after` name exists, and no check names itself through others."""
        seen: dict[str, tuple[Document, Path_]] = {}
        broken = {
            str(part.get("id")) for pack in packs for part in pack.document.data["checks"] if isinstance(part, dict)
        }
        parents: dict[str, dict[str, list[str]]] = {"requires": {}, "after": {}}
        names: dict[str, Document] = {}
        for pack in packs:
            if pack.model.pack in names:
                other = names[pack.model.pack].name
                say = f"the pack '{pack.model.pack}' is in {other} already"
                self.problems.append(Problem(pack.document.place("pack", value=True), say))
            names.setdefault(pack.model.pack, pack.document)
            for index, check in pack.checks:
                path: Path_ = ("checks", index, "id")
                if check.id in seen:
                    document, before = seen[check.id]
                    say = f"the check {check.id} stands already at {document.place(*before)}"
                    self.problems.append(Problem(pack.document.place(*path), say))
                seen.setdefault(check.id, (pack.document, path))
                parents["requires"].setdefault(check.id, list(check.requires))
                parents["after"].setdefault(check.id, list(check.after))
        said = {"requires": "require itself", "after": "come after itself"}
        named = (
            (pack, check, key, ("checks", index, key, number), parent)
            for pack in packs
            for index, check in pack.checks
            for key in said
            for number, parent in enumerate(parents[key].get(check.id, ()))
        )
        for pack, check, key, at, parent in named:
            place = pack.document.place(*at)
            if parent not in seen and parent not in broken and parent not in self.known:
                self.problems.append(Problem(place, f"no check '{parent}'{did_you_mean(parent, seen)}"))
            elif circle := _circle(check.id, parents[key]):
                self.problems.append(Problem(place, f"a check cannot {said[key]}: {' → '.join(circle)}"))


def _circle(start: str, named: Mapping[str, Sequence[str]]) -> list[str]:
    """The way from a check back to itself along what each names; empty where there is none."""
    todo, visited = [[start]], set()
    while todo:
        way = todo.pop()
        for parent in named.get(way[-1], ()):
            if parent == start:
                return [*way, start]
            if parent not in visited:
                visited.add(parent)
                todo.append([*way, parent])
    return []


def _keys_at(path: Path_, model: type[BaseModel]) -> Iterable[str]:
    """The keys that may stand in the mapping at a path of a pack file."""
    match path:
        case ():
            return {field.alias or name for name, field in model.model_fields.items()}
        case ("checks", int()):
            return CheckPart.model_fields
        case ("checks", int(), "params", _):
            return ParamPart.model_fields
        case ("checks", int(), "findings"):
            return FindingsPart.model_fields
        case ("checks", int(), *_, int()):
            return SayingPart.model_fields
        case ("checks", int(), "rule" | "says"):
            return ("fail", "unknown", "partial", "pass", "not_applicable")
    return ()


def _begins_shared(name: str) -> str:
    return f"'{name}' begins the names of shared facts ({name}.…), so no fact of a pack may be called so; take another"
