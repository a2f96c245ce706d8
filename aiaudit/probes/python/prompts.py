"""Prompts: string literals that instruct a model, where they stand, and where prompts are loaded from instead.

A literal is a prompt by its use (the content of a chat message, a `system=` or `prompt=` keyword, a prompt template) or
by the name it is bound to. The text itself is never kept: only its size, its placeholders, and whether it holds a
credential, an internal address, or a rule about who may do what.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, Final

from aiaudit import lazy
from aiaudit.probes.python.file_view import FileView
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import dotted, last_name
from aiaudit.probes.python.nodes import expressions, header
from aiaudit.probes.python.sinks import INSTRUCTING, says_system, texts_of
from aiaudit.probes.python.values import looks_secret

# A name of a prompt before a long literal, a chat message, a template, or a registry of prompts.
HITS: Final = (
    rb"(?:(?i:prompt|template|instruction|system|preamble|persona|backstory)\w*[\"']?\]?[ \t]*(?::[^=\n]{0,40})?[=:]"
    rb"|[\"'](?:content|text)[\"'][ \t]*:|\bcontent="
    rb"|\b(?:SystemMessage|HumanMessage|\w*PromptTemplate|from_system)\((?:\w+=)?)"
    rb"[ \t]*\(?[ \t]*(?:\n[ \t]*)?(?:[rfbRFB]{0,2}(?:\"\"\"|'''|[\"'](?:[^\"'\n]{20,}|[^\"'\n\x00-\x7f]{8,}))"
    rb"|textwrap|dedent|inspect)"
    rb"|(?i:prompts?|templates|instructions)\w*[ \t]*(?::[^=\n]{0,40})?=[ \t]*"
    rb"(?:\{|\[(?:[ \t]*(?:#[^\n]*)?$|[^\n\]]*[\"']))"
    rb"|\b[A-Z][A-Z0-9_]{3,}[ \t]*=[ \t]*\(?[ \t]*(?:\n[ \t]*)?[rfRF]{0,2}(?:\"\"\"|''')"
    rb"|\breturn[ \t]+\(?[ \t]*(?:\n[ \t]*)?[rfbRFB]{0,2}(?:\"\"\"|''')"  # of a function that is named after a prompt
    rb"|\breturn[ \t]*\([ \t]*\n[ \t]*[rfRF]{0,2}[\"'][^\"'\n]{8,}"
    rb"|\b(?:from_template|from_messages)\(|\b(?:get_prompt|load_prompt|pull_prompt|hub\.pull)\("
    rb"|(?i:prompt)\w*[ \t]*=[ \t]*\(?\s*[^=\n]*(?:open\(|read_text|load|get_template|render|\.read\()"
)
_NAME: Final = lazy.regex(
    r"(?i)(?:^|_|(?<=[a-z]))(prompt|prompts|instruction|instructions|preamble|persona|system_message|systemmessage|system_content|system_text|system_str|sys_msg|sys_str|sys_content)"
)
_OTHER_NAME: Final = lazy.regex(
    r"(?i)install|setup|usage|help|error|confirm|shell|stdin|_path$|_file$|_dir$|_url$|_id$"
)
_SYSTEM_NAME: Final = lazy.regex(r"(?i)(?:^|_)system$")  # the message of that role, where its text speaks to a model
TO_A_MODEL: Final = lazy.regex(
    r"(?i)\byou(?:r|'re)?\b|\bassistant\b|\banswer\b|\brespond\b"
    r"|\b(?:ты|вы|отвечай|ответь|eres|responde|você|responda|du bist|sie sind|antworte|tu es|vous êtes|réponds|répondez"
    r"|sei un|rispondi|sen|bạn là)\b|你是|您是|请回答|あなたは|답변|당신은"
)
_OF_THE_SYSTEM: Final = ("developer", "instructions", "preamble", "persona", "backstory")
_TEMPLATE_NAME: Final = lazy.regex(r"(?i)template")
_PAGE_NAME: Final = lazy.regex(
    r"(?i)readme|licen[cs]e|changelog|(?:model|dataset)_?card|html|css|docker|yaml|sql|commit_?message"
)
_KEYWORDS: Final = name_set(
    "prompt system system_prompt system_message system_instruction instructions instruction template messages_template"
    " backstory prefix suffix question_prompt qa_prompt user_prompt prompt_template state_modifier developer_message"
)
_LLM_TEMPLATES: Final = name_set(
    "PromptTemplate ChatPromptTemplate FewShotPromptTemplate SystemMessagePromptTemplate HumanMessagePromptTemplate"
    " SystemMessage HumanMessage RichPromptTemplate"
)
_LOADERS: Final = name_set("get_prompt load_prompt pull_prompt pull from_file load_prompt_from_config")
_TEXT_METHODS: Final = name_set("strip lstrip rstrip format replace join dedent cleandoc")
_FILE_READS: Final = name_set("open read_text read load get_template render safe_load")
PLACEHOLDER: Final = lazy.regex(r"(?<!\{)\{\{?\s*([A-Za-z_][\w.]{0,40})\s*\}?\}(?!\})")
_AUTHORISATION: Final = lazy.regex(
    r"(?i)\b(?:only|never|unless)\b[^.\n]{0,60}\b(?:admins?|administrators?|managers?|authori[sz]ed|employees|owners?|staff|premium)\b"
    r"|\b(?:if|when)\b[^.\n]{0,40}\b(?:role|user)\b[^.\n]{0,20}\b(?:is|equals)\b[^.\n]{0,20}\badmin"
    r"|\b(?:must not|do not|don't|never)\b[^.\n]{0,40}\b(?:other users?'?|another user)"
    r"|\b(?:must not|do not|don't|never)\s+(?:show|share|reveal|disclose|give|tell|send|access|discuss|look up|read"
    r"|change|cancel)\b[^.\n]{0,40}\bsomeone else"  # not: draft it as someone else would
    r"|\b(?:must not|do not|don't|never)\s+(?:output|show|share|reveal|disclose|expose|return|leak|give|access)\b"
    r"[^.\n]{0,60}\b(?:(?:other|another|(?:across|between)(?:\s+\w+)?)\s+(?:\w+\s+)?"
    r"(?:tenant|workspace|organi[sz]ation|customer|account)s?\b"
    r"|unauthori[sz]ed\s+(?:or\s+\w+\s+)?(?:data|information|content|documents?|records?|users?)\b)"
    r"|\b(?:employees|customers|users|staff|interns|guests)\b[^.\n]{0,20}"
    r"\b(?:must not|may not|cannot|are not allowed to)\s+(?:see|view|access|read|change)\b"
    r"|\b(?:with|to|for|by)\s+(?:\w+\s+)?(?:admins?|administrators?|managers?)\s+only\b"
    r"|\bpassword\s+(?:is|to)\b|\bunless the (?:password|code)\b"
    r"|\bunless the user (?:(?:gives|provides|knows|enters|says)\b[^.\n]{0,40}"
    r"\b(?:pass(?:word|phrase|code)?|code|pin|token|key|secret|credentials?|id|proof|magic word)\b"
    r"|is (?:an? |the )?(?:admin|verified|logged|signed|authenticated|permitted|allowed|member|manager|owner|premium)"
    r"|has (?:been )?(?:an? |the )?(?:role|right|permission|password|code|verified|authenticated|access|paid))"
)
_PROGRAM: Final = lazy.regex(  # a manager that is no person: `only with the project's package manager`
    r"(?i)\b(?:package|dependency|version|password|secrets?|state|task|window|file|session|connection|context|process|plug-?in)"
    r"[ -]managers?$"
)
# Whom users ask for is no condition of what they may do: `only when the user asks for a human/manager`.
_ASKED_FOR: Final = lazy.regex(
    r"(?i)\b(?:asks?|asked|asking|requests?|requested|demands?|wants?)[ ]"
    r"(?:(?:explicitly|directly|for|to|speak|talk|see|with|an?|the|your|our|real|live|human|person|agent|support|operator"
    r"|specialist|representative|or)[ /,]++)*+[\w-]+$"
)
# Who is told that he is the manager is the model: what only the manager may do is its own work.
_IS_MANAGER: Final = lazy.regex(r"(?i)\byou are (?:(?:an?|the|our|your) )?(?:[\w'-]+ ){0,5}managers?\b")
_MANAGER: Final = lazy.regex(r"(?i)\bmanagers?$")
_INTERNAL: Final = lazy.regex(
    r"(?i)https?://(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|[\w.-]+\.(?:internal|local|corp|lan)\b)"
)
# Chinese and Japanese are written without blanks: two signs are about a word.
_WORD: Final = lazy.regex(r"[\u3040-\u30ff\u4e00-\u9fff]{1,2}|[^\W\d_][\w'-]*")


class PromptFinder:
    """Finds the prompts of one file. `min_words`: shorter literals are no prompts."""

    def __init__(self, view: FileView, min_words: int = 6) -> None:
        self.view = view
        self.min_words = min_words
        self._seen: set[int] = set()

    def rows(self) -> list[dict[str, Any]]:
        found = [*self._bound(), *self._used()]
        return sorted(found, key=lambda row: int(row["line"]))

    def _bound(self) -> Iterator[dict[str, Any]]:
        """Literals and loads assigned to a name of a prompt, entries of a dict of prompts included."""
        for scope, statement in self.view.marked_statements():
            target: ast.expr | None = None
            if isinstance(statement, ast.Assign):
                target, value = statement.targets[0], statement.value
            elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
                target, value = statement.target, statement.value
            elif isinstance(statement, ast.Return) and statement.value and _NAME.search(scope.qualname):
                value = statement.value
            else:
                continue
            name = last_name(target) if target is not None else scope.qualname.rpartition(".")[2]
            if not name and isinstance(target, ast.Subscript):
                name = str(self.view.values.of(target.slice, scope))
            if _NAME.search(name) and not _OTHER_NAME.search(name):
                for row in self._value(value, name, scope, "constant" if target is not None else "returned"):
                    yield {**row, "lone": True} if self._stands_alone(target, scope) else row
            elif self._speaks(name, value, scope):
                yield from self._value(value, name, scope, "constant")
            elif scope.kind == "module" and name.isupper() and self._instructs(value, scope):
                for row in self._value(value, name, scope, "constant"):
                    yield {**row, "by_place": True}  # a prompt where the module is named after them

    def _stands_alone(self, target: ast.expr | None, scope: Scope) -> bool:
        """A name of a module that its file mentions nowhere else: unless another file takes it, nothing uses it."""
        if scope.kind != "module" or not isinstance(target, ast.Name):
            return False
        return len(re.findall(rb"\b%b\b" % target.id.encode(), self.view.source.data)) == 1

    def _instructs(self, value: ast.expr, scope: Scope) -> bool:
        """A text of some length that speaks to a model, whatever its name."""
        text = self._text(value, scope)[0]
        return len(_WORD.findall(text)) >= 12 and bool(TO_A_MODEL.search(text))

    def _speaks(self, name: str, value: ast.expr, scope: Scope) -> bool:
        """A template that is text for a model rather than markup, a path or a chat format; or the words of its
        system."""
        text = self._text(value, scope)[0]
        if _SYSTEM_NAME.search(name):
            return bool(TO_A_MODEL.search(text))
        return (
            bool(_TEMPLATE_NAME.search(name))
            and not _PAGE_NAME.search(name)
            and bool(text)
            and len(_WORD.findall(text)) >= 12
            and "<" not in text[:20]
            and "{%" not in text
        )

    def _value(self, value: ast.expr, name: str, scope: Scope, use: str) -> Iterator[dict[str, Any]]:
        if isinstance(value, ast.Dict):
            for inner in value.values:
                yield from self._literal(inner, name, scope, use)
        elif isinstance(value, ast.List | ast.Tuple):
            for inner in value.elts:
                yield from self._literal(inner, name, scope, use)
        elif self._is_load(value):
            if self.view.provenance.of(value, scope) not in (
                "user",
                "operator",
            ):  # `prompt = sys.stdin.read()` is what a user says
                yield self._row(value, name, scope, "loaded")
        elif isinstance(value, ast.Call) and self._is_template(value):  # `GOAL_PROMPT = PromptTemplate(template="…")`
            for argument in (*value.args[:1], *(one.value for one in value.keywords if one.arg == "template")):
                yield from self._literal(argument, name, scope, "template")
        else:
            yield from self._literal(value, name, scope, use)

    def _used(self) -> Iterator[dict[str, Any]]:
        """Literals in the place of a prompt: messages, keywords, templates."""
        for scope, statement in self.view.marked_statements():
            for node in expressions(header(statement)):
                if isinstance(node, ast.Dict):
                    yield from self._message(node, scope)
                elif isinstance(node, ast.Call):
                    yield from self._call(node, scope)

    def _message(self, node: ast.Dict, scope: Scope) -> Iterator[dict[str, Any]]:
        """`{"role": "system", "content": "…"}`."""
        parts = {key.value: value for key, value in zip(node.keys, node.values, strict=False)
                 if isinstance(key, ast.Constant) and isinstance(key.value, str)}  # fmt: skip
        if "role" in parts and "content" in parts:
            role = self.view.values.of(parts["role"], scope)
            if role in ("assistant", "tool", "function"):
                return
            yield from self._literal(
                parts["content"], str(role) if isinstance(role, str) else "message", scope, "message"
            )

    def _is_template(self, node: ast.Call) -> bool:
        """A template of a framework, by its class or by a maker of it."""
        last = last_name(node.func)
        owner = last_name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        return last in _LLM_TEMPLATES or (last in ("from_template", "from_messages") and "Prompt" in owner)

    def _call(self, node: ast.Call, scope: Scope) -> Iterator[dict[str, Any]]:
        last = last_name(node.func)
        if self._is_template(node):
            for argument in [*node.args, *(one.value for one in node.keywords if one.arg in _KEYWORDS | {"content"})]:
                yield from self._template(argument, scope, last)
            return
        if last in _LOADERS and self._is_registry(node, scope):
            yield self._row(node, last, scope, "loaded")
            return
        if last in ("from_system", "from_developer"):
            for argument in node.args[:1]:
                yield from self._literal(argument, "system", scope, "message")
        if says_system(node):
            for keyword in node.keywords:
                if keyword.arg == "content":
                    yield from self._literal(keyword.value, "system", scope, "message")
        for keyword in node.keywords:
            if keyword.arg in _KEYWORDS or (keyword.arg and _NAME.search(keyword.arg)):
                for part in texts_of(keyword.value) if keyword.arg in INSTRUCTING else [keyword.value]:
                    yield from self._literal(part, keyword.arg, scope, "argument")

    def _template(self, node: ast.expr, scope: Scope, name: str) -> Iterator[dict[str, Any]]:
        """`from_messages([("system", "…"), …])` and the like."""
        if isinstance(node, ast.List | ast.Tuple):
            match node.elts:  # ("system", "…{context}")
                case [ast.Constant(value="system" | "human" | "user" | "ai" as role), _]:
                    name = str(role)
            for inner in node.elts:
                yield from self._template(inner, scope, name)
        elif isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Name):
            yield from self._literal(node, name, scope, "template")

    def _is_load(self, value: ast.expr) -> bool:
        """A value read from a file or a registry of prompts."""
        node: ast.AST = value.value if isinstance(value, ast.Await) else value
        for _ in range(8):
            if isinstance(node, ast.Call):
                if last_name(node.func) in _FILE_READS | _LOADERS:
                    return True
                node = node.func
            elif isinstance(node, ast.Attribute | ast.Subscript):
                node = node.value
            else:
                return False
        return False

    def _is_registry(self, node: ast.Call, scope: Scope) -> bool:
        names = [one.name for one in self.view.resolver.names(node.func, scope)]
        known = (
            "langfuse.",
            "langsmith.",
            "langchain.hub",
            "langchainhub.",
            "mlflow.",
            "promptlayer.",
            "agenta.",
            "hub.",
        )
        return (
            any(name.startswith(known) or ".hub.pull" in name for name in names) or last_name(node.func) == "get_prompt"
        )

    def _literal(self, node: ast.expr, name: str, scope: Scope, use: str) -> Iterator[dict[str, Any]]:
        if isinstance(node, ast.Name):  # judged where it is bound
            return
        text, dynamic = self._text(node, scope)
        if id(node) in self._seen or len(_WORD.findall(text)) < self.min_words:
            return
        self._seen.add(id(node))
        yield self._row(node, name, scope, use, text=text, dynamic=dynamic)

    def _text(self, node: ast.expr, scope: Scope) -> tuple[str, bool]:
        """The constant parts of a string expression, with `{…}` for the rest, and whether there is any rest."""
        constant = self.view.values.text(node, scope)
        if constant is not None:
            return constant, False
        if isinstance(node, ast.JoinedStr):
            parts = [
                one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else
                f"{{{_slot(one.value) or 'value'}}}" if isinstance(one, ast.FormattedValue) else ""
                for one in node.values
            ]  # fmt: skip
            return "".join(parts), True
        if isinstance(node, ast.BinOp):
            left, right = self._shallow(node.left, scope), self._shallow(node.right, scope)
            return f"{left}{right}", True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_METHODS:
            inner = node.args[0] if node.func.attr in ("dedent", "cleandoc") and node.args else node.func.value
            if isinstance(inner, ast.Constant | ast.JoinedStr):
                return self._shallow(inner, scope), bool(node.args) and node.func.attr in ("format", "replace")
        return "", True

    def _shallow(self, node: ast.expr, scope: Scope) -> str:
        constant = self.view.values.text(node, scope)
        if constant is not None:
            return constant
        if isinstance(node, ast.BinOp):
            stack: list[ast.expr] = [node]
            texts: list[str] = []
            while stack and len(texts) < 50:
                part = stack.pop()
                if isinstance(part, ast.BinOp):
                    stack += [part.right, part.left]
                else:
                    texts.append(self.view.values.text(part, scope) or "{value}")
            return "".join(texts)
        return self._text(node, scope)[0] if isinstance(node, ast.JoinedStr) else "{value}"

    def _row(
        self, node: ast.expr, name: str, scope: Scope, use: str, *, text: str = "", dynamic: bool = False
    ) -> dict[str, Any]:
        lower = name.lower()
        kind = "system" if "system" in lower or lower in _OF_THE_SYSTEM else "other"
        row = {
            **self.view.place(node, scope),
            "name": name[:80],
            "use": use,
            "kind": kind,
            "dynamic": dynamic,
            "placeholders": list(dict.fromkeys(PLACEHOLDER.findall(text)))[:20],
            "at_module": scope.kind in ("module", "class"),
            **judged(text),
        }
        return {key: value for key, value in row.items() if value not in (False, "", [], 0)}


def _slot(node: ast.expr) -> str:
    """The name of what fills a place of a text: `state.query` of `state["query"]` and `state.get("query")`, `text` of
    `text[:900]` and `text.strip()`."""
    while isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        node = node.value
    match node:
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(key))) if key.isidentifier():
            return f"{dotted(owner)}.{key}".strip(".")
        case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return f"{dotted(owner)}.{key}".strip(".") if key.isidentifier() else ""
        case ast.Call(func=ast.Attribute(value=owner, attr="strip" | "lower" | "upper"), args=[]):
            return dotted(owner)
    return dotted(node)


def judged(text: str) -> dict[str, Any]:
    """What is kept of a prompt's text: how many words it has, and what it should not hold."""
    return {
        "words": len(_WORD.findall(text)),
        "secret": looks_secret(text),
        "access_rule": _access_rule(text),
        "internal_address": bool(_INTERNAL.search(text)),
    }


def _access_rule(text: str) -> bool:
    """Whether the prompt says who may see or do what, which the model cannot enforce."""
    found = [
        rule
        for rule in _AUTHORISATION.finditer(text)
        if not _PROGRAM.search(rule[0]) and not _ASKED_FOR.search(rule[0])
    ]
    return bool(found) and not (all(_MANAGER.search(rule[0]) for rule in found) and bool(_IS_MANAGER.search(text)))
