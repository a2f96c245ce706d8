"""The words in one place: English is whole, nothing fixed stands anywhere else, and another language takes over all of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiaudit.reports import comparison, html, markdown, portfolio, strings, terminal
from aiaudit.reports.brand import Brand
from aiaudit.reports.templating import TemplateFolderError, overriding
from aiaudit.reports.words import SCHEMES
from aiaudit.resources import path_of
from aiaudit.scoring.portfolio import build
from tests.reports.make_full import full_result
from tests.reports.make_result import make_result

ENGLISH = path_of("templates") / "words" / "en.yaml"
ROOT = path_of("templates").parent
GREEK = "αβγδεζηθικλμνξοπρστυφχψωϊϋ"
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщ"

# What code compares with, and what no language changes: these stay as they are in the foreign project.
KEPT = frozenset(
    """pass partial fail unknown not_applicable blocked error critical high medium low S M L E0 E1 E2 E3 E4 E5
    automatic measured attested known absent strong weak not_ready prototype pilot production scale met unmet not_shipped
    not_selected supported partly gap needs_people not_seen not_assessable verified secondary memory yes no tight in_force
    expired valid fix show drift overlap r2 xx weights cache overhead text boolean integer number timestamp images
    GEAR_A GEAR_B""".split()
)
OWN = frozenset({"declared", "params", "reasons", "value", "controls"})  # what these hold has names of its own
# Names of measures, tools and units, which are no sentences.
NAMES = frozenset("PSI KS JS GiB kB MB GB TB E0 E1 E2 E3 E4 E5 aiaudit html json".split())


def _letters(text: str, alphabet: str) -> str:
    def other(hit: re.Match[str]) -> str:
        letter = alphabet[ord(hit[0].lower()) - ord("a")]
        return letter.upper() if hit[0].isupper() else letter

    return re.sub("[A-Za-z]", other, text)


def _pseudo(value: Any) -> Any:
    """A language with other letters; place holders and code stay."""
    if isinstance(value, dict):
        return {key: item if key == "plural" else _pseudo(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_pseudo(item) for item in value]
    parts = re.split(r"(\{\w+\}|`[^`]*`)", value)
    return "".join(part if i % 2 else _letters(part, GREEK) for i, part in enumerate(parts))


def _foreign(value: Any, own: bool = False) -> Any:
    """A result of a project, packs and frameworks that hold no letter of the Latin alphabet. `own`: not even keys."""
    if isinstance(value, dict):
        return {
            _letters(key, CYRILLIC) if own and key not in SCHEMES else key: _foreign(item, own or key in OWN)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_foreign(item, own) for item in value]
    return value if not isinstance(value, str) or (value in KEPT and not own) else _letters(value, CYRILLIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "words").mkdir()
    words = _pseudo(yaml.safe_load(ENGLISH.read_text(encoding="utf-8")))
    (tmp_path / "words" / "xx.yaml").write_text(yaml.safe_dump(words, allow_unicode=True), encoding="utf-8")
    return tmp_path


@pytest.fixture
def foreign(tmp_path: Path) -> dict[str, Any]:
    result = full_result(tmp_path)
    facts = {_letters(name, CYRILLIC): fact for name, fact in result["facts"].items()}
    made: dict[str, Any] = _foreign({**result, "facts": facts})
    return {**made, "brand": {"language": "xx"}}


class _Visible(HTMLParser):
    """The texts of a page, those of attributes too; without code, which is the same in every language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.silent = 0
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.silent += tag in ("style", "script", "code") or told.get("class") == "formula"
        self.texts += [
            text for key, text in attrs if text and key in ("title", "aria-label", "alt", "data-label", "data-shown")
        ]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("style", "script", "code") or (tag == "div" and self.silent > 0)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def _english(texts: list[str]) -> list[str]:
    """The texts that still hold a Latin word."""
    left = (re.sub(r"\b(" + "|".join(NAMES) + r")\b", "", text) for text in texts)
    return sorted({text.strip() for text in left if re.search("[A-Za-z]{2}", text)})


def test_nothing_stays_english_in_the_page(folder: Path, foreign: dict[str, Any]) -> None:
    with overriding(str(folder)):
        rendered = html.render(foreign)
    page = _Visible()
    page.feed(rendered)
    assert _english(page.texts) == []
    assert '<html lang="xx">' in rendered
    assert len(page.texts) > 2000


@pytest.mark.parametrize("long", [False, True])
def test_nothing_stays_english_in_markdown(folder: Path, foreign: dict[str, Any], long: bool) -> None:
    with overriding(str(folder)):
        text = markdown.render(foreign, long=long)
    told = re.sub(r"`+[^`]*`+|&\w+;|</?\w+>", "", text)
    assert _english(told.split("\n")) == []


def test_nothing_stays_english_on_the_terminal(folder: Path, foreign: dict[str, Any]) -> None:
    with overriding(str(folder)):
        text = terminal.render(foreign)
    assert _english(text.split("\n")) == []


def test_nothing_stays_english_in_a_comparison(folder: Path, foreign: dict[str, Any]) -> None:
    before = _foreign({**make_result(), "as_of": "2026-01-01"})
    for check in before["checks"][::3]:
        check["status"] = "fail"
    with overriding(str(folder)):
        page = _Visible()
        page.feed(comparison.render(".html", before, foreign))
        text = comparison.render(".md", before, foreign)
        lines = comparison.terminal(before, foreign)
    told = re.sub(r"`+[^`]*`+|&\w+;|</?\w+>", "", text)
    assert _english([*page.texts, *told.split("\n"), *lines.split("\n")]) == []


def test_nothing_stays_english_in_a_portfolio(folder: Path, foreign: dict[str, Any], tmp_path: Path) -> None:
    import json

    results = tmp_path / "0"
    results.mkdir()
    for number in range(3):
        rules = {**foreign["tool"], "ruleset_hash": f"{number}"}
        (results / f"{number}.json").write_text(json.dumps({**foreign, "tool": rules}), encoding="utf-8")
    (results / "9.json").write_text("{")
    made = build(sorted(results.glob("*.json")))
    brand = Brand(language="xx")
    with overriding(str(folder)):
        page = _Visible()
        page.feed(portfolio.render(".html", made, brand))
        text = portfolio.render(".md", made, brand)
        lines = portfolio.terminal(made, brand)
    told = re.sub(r"`+[^`]*`+|&\w+;|</?\w+>", "", text)
    texts = [*page.texts, *told.split("\n"), *lines.split("\n")]
    assert _english([line for line in texts if str(tmp_path) not in line.replace("\\", "")]) == []


def test_every_string_that_is_used_is_there_and_no_other() -> None:
    known = strings.load("en").keys()
    source = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("aiaudit", "templates")
        for file in sorted((ROOT / folder).rglob("*"))
        if file.suffix in (".py", ".j2")
    )
    used = set(re.findall(r"""\b(?:t|say|told|listed)\(\s*"([a-z_0-9.]+)["]""", source))
    assert {key for key in used if "." in key and not key.endswith(".")} <= known
    literal = set(re.findall(r"""["']([\w.]+)["'{]""", source))
    stems = {match.rpartition(".")[0] for match in re.findall(r"""["']([a-z_.]+\.)(?:\{|["'] ~)""", source)}
    groups = set(re.findall(r"""Names\(\s*"([a-z_.]+)\"""", source)) | {"level", "section", "heading.heat.most"}
    unused = {
        key
        for key in known - {"plural"}
        if key not in literal
        and not key.startswith("thing.")
        and not any(key.startswith(f"{stem}.") for stem in stems | groups | {"heading.heat.largest"})
    }
    assert unused == set()


def _words(folder: Path, language: str, text: str) -> str:
    (folder / "words").mkdir(exist_ok=True)
    (folder / "words" / f"{language}.yaml").write_text(text, encoding="utf-8")
    return str(folder)


def test_what_is_missing_in_a_language_stands_in_english_and_is_told(tmp_path: Path) -> None:
    result = {**make_result(), "brand": {"language": "de-AT"}}
    own = _words(
        tmp_path,
        "de",
        "section: {scope: Umfang und Grenzen}\nthing: {check: {one: '{n} Prüfung', other: '{n} Prüfungen'}}\n",
    )
    with overriding(own):
        page, short = html.render(result), markdown.render(result)
    left = len(strings.load("en").keys()) - 2
    assert '<html lang="de-AT">' in page
    assert "Umfang und Grenzen" in page and "Decision asked" in page
    assert f"{left:,} fixed sentences of this report are not translated and stand in English." in page
    assert f"{left:,} fixed sentences" in short


def test_a_language_without_words_is_told_and_the_page_is_english() -> None:
    page = html.render({**make_result(), "brand": {"language": "fr"}})
    assert '<html lang="en">' in page
    assert "there are no words for fr" in page
    assert "there are no words" not in html.render({**make_result(), "brand": {"language": "en-GB"}})
    assert '<html lang="en-GB">' in html.render({**make_result(), "brand": {"language": "en-GB"}})


def test_english_words_of_the_caller_go_first(tmp_path: Path) -> None:
    own = _words(tmp_path, "en", "section: {summary: Management summary}\n")
    with overriding(own):
        assert "Management summary" in html.render(make_result())
    assert "Management summary" not in html.render(make_result())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("section: {scop: x}", "section.scop: no such string; did you mean section.scope?"),
        ("md: {about: 'an {owner}'}", "md.about: {owner} is nothing that this string is given"),
        ("md: {about: 'an {name.upper}'}", "md.about: a place holder is a plain name in braces"),
        ("md: {about: 7}", "md.about: must be text"),
        ("md: {about: {one: x, other: y}}", "md.about: must be one text"),
        ("months: [a, b]", "months: must be a list of 12 strings"),
        ("plural: some", "plural: no such rule"),
        ("- a", "must be a mapping"),
        ("a: [", "xx.yaml"),
    ],
)
def test_a_file_that_does_not_hold_is_an_error_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    own = _words(tmp_path, "xx", text)
    with pytest.raises(TemplateFolderError) as error, overriding(own):
        markdown.render({**make_result(), "brand": {"language": "xx"}})
    assert said in str(error.value)


def test_a_string_that_is_not_there_is_an_error_with_its_key() -> None:
    with pytest.raises(strings.StringsError, match=r"section\.scpoe: no such string; did you mean section\.scope"):
        strings.say("section.scpoe")


def test_values_are_never_read_as_patterns() -> None:
    assert strings.say("cover.at", name="{commit}", commit="{0.__class__}") == "{commit} at {0.__class__}"
    assert strings.say_markup("cover.at", name="<b>", commit="`x`") == "&lt;b&gt; at `x`"


@pytest.mark.parametrize(
    ("rule", "forms"),
    [
        ("one", {0: "other", 1: "one", 2: "other"}),
        ("upto_one", {0: "one", 1: "one", 2: "other"}),
        ("slavic", {0: "many", 1: "one", 3: "few", 11: "many", 13: "many", 21: "one", 22: "few", 25: "many"}),
        ("none", {0: "other", 1: "other"}),
    ],
)
def test_plural_rules(rule: str, forms: dict[int, str]) -> None:
    assert {count: strings.PLURALS[rule](count) for count in forms} == forms
