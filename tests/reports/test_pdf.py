"""The PDF report, set by WeasyPrint itself: the same content, bookmarks, page numbers, nothing fetched, nothing run."""

from __future__ import annotations

import builtins
import copy
import re
import zlib

import pytest

from aiaudit.reports import pdf
from aiaudit.reports.base import OutputError
from tests.reports.make_full import full_result
from tests.reports.test_hostile import PAYLOADS, hostile

HOSTILE = (
    "<script>alert(1)</script><img src='http://evil.test/x.png'><a href='file:///etc/passwd'>x</a>" + PAYLOADS["css"]
)


def small(result: dict) -> dict:
    """Four checks and their packs: setting pages is slow."""
    some = copy.deepcopy(result)
    some["checks"] = some["checks"][::45]
    some["packs"] = [pack for pack in some["packs"] if pack["id"] in {check["pack"] for check in some["checks"]}]
    for part in ("frameworks", "cost", "waivers", "attestations", "levels", "assumptions"):
        some[part] = []
    return some


def streams(data: bytes) -> bytes:
    """All streams of a PDF, unpacked."""
    found = []
    for body in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            found.append(zlib.decompress(body))
        except zlib.error:
            found.append(body)
    return b"\n".join([data, *found])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[bytes, list[str]]:
    """A PDF of hostile text with a logo, and every address that was asked for while it was made."""
    import weasyprint.urls

    asked = []
    fetch = weasyprint.urls.URLFetcher.fetch

    def noted(self, url, headers=None):
        asked.append(url)
        return fetch(self, url, headers)

    brand = full_result(tmp_path_factory.mktemp("pdf"))["brand"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weasyprint.urls.URLFetcher, "fetch", noted)
        return pdf.render(small({**hostile(HOSTILE), "brand": brand})), asked


@pytest.mark.slow
def test_it_has_pages_bookmarks_and_the_logo(made) -> None:
    inside = streams(made[0])
    assert made[0].startswith(b"%PDF-")
    assert 8 <= len(re.findall(rb"/Type\s*/Page\b", inside)) <= 60
    assert len(re.findall(rb"/Title", inside)) >= 20
    assert b"/Outlines" in inside
    assert re.search(rb"/Subtype\s*/Image", inside)


@pytest.mark.slow
def test_marks_stand_in_line_and_no_table_leaves_the_page(tmp_path) -> None:
    result = full_result(tmp_path)
    page = pdf.paged({**small(result), "frameworks": result["frameworks"], "cost": result["cost"]})
    found = set()
    for sheet in pdf.library().HTML(string=page).render().pages:
        right = sheet._page_box.content_box_x() + sheet._page_box.width
        for box in sheet._page_box.descendants():
            if box.element is not None and box.element_tag == "span" and "severity" in box.element.get("class", ""):
                found.add(tuple(box.style["display"]))
            if box.element is not None and box.element.get("class") == "finding-body":  # a grid is never parted
                assert box.style["display"] == ("block", "flow")
            if box.element_tag in ("table", "th", "td"):
                assert box.position_x + box.width <= right + 1, " ".join(box.element.itertext())[:300]
    assert found == {("inline", "flow")}


@pytest.mark.slow
def test_hostile_text_adds_no_link_no_script_and_no_request(made) -> None:
    inside = streams(made[0])
    assert {address[:22] for address in made[1]} == {"data:image/png;base64,"}
    for kind in (b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/EmbeddedFile"):
        assert kind not in inside


def test_without_the_extra_it_says_what_to_install(monkeypatch, result) -> None:
    def without(kind):
        def guarded(name, *args, **kwargs):
            if name.startswith("weasyprint"):
                raise kind(name)
            return real(name, *args, **kwargs)

        return guarded

    real = builtins.__import__
    for kind, said in ((ImportError, "pip install '\\.\\[pdf\\]' in the checkout"), (OSError, "needs Pango")):
        monkeypatch.setattr(builtins, "__import__", without(kind))
        with pytest.raises(OutputError, match=said):
            pdf.render(result)
