"""The searches of many expressions: what they pass over cannot match, and all of them lead to the same hits."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.probes.secrets.rules import patterns
from aiaudit.probes.text import engine as text_engine
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.probes.text.literals import anchored_inside, folds, required
from aiaudit.probes.text.probe import SearchQuery
from aiaudit.probes.text.search import (
    Expression,
    LiteralSearch,
    SetSearch,
    WholeSearch,
    compile_pattern,
    compiled_pattern,
    search_for,
)
from aiaudit.probes.text.wider import wider
from aiaudit.project.cache import open_cache
from aiaudit.project.entry import Entry
from aiaudit.project.tree import Project
from tests import shared

SEARCHES = (LiteralSearch, WholeSearch, SetSearch)


@pytest.mark.parametrize(
    ("regex", "needed"),
    [
        ("timeout", [[{b"timeout"}]]),
        (r"torch\.load\(", [[{b"torch.load("}]]),
        (r"(?i)\bTTL\b", [[{b"ttl"}]]),
        (r"https?://\w+@", [[{b"http://", b"https://"}]]),
        (r"api[_-]key|sk-\d{20}", [[{b"api_key", b"api-key"}], [{b"sk-"}]]),
        (r"if .*(?:drift|psi)", [[{b"if "}, {b"drift", b"psi"}]]),
        (r"(?:foo\w+|bar.)baz", [[{b"foo", b"bar"}, {b"baz"}]]),
        (r"(?:ab){2}", [[{b"abab"}]]),
        (r"x(?:long)?y{2}", [[{b"xyy", b"xlongyy"}]]),
        (r"gr[ae]y", [[{b"gray", b"grey"}]]),
        ("a|(?i)mtls", None),  # one letter tells nothing
        ("secure|(?i)mtls", [[{b"secure"}], [{b"mtls"}]]),
        (r"\S", None),
        (r"[^\n]+x?", None),
        (r"[[:alpha:]]token", None),  # Python reads such a class otherwise
        (r"\pLtoken", None),
        ("Über", [[{b"ber"}]]),
        (r"(?:secret)*x", None),
    ],
)
def test_what_a_text_must_hold(regex: str, needed: list[list[set[bytes]]] | None) -> None:
    compile_pattern(regex)
    found = required(regex)
    assert (found and [set(one) for one in found]) == (needed and [set(map(frozenset, one)) for one in needed])


@pytest.mark.parametrize(
    ("regex", "inside"),
    [
        ("^a$", False),
        ("(?:^|b)c(?:$|d)", False),
        ("a|^b", False),
        ("a(?:^|b)", True),
        ("(?:$|a)b", True),
        ("a*^b", True),
        (r"[[:alpha:]]a", None),
        (r"a\z", None),
    ],
)
def test_anchors_inside(regex: str, inside: bool | None) -> None:
    assert anchored_inside(regex) is inside


def test_one_expression_that_hyperscan_refuses_costs_itself_alone() -> None:
    search = WholeSearch([Expression("(?:ab){0}key"), Expression(r"\w+_token\b")])
    assert list(search.candidates(b"a_token")) == [1]
    assert list(search.candidates(b"a_tokens and a key")) == [0]  # by its literal; the other one by itself


PIECES = st.recursive(
    st.sampled_from(
        [
            "key",
            "Key",
            "ab",
            "a",
            "ü",
            "[a-€]",
            "[ük]",
            "[^ü]",
            "\u017f",
            r"\d",
            r"\w",
            r"\s",
            ".",
            "[a-c]",
            "[^k]",
            "[sS]",
            r"\b",
            "^",
            "$",
            r"[^\n]{0,3}",
            r"[^\n]{0,30}",
            "(?s:.)",
            r"\A",
            r"\z",
            r"\W",
            "x{2}",
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
        inner.map(lambda one: f"(?:{one})?"),
        inner.map(lambda one: f"(?:{one})+"),
        inner.map(lambda one: f"(?i:{one})"),
        inner.map(lambda one: f"(?:{one}){{1,2}}"),
    ),
    max_leaves=8,
)
TEXTS = st.one_of(
    st.text(alphabet="kKeEyYabcsSxX09 \n_ü\u212a\u017f", max_size=30).map(str.encode),
    # of other kinds of line ends, of characters of every length, and bytes that are no UTF-8
    st.lists(
        st.sampled_from([*(bytes([one]) for one in b"kKeyabcSx0 _\n\r\v\f\x1c\x00"), b"\r\n", b"key", b"ab", b"xx"])
        | st.sampled_from([one.encode("utf-8", "surrogatepass") for one in "ü\x85\u2028\u212a€\U0001f600\ud800"])
        | st.sampled_from([b"\x80", b"\x92", b"\xbf", b"\xc0", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff"]),
        max_size=20,
    ).map(b"".join),
)


def usable(regex: str, ignore_case: bool) -> bool:
    try:
        compile_pattern(regex, ignore_case)
    except ValueError:
        return False
    return True


@settings(max_examples=250, deadline=None)
@given(st.lists(st.tuples(PIECES, st.booleans()), min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=6))
def test_no_search_passes_over_what_matches(regexes: list[tuple[str, bool]], texts: list[bytes]) -> None:
    expressions = [Expression(regex, case) for regex, case in regexes if usable(regex, case)]
    if not expressions:
        return
    searches = [kind(expressions) for kind in SEARCHES]
    for text in texts:
        matching = {n for n, one in enumerate(expressions) if compile_pattern(*one).search(text) is not None}
        for search in searches:
            assert matching <= set(search.candidates(text)), (type(search).__name__, expressions, text)


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        (r"a[^\n]{0,80}b", r"a[^\n]*b"),
        (r"\w{1,40}?=", r"\w+?="),
        (r"x{3,200}y{3,}", r"x{3,}y{3,}"),
        (r"[0-9a-f]{32}", r"[0-9a-f]{8,}"),
        (r"[0-9a-f]{23,24}", r"[0-9a-f]{8,}"),
        (r"(?:ab ){0,4}c{2}d{1,3}", r"(?:ab )*c{2}d{1,3}"),
        (r"[{1,90}]\{1,90}{,90}", r"[{1,90}]\{1,90}{,90}"),  # no counts
        (r"[]{1,90}]\]{1,90}", r"[]{1,90}]\]+"),
        (r"[[:alpha:]{1,90}\]]{1,90}", r"[[:alpha:]{1,90}\]]+"),
        (r"\Qa{1,90}\Eb{1,90}", r"\Qa{1,90}\Eb+"),
        (r"\x{100}\p{Greek}{1,90}", r"\x{100}\p{Greek}+"),
    ],
)
def test_large_counts_are_left_out_of_what_is_compiled(regex: str, expected: str) -> None:
    compile_pattern(regex)
    compile_pattern(expected)
    assert wider(regex) == expected


def test_anchors_inside_are_left_out_of_what_is_compiled() -> None:
    regex = r"\w*(?:^|[^^$a-z])\$(?:\^|$){1,90}"
    assert wider(regex, anchored=False) == r"\w*(?:(?:)|[^^$a-z])\$(?:\^|(?:))+"
    search = WholeSearch([Expression(r"\bx\w*(?:^|[^a-z])ai_?(?:on|off)")])
    assert list(search.candidates(b"x_ai_on")) == [0]
    assert list(search.candidates(b"x_b on, ai, off")) == []


COUNTED = st.lists(
    st.tuples(
        st.sampled_from(["k", "[a-c]", ".", r"\w", "(?:ab|c)", r"[^\n]", r"\{", "[{1,9}]"]),
        st.sampled_from(["", "{0,7}", "{1,9}?", "{2,}", "{9}", "{10,12}", "{3,4}", "{0,1}", "+"]),
    ).map("".join),
    min_size=1,
    max_size=5,
).map("".join)


@settings(max_examples=250, deadline=None)
@given(COUNTED, st.lists(st.text(alphabet="kkkkabcabc{1 \nü", max_size=40).map(str.encode), min_size=1, max_size=6))
def test_what_is_compiled_matches_wherever_the_expression_does(regex: str, texts: list[bytes]) -> None:
    if not usable(regex, False):
        return
    asked, compiled, whole = compile_pattern(regex), compile_pattern(wider(regex)), WholeSearch([Expression(regex)])
    for text in texts:
        if asked.search(text) is not None:
            assert compiled.search(text) is not None
            assert list(whole.candidates(text)) == [0]


def test_letters_that_only_unicode_makes_equal_are_seen() -> None:
    text = "to\u212aen".encode()  # with the sign for Kelvin
    assert folds(text) and not folds(b"token")
    assert compile_pattern("token", True).search(text)
    for kind in SEARCHES:
        assert list(kind([Expression("token", True)]).candidates(text)) == [0]


@pytest.mark.parametrize(
    "between", [b"\x92", b"\xbf\xbf", b"\xff", b"\xe2\x82", "é".encode(), "\u2028".encode(), b"\x85"]
)
def test_bytes_that_are_no_characters_part_words(between: bytes) -> None:
    text = b"name" + between + b"key"
    assert compile_pattern(r"\bkey").search(text)
    for kind in SEARCHES:
        assert sorted(kind([Expression(r"\bkey"), Expression(r"\bk\B")]).candidates(text)) == [0, 1]


def test_little_is_left_to_search() -> None:
    expressions = [Expression(pattern.regex) for group in ("vendor", "named", "free") for pattern in patterns(group)]
    text = b"def main() -> None:\n    print(compute(settings.rate, 3))\n" * 100
    for kind in (LiteralSearch, WholeSearch):
        assert len(list(kind(expressions).candidates(text))) <= 3


def test_the_search_for_all_shipped_expressions_loses_none() -> None:
    """Which expressions are compiled together may decide what Hyperscan reports; RE2 says what is there."""
    specs = [spec for spec in shared.library().needed().values() if spec.probe == "text.search"]
    engine = text_engine.TextEngine([SearchQuery.model_validate(dict(spec.query)) for spec in specs])
    root = Path(__file__).parents[3] / "sample_projects"
    looked = 0
    with Project.open(root) as project:
        engine.survey(project)
        wanted = [entry for entry in project.entries if engine.wants(entry)]
        engine.prepare(64 << 20)
        for entry in wanted:
            text = text_engine.readable((root / entry.path).read_bytes()) or b""
            keys = engine._keys(entry)
            (search,) = engine._searches[keys]
            there = set(search.search.candidates(text))
            for number, rule in enumerate(search.rules):
                if rule is not None and rule.key in keys and number not in there:
                    assert compiled_pattern(*rule.expression).search(text) is None, (entry.path, rule.expression)
                    looked += 1
    assert looked > 5_000


def test_hits_do_not_depend_on_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-proj-" + "Ab3dEf6hIj" * 4
    data = f'API = "{key}"\nurl = "https://user:hunter2pass@db.example.org/x"\nttl = 30  # grüße, token\n'.encode() * 3
    groups = [
        PatternGroup(tuple(patterns("vendor"))),
        PatternGroup((Pattern("ttl", r"\bttl\b[^\n]{0,20}grüße"),)),
    ]
    found = []
    for kind in SEARCHES:
        monkeypatch.setattr(
            text_engine, "search_for", lambda some, much=False, cache=None, purpose="", kind=kind: kind(some)
        )
        engine = text_engine.TextEngine(groups=groups)
        entry = Entry("a.py", len(data), suffix=".py")
        assert engine.wants(entry)
        found.append(engine.scan(data, entry))
    assert found[0] == found[1] == found[2]
    assert sum(map(len, found[0]["hits"].values())) == 6


def test_files_that_were_looked_through_ahead_have_the_same_hits() -> None:
    groups = [
        PatternGroup((Pattern("code", "x"),), files=("*.py",)),
        PatternGroup((Pattern("any", r"\S"),), files=("*.txt",)),
    ]
    one, two = (Entry(name, 1, suffix=name[-4:].lstrip("a.")) for name in ("a.py", "a.txt"))
    shared = b"x"  # Python keeps one such object for all who read it
    asked = [(shared, one), (shared, two), (b"\0\0\0", two), (b"", one)]
    found = []
    for ahead in (True, False):
        engine = text_engine.TextEngine(groups=groups)
        assert engine.wants(one) and engine.wants(two)
        results = []
        for number, (data, entry) in enumerate(asked):
            if ahead:
                engine.ahead(asked[number:] if number > 1 else asked[:2])
            results.append(engine.scan(data, entry))
        found.append(results)
    assert found[0] == found[1]
    assert [list(one["hits"].values()) for one in found[0][:2]] == [[[[0, 1, "x"]]], [[[0, 1, "x"]]]]
    assert list(found[0][0]["hits"]) != list(found[0][1]["hits"])
    assert found[0][2:] == [{"binary": True}, {"hits": {}}]


def test_where_hyperscan_cannot_read_an_expression_literals_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import hyperscan

    class Literal(hyperscan.Database):  # type: ignore[misc]
        def compile(self, *, flags: list[int], **rest: object) -> None:
            if any(flag & hyperscan.HS_FLAG_MULTILINE for flag in flags):
                raise hyperscan.error("unsupported")
            super().compile(flags=flags, **rest)

    monkeypatch.setattr(hyperscan, "Database", Literal)
    for kind in (WholeSearch, LiteralSearch):
        search = kind([Expression("token.x"), Expression("other"), Expression("[ab]")])
        assert list(search.candidates(b"a token, the other")) == [0, 1, 2]
        assert list(search.candidates(b"the other")) == [1, 2]
        assert list(search.candidates(b"")) == [2]


def test_without_hyperscan_the_sets_of_re2_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert isinstance(search_for([Expression("abc")]), SetSearch)


@pytest.mark.parametrize("much", [False, True])
def test_what_was_compiled_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, much: bool) -> None:
    import hyperscan

    expressions = [Expression(pattern.regex) for pattern in patterns("vendor")] + [
        Expression("grüße"),
        Expression("a$b"),
    ]
    text = b"token = 'ghp_" + b"a1B2" * 9 + "' grüße".encode()
    with open_cache(tmp_path / "cache") as cache:
        first = search_for(expressions, much=much, cache=cache)
        monkeypatch.setattr(hyperscan, "Database", lambda **_: pytest.fail("compiled again"))
        second = search_for(expressions, much=much, cache=cache)
    assert list(first.candidates(text)) == list(second.candidates(text)) != []
    assert list(second.candidates(b"")) == list(first.candidates(b""))


@pytest.mark.parametrize("head", [b"", b"{}", b"[[],[]]", b"[[],[[1]]]", b"[[],1]"])
@pytest.mark.parametrize("broken", [b"", b"x" * 64, zlib.compress(b"x" * 1000)])
def test_a_kept_database_that_is_none_is_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, broken: bytes
) -> None:
    with open_cache(tmp_path / "cache") as cache:
        monkeypatch.setattr(cache, "kept", lambda slot, name: [head, broken])
        assert list(LiteralSearch([Expression("token")], cache).candidates(b"a token")) == [0]


def test_where_hyperscan_does_not_run_the_sets_of_re2_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import hyperscan

    class Refuses:
        def __init__(self, **kwargs: object) -> None: ...

        def compile(self, **kwargs: object) -> None:
            raise hyperscan.error("this processor lacks SSSE3")

    monkeypatch.setattr(hyperscan, "Database", Refuses)
    for much in (False, True):
        found = search_for([Expression("abc")], much=much)
        assert isinstance(found, SetSearch)
        assert list(found.candidates(b"xabcx")) == [0]
