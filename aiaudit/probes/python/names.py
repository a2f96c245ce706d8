"""Names as an expression writes them: nothing is said of what they stand for (that is `resolve`)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aiaudit.probes.python.match import Patterns

_CHAINED: Final = (ast.Attribute, ast.Call, ast.Subscript, ast.Await)
_NAME: Final = ast.Name
_ATTRIBUTE: Final = ast.Attribute


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of names and attributes as written; "" for anything else."""
    part: Any = node
    if part.__class__ is _NAME:
        name: str = part.id
        return name
    parts: list[str] = []
    while part.__class__ is _ATTRIBUTE:
        parts.append(part.attr)
        part = part.value
    if part.__class__ is not _NAME:
        return ""
    parts.append(part.id)
    parts.reverse()
    return ".".join(parts)


def unknown_name(node: ast.Attribute, known: Patterns) -> str:
    """`?.b.c` of `a.b.c` or `f().b.c`, where nothing is known of what stands before the first dot: as much of it as
    some pattern ends in, the last part at least."""
    found = node.attr
    part: Any = node.value
    while part.__class__ is _ATTRIBUTE and known.is_tail(f"{part.attr}.{found}"):
        found = f"{part.attr}.{found}"
        part = part.value
    return f"?.{found}"


def last_name(node: ast.AST) -> str:
    """`c` of `a.b.c` or `c`; "" for anything else."""
    part: Any = node
    kind = part.__class__
    name: str = part.attr if kind is _ATTRIBUTE else part.id if kind is _NAME else ""
    return name


def root_name(node: ast.AST) -> str:
    """`a` of `a.b().c`; "" where the chain does not begin with a name."""
    while isinstance(node, _CHAINED):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
