"""Where a tool's own code waits for a person before it acts."""

from __future__ import annotations

import ast
from typing import Final, NamedTuple

from aiaudit import lazy
from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.resolve import last_name

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


class Approval(NamedTuple):
    """kind: interrupt, confirm, framework; said: only in words that the model reads. line: where."""

    kind: str
    line: int


def approval_in(call: ast.Call, names: tuple[str, ...], statement: ast.stmt) -> Approval | None:
    """The approval that a call asks for. An answer that nobody looks at stops nothing."""
    for name in names:
        if name in _INTERRUPTS or name.endswith(".ApprovalRequired"):
            return Approval("interrupt", call.lineno)
    looked_at = not (isinstance(statement, ast.Expr) and statement.value in (call, _awaited(statement, call)))
    looked_at = looked_at or any(one.arg == "abort" for one in call.keywords)
    if looked_at and any(name in _ASKS for name in names):
        return Approval("confirm", call.lineno)
    if _OWN.match(last_name(call.func)):  # a gate of the project's own may raise instead of answering
        return Approval("confirm", call.lineno)
    return None


def _awaited(statement: ast.Expr, call: ast.Call) -> ast.expr | None:
    value = statement.value
    return value if isinstance(value, ast.Await) and value.value is call else None


def approval_by_keyword(call: ast.expr) -> Approval | None:
    """`@function_tool(needs_approval=True)`: anything but False, None and "never"."""
    for one in call.keywords if isinstance(call, ast.Call) else ():
        if one.arg in KEYWORDS:
            value = one.value.value if isinstance(one.value, ast.Constant) else True
            if value and str(value).lower() not in ("never", "never_require"):
                return Approval("framework", call.lineno)
    return None


def said_in(docstring: str) -> bool:
    """Whether a description that the model reads asks it to have a person agree."""
    return bool(_SAID.search(docstring))
