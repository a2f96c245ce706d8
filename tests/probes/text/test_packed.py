"""What a bundler made is no code that somebody wrote, whatever it is called; secrets are looked for in it all the same."""

from __future__ import annotations

import pytest

from aiaudit.probes.secrets import hide
from aiaudit.probes.text.engine import TextEngine, is_packed
from aiaudit.probes.text.groups import Pattern, PatternGroup
from aiaudit.project.entry import Entry
from aiaudit.project.roles import Role, role_of, suffix_of

CODE = PatternGroup((Pattern("limit", r"rateLimit\("),), roles=frozenset({Role.CODE}))
ANY = PatternGroup((Pattern("key", r"apiKey"),))
PACKED = b"!function(e,t){rateLimit(e),t.apiKey=e}(this);" * 600
WRITTEN = b"function limit(e, t) {\n  rateLimit(e)\n  t.apiKey = e\n}\n" * 600


def found(data: bytes, path: str) -> list[str]:
    engine = TextEngine(groups=[CODE, ANY])
    entry = Entry(path, len(data), role=role_of(path), suffix=suffix_of(path))
    assert engine.wants(entry)
    hits = engine.scan(data, entry)["hits"]
    return [name for name, group in (("code", CODE), ("any", ANY)) if group.key in hits]


@pytest.mark.parametrize(
    ("data", "path", "expected"),
    [
        (PACKED, "static/swagger-ui-bundle.js", ["any"]),
        (PACKED, "static/page.mjs", ["any"]),
        (WRITTEN, "static/swagger-ui-bundle.js", ["code", "any"]),
        (PACKED[:2000], "one_line.js", ["code", "any"]),  # short: somebody may have written it
        (PACKED, "lines.py", ["code", "any"]),
        (b"// a long table\nconst t = [" + b"1," * 200 + b"]\n" + WRITTEN, "table.js", ["code", "any"]),
    ],
)
def test_a_bundle_is_generated_by_its_lines(data: bytes, path: str, expected: list[str]) -> None:
    assert found(data, path) == expected


def test_without_groups_for_generated_files_nothing_is_found_in_a_bundle() -> None:
    engine = TextEngine(groups=[CODE])
    entry = Entry("a.js", len(PACKED), role=Role.CODE, suffix=".js")
    assert engine.wants(entry) and engine.scan(PACKED, entry) == {"hits": {}}
    assert is_packed(PACKED)


def test_what_stands_around_places_of_one_long_line_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = b"sk-proj-" + b"Ab3dEf6hIj" * 4
    text = b"x" * 3000 + b"".join(b'place="' + secret + b'",' + b"y" * 500 for _ in range(20))
    places = [(at, at + 60) for at in range(3000, len(text), len(text[3000:]) // 20)]
    looked: list[int] = []
    spans = hide._spans
    monkeypatch.setattr(hide, "_spans", lambda data: (looked.append(len(data)), spans(data))[1])
    told = hide.shown(text, places)
    assert len(looked) == 1 and sum(looked) <= len(text)
    assert all("Ab3dEf6hIj" not in one for one in told) and any(hide.HIDDEN in one for one in told)


def test_places_on_lines_of_their_own_are_looked_at_by_line() -> None:
    secret = "sk-proj-" + "Ab3dEf6hIj" * 4
    lines = [f'key_{n} = "{secret}"' if n % 2 else f"plain_{n} = {n}" for n in range(6)]
    text = "\n".join(lines).encode()
    starts = [text.index(line.encode()) for line in lines]
    told = hide.shown(text, [(at, at + len(line)) for at, line in zip(starts, lines, strict=True)])
    assert told == [f'key_{n} = "{hide.HIDDEN}"' if n % 2 else lines[n] for n in range(6)]
