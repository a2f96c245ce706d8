"""Documents as sections: Markdown, reStructuredText, text, cards."""

from __future__ import annotations

import time

from aiaudit.probes.docs.document import parse_document


def titles(path: str, text: str) -> list[tuple[str, int]]:
    return [(section.title, section.line) for section in parse_document(path, text).sections[1:]]


def test_headings_of_all_kinds() -> None:
    text = (
        "intro\n# One #\ntext\nTwo\n===\nThree\n---\n<h2 align='center'>Four <b>bold</b></h2>\n**Five**\n"
        "**Six:** said at once\n- **Seven** – in a list\n<summary>Eight</summary>\n"
        "## [Nine](http://x) :rocket: `code`\n"
    )
    assert titles("a.md", text) == [
        ("One", 2), ("Two", 4), ("Three", 6), ("Four bold", 8), ("Five", 9), ("Six", 10), ("Seven", 11), ("Eight", 12),
        ("Nine code", 13),
    ]  # fmt: skip


def test_fenced_code_holds_no_headings_and_no_prose() -> None:
    text = "# A\n```bash\n# not a heading\npip install x\n```\n~~~\n# nor this\n```\n~~~\nprose\n"
    document = parse_document("a.md", text)
    section = document.sections[1]
    assert [s.title for s in document.sections] == ["", "A"]
    assert [line for _, line in section.lines] == ["prose"]
    assert [(block.language, block.line) for block in section.code] == [("bash", 3), ("", 7)]


def test_a_fence_that_never_closes_runs_to_the_end() -> None:
    document = parse_document("a.md", "# A\n```\nx\n# B\n")
    assert [section.title for section in document.sections] == ["", "A"]
    assert document.sections[1].code[0].lines == ("x", "# B")


def test_comments_are_neither_prose_nor_headings() -> None:
    document = parse_document("a.md", "# A\n<!-- # no\nmore --> after\n<!-- one line -->\n```\n<!-- kept -->\n```\n")
    assert [section.title for section in document.sections] == ["", "A"]
    assert [line.strip() for _, line in document.sections[1].lines if line.strip()] == ["after"]
    assert document.sections[1].code[0].lines == ("<!-- kept -->",)


def test_a_table_rule_is_no_heading() -> None:
    assert titles("a.md", "| a | b |\n|---|---|\n| 1 | 2 |\n- item\n---\n") == []


def test_front_matter_is_metadata() -> None:
    document = parse_document("a.md", "---\nlicense: mit\ntags: [x]\n---\n# Card\n")
    assert document.front == {"license": "mit", "tags": ["x"]}
    assert document.sections[1].line == 5
    broken = parse_document("a.md", "---\na: [\n---\n# Card\n")
    assert (broken.front, broken.sections[1].title) == ({}, "Card")


def test_children_belong_to_their_section() -> None:
    document = parse_document("a.md", "# A\none\n## B\ntwo\n# C\nthree\n")
    assert [section.title for section in document.with_children(1)] == ["A", "B"]


def test_restructured_text() -> None:
    text = "=====\nTitle\n=====\n\nIntro::\n\n    pip install x\n\nUse\n---\n\n"
    text += ".. code-block:: python\n\n   import x\n\nEnd\n"
    document = parse_document("a.rst", text)
    assert [(section.title, section.level, section.line) for section in document.sections[1:]] == [
        ("Title", 1, 2),
        ("Use", 2, 9),
    ]
    assert document.sections[1].code[0].lines[0] == "pip install x"
    assert (document.sections[2].code[0].language, document.sections[2].code[0].lines[0]) == ("python", "import x")


def test_plain_text_with_capitals() -> None:
    assert titles("a.txt", "INTENDED USE\nfor x\n\n2. Known limits\nnone\n") == [
        ("INTENDED USE", 1),
        ("2. Known limits", 4),
    ]


def test_a_card_as_yaml_or_json() -> None:
    document = parse_document(
        "card.yaml", "model:\n  intended_use: Ranking tickets.\n  limitations:\n  - Only English.\n"
    )
    assert [(s.title, s.line, [text for _, text in s.lines]) for s in document.sections[1:]] == [
        ("model", 1, []),
        ("intended use", 2, ["Ranking tickets."]),
        ("limitations", 3, ["Only English."]),
    ]
    croissant = '{\n "@type": "sc:Dataset",\n "rai:dataBiases": "Mostly urban."\n}\n'
    assert ("data Biases", 3) in titles("croissant.json", croissant)
    assert titles("broken.json", "# Heading\n{") == [("Heading", 1)]


def test_hostile_text_costs_little_time() -> None:
    for piece in ("[", "![", "<h1>", "**a", "`", "<", "(", "|-", "# [", "---\n", "<!--", "a@a."):
        started = time.process_time()
        document = parse_document("a.md", piece * (200_000 // len(piece)))
        assert time.process_time() - started < 2, piece
        assert document.sections


def test_a_label_without_a_colon_opens_a_section_where_a_paragraph_begins() -> None:
    text = (
        "# Use\n\n**Intended Use Cases** Llama 2 is for research.\n\n**Out-of-scope Uses** Not for law.\n"
        "**Bold Words** Inside a paragraph are none.\n\n**Note** that this is none either.\n"
    )
    titles = [section.title for section in parse_document("CARD.md", text).sections]
    assert titles == ["", "Use", "Intended Use Cases", "Out-of-scope Uses"]
