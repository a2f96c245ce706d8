import base64
import copy
import hashlib
import os
import re
from pathlib import Path

import pytest

from aiaudit.reports import charts, html, markdown, schema, terminal
from tests.reports import make_result as made
from tests.reports.page import Page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def profiles() -> dict[str, dict]:
    return {"support": made.make_result(), "bare": made.make_result(made.BARE), "empty": made.empty_result()}


@pytest.mark.parametrize("name", ["support", "bare", "empty"])
def test_made_results_fit_the_shipped_schema(name) -> None:
    schema.check(profiles()[name])


@pytest.mark.parametrize("name", ["support", "bare", "empty"])
def test_the_document_is_well_formed(name) -> None:
    page = Page.of(html.render(profiles()[name]))
    assert len(page.ids) == len(set(page.ids)), "an id stands twice"
    anchors = [attrs["href"] for attrs in page.all("a")]
    assert anchors and all(a.startswith("#") and a[1:] in page.ids for a in anchors)
    assert [attrs["id"] for attrs in page.all("section")][:2] == ["cover", "summary"]
    for attrs in page.all("section")[1:]:
        assert attrs["aria-labelledby"] in page.ids
    for attrs in page.all("th"):
        assert attrs.get("scope") in ("col", "row", "rowgroup")
    for attrs in page.all("svg"):
        assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and attrs["aria-label"])


@pytest.mark.parametrize("name", ["support", "bare", "empty"])
def test_nothing_leaves_the_file(name) -> None:
    text = html.render(profiles()[name])
    page = Page.of(text)
    for tag, attrs in page.elements:
        assert "style" not in attrs, f"<{tag}> has an inline style"
        assert not [a for a in attrs if a.startswith("on")], f"<{tag}> has an inline handler"
        assert not attrs.keys() & {"src", "srcset", "action", "data", "formaction", "xlink:href", "ping", "background"}
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "audio", "video", "use", "image"}
        for value in attrs.values():
            assert not re.search(r"https?:|//|url\((?!#)", value.replace("sha256-", "") if tag != "meta" else "")
    assert not re.search(r"https?://|@import|url\(", "".join(page.raw["style"]))
    assert not re.search(r"https?://|fetch|XMLHttp|import|eval|innerHTML", "".join(page.raw["script"]))


def test_the_policy_allows_this_style_and_this_script_and_nothing_else(result) -> None:
    page = Page.of(html.render(result))
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for kind in ("style", "script"):
        assert len(page.raw[kind]) == 1
        digest = base64.b64encode(hashlib.sha256(page.raw[kind][0].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
    assert set(rules) == {"default-src", "style-src", "script-src", "base-uri", "form-action"}


def test_the_outline_is_as_it_was(result) -> None:
    """The headings of the made result, word for word; after a wanted change write the new ones with REGENERATE set."""
    outline = "\n".join(f"{tag} {' '.join(text.split())}" for tag, text in Page.of(html.render(result)).outline) + "\n"
    golden = HERE / "outline.txt"
    if os.environ.get("REGENERATE"):
        golden.write_text(outline, encoding="utf-8")
    assert outline == golden.read_text(encoding="utf-8")


def test_every_part_of_the_specification_is_there_and_numbered(result) -> None:
    page = Page.of(html.render(result))
    sections = [attrs["id"] for attrs in page.all("section")]
    packs = [f"pack-{pack}" for pack in made.TITLES]
    assert sections == [
        "cover", "summary", "scope", "heat-map", "packs", "risks", "roadmap", *packs,
        "frameworks", "accepted", "gate", "evidence", "attestations", "method", "sign-off",
    ]  # fmt: skip
    numbers = re.findall(r'<span class="section-label"><span>(\d+)</span>', html.render(result))
    assert numbers == [str(n) for n in range(1, len(sections))]
    assert "66 (56–72), 83\u00a0% of the evidence seen" in html.render(result)


def test_every_check_has_one_place_and_its_evidence(result) -> None:
    page = Page.of(html.render(result))
    for check in result["checks"]:
        anchor = f"check-{check['id'].lower()}"
        assert page.ids.count(anchor) == 1
        assert check["title"] in page.text
    assert len([1 for tag, attrs in page.elements if tag == "tbody" and "data-status" in attrs]) == 159


def test_parts_without_data_are_left_out_without_a_hole(result) -> None:
    result.update(attestations=None, waivers=[], relaxations=[], gate={"passed": True, "rules": []}, host=None)
    result["frameworks"] = None
    result["skipped"] = {"files": 0, "reasons": {}, "paths": []}
    for check in result["checks"]:
        check["waiver"] = None
    text = html.render(result)
    sections = [attrs["id"] for attrs in Page.of(text).all("section")]
    assert not {"attestations", "accepted", "gate", "data", "capacity", "cost", "frameworks"} & set(sections)
    assert re.findall(r'<span class="section-label"><span>(\d+)</span>', text)[-1] == str(len(sections) - 1)


def test_groups_are_open_or_closed_as_the_reader_needs_them(result) -> None:
    text = html.render(result)
    groups = re.findall(r'<details class="group(?: screen-only)?"( open)?><summary>(.*?) <', text)
    state = {title: bool(opened) for opened, title in groups}
    assert state["Could not be assessed"] and state["Questions to people"]
    assert not state["Passed"] and not state["Not applicable"]
    security = text[text.index('id="pack-security"') : text.index('id="pack-governance"')]
    order = [security.index(s) for s in ("Failed and partial", "Could not be assessed", "Passed", "Not applicable")]
    assert order == sorted(order)


def test_at_most_ten_risks_none_of_them_accepted(result) -> None:
    page = html.render(result)
    risks = page[page.index('id="risks"') : page.index('id="roadmap"')]
    assert risks.count('<article class="risk">') == 10
    assert "OPS-012" not in risks  # accepted until 2027
    assert "A graded evaluation suite" in page


def test_a_finding_says_where_how_far_off_how_sure_and_how_to_fix(result) -> None:
    page = html.render(result)
    finding = page[page.index('id="check-sec-009"') :].split("</article>")[0]
    for said in ("assistant/api.py:27", "POST /chat has no limit per caller", "0 of 3", "3 of 3", "Strong",
                 "How to fix.", "under a day", "How it was decided"):  # fmt: skip
        assert said in finding, said


def test_a_verdict_says_what_it_rests_on_where_its_findings_do_not(result) -> None:
    page = html.render(result)
    finding = page[page.index('id="check-sec-009"') :].split("</article>")[0]
    rests = finding[finding.index("What it rests on.") :].split("</ul>")[0]
    assert "Places that hold it: <code>src/api.py:40</code>, <code>51</code> and 3 more" in rests
    assert "Places that do not hold it" not in finding  # the findings name these
    passed = next(c for c in result["checks"] if c["status"] == "pass")
    row = page[page.index(f'id="check-{passed["id"].lower()}"') :].split("</tr>")[0]
    assert passed["reason"] in row and "Places that hold it" in row


def test_many_places_of_one_finding_are_bounded(result) -> None:
    check = next(c for c in result["checks"] if c["id"] == "SEC-009")
    check["findings"] = [{**check["findings"][0], "line": n, "message": f"Said of {n}."} for n in range(1, 2001)]
    check["rests_on"] = []
    page = html.render(result)
    finding = page[page.index('id="check-sec-009"') :].split("</article>")[0]
    assert finding.count("<li><code>") == 30
    assert "22 more places" in finding and "And 1970 more in the result file" in finding
    check["findings"] = [{**one, "message": "Said of all."} for one in check["findings"]]
    finding = html.render(result).partition('id="check-sec-009"')[2].split("</article>")[0]
    assert finding.count("Said of all.") == 1 and finding.count("<code>") == 30
    assert "more places" not in finding and "And 1970 more in the result file" in finding


def test_a_pack_without_a_number_shows_its_range_only() -> None:
    page = html.render(made.make_result(made.BARE))
    assert "too little evidence for a number" in page
    assert "</b>too little evidence for a number, between" in page


def test_a_pack_of_which_nothing_applies_has_no_figures(result) -> None:
    for check in result["checks"]:
        if check["pack"] == "evolution":
            check.update(status="not_applicable", points=None, findings=[])
    page = html.render(result)
    part = page[page.index('id="none-applies"') : page.index('id="frameworks"')]
    assert "No check of this area applies to this project: " in part and 'id="pack-evolution"' in part
    assert page.count('id="pack-evolution"') == 1  # no heading of its own
    assert "do not apply here" in part or "does not apply here" in part


def test_a_score_of_few_areas_says_so(result) -> None:
    assert "The score is that of" not in html.render(result)
    for number, pack in enumerate(result["packs"]):
        pack["score"] = 70.0 if number == 0 else None
    result["unnumbered"] = ["cost", "data"]
    assert "The score is that of 1 area of 3" in html.render(result)


def test_the_score_may_lie_outside_the_range_and_then_says_why(result) -> None:
    result.update(score=80.0, score_low=20.0, score_high=70.0)
    page = html.render(result)
    assert '<span class="value">80</span><span class="range">(20–70 with all areas), 83' in page
    assert "80: only areas with enough evidence</text>" in page and 'stroke-dasharray="3 2"' in page
    assert "The bar takes in every area, the line only those with enough evidence." in page


def test_rendering_reads_only_and_is_the_same_each_time(result) -> None:
    before = copy.deepcopy(result)
    first = html.render(result)
    assert result == before
    assert html.render(copy.deepcopy(result)) == first


def test_the_report_is_small(result) -> None:
    """How quickly it is made is measured by `benchmarks/reports.py`."""
    assert len(html.render(result).encode()) < 1_000_000


# --- colours


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def tokens() -> dict[str, str]:
    css = (ROOT / "templates/report/report.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([a-z0-9-]+):(#[0-9a-f]{6})\b", css))


def test_text_has_contrast_enough_on_every_ground_it_stands_on() -> None:
    t = tokens() | {"white": "#ffffff"}
    pairs = [(ink, "white") for ink in ("ink", "ink-2", "ink-3", "accent", "pass", "partial", "fail", "unknown")]
    pairs += [(key, f"{key}-tint") for key in ("accent", "pass", "partial", "fail", "unknown")]
    pairs += [("white", "accent"), ("ink", "accent-soft"), ("ink-2", "panel"), ("ink-2", "accent-tint")]
    pairs += [("ink-3", "accent-tint"), ("ink-2", "fail-tint"), ("ink-2", "partial-tint"), ("ink-2", "pass-tint")]
    low = {pair: round(contrast(t[pair[0]], t[pair[1]]), 2) for pair in pairs if contrast(t[pair[0]], t[pair[1]]) < 4.5}
    assert not low


def test_marks_have_contrast_enough_on_paper() -> None:
    for colour in (charts.PASSED, charts.PARTIAL, charts.FAILED, charts.UNKNOWN, charts.ACCENT, charts.HATCH):
        assert contrast(colour, "#ffffff") >= 3


def test_drawings_and_page_use_the_same_colours() -> None:
    t = tokens()
    assert (t["ink"], t["ink-2"], t["ink-3"], t["line-2"]) == (charts.INK, charts.INK_2, charts.INK_3, charts.LINE_2)
    assert (t["accent"], t["pass"], t["fail"]) == (charts.ACCENT, charts.PASSED, charts.FAILED)
    assert (t["partial"], t["unknown"]) == (charts.PARTIAL, charts.UNKNOWN)


def test_without_a_score_no_line_is_explained(result) -> None:
    assert "Line: the score on what was seen." in html.render(result)
    result["score"] = None
    page = html.render(result)
    assert "Line: the score" not in page and "Hatched: not seen; a score may lie anywhere there." in page


def test_an_address_on_the_cover_breaks_at_its_joints_only(result) -> None:
    result["project"]["declared"] = {"owner": "Support <b>, support-operations@shop.example. Ask @a first"}
    text = html.render(result)
    assert "Support &lt;b&gt;, support-operations@<wbr>shop<wbr>.example. Ask @a first</dd>" in text


def test_what_a_check_puts_between_backticks_is_code_beside_a_finding_too(result) -> None:
    found = next(check for check in result["checks"] if check["findings"] and check["status"] == "fail")
    for finding in found["findings"]:
        finding["limit"] = "declared under `sensitive`, or <none>"
    assert "<dd>declared under <code>sensitive</code>, or &lt;none&gt;</dd>" in html.render(result)


def test_a_long_reason_is_given_once_in_a_table() -> None:
    result = made.make_result()
    pack = next(c["pack"] for c in result["checks"] if c["status"] == "unknown" and c["kind"] != "attested")
    some = [c for c in result["checks"] if c["pack"] == pack and c["kind"] == "automatic"][:3]
    reason = "All of the code is in Java, whose calls are not followed; " * 2
    for check in some:
        check |= {"status": "unknown", "points": None, "reason": reason, "findings": [], "blocked_by": None}
    rows = re.findall(r'<tr id="[^"]+">.*?</tr>', html.render(result), re.S)
    shown = {c["id"]: next(row for row in rows if f">{c['id']}</span>" in row) for c in some}
    full = [i for i, row in shown.items() if "in Java" in row]
    assert len(full) == 1
    assert all(f"For the same reason as {full[0]}</a>" in row for i, row in shown.items() if i != full[0])


@pytest.mark.parametrize("kind", ["compare", "list", "ifexp", "*", "os.getenv()", "$ref settings.URL"])
def test_why_a_fact_is_not_known_is_told_in_a_sentence(result, kind) -> None:
    asked = {fact for check in result["checks"] for fact in check["facts"]}
    name = next(name for name in result["facts"] if name in asked)
    result["facts"][name] = {**result["facts"][name], "state": "unknown", "reason": kind}
    text = html.render(result)
    rows = re.findall(r'<th scope="row">([^<]*)</th>', text)
    assert not [row for row in rows if row.casefold() == kind.casefold() or "$ref" in row]
    assert "put together as the code runs" in text or "was not followed" in text


def test_a_commit_of_the_repository_around_is_told_as_one(result) -> None:
    assert "around it" not in html.render(result) + markdown.render(result) + terminal.render(result)
    result["project"]["within"] = "services/assistant"
    assert "</code> of the repository around it</dd>" in html.render(result)
    assert "` of the repository around it, as of" in markdown.render(result)
    assert "8f3c1ad94b of the repository around it" in terminal.render(result)


def test_a_narrow_terminal_keeps_the_column_of_failures(result) -> None:
    assert "Fail" in terminal.render(result, width=50).split("Range")[0]
    assert max(map(len, terminal.render(result, width=50).splitlines())) <= 50
