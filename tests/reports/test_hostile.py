"""Hostile strings in every field of the result: inert in every format. The browser has its own tests."""

import json
import re
import string
from collections import Counter
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from aiaudit.reports import html, markdown, text
from aiaudit.reports.templating import WORD_JOINER, code_span, escape_markdown
from tests.reports import make_result as made
from tests.reports.page import Page

PAYLOADS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "close": "</style></script></title></textarea>--><svg onload=alert(1)>",
    "quotes": '" onmouseover="alert(1)" x=\'',
    "entities": "&lt;script&gt;&#60;b&#62;&amp;amp;",
    "template": "{{ 7*7 }}{% raw %}${7*7}#{7*7}<%= 7*7 %>",
    "markdown": "](http://evil.test) ![x](http://evil.test/p.png) <b>x</b> `tick` | cell | **bold** # head",
    "links": "http://evil.test https://evil.test www.evil.test mailto:a@evil.test @octocat #12",
    "control": "\x1b[31mred\x1b[0m\x00\x07\x08\x7f\x9b31m",
    "direction": "safe\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c zero\u200bwidth\ufeff",
    "lines": "first\r\nsecond\u2028third\u2029\x85\n\n# Heading\n- item\n1. one\n> quote",
    "long path": "src/" + "very_long_directory_name/" * 160 + "x.py",
    "no spaces": "a" * 4000,
    "stacked marks": "z" + "\u0351" * 500,
    "surrogate": "half \ud83d of a pair",
    "css": '";}body{display:none}</style>\\',
}
KEEP = {"id", "pack", "severity", "kind", "status", "effort", "state", "readiness", "name", "as_of", "check"}
KEEP |= {"blocked_by"}


def hostile(payload: str, everywhere: bool = False) -> dict:
    """A made result with the payload in every string; what steers the layout stays unless `everywhere`."""

    def change(value: str, path: tuple[str, ...]) -> str:
        steers = path and (path[-1] in KEEP or "facts" in path[-2:] or "missing" in path or "capped_by" in path)
        return value if steers and not everywhere else f"{payload} {value}"

    result = made.with_strings(made.thinned(made.make_result()), change)
    result["project"]["name"] = payload
    result["project"]["declared"] = {payload[:300]: payload, "purpose": payload, "owner": payload}
    result["facts"] = {(f"{payload}{key}" if everywhere else key): fact for key, fact in result["facts"].items()}
    result["checks"][0]["controls"] = {payload[:300]: [payload]}
    result["checks"][0]["params"] = {payload[:300]: payload}
    result["brand"] = {"client": payload, "author": payload}
    result["problems"] = [payload]
    result["skipped"]["reasons"] = {payload: 3}
    return result


def test_a_thinned_result_has_each_element_of_a_whole_one() -> None:
    def shapes(result: dict) -> set[tuple[str, str]]:
        return {(tag, attrs.get("class", "")) for tag, attrs in Page.of(html.render(result)).elements}

    assert shapes(made.thinned(made.make_result())) == shapes(made.make_result())


@cache
def calm_tags() -> frozenset[str]:
    """The elements of a report without a payload."""
    return frozenset(tag for tag, _ in Page.of(html.render(made.make_result())).elements)


@pytest.mark.parametrize("everywhere", [False, True], ids=["texts", "ids too"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_html_holds_the_payload_as_text_only(name, everywhere) -> None:
    rendered = html.render(hostile(PAYLOADS[name], everywhere))
    page = Page.of(rendered)
    assert {tag for tag, _ in page.elements} <= calm_tags() | {"wbr"}  # which an address on the cover may have
    assert not any(page.all("wbr"))  # without an attribute
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert len(page.ids) == len(set(page.ids))
    for tag, attrs in page.elements:
        assert not [a for a in attrs if a.startswith("on") or a == "style"], tag
        assert not attrs.get("href", "#").strip().lower().startswith(("javascript", "http", "data"))
    assert "\x1b" not in rendered
    assert not text._INVISIBLE.search(rendered)


def test_what_cannot_be_seen_is_spelled_out() -> None:
    page = Page.of(html.render(hostile(PAYLOADS["direction"])))
    assert "safe[U+202E]gnp.exe[U+202C]" in page.text
    assert "zero[U+200B]width[U+FEFF]" in page.text


def test_a_long_path_is_shortened_and_the_report_says_so() -> None:
    shown = text.visible(PAYLOADS["long path"])
    assert len(shown) < 1_100
    assert shown.startswith("src/very_long") and shown.endswith("x.py")
    assert "characters left out" in shown


def test_marks_stacked_on_one_letter_cannot_cover_the_lines_above() -> None:
    assert text.visible(PAYLOADS["stacked marks"]).count("\u0351") == 3
    assert text.visible("é e\u0301 ñ") == "é e\u0301 ñ"


@given(st.text())
def test_visible_text_is_one_printable_line(value) -> None:
    shown = text.visible(value)
    assert not text._INVISIBLE.search(shown)
    assert "\n" not in shown and shown == shown.strip()
    assert text.visible(shown) == shown
    shown.encode()


def test_the_footer_of_the_style_sheet_cannot_be_left() -> None:
    page = Page.of(html.render(hostile(PAYLOADS["css"])))
    footer = page.raw["style"][0].rsplit("content:", 2)[1]
    assert set(footer.split("}")[0]) <= set(string.ascii_letters + string.digits + ' ,\\"')


# --- Markdown

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def kinds(rendered: str) -> list[str]:
    found: list[str] = []
    for token in READER.parse(rendered):
        found.append(token.type)
        found += [child.type for child in token.children or []]
    return found


@cache
def calm_kinds(long: bool) -> Counter[str]:
    """How many tokens of each kind a report with harmless words has."""
    return Counter(kinds(markdown.render(hostile("calm words"), long=long)))


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_markdown_holds_the_payload_as_text_only(name, long) -> None:
    rendered = markdown.render(hostile(PAYLOADS[name]), long=long)
    found, calm = Counter(kinds(rendered)), calm_kinds(long)
    assert not {"html_block", "html_inline", "image", "link_open", "fence", "blockquote_open", "s_open"} & found.keys()
    for kind in ("table_open", "tr_open", "td_open", "heading_open", "list_item_open", "ordered_list_open"):
        assert found[kind] == calm[kind], kind
    assert not re.search(r"@\w|(?<![\w&])#\d", re.sub(r"`+[^`]*`+", "", rendered))
    assert not re.search(r"(https?|mailto):|www\.", re.sub(r"(`+).*?\1", "", rendered))
    assert "\x1b" not in rendered
    assert not text._INVISIBLE.search(rendered.replace(WORD_JOINER, ""))


@given(st.text(alphabet=string.punctuation + "ab1 \u2028", max_size=40))
def test_escaped_markdown_reads_as_the_same_text(value) -> None:
    shown = text.visible(value)
    tokens = READER.parse("x " + escape_markdown(shown))
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {c.type for c in tokens[1].children or []} <= {"text", "text_special"}
    read = "".join(c.content for c in tokens[1].children or []).replace(WORD_JOINER, "")
    assert read == f"x {shown}".strip()


@given(st.text(alphabet="`ab |\\<", max_size=30))
def test_a_code_span_holds_any_text(value) -> None:
    tokens = READER.parse("x " + code_span(text.visible(value)).replace("\\|", "|") + " y")
    children = tokens[1].children or []
    assert [c.type for c in children] == ["text", "code_inline", "text"]
    assert children[1].content.strip() == text.visible(value).strip()


# --- a result that somebody edited

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value[:2]):
            yield from places(item, (*path, number))


SMALL = made.make_result()
SMALL["checks"] = SMALL["checks"][::12]
SMALL["facts"] = dict(list(SMALL["facts"].items())[:4])
for framework in SMALL["frameworks"]:  # most of the page, row by row the same; none but the first two are ever damaged
    framework["controls"] = framework["controls"][:4]
SMALL = json.loads(json.dumps(SMALL))
PLACES = [path for path in places(SMALL) if path]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_result_however_wrong_ends_the_rendering(data) -> None:
    result = json.loads(json.dumps(SMALL))
    for path in data.draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=6)):
        holder = result
        for key in path[:-1]:
            holder = holder[key] if isinstance(holder, dict | list) and _has(holder, key) else None
            if holder is None:
                break
        if isinstance(holder, dict | list) and _has(holder, path[-1]):
            holder[path[-1]] = data.draw(ANY_JSON)
    Page.of(html.render(result))
    markdown.render(result, long=True)


def _has(holder, key) -> bool:
    return key in holder if isinstance(holder, dict) else isinstance(key, int) and key < len(holder)
