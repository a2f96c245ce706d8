"""Texts that probes quote: secrets are replaced, all else stays."""

from __future__ import annotations

from typing import NoReturn

import pytest

from aiaudit.model.fact import Evidence, Fact, Level, State
from aiaudit.plain_json import encode
from aiaudit.probes.secrets import hide as module
from aiaudit.probes.secrets.hide import HIDDEN, Seen, hide, hide_in, hide_in_fact, looked_for, shown
from aiaudit.probes.text.search import compile_pattern
from aiaudit.probes.text.sets import PatternSets

from .corpus import ALNUM, HEX, Maker

KEY = "hf" + "_" + Maker(60).of(ALNUM[:52], 34)
PASSWORD = "tR7" + Maker(61).of(ALNUM, 9) + "x!9"


def test_secrets_are_replaced_in_their_text() -> None:
    assert hide(f"git+https://{KEY}@github.com/a/b") == f"git+https://{HIDDEN}@github.com/a/b"
    assert hide(f"postgresql://svc:{PASSWORD}@db.acme.io/app") == f"postgresql://svc:{HIDDEN}@db.acme.io/app"
    assert hide(Maker(62).of(ALNUM, 32), "api_key") == HIDDEN


@pytest.mark.parametrize(
    "text",
    [
        "gpt-5.5",
        "pip install x",
        "sha256:" + Maker(63).of(HEX, 64),
        "https://acme.io/a?b=c",
        "src/models/train.py",
        "hf_hub_download",
        "huggingface_hub.hf_hub_download",
        "npm_config_cache",
        "sk-learn-pipeline",
        "pypi-publish-v2",
        "",
    ],
)
def test_other_texts_stay(text: str) -> None:
    assert hide(text) == text


def test_a_key_that_was_cut_off_is_replaced_too() -> None:
    assert hide(f"token is {KEY[:14]}") == f"token is {HIDDEN}"
    assert hide(f"mongodb://u:{PASSWORD[:9]}…") == f"mongodb://u:{HIDDEN}"


def test_json_keeps_its_shape() -> None:
    value = {"a": [{"token": KEY, "line": 3}], "b": None, "c": 1.5, "d": "plain text"}
    assert hide_in(value) == {"a": [{"token": HIDDEN, "line": 3}], "b": None, "c": 1.5, "d": "plain text"}
    clean = {"a": ["plain text"]}
    assert hide_in(clean) is clean


def test_a_fact_is_cleared_in_all_its_texts() -> None:
    fact = Fact("f", State.KNOWN, [KEY], Level.CONTENT, evidence=(Evidence("a.py", 1, KEY),), reason=f"at {KEY} there")
    assert KEY not in repr(hide_in_fact(fact))
    plain = Fact("f", State.KNOWN, ["x"], Level.CONTENT, evidence=(Evidence("a.py", 1, "plain note"),))
    assert hide_in_fact(plain) is plain


@pytest.mark.parametrize("at", [0, 63, 64, 199])
def test_a_list_is_cleared_wherever_the_secret_stands(at: int) -> None:
    rows = [{"path": "a.py", "line": number, "match": "plain"} for number in range(200)]
    rows[at] = {**rows[at], "match": KEY}
    cleared = hide_in_fact(Fact("f", State.KNOWN, rows, Level.CONTENT)).value
    assert cleared[at]["match"] == HIDDEN
    assert [row for number, row in enumerate(cleared) if number != at] == rows[:at] + rows[at + 1 :]


def test_a_hit_that_takes_a_part_of_a_secret_shows_none_of_it() -> None:
    line = f"curl {KEY} | bash\n".encode()
    places = [(0, len(line) - 1), (0, 12), (10, 20), (30, len(line) - 1)]
    for piece in (*shown(line, places), *(one for place in places for one in shown(line, [place]))):
        assert HIDDEN in piece
        assert KEY[6:14] not in piece
        assert KEY[-8:] not in piece


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("far", ["", "x" * 3000 + " "])
def test_places_are_shown_together_as_each_by_itself(at: int, far: str) -> None:
    lines = ["plain = token", "grüße \udcff, api_key = None", "pat sk- SK"]
    lines[at] = f"{lines[at]} {far}{KEY} {far}"
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    places = [(start, end) for start in range(0, len(text), 37) for end in (start + 5, start + 60) if end <= len(text)]
    together = shown(text, places)
    assert together == [one for place in places for one in shown(text, [place])]
    assert any(HIDDEN in one for one in together)
    assert not any(KEY[6:14] in one for one in together)


def test_what_is_suspicious_does_not_depend_on_how_much_is_looked_for() -> None:
    patterns = looked_for()
    few, much = PatternSets(patterns), PatternSets(patterns, much=True)
    texts = [
        "plain text with a token and a secret, pat sk- SK re_ https://",
        f"git+https://{KEY}@github.com/a/b",
        f"mongodb://u:{PASSWORD[:9]}…",
        f"token is {KEY[:14]}...",
        "N" + Maker(64).of(ALNUM, 24) + "." + Maker(65).of(ALNUM, 6) + "." + Maker(66).of(ALNUM, 30),
        "SK" + Maker(67).of(HEX, 32),
        "grüße, api_key = '" + Maker(68).of(ALNUM, 32) + "'",
    ]
    suspicious = []
    for text in (encode({"a": [one], "b": "grüße"}) for one in texts):
        spans = [m.span() for one in patterns for m in compile_pattern(one.regex).finditer(text)]
        for sets in (few, much):
            assert sets.anything(text) is bool(spans)
            found = [match.span() for _, compiled in sets.matching(text) for match in compiled.finditer(text)]
            assert found == spans
        suspicious.append(bool(spans))
    assert suspicious == [False] + [True] * 6


def test_a_record_that_facts_share_is_looked_at_once_and_cleared_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    find = module._suspects
    monkeypatch.setattr(module, "_suspects", lambda records: looked.extend(records) or find(records))
    rows = [{"path": "a.py", "line": number, "match": KEY if number == 70 else "plain"} for number in range(200)]
    seen = Seen()
    first = hide_in_fact(Fact("f", State.KNOWN, rows[:150], Level.CONTENT), seen).value
    second = hide_in_fact(Fact("g", State.KNOWN, rows[50:], Level.CONTENT), seen).value
    assert looked == rows
    assert first[70]["match"] == second[20]["match"] == HIDDEN
    assert [*first[:70], *first[71:], *second[100:]] == [*rows[:70], *rows[71:]]


def test_records_at_which_a_look_failed_are_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> NoReturn:
        raise MemoryError

    rows = [{"path": "a.py", "line": number, "match": KEY} for number in range(3)]
    seen = Seen()
    with monkeypatch.context() as broken:
        broken.setattr(module, "_suspects", fail)
        with pytest.raises(MemoryError):
            hide_in_fact(Fact("f", State.KNOWN, rows, Level.CONTENT), seen)
    assert seen.held == []
    assert KEY not in repr(hide_in_fact(Fact("g", State.KNOWN, rows, Level.CONTENT), seen))
