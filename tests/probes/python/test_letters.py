"""Names in other letters than Python reads are searched as Python reads them, and nothing else is changed."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.python.letters import folded

NAMES = st.text("abﬁªｐｉℓ𝓁_é1", min_size=1, max_size=6).filter(str.isidentifier)
LINES = st.one_of(
    NAMES.map(lambda name: f"import {name}"),
    NAMES.map(lambda name: f"x = {name}.{name}({name}='{name} ª ½')"),
    NAMES.map(lambda name: f"# {name}: ﬁrst ª"),
    NAMES.map(lambda name: f'"""{name} (see ﬁg. 1ª)."""'),
)


@given(st.lists(LINES, max_size=6).map("\n".join))
def test_it_means_the_same_and_names_are_plain(text: str) -> None:
    found = folded(text.encode()).decode()
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(text))
    assert found.count("\n") == text.count("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id.isascii():
            assert node.id in found


def test_a_long_word_takes_no_longer_than_its_length() -> None:
    long = b"a" * 2_000_000  # the square of it would take hours
    assert folded(long + " ｐ.load(x)".encode()) == long + b" p.load(x)"
    prose = long + " 1ª".encode()
    assert folded(prose) is prose
