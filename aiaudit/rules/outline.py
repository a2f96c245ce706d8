"""What a sentence of a pack says before anything is known: its wording, with N for a number and … for what varies."""

from __future__ import annotations

from typing import Final

from aiaudit.rules.language import Expression
from aiaudit.rules.nodes import Binary, Call, Const, Node, Ternary
from aiaudit.rules.template import FORMS, Template

MOST: Final = 4  # wordings of one sentence
_A_CLAUSE: Final = 4  # words from which a choice is one of sentences and not of a word's form


def outlines(template: Template, most: int = MOST) -> tuple[str, ...]:
    """The wordings that a sentence may take: where a place in it chooses between clauses, one for each of them."""
    chosen = next((p for p in template.parts if isinstance(p, Expression) and len(_clauses(p.node)) > 1), None)
    if chosen is None:
        return (_filled(template, None, ""),)
    told = dict.fromkeys(_filled(template, chosen, clause) for clause in _clauses(chosen.node))
    return tuple(told)[:most]


def _filled(template: Template, chosen: Expression | None, clause: str) -> str:
    said = []
    for part in template.parts:
        if isinstance(part, str):
            said.append(FORMS.sub(r"\2", part))
        else:
            said.append(clause if part is chosen else _wording(part.node))
    return "".join(said)


def _clauses(node: Node) -> list[str]:
    """What the branches of a choice say; nothing where they are but forms of a word."""
    if not isinstance(node, Ternary):
        return []
    found = [clause for branch in (node.yes, node.no) for clause in (_clauses(branch) or [_wording(branch)])]
    return found if all(len(clause.split()) >= _A_CLAUSE for clause in found) else []


def _wording(node: Node) -> str:
    match node:
        case Const(value=bool()):
            return "…"
        case Const(value=value) if isinstance(value, str | int | float):
            return str(value)
        case Binary(op="+", left=left, right=right) if str(node.type) == "string":
            return _wording(left) + _wording(right)
        case Ternary(yes=first, no=last):
            return _wording(last) or _wording(first)
        case Call(function="string", args=[inner]) if isinstance(inner, Const):
            return _wording(inner)
        case Call(function="string", args=[inner]):
            return "N" if str(inner.type) in ("int", "double") else "…"
    return "N" if str(node.type) in ("int", "double") else "…"
