"""Damaged packs: whatever stands in the file, the loader tells it in single lines and never breaks."""

from __future__ import annotations

import random

from aiaudit.packs.judge import judge
from aiaudit.packs.lint import lint
from aiaudit.packs.problems import PackError
from tests.packs.fakes import HEAD, PROBES, load_texts

GOOD = (
    HEAD
    + """\
- id: OWN-001
  title: A condition holds
  severity: high
  kind: automatic
  applies: uses
  requires: [OWN-002]
  facts: {x: {derive: "loads.filter(l, l.safe)", sees: [loads]}, y: {probe: flag, name: z}}
  params: {most: {default: 3, min: 1, max: 9}, names: [a, b]}
  rule:
    fail: "loads.exists(l, l.source in params.names)"
    partial: x.size() > params.most
    pass: otherwise
  points: 0.25
  findings: {of: loads, says: "{name} of {source}", measured: "{line}"}
  says: {fail: "{loads.size()} found"}
  evidence: [loads]
  controls: {NIST: [A, B]}
  why: x
  remediation: x
- id: OWN-002
  title: Another
  severity: low
  kind: attested
  question: Is it?
  why: x
  remediation: x
"""
)
WORDS = ["[1]", "{a: b}", "{}", "[]", "null", "true", "0.5", "-1", '""', "~", "&a x", "*a", "é", "[[x]]", "{x: [y]}"]
SIGNS = ["{", "}", "[", "]", ":", " ", "\n", '"', "'", "- ", "!", "#", "|", ">", "?", "\t", "<<: "]


def damaged(chance: random.Random) -> str:
    """The good pack with one to three values, characters or lines changed."""
    text = GOOD
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text))
        lines = text.split("\n")
        one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(6):
            case 0:
                text = text[:at] + text[at + chance.randint(1, 8) :]
            case 1:
                text = text[:at] + chance.choice(SIGNS) + text[at:]
            case 2:
                lines[one], lines[two] = lines[two], lines[one]
                text = "\n".join(lines)
            case _:
                lines[one] = f"{lines[one].partition(':')[0]}: {chance.choice(WORDS)}"
                text = "\n".join(lines)
    return text


def test_a_damaged_pack_is_told_in_single_lines_and_never_breaks_the_loader() -> None:
    chance = random.Random(20260601)
    refused = loaded = 0
    for _ in range(400):
        text = damaged(chance)
        try:
            library = load_texts(own=text)
        except PackError as error:
            refused += 1
            assert error.problems, text
            assert all("\n" not in str(problem) and problem.message for problem in error.problems), text
        else:
            loaded += 1
            lint(library, probes=PROBES)
            assert len(judge(library.packs, library.facts, {})) == len(list(library.checks))
    assert refused > 100
    assert loaded > 10
