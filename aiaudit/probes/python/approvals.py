"""Where a tool's own code waits for a person before it acts."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.model.types import Unknown
from aiaudit.probes.python.groups import expanded
from aiaudit.probes.python.match import Patterns, name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name
from aiaudit.probes.python.nodes import expressions, header, statements, walk
from aiaudit.probes.python.resolve import Resolver
from aiaudit.probes.python.values import Values

# Keywords of decorators and constructors by which frameworks hold a call back until a person has agreed.
KEYWORDS: Final = name_set(
    "needs_approval requires_approval require_approval require_confirmation requires_confirmation human_input"
    " approval_mode"
)
_ASKS: Final = name_set(
    "input raw_input click.confirm typer.confirm rich.prompt.Confirm.ask questionary.confirm inquirer.confirm"
    " streamlit.button"
)
_INTERRUPTS: Final = ("langgraph.types.interrupt", "langgraph.interrupt")
_OWN: Final = lazy.regex(
    r"(?i)^_?(?:(?:require|request|ask|get|await|wait|check|obtain|ensure|seek)_?(?:for_?|user_?|human_?|manager_?)*"
    r"(?:approval|approved|confirmation|consent)|(?:human|user)_(?:approval|confirmation)|confirm_(?:with_)?"
    r"(?:user|human|action|tool)\w*|is_approved|approval_gate|elicit)$"
)
_SAID: Final = lazy.regex(  # a confirmation number is the name of a booking
    r"(?i)\b(?:confirm(?!ation[ _-]?(?:numbers?|codes?|ids?|e-?mails?|messages?|pages?)\b)\w*"
    r"|approv\w+|permission|consent)\b"
)
_READS: Final = lazy.regex(
    r"(?i)\bread[- ]?only\b|\bonly (?:a (?:single )?|single )?SELECTs?\b"
    r"|\bSELECT(?:/CTE)? (?:statements |queries )?only\b"
)
_STATEMENTS: Final = lazy.regex(r"(?i)sql|quer(?:y|ies)|\bselect|cypher|sparql")
_NOT_ALWAYS: Final = lazy.regex(
    r"(?i)\bread[- ]?only (?:by default|unless|if|when|mode|or)\b|\b(?:not|no longer|isn't) read[- ]?only\b|\bunless\b"
)


_LLM: Final = Patterns(expanded(["group:llm.answer", "group:llm.run", "group:llm.generate"]))
_TESTS: Final = (ast.If, ast.While, ast.Assert, ast.Match)


class Approval(NamedTuple):
    """kind: interrupt, confirm, framework; said: only in words that the model reads. line: where."""

    kind: str
    line: int


def approval_in(
    call: ast.Call, names: tuple[str, ...], statement: ast.stmt, scope: Scope, own: Scope | None, resolver: Resolver
) -> Approval | None:
    """The approval that a call asks for; `own`: the function of this file that is called. An answer on which nothing
    depends stops nothing."""
    for name in names:
        if name in _INTERRUPTS or name.endswith(".ApprovalRequired"):
            return Approval("interrupt", call.lineno)
    if any(name in _ASKS for name in names) and (
        any(one.arg == "abort" for one in call.keywords) or _decides(statement, scope)
    ):
        return Approval("confirm", call.lineno)
    # A gate of the project's own may raise instead of answering.
    if _OWN.match(last_name(call.func)) and (own is None or _asks_somebody(own, resolver)):
        return Approval("confirm", call.lineno)
    return None


def _decides(statement: ast.stmt, scope: Scope) -> bool:
    """Whether something depends on the answer that a statement asks for: it is tested, given back, or kept under a name
    that a later condition asks about."""
    if isinstance(statement, (*_TESTS, ast.Return)):
        return True
    if isinstance(statement, ast.Assign):
        targets = [one.id for one in statement.targets if isinstance(one, ast.Name)]
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        targets = [statement.target.id]
    else:
        return False
    for later, _ in statements(scope):
        if later.lineno > statement.lineno:
            tests: list[ast.AST] = header(later) if isinstance(later, (*_TESTS, ast.Return)) else []
            tests += [one for one in expressions(header(later)) if isinstance(one, ast.IfExp)]
            names = (one for test in tests for one in walk(test) if isinstance(one, ast.Name))
            if any(one.id in targets for one in names):
                return True
    return False


def _asks_somebody(function: Scope, resolver: Resolver) -> bool:
    """Whether a function that is named after approval may ask a person: it gives back more than a constant, or it
    raises, and it does not ask a model."""
    told = False
    for statement, _ in statements(function):
        if isinstance(statement, ast.Raise):
            told = True
        elif isinstance(statement, ast.Return) and statement.value is not None:
            told = told or not isinstance(statement.value, ast.Constant)
        for node in expressions(header(statement)):
            if isinstance(node, ast.Call):
                names = [one.name for one in resolver.names(node.func, function)]
                if any(_LLM.match(name) for name in names):
                    return False
                told = told or any(name in _ASKS or name in _INTERRUPTS for name in names)
    return told


def approval_by_keyword(call: ast.expr, values: Values, scope: Scope) -> Approval | None:
    """`@function_tool(needs_approval=True)`: anything but False, None and "never"."""
    for one in call.keywords if isinstance(call, ast.Call) else ():
        if one.arg in KEYWORDS:
            known = values.of(one.value, scope)
            value = True if isinstance(known, Unknown) else known
            if value and str(value).lower() not in ("never", "never_require"):
                return Approval("framework", call.lineno)
    return None


def said_in(docstring: str) -> bool:
    """Whether a description that the model reads asks it to have a person agree."""
    return bool(_SAID.search(docstring))


def reads_by_its_word(name: str, description: str) -> bool:
    """Whether a tool for statements says of itself that it reads and changes nothing: a word, no proof. Of a shell or
    of what pays, deletes or tells others such a word is worth nothing."""
    if not _STATEMENTS.search(f"{name}\n{description}"):
        return False
    return bool(_READS.search(description)) and not _NOT_ALWAYS.search(description)
