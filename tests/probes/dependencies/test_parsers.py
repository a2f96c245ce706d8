"""The parsers on any input: they end, never break, and say where they read nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiaudit.probes.bom import cyclonedx, spdx
from aiaudit.probes.dependencies import digests, locks, other_manifests, pyproject, setup_py
from aiaudit.probes.dependencies.cvss import severity_of
from aiaudit.probes.dependencies.lines import MarkFinder
from aiaudit.probes.dependencies.osv import _rows
from aiaudit.probes.dependencies.requirements_txt import resolve_inside, split
from aiaudit.probes.dependencies.versions import poetry_to_pep440, satisfies_npm, satisfies_pep440

WORDS = (
    "package packages name version dependencies files hash hashes source metadata default develop integrity resolved license "
    "importers resolution project optional-dependencies tool poetry group dependency-groups requires components type purl "
    "affected ranges events introduced fixed severity score database_specific @graph @context bomFormat CycloneDX lockfileVersion"
).split()
KEYS = st.sampled_from(WORDS) | st.text(max_size=8)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
)
ANY = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
TABLES = st.dictionaries(KEYS, ANY, max_size=6)
TEXT = st.text(max_size=400) | st.lists(
    st.sampled_from(
        ["a==1", "-r x", "--hash=sha256:ab", "\\", "#", ";", "@", "git+https://x/y", "[a]", "\n", " ", '"', "'"]
    ),
    max_size=40,
).map("".join)

EACH = settings(max_examples=150, deadline=2_000)


@pytest.mark.parametrize("tool", ["uv", "poetry", "pdm", "pylock", "pipenv", "conda-lock", "pixi", "npm", "pnpm"])
def test_any_content_is_a_lock_or_unreadable(tool: str) -> None:
    @EACH
    @given(content=ANY, text=TEXT)
    def check(content: Any, text: str) -> None:
        lock = locks.read("x", tool, content, text)
        assert bool(lock.unreadable) or all(one.name and one.line >= 1 for one in lock.locked)
        assert not (lock.hashed and lock.unhashed)

    check()


@EACH
@given(text=TEXT)
def test_text_locks(text: str) -> None:
    for tool in ("yarn", "bun"):
        lock = locks.read("x", tool, f"# yarn lockfile v1\n{text}" if tool == "yarn" else text, text)
        assert lock.unreadable or isinstance(lock.packages, dict)


@EACH
@given(data=TABLES, text=TEXT)
def test_manifests(data: dict[str, Any], text: str) -> None:
    for manifest in (
        pyproject.read("pyproject.toml", data, text),
        other_manifests.read_pipfile("Pipfile", data, text),
        other_manifests.read_package_json("package.json", data, text),
        other_manifests.read_conda("environment.yml", data, text),
        other_manifests.read_requirements("requirements.txt", text),
        setup_py.read_setup_py("setup.py", text),
        setup_py.read_setup_cfg("setup.cfg", text),
    ):
        for one in manifest.dependencies if manifest else ():
            assert one.line >= 1
            assert isinstance(one.spec, str)


@EACH
@given(text=TEXT)
def test_requirements_are_bounded(text: str) -> None:
    found = split(text)
    assert len(found) <= text.count("\n") + text.count("\r") + 1 + sum(
        text.count(c) for c in "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
    )


@EACH
@given(path=st.text("ab/.", max_size=12), target=st.text("ab/.~$:\\\x00", max_size=20))
def test_an_include_never_leaves_the_tree(path: str, target: str) -> None:
    inside = resolve_inside(path.strip("/"), target)
    assert inside is None or not (inside.startswith(("/", "../")) or inside == "..")


@EACH
@given(version=st.text(max_size=40), spec=st.text(max_size=60))
def test_versions_answer_or_do_not_know(version: str, spec: str) -> None:
    assert satisfies_npm(version, spec) in (True, False, None)
    assert satisfies_pep440(version, spec) in (True, False, None)
    poetry_to_pep440(spec)


@EACH
@given(text=st.text(max_size=120))
def test_digests_are_hashes_or_nothing(text: str) -> None:
    for found in (digests.plain(text), digests.sri(text), digests.artefact([{"hash": text, "hashes": text}])[0]):
        assert found == "" or len(found.partition(":")[2]) in (32, 40, 64, 96, 128)


@EACH
@given(record=TABLES)
def test_advisories_of_any_shape(record: dict[str, Any]) -> None:
    rows = _rows({"id": "X", **record})
    assert all(json.loads(data)["severity"] in ("", "low", "medium", "high", "critical") for *_, data in rows)


def test_a_severity_of_another_shape_is_none() -> None:
    assert severity_of({"severity": [{"type": "CVSS_V3", "score": None}]}, {}) == ""


@EACH
@given(data=ANY, text=TEXT)
def test_bills_of_any_shape(data: Any, text: str) -> None:
    marked = {**data, "bomFormat": "CycloneDX", "components": [data]} if isinstance(data, dict) else data
    for document in (cyclonedx.from_json(marked), spdx.from_json(data), cyclonedx.from_xml(text)):
        assert document is None or all(one.keys for one in document.components)


def test_lines_of_the_same_mark_come_in_order() -> None:
    lines = MarkFinder('[[package]]\nname = "a"\nversion = "1"\n[[package]]\nname = "a"\nversion = "2"\n')
    assert [lines.next('name = "a"') for _ in range(3)] == [2, 5, 5]
    assert lines.next('name = "b"') == 1


@pytest.mark.parametrize(
    ("tool", "text", "line"),
    [
        ("yarn", '# yarn lockfile v1\n\n\n"@a/b@^1.0":\n  version "1.0.1"\n  integrity sha512-x\n', 4),
        ("bun", '{\n  "packages": {\n    "a": ["a@1.0.0", "", {}, "sha512-x"],\n  }\n}', 3),
    ],
)
def test_lines_in_text_locks(tool: str, text: str, line: int) -> None:
    assert [one.line for one in locks.read("x", tool, text, text).locked] == [line]


def test_a_document_type_is_refused() -> None:
    bomb = '<!DOCTYPE b [<!ENTITY a "aa">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components/></bom>'
    found = cyclonedx.from_xml(bomb)
    assert found is None or "document type" in found.problem


def test_cyclonedx_in_xml() -> None:
    text = """<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><metadata><timestamp>2026-05-01T00:00:00Z</timestamp>
<component type="application"><name>app</name></component></metadata><components>
<component type="machine-learning-model"><group>acme</group><name>bert</name><version>1</version></component>
<component type="library"><name>numpy</name><hashes><hash alg="SHA-256">ab</hash></hashes></component>
</components></bom>"""
    found = cyclonedx.from_xml(text)
    assert found is not None
    assert (found.version, found.created) == ("1.6", "2026-05-01")
    assert [(one.name, one.kind, one.identified) for one in found.components] == [
        ("acme/bert", "model", True),
        ("numpy", "library", True),
    ]
