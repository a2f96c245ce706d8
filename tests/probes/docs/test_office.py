"""Word and PDF documents are judged by the same parts as Markdown; hostile and closed ones are unknown, with a reason."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import Fact, State
from aiaudit.probes.attestations import AttestationProbe, AttestationQuery
from aiaudit.probes.docs.office import MAX_BYTES, office_document
from aiaudit.probes.docs.parts import PartsProbe
from aiaudit.probes.docs.rows import RowsProbe

from ..support import context
from .papers import docx, locked, paragraph, pdf, table, zipped

RUNBOOK = [
    ("Runbook for AI incidents", 20),
    ("Severity and owner", 14),
    ("Severity one is harm to a customer; the support platform team owns it.", 11),
    ("Rehearsal", 14),
    ("On 2026-05-04 four people rehearsed a wrong answer and stopped the model in six minutes.", 11),
]
PARTS = {
    "severity": {"headings": ["severity*"], "words": "severity one"},
    "rehearsal": {"headings": ["rehears*"], "words": ""},
    "contacts": {"headings": ["contact*"], "words": ""},
}
COLUMNS = {"risk": ["risk*"], "owner": ["owner*"], "treatment": ["treatment*"]}
RISKS = [["Risk", "Owner", "Treatment"], ["Drift", "Ann Lee", "watch it weekly"], ["Leakage", "", "split by time"]]


def parts(root: Path, name: str, data: bytes) -> Fact:
    probe = PartsProbe()
    query = probe.query.model_validate({"files": [name], "parts": PARTS})
    return probe.answer("x", query, context(root, {name: data}))


def rows(root: Path, name: str, data: bytes) -> Fact:
    probe = RowsProbe()
    query = probe.query.model_validate({"files": [name], "columns": COLUMNS, "least": 2})
    return probe.answer("x", query, context(root, {name: data}))


def word(lines: list[tuple[str, int]]) -> bytes:
    styles = {20: "Title", 14: "Heading2", 11: ""}
    return docx(*(paragraph(text, styles[size]) for text, size in lines))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("runbook.docx", word(RUNBOOK)),
        ("runbook.pdf", pdf(RUNBOOK)),
        ("runbook.md", "\n".join({20: "# ", 14: "## "}.get(size, "") + text for text, size in RUNBOOK).encode()),
    ],
    ids=["docx", "pdf", "md"],
)
def test_the_same_parts_are_found_in_every_form(tmp_path: Path, name: str, data: bytes) -> None:
    (found,) = parts(tmp_path, name, data).value
    assert found["missing"] == ["contacts"]
    assert found["days_old"] == 28
    by_name: dict[str, Any] = {part["name"]: part for part in found["parts"]}
    assert by_name["severity"]["text"].startswith("Severity one is harm")
    assert by_name["rehearsal"]["days_old"] == 28


def test_a_table_of_a_word_document_is_a_register(tmp_path: Path) -> None:
    (found,) = rows(tmp_path, "risks.docx", docx(paragraph("Risks", "Heading1"), table(RISKS))).value
    assert [row["cells"]["risk"] for row in found["rows"]] == ["Drift", "Leakage"]
    assert found["rows"][1]["missing"] == ["owner"]


def test_a_pdf_has_no_tables_to_judge_so_it_is_unknown(tmp_path: Path) -> None:
    fact = rows(tmp_path, "risks.pdf", pdf([(" ".join(row), 11) for row in RISKS]))
    assert fact.state is State.UNKNOWN
    assert "the tables of a PDF are not read" in fact.reason


def test_lists_bold_labels_and_deleted_text() -> None:
    gone = "<w:p><w:del><w:r><w:t>gone</w:t></w:r></w:del><w:r><w:t>kept</w:t></w:r></w:p>"
    made = office_document("a.docx", docx(paragraph("Owner", bold=True), paragraph("Ann", listed=True), gone))
    assert not isinstance(made, str)
    assert [(s.title, [text for _, text in s.lines if text]) for s in made.sections[1:]] == [
        ("Owner", ["- Ann", "kept"])
    ]


BOMB = zipped({"word/document.xml": b"<a>" + b" " * (17 * 1024**2) + b"</a>"})
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.docx", BOMB, "its text is larger than 16 MB"),
        ("a.docx", docx(paragraph("&b;"), head=LAUGHS), "its XML has a document type"),
        ("a.docx", docx()[:-30], "not a Word document, or a broken one"),
        ("a.docx", zipped({"word/document.xml": b"<a><b></a>"}), "its XML is broken"),
        ("a.docx", zipped({"xl/workbook.xml": b"<a/>"}), "it has no main part"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted"),
        ("a.docx", docx(), "no text in it"),
        ("a.docx", bytes(MAX_BYTES + 1), "larger than 20 MB"),
        ("a.pdf", locked(pdf(RUNBOOK)), "encrypted"),
        ("a.pdf", pdf([]), "no text in it (a scan?)"),
        ("a.pdf", pdf(RUNBOOK)[:200], "a broken one"),
        ("a.pdf", b"hello", "not a PDF"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_says_why_and_is_unknown(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    read = office_document(name, data)
    assert isinstance(read, str)
    assert reason in read
    if len(data) < 100_000:
        fact = parts(tmp_path, name, data)
        assert fact.state is State.UNKNOWN
        assert reason in fact.reason


def test_a_member_that_lies_about_its_size_is_not_inflated() -> None:
    stream = io.BytesIO(BOMB)
    with zipfile.ZipFile(stream) as archive:
        size = archive.getinfo("word/document.xml").file_size
    lied = BOMB.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lied != BOMB
    assert isinstance(office_document("a.docx", lied), str)


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        (word(RUNBOOK), True),
        (docx(paragraph("TODO")), False),
        (b"\xd0\xcf\x11\xe0" + bytes(600), True),
        (b"PK\x03\x04 no more", False),
        (docx(), False),
    ],
    ids=["with text", "template text", "with a password: it is there, and cannot be opened", "broken", "empty"],
)
def test_as_evidence_a_word_document_is_opened(tmp_path: Path, data: bytes, valid: bool) -> None:
    answer = "GOV-015:\n  answer: yes\n  owner: Ann Lee\n  evidence: runbook.docx\n  reviewed: 2026-05-05\n"
    here = context(tmp_path, {"attestations.yaml": answer, "runbook.docx": data})
    assert AttestationProbe().answer("a", AttestationQuery(check="GOV-015"), here).value["valid"] is valid
