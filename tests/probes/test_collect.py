"""The one pass: every query gets one fact, whatever a probe, an engine or a file does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from aiaudit.model.check import FactSpec, Place
from aiaudit.model.fact import Fact, Level, State
from aiaudit.model.types import STRING, Type
from aiaudit.probes import registry
from aiaudit.probes.base import Context, Engine, Probe, Query
from aiaudit.probes.collect import collect
from aiaudit.project.cache import open_cache
from aiaudit.project.config import ProjectConfig
from aiaudit.project.entry import Entry
from aiaudit.project.tree import Project
from tests.probes.support import AS_OF, lay

PLACE = Place("pack.yaml", 1, 1)


def spec(fact_id: str, probe: str, **query: Any) -> FactSpec:
    return FactSpec(fact_id, PLACE, probe, query)


class WordQuery(Query):
    word: str


class WordEngine:
    """Counts words; counts itself too."""

    name = "words"
    built: ClassVar[list[list[str]]] = []

    def __init__(self, queries: Iterable[Query]) -> None:
        self.words = sorted(query.word for query in queries if isinstance(query, WordQuery))
        if "unbuildable" in self.words:
            raise ValueError("cannot be built\nsecond line")
        self.built.append(self.words)

    def key(self) -> str:
        return ",".join(self.words)

    def wants(self, entry: Entry) -> bool:
        return entry.suffix == ".txt"

    def scan(self, data: bytes, entry: Entry) -> dict[str, Any]:
        return {word: data.count(word.encode()) for word in self.words}


class WordProbe(Probe[WordQuery]):
    """Where a word stands, and how often."""

    name: ClassVar[str] = "words"
    title: ClassVar[str] = "words"
    query: ClassVar[type[WordQuery]] = WordQuery
    max_level: ClassVar[Level] = Level.CONTENT
    engine: ClassVar[str | None] = "words"

    def value_type(self, query: WordQuery) -> Type:
        return STRING

    def answer(self, fact_id: str, query: WordQuery, context: Context) -> Fact:
        if query.word == "break":
            raise RuntimeError("went wrong \x1b[31m\nsecond line")
        found = {path: result[query.word] for path, result in context.scans["words"].items() if result[query.word]}
        return Fact(fact_id, State.KNOWN if found else State.ABSENT, found, Level.CONTENT)


def run(root: Path, *specs: FactSpec, **options: Any) -> dict[str, Fact]:
    with Project.open(root) as project:
        return collect(
            specs,
            project,
            ProjectConfig(),
            AS_OF,
            probes={"words": WordProbe(), "files.exists": registry.get("files.exists")},
            engines=lambda name, queries: WordEngine(queries),
            **options,
        )


TREE = {"a.txt": "one two two", "b/c.txt": "two three", "d.py": "one"}


def test_one_engine_answers_all_queries(tmp_path: Path) -> None:
    WordEngine.built.clear()
    lay(tmp_path, TREE)
    facts = run(
        tmp_path,
        spec("p.two", "words", word="two"),
        spec("p.files", "files.exists", files=["*.py"]),
        spec("p.none", "words", word="none"),
        FactSpec("p.derived", PLACE),
    )
    assert list(facts) == ["p.two", "p.files", "p.none"]
    assert facts["p.two"].value == {"a.txt": 2, "b/c.txt": 1}
    assert facts["p.none"].state is State.ABSENT
    assert facts["p.files"].value[0]["path"] == "d.py"
    assert WordEngine.built == [["none", "two"]]


class OtherProbe(WordProbe):
    """Has no engine, and wants to know what engines found all the same."""

    name: ClassVar[str] = "files.exists"
    engine: ClassVar[str | None] = None


def test_the_same_question_is_answered_once_under_each_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one two\n")
    asked: list[str] = []

    class Counted(WordProbe):
        def answer(self, fact_id: str, query: WordQuery, context: Context) -> Fact:
            asked.append(fact_id)
            return super().answer(fact_id, query, context)

    with Project.open(tmp_path) as project:
        facts = collect(
            [spec("a", "words", word="one"), spec("b", "words", word="one"), spec("c", "words", word="two")],
            project,
            ProjectConfig(),
            AS_OF,
            probes={"words": Counted()},
            engines=lambda name, queries: WordEngine(queries),
        )
    assert asked == ["a", "c"]
    assert [(name, fact.id) for name, fact in facts.items()] == [("a", "a"), ("b", "b"), ("c", "c")]
    assert facts["b"].value == facts["a"].value


def test_a_probe_without_an_engine_may_ask_what_engines_found(tmp_path: Path) -> None:
    with Project.open(lay(tmp_path, TREE)) as project:
        facts = collect(
            [spec("other", "files.exists", word="one"), spec("words", "words", word="one")],
            project,
            ProjectConfig(),
            AS_OF,
            probes={"words": WordProbe(), "files.exists": OtherProbe()},
            engines=lambda name, queries: WordEngine(queries),
        )
    assert list(facts) == ["other", "words"]
    assert facts["other"].value == facts["words"].value == {"a.txt": 1}


class LaterEngine(WordEngine):
    name = "xwords"


class LaterProbe(WordProbe):
    """Has an engine of its own, whose turn is later, and wants to know what another found."""

    name: ClassVar[str] = "xwords"
    engine: ClassVar[str | None] = "xwords"


def test_what_an_engine_found_is_never_taken_for_nothing_once_it_is_gone(tmp_path: Path) -> None:
    with Project.open(lay(tmp_path, TREE)) as project:
        facts = collect(
            [spec("later", "xwords", word="one"), spec("words", "words", word="one")],
            project,
            ProjectConfig(),
            AS_OF,
            probes={"words": WordProbe(), "xwords": LaterProbe()},
            engines=lambda name, queries: (LaterEngine if name == "xwords" else WordEngine)(queries),
        )
    assert facts["words"].value == {"a.txt": 1}
    assert facts["later"].state is State.ERROR
    assert "engine = 'words'" in facts["later"].reason


def test_the_table_names_the_probes_that_have_an_engine() -> None:
    assert {name for name in registry.PROBES if registry.get(name).engine is not None} == registry.SCANNING


def test_no_engine_is_built_that_nobody_asked_for(tmp_path: Path) -> None:
    WordEngine.built.clear()
    run(lay(tmp_path, TREE), spec("p.files", "files.exists", files=["*"]))
    assert WordEngine.built == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (spec("x", "nothing"), "there is no probe 'nothing'"),
        (spec("x", "words", word="break"), "the probe 'words' failed: RuntimeError: went wrong \\x1b[31m"),
        (spec("x", "words", word=[1]), "the query is not one of words: word: input should be a valid string"),
        (spec("x", "words", wrod="a"), "the query is not one of words: word: field required"),
    ],
)
def test_what_breaks_is_a_fact_in_state_error_and_the_rest_goes_on(tmp_path: Path, bad: FactSpec, reason: str) -> None:
    facts = run(lay(tmp_path, TREE), spec("before", "words", word="one"), bad, spec("after", "words", word="three"))
    assert list(facts) == ["before", "x", "after"]
    assert (facts["x"].state, facts["x"].reason) == (State.ERROR, reason)
    assert facts["before"].value == {"a.txt": 1} and facts["after"].value == {"b/c.txt": 1}


def test_an_engine_that_cannot_be_built_fails_its_own_queries_alone(tmp_path: Path) -> None:
    lay(tmp_path, TREE)
    facts = run(
        tmp_path,
        spec("a", "words", word="unbuildable"),
        spec("b", "words", word="one"),
        spec("c", "files.exists", files=["*.py"]),
    )
    for fact_id in ("a", "b"):
        assert facts[fact_id].state is State.ERROR
        assert facts[fact_id].reason == "the engine 'words' could not be built: ValueError: cannot be built"
    assert facts["c"].state is State.KNOWN


def test_an_engine_that_breaks_the_scan_fails_its_own_queries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wants(self: WordEngine, entry: Entry) -> bool:
        raise KeyError(entry.path)

    monkeypatch.setattr(WordEngine, "wants", wants)
    facts = run(lay(tmp_path, TREE), spec("a", "words", word="one"), spec("c", "files.exists", files=["*.py"]))
    assert facts["a"].reason == "the files could not be looked through: KeyError: 'a.txt'"
    assert facts["c"].state is State.KNOWN


def test_a_traceback_is_shown_on_request_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lay(tmp_path, TREE)
    run(tmp_path, spec("x", "words", word="break"))
    assert capfd.readouterr() == ("", "")
    monkeypatch.setenv("AIAUDIT_DEBUG", "1")
    run(tmp_path, spec("x", "words", word="break"))
    assert "RuntimeError: went wrong" in capfd.readouterr().err


REAL = [
    spec("t.all", "text.search", any=["two", "on."], files=["**/*"]),
    spec("t.code", "text.search", any={"one": "one"}),
    spec("f.exists", "files.exists", files=["**/*.txt"]),
    spec("f.large", "files.large", min_bytes=5),
]


def test_the_facts_do_not_depend_on_jobs_cache_or_folder(tmp_path: Path) -> None:
    tree = {**TREE, **{f"many/{i}.py": f"two {i}\n" * i for i in range(300)}}
    cache = open_cache(tmp_path / "cache")
    seen = []
    for number, (jobs, kept) in enumerate([(1, None), (3, None), (2, cache), (1, cache), (4, cache)]):
        with Project.open(lay(tmp_path / f"copy{number}", tree)) as project:
            seen.append(collect(REAL, project, ProjectConfig(), AS_OF, jobs=jobs, cache=kept))
    assert all(facts == seen[0] for facts in seen)
    assert len(seen[0]["t.all"].value) == 2000  # the cap of one fact


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with Project.open(lay(tmp_path, TREE)) as project:
        collect(REAL, project, ProjectConfig(), AS_OF, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("name", sorted(registry.PROBES))
def test_every_registered_probe_is_what_its_name_says(name: str) -> None:
    probe = registry.get(name)
    assert probe.name == name and probe.title and issubclass(probe.query, Query)
    assert probe.engine is None or probe.engine in registry.ENGINES
    assert isinstance(probe.max_level, Level)


@pytest.mark.parametrize("name", sorted(registry.ENGINES))
def test_every_registered_engine_can_be_built_of_nothing(name: str) -> None:
    engine: Engine = registry.build_engine(name, [])
    assert engine.name == name and isinstance(engine.key(), str)


def test_the_table_is_sorted_and_lazy() -> None:
    assert list(registry.PROBES) == sorted(registry.PROBES)
    table = registry.probes()
    assert len(table) == len(registry.PROBES) and "files.exists" in table and "x" not in table
    assert table.get("x") is None
    with pytest.raises(registry.RegistryError, match="there is no probe 'x'"):
        registry.get("x")
    with pytest.raises(registry.RegistryError, match="there is no engine 'x'"):
        registry.build_engine("x", [])


def test_a_line_of_the_table_that_does_not_hold_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "PROBES", {"gone": "aiaudit.probes.gone:Gone", "files": "aiaudit.probes.files:Nope"})
    for name in ("gone", "files"):
        with pytest.raises(registry.RegistryError, match=f"the probe '{name}' cannot be loaded from aiaudit"):
            registry.get(name)


def test_importing_the_registry_imports_no_probe() -> None:
    heavy = "('aiaudit.probes.', 'pydantic', 're2')"
    code = f"import sys, aiaudit.probes.registry; print([m for m in sys.modules if m.startswith({heavy})])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['aiaudit.probes.registry']"
