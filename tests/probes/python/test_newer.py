"""Python 3.12's syntax is read by whatever Python runs the audit."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.python.newer import in_older_words
from aiaudit.probes.python.source import Unparsed, read_source

NEWER = {
    "type Names = list[str]\n": "Names      = list[str]\n",
    "if True:\n    type Pair[A, B] = tuple[A, B]\n": "if True:\n    Pair            = tuple[A, B]\n",
    "def first[T: (int, str)](items: list[T]) -> T:\n    return items[0]\n": None,
    "async def go[**P, R](f):\n    pass\n": None,
    "class Box[T](Base):\n    pass\n": None,
    "class Box[T: dict[str, int]]:\n    pass\n": None,
    'print(f"{row["name"]} of {row["city"]}")\n': "print(f\"{row['name']} of {row['city']}\")\n",
    "print(f'{row['name']}', \"x\")\n": 'print(f\'{row["name"]}\', "x")\n',
}


@pytest.mark.parametrize("text", NEWER)
def test_it_parses_with_lines_and_columns_kept(text):
    older = in_older_words(text.encode()).decode()
    assert (len(older), older.count("\n")) == (len(text), text.count("\n"))
    assert NEWER[text] in (None, older)
    assert ast.dump(read_source(text.encode(), ".py").tree) == ast.dump(ast.parse(older))


@pytest.mark.parametrize(
    "text", ["type = 3\n", "type(x) == y\n", "x = f'{a}'\n", 'f"{{\\"}}"\n', "type x\n", "def f[\n"]
)
def test_other_text_is_left_alone(text):
    assert in_older_words(text.encode()).decode() == text


def test_what_is_wrong_in_any_python_stays_unread():
    source = read_source(b"y = 1\nx = = 3\n", ".py")
    assert (source.lost, source.why) == ([2], "not Python 3 at line 2")
    with pytest.raises(Unparsed, match="line 1"):
        read_source(b"this is no Python\n" * 40, ".py")


@given(st.text("typedefclass f[]{}()\"'\\=:\nT ", max_size=80))
def test_any_text_keeps_its_length_and_lines(text):
    data = text.encode()
    older = in_older_words(data)
    assert len(older) == len(data)
    assert [i for i, b in enumerate(older) if b == 10] == [i for i, b in enumerate(data) if b == 10]


@pytest.mark.parametrize(
    "line",
    [
        rb"""text = f"<{url}|{text.replace('\n', ' ').replace(r"/n{2,}", ' ')[:50]}>" """,
        rb"""text = f"{name}:\n> {question.replace("\n", "\n> ")}\n" """,
        rb"""text = f"{{\n}} {rows["a"]} {part.split("\\")[0]}" """,
        b"text = f'''/*\n * {{ {name}\n */\n{',\\n'.join(rows)}\\n'''\n",
        b'text = f"""\n{",\\\\n".join(rows)}\n"""; other = f"{rows["a"]}"\n',
    ],
)
def test_backslashes_inside_braces_are_read(line: bytes) -> None:
    older = in_older_words(line)
    assert len(older) == len(line)
    assert isinstance(ast.parse(older.strip()).body[0], ast.Assign)


def test_braces_of_the_text_keep_their_backslashes() -> None:
    assert rb"{{\n}}" in in_older_words(rb"""text = f"{{\n}} {rows["a"]}" """)


def test_text_over_several_lines_keeps_its_own_backslashes() -> None:
    text = b'text = f"""a\\n{rows["a"]}\\t\n"""\nx = f"{y}"\n'
    assert in_older_words(text) == text
