"""What a sentence of a pack says before anything is known: its wording, with N for a number and … for what varies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiaudit.rules.language import Expression
from aiaudit.rules.nodes import Binary, Call, Const, Name, Node, Ternary
from aiaudit.rules.template import FORMS, Template

MOST: Final = 4  # wordings of one sentence
_A_CLAUSE: Final = 4  # words from which a choice is one of sentences and not of a word's form


def outlines(template: Template, most: int = MOST, values: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The wordings that a sentence may take: where a place in it chooses between clauses, one for each of them.
    `values`: what is known all the same, by the name that a place asks for: `params.most`."""
    values = values or {}
    if template.choices:
        every = (told for _, text in template.choices for told in outlines(text, most, values))
        return tuple(dict.fromkeys(every))[:most]
    chosen = next((p for p in template.parts if isinstance(p, Expression) and len(_clauses(p.node)) > 1), None)
    if chosen is None:
        return (_filled(template, None, "", values),)
    told = dict.fromkeys(_filled(template, chosen, clause, values) for clause in _clauses(chosen.node))
    return tuple(told)[:most]


def _filled(template: Template, chosen: Expression | None, clause: str, values: Mapping[str, str]) -> str:
    said: list[str] = []
    for position, part in enumerate(template.parts):
        if isinstance(part, str):
            said.append(FORMS.sub(r"\2", part))
            continue
        told = clause if part is chosen else _known(part.node, values) or _wording(part.node)
        if part is not chosen and _may_be_silent(part.node):
            following = template.parts[position + 1 : position + 2]
            after = clause if following and following[0] is chosen else ""
            # two sentences that touch are never said together: where one is told, the other is silent
            if _touch("".join(said), told) or _touch(told, after):
                told = ""
        said.append(told)
    return "".join(said)


def _known(node: Node, values: Mapping[str, str]) -> str:
    return values.get(node.name, "") if isinstance(node, Name) else ""


def _touch(first: str, then: str) -> bool:
    """Whether two clauses meet without a space or a comma; what is but the end of a word (call-s) is none."""
    meets = bool(first) and (first[-1].isalnum() or first[-1] in ".!?")
    return meets and " " in then and (then[0].isalnum() or then[0] == "…")


def _may_be_silent(node: Node) -> bool:
    if isinstance(node, Ternary):
        return _may_be_silent(node.yes) or _may_be_silent(node.no)
    return isinstance(node, Const) and node.value == ""


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
