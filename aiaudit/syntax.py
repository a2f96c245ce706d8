"""Python of the audited tree is parsed without a word on the terminal: its warnings are none of the user's."""

from __future__ import annotations

import ast
import warnings


def syntax_of(text: str) -> ast.Module:
    """The syntax tree of a module. Raises `SyntaxError`, `ValueError`, `RecursionError` and `MemoryError`, as
    `ast.parse` does; an unknown escape such as `"\\g"` is told nowhere (CPython 3.12 prints it otherwise)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
