"""Prompts: string and template literals that instruct a model, and prompts that are loaded from elsewhere.

A literal is a prompt by its use (the content of a chat message, `system:` or `prompt:` among options, a prompt
template) or by the name it is bound to. The text itself is never kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import FUNCTIONS, WRAPPERS, Module, first_named
from aiaudit.probes.javascript.prepared import filled
from aiaudit.probes.javascript.resolve import Resolver
from aiaudit.probes.javascript.values import Values
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.prompts import PLACEHOLDER, TO_A_MODEL, judged

if TYPE_CHECKING:
    from ast_grep_py import SgNode

MARKS: Final = lazy.linear(
    rb"(?i)prompt|template|instruction|\bsystem\b|persona|preamble|[\"']?content[\"']?\s*:|SystemMessage|HumanMessage"
    rb"|\bparts[\"']?\s*:"
)
_NAME: Final = lazy.regex(
    r"(?i)prompt|instructions?|preamble|persona|system_?(?:message|text|template)|sys_?msg|human_?template"
)
_OTHER_NAME: Final = lazy.regex(
    r"(?i)reject|block|install|setup|usage|help|error|confirm|placeholder|label|title|path$|file$|dir$|url$|id$|class(?:name)?s?$|regex|pattern|schema"
)
_KEYS: Final = name_set(
    "prompt system systemPrompt system_prompt instructions instruction systemInstruction system_instruction preamble"
    " systemMessage template prefix suffix stateModifier messageModifier developerMessage initialPrompt userPrompt"
)
_INSTRUCTIONS: Final = frozenset({"systemInstruction", "system_instruction"})
_WORDS_OF_MANY: Final = frozenset({"template", "prefix", "suffix"})
_ROLE: Final = lazy.regex(r"\brole[\"']?\s*:\s*[\"'](system|developer|user|assistant|model)")
_TEMPLATES: Final = lazy.regex(r"(?:PromptTemplate\b|SystemMessage$|HumanMessage$|\.fromTemplate$|\.fromMessages$)")
_LOADS: Final = lazy.regex(r"(?:readFile(?:Sync)?|getPrompt|hub\.pull|pullPrompt|loadPrompt|Bun\.file)\s*\(")
_CLIMB: Final = frozenset(
    {"template_string", "binary_expression", "array", "arguments", "ternary_expression", *WRAPPERS}
)
_SYSTEM_NAME: Final = lazy.regex(r"(?i)(?:^|_)system$|[a-z]System$")
_TEMPLATE_NAME: Final = lazy.regex(r"(?i)template$")
# "Create a plan" and "Select the best of these" are told to a model; a statement names what it works on.
_MARKUP: Final = lazy.regex(
    r"^\s*(?:<!DOCTYPE|<html|<svg|<div|SELECT\s[^.]{1,200}\sFROM\s+[\w.\"`$({]+\s*(?:;|$|\n|WHERE|JOIN|LEFT|INNER|GROUP|ORDER|LIMIT|AS\b)|INSERT\s+INTO\s"
    r"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\w*\s+|UNIQUE\s+|MATERIALIZED\s+)?(?:TABLE|INDEX|VIEW|FUNCTION|TRIGGER|TYPE|EXTENSION|SCHEMA|POLICY)\s)",
    re.IGNORECASE,
)
# `{role: "user", content: context}` and `parts: [{text: context}]`: what that name holds is said to a model.
_SAID: Final = lazy.regex(
    r"\brole[\"']?\s*:\s*[\"'](?:system|developer|user)[\"']\s*,\s*[\"']?content[\"']?\s*:\s*([A-Za-z_$][\w$]*+)\s*[,}]"
    r"|\bparts[\"']?\s*:\s*\[\s*\{\s*[\"']?text[\"']?\s*:\s*([A-Za-z_$][\w$]*+)\s*[,}]"
)
_JOINS: Final = lazy.regex(
    r"(?:\.(?:join|trim|replace|replaceAll|concat)|\bdedent|stripIndents?|outdent|codeBlock|oneLine\w*|endent)$"
)
_NAMED: Final = frozenset({"identifier", "member_expression"})
MIN_WORDS: Final = 6
MAX_LITERALS: Final = 4_000


class PromptFinder:
    def __init__(self, module: Module, resolver: Resolver, values: Values) -> None:
        self.module = module
        self.resolver = resolver
        self.values = values
        self.rows: list[dict[str, Any]] = []
        self._seen: set[tuple[str, int]] = set()
        self._said = {
            (one.group(1) or one.group(2), module.function_at(one.start())) for one in _SAID.finditer(module.text)
        }

    def found(self) -> list[dict[str, Any]]:
        for node in self.module.root.find_all(
            any=[{"kind": "string"}, {"kind": "template_string"}], regex=r"(?s)^.{30}"
        )[:MAX_LITERALS]:
            self._literal(node)
        if _LOADS.search(self.module.text):
            for scope_name, bindings in self.module.bindings.items():
                for one in bindings:
                    if (
                        one.kind == "value"
                        and one.node is not None
                        and _NAME.search(scope_name)
                        and not _OTHER_NAME.search(scope_name)
                    ):
                        text = one.node.text()[:300]
                        if _LOADS.search(text) and one.node.kind() not in (*FUNCTIONS, "variable_declarator"):
                            self._add(one.node, scope_name, "loaded", "", False)
        return sorted(self.rows, key=lambda row: int(row["line"]))

    def _literal(self, node: SgNode) -> None:
        text = self.values.text(node) or ""
        if _MARKUP.match(text):
            return
        use, name, whole = self._use(node)
        if not use or len(text.split()) < MIN_WORDS:
            return
        full = self.values.text(whole) or text if whole is not node else text
        key = (name, whole.range().start.index)
        if key not in self._seen:
            self._seen.add(key)
            holes = self._holes(whole) if "{…}" in full else []
            holes += filled(whole, full, self.module) if use == "argument" else []
            self._add(node, name, use, full, "{…}" in full, holes)

    def _holes(self, whole: SgNode) -> list[str]:
        """What fills the places of a template, by name; texts that stand beside it fill none."""
        found: list[str] = []
        for hole in whole.find_all(kind="template_substitution")[:60]:
            name = _filling(first_named(hole))
            bound = self.module.bound(name, hole.range().start.index) if name else None
            fixed = (
                bound is not None and bound.node is not None and bound.node.kind() == "string" and not bound.assigned
            )
            if name and not fixed:
                found.append(name)
        return found

    def _use(self, node: SgNode) -> tuple[str, str, SgNode]:
        """(use, name, the whole expression that the literal is part of); use "" where it is no prompt."""
        whole = node
        for one in node.ancestors():
            kind = one.kind()
            if kind in ("call_expression", "new_expression"):
                called = one.field("function") or one.field("constructor")
                name = called.text()[-120:] if called is not None else ""
                if _TEMPLATES.search(name):
                    return "template", name.rpartition(".")[2][:80], whole
                if not _JOINS.search(name):
                    return "", "", whole
                whole = one
            elif kind == "member_expression" and one.text()[-5:] != "()":
                continue
            elif kind in _CLIMB:
                whole = one if kind != "arguments" else whole
            elif kind == "pair":
                return self._pair(one, whole)
            elif kind in ("variable_declarator", "assignment_expression", "public_field_definition"):
                target = one.field("name") or one.field("left") or one.field("property")
                name = target.text().rpartition(".")[2] if target is not None else ""
                meant = bool(_NAME.search(name)) and not _OTHER_NAME.search(name)
                meant = meant or (name, self.module.function_at(one.range().start.index)) in self._said
                return ("constant" if meant or _speaks(name, node) else "", name, whole)
            elif kind in ("return_statement", "arrow_function"):
                name = self.module.function_at(node.range().start.index)
                meant = bool(_NAME.search(name)) and not _OTHER_NAME.search(name)
                return ("returned" if meant else "", name, whole)
            else:
                return "", "", whole
        return "", "", whole

    def _pair(self, pair: SgNode, whole: SgNode) -> tuple[str, str, SgNode]:
        key = pair.field("key")
        name = key.text().strip("'\"") if key is not None else ""
        if name in ("content", "text"):
            role = _role(pair) or (_of_parts(pair) if name == "text" else "")
            use = "argument" if role in _INSTRUCTIONS else "message"
            return (use, role, whole) if role else ("", "", whole)
        if name in _WORDS_OF_MANY and not _told(pair, self.values.text(whole) or whole.text()):
            return "", "", whole
        if name in _KEYS:
            return "argument", name, whole
        outer = pair.parent()
        holder = outer.parent() if outer is not None else None
        while holder is not None and holder.kind() in ("pair", "object", *WRAPPERS):
            holder = holder.parent()
        if holder is not None and holder.kind() == "variable_declarator":
            target = holder.field("name")
            if target is not None and re.search(r"(?i)prompts$|instructions$", target.text()):
                return "constant", name, whole
        return ("constant", name, whole) if _NAME.search(name) and not _OTHER_NAME.search(name) else ("", "", whole)

    def _add(self, node: SgNode, name: str, use: str, text: str, dynamic: bool, holes: Sequence[str] = ()) -> None:
        lower = name.lower()
        place = node.range()
        at = place.start.index
        row: dict[str, Any] = {
            "line": place.start.line + 1,
            "function": self.module.function_at(at),
            "name": name[:80],
            "use": use,
            "kind": "system" if "system" in lower or lower in ("developer", "instructions", "preamble") else "other",
            "dynamic": dynamic,
            "at_module": not self.module.function_at(at),
            **(judged(text) if text else {}),
        }
        names = sorted({*PLACEHOLDER.findall(text), *holes})
        if names:
            row["placeholders"] = names[:40]
        self.rows.append({key: value for key, value in row.items() if value not in (False, "", 0)})


def _role(pair: SgNode) -> str:
    """Who speaks in the message of which this pair is the text; "" where nobody is named, or the model."""
    siblings = pair.parent()
    text = siblings.text()[:200] if siblings is not None else ""
    role = _ROLE.search(text)
    return role.group(1) if role is not None and role.group(1) not in ("assistant", "model") else ""


def _of_parts(pair: SgNode) -> str:
    """Who speaks in `systemInstruction: {parts: [{text: …}]}` and `{role: "user", parts: [{text: …}]}` of Gemini."""
    holder = pair.parent()
    while holder is not None and holder.kind() in ("object", "array", *WRAPPERS):
        holder = holder.parent()
    if holder is None or _key(holder) != "parts":
        return ""
    outer = holder.parent()
    above = outer.parent() if outer is not None else None
    if above is not None and _key(above) in _INSTRUCTIONS:
        return _key(above)
    return _role(holder)


def _key(node: SgNode) -> str:
    key = node.field("key") if node.kind() == "pair" else None
    return key.text().strip("'\"") if key is not None else ""


def _told(pair: SgNode, text: str) -> bool:
    """`template: "…"` is a prompt among the options of a template of prompts, or where it speaks to somebody who is to
    do something; texts that a page offers to its users are templates too."""
    for one in pair.ancestors():
        if one.kind() in ("call_expression", "new_expression"):
            called = one.field("function") or one.field("constructor")
            if called is not None and called.text() in ("Component", "defineComponent"):
                return False  # the markup of a page, however much it tells its readers to do
            return (called is not None and bool(_TEMPLATES.search(called.text()[-120:]))) or bool(
                TO_A_MODEL.search(text)
            )
    return bool(TO_A_MODEL.search(text))


def _filling(node: SgNode | None) -> str:
    """The name of what fills a place: `docs` of `${docs}`, `${format(docs)}` and `${docs.map(…).join("")}`."""
    while node is not None and node.kind() == "call_expression":
        arguments, called = node.field("arguments"), node.field("function")
        first = first_named(arguments) if arguments is not None and arguments.kind() == "arguments" else None
        if first is not None and first.kind() in ("identifier", "member_expression", "call_expression"):
            node = first
        else:
            node = called.field("object") if called is not None and called.kind() == "member_expression" else None
    return node.text()[:60].replace("?.", ".") if node is not None and node.kind() in _NAMED else ""


def _speaks(name: str, node: SgNode) -> bool:
    """A template that is text for a model rather than markup, a path or a chat format; or the words of its system."""
    text = node.text()[1:-1]
    if _SYSTEM_NAME.search(name):
        return bool(TO_A_MODEL.search(text))
    return bool(_TEMPLATE_NAME.search(name)) and len(text.split()) >= 12 and "<" not in text[:20] and "{%" not in text
