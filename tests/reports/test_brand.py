"""The brand of a report: what a file may say, what an audited project may not, and templates of one's own."""

from __future__ import annotations

import copy
import struct

import pytest

from aiaudit.reports import brand, html, logo
from aiaudit.reports.colour import contrast, tint
from aiaudit.reports.templating import TemplateFolderError, overriding
from tests.reports import make_result as made
from tests.reports.make_full import png
from tests.reports.page import Page

JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 30, 90) + b"\x01\x01\x11\x00\xff\xd9"


def written(folder, text: str, **files: bytes) -> str:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    (folder / "brand.yaml").write_text(text, encoding="utf-8")
    return str(folder / "brand.yaml")


def branded(data: dict) -> str:
    result = copy.deepcopy(made.make_result())
    result["brand"] = data
    return html.render(result)


def test_everything_a_brand_says_is_on_the_cover(tmp_path) -> None:
    file = written(
        tmp_path,
        "client: Example Insurance\nsystem: Claims assistant\nauthor: Example Consulting\nlanguage: en-GB\n"
        "confidentiality: For the board only.\ndisclaimer: Read with the engagement letter.\n"
        'colours: {accent: "#0B655D"}\nlogo: logo.png\n',
        logo_png=png(),
    )
    page = branded(brand.load(file))
    read = Page.of(page)
    for said in (
        "Prepared for Example Insurance",
        "Claims assistant",
        "Example Consulting",
        "For the board only.",
        "engagement letter",
    ):
        assert said in read.text
    assert read.all("html")[0]["lang"] == "en-GB"
    assert [one["src"][:22] for one in read.all("img")] == ["data:image/png;base64,"]
    assert "img-src data:;" in page
    assert "--accent:#0b655d" in page


def test_without_a_logo_no_image_is_allowed() -> None:
    assert "img-src" not in branded({"client": "Example"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "must be a mapping"),
        ("clinet: x", "clinet: no such key; there are: client, system"),
        ("client: [1]", "client: must be text"),
        (f"client: {'x' * 201}", "client: 201 characters; at most 200"),
        ('colours: {accent: "#d28a0b"}', "contrast of 2.6 to 1 on its tint; text needs 4.5 to 1"),
        ("colours: {accent: red}", 'give accent: "#rrggbb"'),
        ("colours: blue", 'give accent: "#rrggbb"'),
        ("language: '<b>'", "is no language tag"),
        ("logo: none.png", "no such file"),
        ("logo: brand.yaml", "neither a PNG nor a JPEG"),
    ],
)
def test_what_is_wrong_with_a_brand_is_said_in_one_line(tmp_path, text, said) -> None:
    with pytest.raises(brand.BrandError) as caught:
        brand.load(written(tmp_path, text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg onload='x'/>", "neither a PNG nor a JPEG"),
        (png()[:20], "neither a PNG nor a JPEG"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 0, 9) + b"x" * 9, "without pixels"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 4001, 9) + b"x" * 9, "4001 × 9 pixels"),
        (png() + b"x" * logo.MOST_BYTES, "larger than 200 kB"),
        (b"\xff\xd8\xff\xff\xff\xff", "neither a PNG nor a JPEG"),
    ],
)
def test_a_logo_is_looked_at_before_it_is_embedded(tmp_path, content, said) -> None:
    (tmp_path / "logo").write_bytes(content)
    with pytest.raises(logo.LogoError, match=said):
        logo.embed(tmp_path / "logo")


def test_a_jpeg_is_measured_by_its_frame() -> None:
    assert logo.size_of(JPEG, "logo") == ("jpeg", 90, 30)


@pytest.mark.parametrize(
    "data",
    [
        {"logo": "data:image/svg+xml;base64,PHN2Zy8+"},
        {"logo": "https://evil.test/logo.png"},
        {"logo": "data:image/png;base64,AAAA"},
        {"logo": 'data:image/png;base64," onload="x'},
        {"colours": {"accent": "red;}body{display:none"}},
        {"colours": {"accent": "#ffffff"}},
        {"colours": [1], "logo": 3, "client": {"a": 1}, "language": "x' onload="},
    ],
)
def test_what_an_audited_project_says_of_the_brand_cannot_harm(data) -> None:
    assert brand.of(data) == brand.Brand()
    assert "evil" not in branded(data) and "display:none}" not in branded(data).split("@media")[0]


def test_tints_stay_readable() -> None:
    for colour in ("#0b655d", "#164a7d", "#ab2318", "#000000"):
        assert contrast(colour, tint(colour, 0.09)) >= 4.5
    assert tint("#000000", 0) == "#ffffff" and tint("#123456", 1) == "#123456"


# --- templates of one's own


def test_an_own_template_replaces_the_shipped_one_and_the_rest_stays(tmp_path, result) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/sign-off.html.j2").write_text(
        "<p>Signed by {{ report.brand.author or 'us' }} for {{ report.name }}</p>"
    )
    shipped = html.render(result)
    with overriding(str(tmp_path)):
        own = html.render(result)
    assert "Signed by us for support-assistant" in own
    assert "Two signatures make this report final" in own
    assert html.render(result) == shipped


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ report.nothing }}", "report/sign-off.html.j2:1: "),
        ("\n{% if %}", "report/sign-off.html.j2:2: "),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ report.checks.append(1) }}", "sign-off.html.j2:1"),
        ("{% include '../../../etc/passwd' %}", "sign-off"),
    ],
)
def test_a_template_that_breaks_or_reaches_out_is_named(tmp_path, result, text, said) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report/sign-off.html.j2").write_text(text)
    with pytest.raises(TemplateFolderError) as caught, overriding(str(tmp_path)):
        html.render(result)
    assert said in str(caught.value)


def test_a_folder_without_a_known_name_is_refused(tmp_path) -> None:
    (tmp_path / "sumary.html.j2").write_text("x")
    for folder, said in (
        (tmp_path, "holds no file with the name of a shipped one"),
        (tmp_path / "none", "no such folder"),
    ):
        with pytest.raises(TemplateFolderError, match=said), overriding(str(folder)):
            pass
