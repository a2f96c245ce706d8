"""No pattern of a shipped check finds its word inside another: no `rag` in "storage", no `llm` in "enrollment".

The words are common in projects (counted over more than a hundred), and what stands inside them means something else. A
pattern that meets one of them has to ask for a whole word: `x.words().matches('(^| )rag( |$)')`, or `(^|[^a-z])rag`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aiaudit.packs.files import shipped_packs
from aiaudit.project import globs

TRAPS = """
storage:rag coverage:rag average:rag fragment:rag paragraph:rag retrieval:eval medieval:eval constraint:train
answer:wer lower:wer power:wer reviewer:wer temperature:mpe candidate:date validate:date enrollment:llm installment:llm
fulfillment:llm knowledge:edge ledger:edge explicit:cit capacity:cit mapping:ping shipping:ping typing:ping
architecture:hit whitespace:hit roadmap:map heatmap:map stage:tag percentage:tag weeks:eks specs:ecs leaks:aks
ellipsis:psi epsilon:psi synopsis:psi refuse:fuse langfuse:fuse diffuse:fuse room:oom bathroom:oom trailing:rail
guardrails:rail deterministic:mini administration:mini admin:min terminal:min gemini:min streaming:min prefix:ref
holdout:old placeholder:old interface:face surface:face huggingface:face laws:aws draws:aws generate:rate
configuration:ratio account:count latest:test definition:init domain:main lexicon:icon silicon:icon scaffold:fold
manifold:fold suspended:spend pharmacy:harm charm:harm entries:tries countries:tries against:gain aggregate:gate
navigate:gate delegate:gate percent:cent recent:cent comparison:iso deterministic:nist profit:fit benefit:fit
catalog:log temperature:temp preserve:serv observe:serv playwright:right copyright:right tracing:raci android:roi
slow:slo slot:slo email:ai retail:ai multimodal:modal seamlessly:ssl sauce:auc truncate:run prune:run
employee:ploy balancer:cer tolerance:cer codecs:ecs
"""
PAIRS = [tuple(pair.split(":")) for pair in TRAPS.split()]
# Files in which imports are looked for; what an import means is judged by other facts.
ONLY_WHERE_TO_LOOK = (
    "**/*{train,fit,experiment,pipeline,run}*.py",
    "**/*{app,main,api,serv,handler,route,view,predict,infer,endpoint,score,web,model}*.py",
)
_LITERAL = re.compile(r"matches\(\s*'((?:[^'\\]|\\.)*)'")
FILES = sorted({file for pack in shipped_packs() for file in (pack.rglob("*.yaml") if pack.is_dir() else [pack])})


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def searched(value: Any) -> Iterator[str]:
    """The patterns of searches in texts and documents."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "words" and isinstance(one, str):
                yield "(?i)" + one
            elif key in ("any", "unless", "beside", "where") and value.get("probe") == "text.search":
                yield from texts(one)
            else:
                yield from searched(one)
    elif isinstance(value, list):
        for one in value:
            yield from searched(one)


def named_files(value: Any) -> Iterator[str]:
    """The globs of files."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from texts(one) if key in ("files", "groups") else named_files(one)
    elif isinstance(value, list):
        for one in value:
            yield from named_files(one)


def found_inside(pattern: str) -> set[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of sets within sets, which RE2 does not know
            expression = re.compile(pattern)
    except re.error:  # what only RE2 reads
        return set()
    if expression.search("") or expression.search("qx"):
        return set()
    found = set()
    for word, inside in PAIRS:
        for form in (word, word.capitalize()):
            match = expression.search(form)
            if match and match.group().lower() == inside:
                found.add(f"{inside} in {word}")
    return found


def in_folder(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


@pytest.mark.parametrize("file", FILES, ids=in_folder)
def test_no_pattern_finds_its_word_inside_another(file: Path) -> None:
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    patterns = {match[1].replace("\\\\", "\\") for text in texts(read) for match in _LITERAL.finditer(text)}
    faults = {pattern: found for pattern in patterns | set(searched(read)) if (found := found_inside(pattern))}
    assert faults == {}


@pytest.mark.parametrize("file", FILES, ids=in_folder)
def test_no_border_of_a_word_is_a_backspace(file: Path) -> None:
    """In a text of the rule language a backslash is written twice: `'\\b'` is a character that no text holds."""
    literals = [
        match[1]
        for text in texts(yaml.safe_load(file.read_text(encoding="utf-8")))
        for match in _LITERAL.finditer(text)
    ]
    assert [one for one in literals if re.search(r"(?<!\\)(?:\\\\)*\\[abfv]", one)] == []


@pytest.mark.parametrize("file", FILES, ids=in_folder)
def test_no_glob_finds_its_word_inside_another(file: Path) -> None:
    faults = []
    for text in named_files(yaml.safe_load(file.read_text(encoding="utf-8"))):
        if text in ONLY_WHERE_TO_LOOK:
            continue
        for one in globs.expand(text):
            expression = re.compile(globs.translate(one), re.IGNORECASE)
            inside = {inside for _, inside in PAIRS if f"*{inside}" in one}
            folder = re.split(r"[*{\[]", one)[0].rpartition("/")[0]
            name = one.rpartition(".")[2]
            faults += [
                f"{text}: {word}"
                for word, part in PAIRS
                if part in inside and expression.fullmatch(f"{folder}/{word}.{name}".lstrip("/"))
            ]
    assert faults == []
