"""The report, the comparison and the portfolio in a real Chromium. Skipped only where no chromium is installed."""

import json
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from aiaudit.reports import comparison, html, portfolio
from aiaudit.scoring.portfolio import build
from tests.reports import make_result as made
from tests.reports.make_full import earlier, full_result
from tests.reports.test_hostile import PAYLOADS, hostile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine (apt-get install chromium)"),
]
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = (320, 768, 1280, 1600)
A4_TEXT = (673, 986)  # 178 x 261 mm in CSS pixels: the page without its margins
HOSTILE = "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'><svg onload='window.hit = 1'>"


@pytest.fixture(scope="module")
def browser() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """One report in one window, and all that it did there."""

    def __init__(self, browser, file: Path, width: int = 1280, script: bool = True, bypass: bool = False) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script, bypass_csp=bypass
        )
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.own = file.as_uri()

    def assert_quiet(self) -> None:
        assert self.said == []
        assert {url for url in self.asked if url != self.own} == set()

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_) -> None:
        self.context.close()


REPORTS = ("support", "bare", "empty", "full")
PAGES = (*REPORTS, "comparison", "portfolio")
AXE = """axe.run({
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: {'color-contrast': {enabled: false}}, resultTypes: ['violations'],
}).then(result => [result.passes.length, result.violations])"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    results = {"support": made.make_result(), "bare": made.make_result(made.BARE), "empty": made.empty_result()}
    results["full"] = full_result(folder)
    results["thin"] = {
        **results["full"],
        "checks": results["full"]["checks"][::9],
        "frameworks": results["full"]["frameworks"][:1],
    }
    pages = {name: html.render(result) for name, result in results.items()}
    pages["comparison"] = comparison.render(
        ".html", earlier(results["support"], "2026-08-01", 9.0, 7), results["support"]
    )
    pages["portfolio"] = portfolio.render(".html", build(saved(folder / "results", results)))
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in pages}


def saved(folder: Path, results: dict[str, dict]) -> list[Path]:
    """Each result as a file of its own, with its name as the project's."""
    folder.mkdir()
    for name, result in results.items():
        own = (
            result["project"]["name"]
            if "<" in (result["project"]["name"] or "")
            else f"{name} of the house with a long name"
        )
        named = {**result, "project": {**result["project"], "name": own}}
        text = json.dumps(named).replace("\\ud83d", "")  # half a character is no JSON to DuckDB
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("name", PAGES)
def test_no_width_scrolls_sideways_and_nothing_is_said_or_asked(browser, reports, name) -> None:
    with Visit(browser, reports[name]) as visit:
        for width in WIDTHS:
            visit.page.set_viewport_size({"width": width, "height": 900})
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        visit.assert_quiet()


@pytest.mark.parametrize("name", ["thin", "comparison", "portfolio"])
def test_axe_finds_no_serious_violation(browser, reports, name) -> None:
    """The thin report has every part of the full one and a few of its checks; contrast has a test of its own below,
    which is a hundred times as fast as axe's."""
    from axe_playwright_python.base import AXE_FILE_PATH

    with Visit(browser, reports[name], bypass=True) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        visit.page.evaluate(AXE_FILE_PATH.read_text(encoding="utf-8"))
        passed, violations = visit.page.evaluate(AXE)
        bad = [
            f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in violations if v["impact"] in ("serious", "critical")
        ]
        assert passed > 20
        assert bad == []


@pytest.mark.parametrize("name", ["comparison", "portfolio"])
def test_the_other_pages_are_whole_without_script_and_can_be_printed(browser, reports, tmp_path, name) -> None:
    with Visit(browser, reports[name], script=False) as visit:
        text = visit.page.locator("main").inner_text()
        said = {"comparison": ("Fixed (7)", "fail → pass"), "portfolio": ("Most common gaps", "bare of the house")}[
            name
        ]
        assert all(one in text for one in said)
        visit.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
        pages = len(re.findall(rb"/Type /Page\b", (tmp_path / "page.pdf").read_bytes()))
        assert 2 <= pages <= 4  # its parts follow each other: a page for each would be nearly empty


@pytest.mark.parametrize("name", ["comparison", "portfolio"])
def test_no_table_of_the_other_pages_is_wider_than_the_paper(browser, reports, name) -> None:
    with Visit(browser, reports[name], A4_TEXT[0]) as visit:
        visit.page.emulate_media(media="print")
        wide = "[...document.querySelectorAll('table')].map(t => t.getBoundingClientRect().right - innerWidth)"
        assert max(visit.page.evaluate(wide)) <= 1


# Rows, findings and charts that a page's end would cut: laid out in columns of a page's size, a box that is cut has
# more than one rectangle.
CUT = """() => {
  const kept = [...document.querySelectorAll('tr, .risk, .bars li, .matrix-figure, .decision, .finding.small-one, .short, .change')];
  const boxes = kept.filter(e => e.getClientRects().length);
  return [boxes.length, boxes.filter(e => e.tagName !== 'TR' && e.getClientRects().length > 1).map(e => e.outerHTML.slice(0, 120))];
}"""
COLUMNS = f"main {{ display: block; column-width: {A4_TEXT[0]}px; column-gap: 40px; column-fill: auto; height: {A4_TEXT[1]}px; width: {A4_TEXT[0]}px }}"


@pytest.mark.parametrize("name", ["full", "portfolio"])
def test_print_cuts_no_table_that_fits_a_page_and_no_finding(browser, reports, name) -> None:
    with Visit(browser, reports[name], A4_TEXT[0], bypass=True) as visit:
        visit.page.emulate_media(media="print")
        visit.page.add_style_tag(content=COLUMNS)
        boxes, cut = visit.page.evaluate(CUT)
        assert boxes > 30
        assert cut == []


@pytest.mark.parametrize("name", REPORTS)
def test_the_summary_fits_one_printed_page(browser, reports, name) -> None:
    with Visit(browser, reports[name], A4_TEXT[0]) as visit:
        visit.page.emulate_media(media="print")
        height = visit.page.evaluate("document.querySelector('#summary').getBoundingClientRect().height")
        assert height <= A4_TEXT[1]


def test_the_summary_fits_one_page_with_the_longest_texts_too(browser, tmp_path) -> None:
    result = made.make_result()
    long = "Because the checks of this kind were never run against it, the system can do what nobody asked of it. " * 8
    for check in result["checks"]:
        check.update(
            risk=long, why=long, remediation=long, question=long, title=check["title"] + " " + long, reason=long
        )
    blocking = [c["id"] for c in result["checks"] if c["status"] == "fail"]
    result["next_level"].update(missing=blocking, effort_days=99)
    result.update(readiness_shipped="production", score_accepted=99.0)
    file = tmp_path / "long.html"
    file.write_text(html.render(result), encoding="utf-8")
    with Visit(browser, file, A4_TEXT[0]) as visit:
        visit.page.emulate_media(media="print")
        height = visit.page.evaluate("document.querySelector('#summary').getBoundingClientRect().height")
        assert height <= A4_TEXT[1]


def test_it_prints_what_is_to_be_done_and_leaves_the_tables_of_reference_on_the_screen(
    browser, reports, tmp_path
) -> None:
    with Visit(browser, reports["support"]) as visit:
        visit.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True, print_background=True)
        pages = len(re.findall(rb"/Type /Page\b", (tmp_path / "report.pdf").read_bytes()))
        assert 15 <= pages <= 42
        visit.page.emulate_media(media="print")
        groups = "[...document.querySelectorAll('details.group')]"
        tall = ".map(g => [g.matches('.screen-only'), g.querySelector('table').getBoundingClientRect().height > 0])"
        printed = visit.page.evaluate(groups + tall)
        assert {(only, shown) for only, shown in printed} == {(True, False), (False, True)}
        for told in ("checks do not apply here", "of every check is not printed", "control by control are not printed"):
            assert visit.page.get_by_text(told).first.is_visible()
        visit.page.emulate_media(media="screen")
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert all(shown for _, shown in visit.page.evaluate(groups + tall))
        assert visit.page.locator("#evidence-table tr").last.is_visible()
        visit.page.emulate_media(media="print")
        hidden = visit.page.evaluate("getComputedStyle(document.querySelector('.contents')).display")
        assert hidden == "none"
        visit.assert_quiet()


@pytest.mark.parametrize(("width", "folded"), [(390, True), (1280, False)])
def test_on_a_phone_the_contents_are_folded_and_open_by_a_press(browser, reports, width, folded) -> None:
    with Visit(browser, reports["support"], width) as visit:
        first = visit.page.locator("#contents a").first
        assert first.is_visible() is not folded
        title = visit.page.locator("h1").bounding_box()
        assert title and title["y"] < 400
        if folded:
            visit.page.locator("#contents summary").press("Enter")
            assert first.is_visible()
        visit.assert_quiet()


def test_without_script_everything_is_there(browser, reports) -> None:
    with Visit(browser, reports["support"], script=False) as visit:
        text = visit.page.locator("main").inner_text()
        for said in ("Executive summary", "Heat map", "Top risks", "Sign", "LLM-022"):
            assert said.lower() in text.lower()
        assert not visit.page.locator("#evidence-filter").is_visible()
        group = visit.page.locator("#pack-data details.group").last
        assert not group.locator("table").is_visible()
        group.locator("summary").click()
        assert group.locator("table").is_visible()


def test_the_evidence_can_be_filtered(browser, reports) -> None:
    with Visit(browser, reports["support"]) as visit:
        form = visit.page.locator("#evidence-filter")
        form.locator("select").select_option("fail")
        assert form.locator("output").inner_text() == "13 of 159 checks"
        form.locator("input").fill("llm-012")
        assert form.locator("output").inner_text() == "1 of 159 checks"
        assert visit.page.locator("#evidence-table tbody:visible").count() == 1
        form.locator("input").press("Enter")  # a form that may not be sent
        visit.assert_quiet()


def test_the_keyboard_reaches_the_report_and_opens_its_groups(browser, reports) -> None:
    with Visit(browser, reports["support"]) as visit:
        visit.page.keyboard.press("Tab")
        skip = visit.page.locator(":focus")
        assert skip.get_attribute("class") == "skip-link"
        assert (skip.bounding_box() or {})["x"] == 0
        summary = visit.page.locator("details.group:not([open]) > summary").first
        summary.focus()
        outline = summary.evaluate("s => (s.focus({focusVisible: true}), getComputedStyle(s).outlineStyle)")
        assert outline == "solid"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.parentElement.open") is True


def test_headings_never_skip_a_level_and_marks_have_words(browser, reports) -> None:
    with Visit(browser, reports["support"]) as visit:
        levels = visit.page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        bare = "[...document.querySelectorAll('.status, .severity')].filter(s => !s.textContent.trim()).length"
        assert visit.page.evaluate(bare) == 0


CONTRAST = """() => {
  const lum = c => { const f = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); };
  const rgb = s => s.match(/[\\d.]+/g).map(Number);
  const ground = el => { for (let e = el; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  const low = new Set(), walk = document.createTreeWalker(document.querySelector('.frame'), NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walk.nextNode()) {
    const el = walk.currentNode.parentElement, style = getComputedStyle(el);
    if (!walk.currentNode.textContent.trim() || el.closest('svg, script, .visually-hidden')) continue;
    if (!el.getClientRects().length) continue;
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const a = lum(rgb(style.color)), b = lum(ground(el));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    seen += 1;
    if (ratio < (large ? 3 : 4.5)) low.add(el.className + ' ' + ratio.toFixed(2) + ' ' + el.textContent.slice(0, 40));
  }
  return [seen, [...low]];
}"""


@pytest.mark.parametrize("name", PAGES)
def test_every_text_has_contrast_enough_where_it_stands(browser, reports, name) -> None:
    with Visit(browser, reports[name]) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        seen, low = visit.page.evaluate(CONTRAST)
        assert seen > (1000 if name in REPORTS else 50)
        assert low == []


@pytest.mark.parametrize("name", [*PAYLOADS, "everything at once"])
def test_hostile_strings_do_nothing(browser, tmp_path, name) -> None:
    payload = HOSTILE + (PAYLOADS[name] if name in PAYLOADS else " ".join(PAYLOADS.values())[:3000])
    file = tmp_path / "hostile.html"
    file.write_text(html.render(hostile(payload, everywhere=name == "everything at once")), encoding="utf-8")
    for width in (320,) if name in PAYLOADS else WIDTHS:
        with Visit(browser, file, width) as visit:
            assert visit.page.evaluate("document.documentElement.scrollWidth") == width
            assert visit.page.evaluate("window.hit") is None
            visit.assert_quiet()


def test_hostile_strings_do_nothing_in_a_comparison_or_a_portfolio(browser, tmp_path) -> None:
    payload = HOSTILE + " ".join(PAYLOADS.values())[:3000]
    result = hostile(payload)
    for check in result["checks"]:
        check.update(evidence_level="E3", confidence="strong")  # words of the format: a result with others is refused
    before = earlier(result, "2026-08-01", 9.0, 7)
    pages = {
        "comparison": comparison.render(".html", before, result),
        "portfolio": portfolio.render(".html", build(saved(tmp_path / "results", {"one": result, "two": before}))),
    }
    for name, page in pages.items():
        file = tmp_path / f"{name}.html"
        file.write_text(page, encoding="utf-8")
        with Visit(browser, file, 320) as visit:
            assert visit.page.evaluate("document.documentElement.scrollWidth") == 320
            assert visit.page.evaluate("window.hit") is None
            visit.assert_quiet()
