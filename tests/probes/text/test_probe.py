"""The text engine and the probe text.search."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.model.fact import Confidence, Fact, Level, State
from aiaudit.probes.base import Query
from aiaudit.probes.text.engine import TextEngine
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.probes.text.probe import SearchProbe, SearchQuery
from aiaudit.project.entry import Entry
from aiaudit.project.roles import role_of, suffix_of
from aiaudit.project.scan import scan
from tests.probes.support import context


def search(root: Path, tree: Mapping[str, str | bytes] | None = None, /, **query: Any) -> Fact:
    asked = SearchQuery(**query)
    ctx = context(root, tree)
    ctx.scans = scan(ctx.project, [TextEngine([asked])])
    return SearchProbe().answer("f", asked, ctx)


def places(fact: Fact) -> list[tuple[str, int]]:
    return [(hit["path"], hit["line"]) for hit in fact.value]


def test_hits_have_their_place_and_text(tmp_path: Path) -> None:
    fact = search(tmp_path, {"a.py": "x = 1\ntimeout = 30\n", "b/c.py": "timeout=5"}, any=[r"timeout\s*=\s*\d+"])
    assert fact.value == [
        {"path": "a.py", "line": 2, "match": "timeout = 30", "pattern": r"timeout\s*=\s*\d+"},
        {"path": "b/c.py", "line": 1, "match": "timeout=5", "pattern": r"timeout\s*=\s*\d+"},
    ]
    assert (fact.state, fact.level, fact.confidence) == (State.KNOWN, Level.CONTENT, Confidence.MEDIUM)
    assert (fact.evidence[0].path, fact.evidence[0].line) == ("a.py", 2)
    assert fact.scope is not None and (fact.scope.files, fact.scope.read) == (2, 2)


def test_patterns_may_have_names(tmp_path: Path) -> None:
    fact = search(tmp_path, {"a.py": "foo\nbar\n"}, any={"first": "foo", "second": "b.r"})
    assert [(hit["pattern"], hit["line"]) for hit in fact.value] == [("first", 1), ("second", 2)]


def test_a_hit_stands_where_its_first_character_stands_that_is_no_space(tmp_path: Path) -> None:
    tree = {"Dockerfile": "RUN a\n\n\n  FROM x\n# FROM y\n\nFROM z\n"}
    fact = search(tmp_path, tree, any=[r"^\s*FROM"], unless="^RUN", files=["Dockerfile"])
    assert places(fact) == [("Dockerfile", 4), ("Dockerfile", 7)]


def test_anchors_are_those_of_lines_and_a_line_counts_once(tmp_path: Path) -> None:
    fact = search(tmp_path, {"Dockerfile": "RUN FROM x\nFROM a\nFROM b FROM c\n"}, any=["^FROM"], files=["Dockerfile"])
    assert places(fact) == [("Dockerfile", 2), ("Dockerfile", 3)]
    assert places(search(tmp_path, any=["FROM"], files=["Dockerfile"])) == [
        ("Dockerfile", 1),
        ("Dockerfile", 2),
        ("Dockerfile", 3),
    ]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.py", "# needle\n    # needle\nneedle\n", 3),
        ("a.ts", "// needle\n/* needle\n * needle */\nneedle\n", 4),
        ("a.js", "/* */ needle\n", 1),
        ("a.js", "/*\n*/ needle\n", 2),
        ("a.js", "x = 2\n  * needle\n", 2),
        ("a.yaml", "  # needle\nkey: needle\n", 2),
        ("Dockerfile", "# needle\nRUN needle\n", 2),
        ("a.sql", "-- needle\nselect needle\n", 2),
        ("a.ipynb", '{\n "# needle",\n "needle"\n}\n', 3),
        ("run.sh", "#!/bin/needle\n", 1),
        ("README.md", "# needle\n", 1),
    ],
)
def test_what_stands_in_a_comment_is_no_hit(tmp_path: Path, path: str, text: str, line: int) -> None:
    assert places(search(tmp_path, {path: text}, any=["needle"], files=["**/*"])) == [(path, line)]
    every = places(search(tmp_path, any=["needle"], files=["**/*"], comments=True))
    assert len(every) == sum("needle" in one for one in text.splitlines())


def test_the_same_bytes_have_comments_in_one_file_and_none_in_another(tmp_path: Path) -> None:
    tree = {"a.md": "# needle\n", "b.py": "# needle\n", "c.js": "# needle\n"}
    assert places(search(tmp_path, tree, any=["needle"], files=["**/*"])) == [("a.md", 1), ("c.js", 1)]


def test_unless_takes_back_and_case_may_be_ignored(tmp_path: Path) -> None:
    tree = {"a.py": "Key = 1\nkey = 2  # ok\nKEY = 3\n"}
    fact = search(tmp_path, tree, any=["key"], unless="# ok", ignore_case=True)
    assert places(fact) == [("a.py", 1), ("a.py", 3)]
    assert places(search(tmp_path, any=["key"])) == [("a.py", 2)]


@pytest.mark.parametrize("size", [0, 30_000_000], ids=["little text", "much"])
def test_beside_asks_for_something_else_in_the_same_file(tmp_path: Path, size: int) -> None:
    tree = {"a.py": "raise X\nif spent > BUDGET:\n    raise Y\n", "b.py": "raise Z\n", "c.py": "budget = 1\n"}
    asked = SearchQuery(any={"end": r"\braise\b"}, beside="(?i)budget")
    ctx = context(tmp_path, tree)
    engine = TextEngine([asked])
    engine.survey(ctx.project)
    engine.prepare(size)
    found = {path: engine.scan(text.encode(), ctx.project.entry(path))["hits"] for path, text in tree.items()}
    (group,) = asked.groups()
    assert found == {"a.py": {group.key: [[0, 1, "raise"], [0, 3, "raise"]]}, "b.py": {}, "c.py": {}}
    assert places(search(tmp_path, any=["raise"], beside="(?i)budget")) == [("a.py", 1), ("a.py", 3)]
    assert places(search(tmp_path, any=["raise"], beside="nowhere")) == []


def test_tests_and_documents_are_left_out_unless_named(tmp_path: Path) -> None:
    tree = dict.fromkeys(("app.py", "tests/test_app.py", "README.md", "vendor/x.py", "conf.yaml"), "needle\n")
    assert [path for path, _ in places(search(tmp_path, tree, any=["needle"]))] == ["app.py", "conf.yaml"]
    assert [path for path, _ in places(search(tmp_path, any=["needle"], files=["**/*"]))] == [
        "README.md",
        "app.py",
        "conf.yaml",
        "tests/test_app.py",
    ]
    assert places(search(tmp_path, any=["needle"], roles=["vendored"])) == [("vendor/x.py", 1)]


def test_ignored_files_count_only_when_asked_for(tmp_path: Path) -> None:
    tree = {".gitignore": ".env\n", ".env": "KEY=needle\n", "a.py": "x"}
    assert search(tmp_path, tree, any=["needle"]).state is State.ABSENT
    assert places(search(tmp_path, any=["needle"], ignored=True)) == [(".env", 1)]


def test_absent_and_its_scope(tmp_path: Path) -> None:
    fact = search(tmp_path, {"a.py": "x", "b.py": "y"}, any=["needle"])
    assert (fact.state, fact.value) == (State.ABSENT, []) and fact.scope is not None and fact.scope.complete
    empty = search(tmp_path, any=["needle"], files=["*.nothing"])
    assert empty.state is State.ABSENT and empty.scope is not None and empty.scope.files == 0


def test_binary_files_are_no_part_of_the_scope(tmp_path: Path) -> None:
    tree = {"a.py": "x", "b.dat": b"\0\1needle", "c.png": b"needle", "d.safetensors": b"needle", "e": b"\0"}
    fact = search(tmp_path, tree, any=["needle"], files=["**/*"])
    assert fact.state is State.ABSENT and fact.scope is not None and fact.scope.files == 1


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    tree = {
        "wide.py": "a\nnädel = 1\n".encode("utf-16"),
        "old.py": "caf\xe9\nneedle = 1\n".encode("latin-1"),
        "bad.py": b"\xff\xfa needle\n",
    }
    assert places(search(tmp_path, tree, any=["nädel", "needle"])) == [("bad.py", 1), ("old.py", 2), ("wide.py", 2)]


def test_a_file_too_large_to_read_whole_is_unread(tmp_path: Path) -> None:
    big = b"x = 1\n" * 500_000
    fact = search(tmp_path, {"big.py": big + b"needle\n"}, any=["needle"])
    assert fact.state is State.UNKNOWN and "big.py: only its head was read" in fact.reason
    assert fact.scope is not None and (fact.scope.files, fact.scope.read, fact.scope.unread) == (1, 0, ("big.py",))
    seen = search(tmp_path, {"big.py": b"needle\n" + big}, any=["needle"])
    assert places(seen) == [("big.py", 1)] and seen.scope is not None and not seen.scope.complete


def test_a_page_of_that_size_is_a_report_of_a_tool(tmp_path: Path) -> None:
    big = b"<p>12.5</p>\n" * 300_000
    fact = search(tmp_path, {"drift_report.html": big, "page.html": b"<p>a page</p>"}, any=["needle"])
    assert fact.state is State.ABSENT and fact.scope is not None and fact.scope.complete
    assert places(search(tmp_path, {"drift_report.html": b"needle\n" + big}, any=["needle"])) == [
        ("drift_report.html", 1)
    ]


def test_what_is_kept_of_a_hit(tmp_path: Path) -> None:
    tree = {"a.py": f"key = '{'k' * 500}'\x1b[31m\u202e\n"}
    (hit,) = search(tmp_path, tree, any=["key = .*"]).value
    assert hit["match"].startswith("key = 'kkk") and len(hit["match"]) <= 120
    assert search(tmp_path, {"a.py": "key = \x1b[31m\u202e"}, any=["key = .*"]).value[0]["match"].isprintable()
    assert search(tmp_path, any=["key"], keep=False).value == [
        {"path": "a.py", "line": 1, "match": "", "pattern": "key"},
    ]


def test_many_hits_are_bounded(tmp_path: Path) -> None:
    assert len(search(tmp_path, {"a.py": "x\n" * 5000}, any=["x"], max_hits=7).value) == 7


@pytest.mark.parametrize("pattern", ["(", "a{2000}", "(?=x)", r"(a)\1", "x*", "", "a" * 600])
def test_a_bad_pattern_is_refused_when_the_pack_is_loaded(pattern: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        SearchQuery(any=[pattern])


def test_a_pattern_that_would_blow_up_elsewhere_is_linear_here(tmp_path: Path) -> None:
    start = time.perf_counter()
    fact = search(tmp_path, {"a.py": "a" * 1_000_000}, any=["(a+)+$b", "(a|aa)+x", "(.*a){20}x"])
    assert fact.state is State.ABSENT and time.perf_counter() - start < 5.0


class Judged(Query):
    """A query as the secret rules have it: what is kept of a hit is what its judge says."""

    def groups(self) -> tuple[PatternGroup, ...]:
        def judge(pattern: Pattern, found: Any, text: bytes) -> dict[str, Any] | None:
            value = found.group(1)
            return None if b"example" in value else {"rule": pattern.name, "prefix": value[:3].decode()}

        rules = (Pattern("key", r"key=(\w+)"), Pattern("token", r"tok_(\w{6,})"))
        return (PatternGroup(rules, ignored=True, judge=judge, judged_by="test 1"),)


def test_a_judge_decides_what_is_a_hit_and_what_is_kept(tmp_path: Path) -> None:
    ctx = context(tmp_path, {".gitignore": ".env", ".env": "key=hidden123\n", "a.md": "key=example\ntok_abcdefgh\n"})
    engine = TextEngine([Judged(), SearchQuery(any=["hidden"], ignored=True)])
    results = scan(ctx.project, [engine])["text"]
    group = Judged().groups()[0]
    assert results[".env"]["hits"][group.key] == [[0, 1, {"rule": "key", "prefix": "hid"}]]
    assert results["a.md"]["hits"][group.key] == [[1, 2, {"rule": "token", "prefix": "abc"}]]


def test_queries_that_share_patterns_but_not_files_stay_apart(tmp_path: Path) -> None:
    ctx = context(tmp_path, {"a.py": "needle", "b.js": "needle"})
    one, two = SearchQuery(any=["needle"], files=["*.py"]), SearchQuery(any=["needle"], files=["*.js"])
    ctx.scans = scan(ctx.project, [TextEngine([one, two])])
    assert places(SearchProbe().answer("f", one, ctx)) == [("a.py", 1)]
    assert places(SearchProbe().answer("f", two, ctx)) == [("b.js", 1)]


def entry(path: str) -> Entry:
    return Entry(path, 1, role=role_of(path), suffix=suffix_of(path))


def test_another_query_elsewhere_does_not_change_what_a_file_is_asked() -> None:
    one = TextEngine([SearchQuery(any=["a"], files=["*.py"])])
    two = TextEngine([SearchQuery(any=["b"], files=["*.md"]), SearchQuery(any=["a"], files=["*.py"])])
    assert one.key() == two.key()
    assert one.variant(entry("x.py")) == two.variant(entry("x.py")) != two.variant(entry("x.md"))
    assert not one.wants(entry("x.md")) and two.wants(entry("x.md")) and not two.wants(entry("x.rs"))


WORD = st.text(alphabet="ab\n", min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b+", "ab", "^a", "b$", "a.b", "ba|ab", r"\bab\b"]), min_size=1, unique=True), WORD
)
def test_the_set_finds_what_each_pattern_finds_alone(patterns: list[str], text: str) -> None:
    engine = TextEngine([SearchQuery(any=patterns, files=["*"])])
    hits = engine.scan(text.encode(), entry("x.py"))["hits"]
    found = {(number, line) for some in hits.values() for number, line, _ in some}
    expected = {
        (number, text.count("\n", 0, match.start()) + 1)
        for number, pattern in enumerate(patterns)
        for match in re.finditer(pattern, text, re.MULTILINE)
    }
    assert found == expected


def test_a_thousand_patterns_still_find_each_of_theirs() -> None:
    patterns = [f"word{number:04}[a-z]{{2,8}}" for number in range(1000)]
    engine = TextEngine([SearchQuery(any=patterns[start : start + 50], files=["*"]) for start in range(0, 1000, 50)])
    text = "\n".join(f"word{number:04}abc" for number in range(0, 1000, 7))
    hits = engine.scan(text.encode(), entry("x.py"))["hits"]
    assert sum(len(some) for some in hits.values()) == len(range(0, 1000, 7))
