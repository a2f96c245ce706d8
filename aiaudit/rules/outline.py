"""What a sentence of a pack says before anything is known: its wording, with N for a number and … for what varies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from aiaudit import lazy
from aiaudit.model.sentence import begun
from aiaudit.rules.language import Expression
from aiaudit.rules.nodes import Binary, Call, Const, Index, ListLiteral, Macro, MapLiteral, Name, Node, Select, Ternary
from aiaudit.rules.template import FORMS, Template

Made = Callable[[str], Node | None]  # what a name is worked out from; None where it is not

MOST: Final = 4  # wordings of one sentence
_A_CLAUSE: Final = 4  # words from which a choice is one of sentences and not of a word's form
_A_SENTENCE: Final = 3  # words of its own from which a sentence says something without what stands in its places
_WORD: Final = lazy.regex(r"[^\W\d_]{2,}")
_DEEPEST: Final = 8  # names that are followed from one to the next


def outlines(
    template: Template, most: int = MOST, values: Mapping[str, str] | None = None, made: Made | None = None
) -> tuple[str, ...]:
    """The wordings that a sentence may take: where a place in it chooses between clauses, one for each of them.

    Of several sentences all are told, each in `most` wordings at most. `values`: what is known all the same, by the
    name that a place asks for: `params.most`. `made`: by it the texts are found of which a sentence is nothing but one.
    """
    values = values or {}
    if template.choices:
        every = (told for _, text in template.choices for told in outlines(text, most, values, made))
        return tuple(dict.fromkeys(every))
    places = [part for part in template.parts if isinstance(part, Expression)]
    chosen = next((place for place in places if len(_clauses(place.node)) > 1), None)
    if chosen is not None:
        told = dict.fromkeys(_filled(template, chosen, clause, values) for clause in _clauses(chosen.node))
        return tuple(told)[:most]
    alone = _filled(template, None, "", values)
    if made is not None and len(_WORD.findall(alone)) < _A_SENTENCE:
        for place in places:
            said = dict.fromkeys(_filled(template, place, text, values) for text in _texts(place.node, made))
            said = dict.fromkeys(text for text in said if len(_WORD.findall(text)) >= _A_SENTENCE)
            if said:
                return tuple(said)[:most]
    return (alone,)


def _texts(node: Node, made: Made) -> Iterator[str]:
    """What a field of records may say, by the lists that these are made of."""
    match node:
        case Select(operand=Index(operand=records), field=field):
            for entry in _field(records, field, made, 0):
                yield from _clauses(entry) or [_wording(entry)]


def _field(node: Node, field: str, made: Made, depth: int) -> Iterator[Node]:
    if depth > _DEEPEST:
        return
    match node:
        case Name(name=name):
            inner = [behind] if (behind := made(name)) is not None else []
        case Macro(kind="map", body=MapLiteral(entries=entries)):
            yield from (value for key, value in entries if key == field)
            return
        case Macro(kind="map", body=body):
            inner = [body]
        case Macro(target=target):
            inner = [target]
        case Binary(op="+", left=left, right=right):
            inner = [left, right]
        case Ternary(yes=yes, no=no):
            inner = [yes, no]
        case MapLiteral(entries=entries):
            yield from (value for key, value in entries if key == field)
            return
        case _:
            return
    for one in inner:
        yield from _field(one, field, made, depth + 1)


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
    sentence = "".join(said)
    return begun(sentence) if template.parts and isinstance(template.parts[0], Expression) else sentence


def _known(node: Node, values: Mapping[str, str]) -> str:
    match node:
        case Name(name=name):
            return values.get(name, "")
        case Select(operand=Name(name=name), field=field):
            return values.get(f"{name}.{field}", "")
    return ""


def _touch(first: str, then: str) -> bool:
    """Whether two clauses meet without a space or a comma; what is but the end of a word (call-s) is none."""
    meets = bool(first) and (first[-1].isalnum() or first[-1] in ".!?")
    return meets and " " in then and (then[0].isalnum() or then[0] == "…")


def _may_be_silent(node: Node) -> bool:
    if isinstance(node, Ternary):
        return _may_be_silent(node.yes) or _may_be_silent(node.no)
    return isinstance(node, Const) and node.value == ""


def _clauses(node: Node) -> list[str]:
    """What the branches of a choice say; nothing where they are but forms of a word. Of parts that are joined as they
    are said, each says something by itself."""
    if isinstance(node, Call) and node.function == "join":
        parts = [said for item in _joined(node.args[0]) if (said := _wording(item).strip())]
        return parts if parts and all(len(part.split()) >= _A_CLAUSE for part in parts) else []
    if not isinstance(node, Ternary):
        return []
    found = [clause for branch in (node.yes, node.no) for clause in (_clauses(branch) or [_wording(branch)])]
    return found if all(len(clause.split()) >= _A_CLAUSE for clause in found) else []


def _joined(node: Node) -> list[Node]:
    """The parts of a list that is written out, whichever of them are said."""
    match node:
        case ListLiteral(items=items):
            return list(items)
        case Macro(kind="filter", target=target):
            return _joined(target)
    return []


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
