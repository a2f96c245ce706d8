"""Interfaces that one library alone has: its calls are told by the end of their names and the options that they are
given, whatever client a function is handed."""

from __future__ import annotations

import ast
from typing import Final

from aiaudit.probes.python.names import last_name

# `client.messages.create(…)` alone is Twilio's as well; it names no model.
_ANTHROPIC: Final = frozenset({"create", "stream"})
_ASKED_WITH: Final = frozenset({"model", "messages", "max_tokens"})


def by_interface(call: ast.Call) -> str:
    """The name of the call in the library whose interface it is; "" where several have one like it."""
    function = call.func
    if not isinstance(function, ast.Attribute) or function.attr not in _ANTHROPIC:
        return ""
    if last_name(function.value) != "messages" or not isinstance(function.value, ast.Attribute):
        return ""
    given = {keyword.arg for keyword in call.keywords}
    return f"anthropic.Anthropic.messages.{function.attr}" if given >= _ASKED_WITH else ""
