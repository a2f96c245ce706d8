"""Python source with its tree, to be written differently piece by piece."""

from __future__ import annotations

import ast
from typing import Any

Edit = tuple[int, int, bytes]
"""Where the text begins and ends that goes, and what comes in its place."""


class PythonSource:
    """Python source with its tree, and where in the bytes a node stands."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tree = ast.parse(data)
        self.starts = [0]
        for line in data.split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.in_strings = {
            id(inner) for node in ast.walk(self.tree) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)
        }

    def span(self, node: Any) -> tuple[int, int]:
        """The first byte of a node, and the one behind it."""
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def edited(self, edits: list[Edit]) -> bytes | None:
        """The source with other text at these places; None where nothing is edited."""
        if not edits:
            return None
        out = self.data
        for start, end, text in sorted(edits, reverse=True):
            out = out[:start] + text + out[end:]
        ast.parse(out)  # a rewriting that is no Python any more is a fault of this file
        return out

    def with_constants(self, edits: list[Edit], lines: list[bytes]) -> bytes | None:
        """The same with these lines below the imports; None where nothing is edited."""
        at = self.below_imports()
        gap = b"" if at == 0 or self.data[:at].endswith(b"\n") else b"\n"
        return self.edited([*edits, (at, at, gap + b"".join(lines))]) if edits else None

    def below_imports(self) -> int:
        """The byte after the docstring and the first imports: where a module's constants stand."""
        last = 0
        for node in self.tree.body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not docstring and not isinstance(node, ast.Import | ast.ImportFrom):
                break
            last = self.starts[(node.end_lineno or 1)]
        return min(last, len(self.data))


def source_of(data: bytes) -> PythonSource | None:
    """The source of these bytes; None where it is no Python, or written in a way that its bytes do not show."""
    if data.startswith(b"\xef\xbb\xbf") or b"\r" in data or b"\f" in data:
        return None
    try:
        return PythonSource(data)
    except (SyntaxError, ValueError, RecursionError):
        return None
