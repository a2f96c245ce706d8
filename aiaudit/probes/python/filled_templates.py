"""Templates of pages that are filled, and what each of their names is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from aiaudit.probes.python.match import name_set
from aiaudit.probes.python.module import Scope
from aiaudit.probes.python.names import last_name

if TYPE_CHECKING:
    from aiaudit.probes.python.values import Values

_FUNCTIONS: Final = name_set(
    "flask.render_template quart.render_template django.shortcuts.render django.template.loader.render_to_string"
)
_SUFFIXES: Final = (".html", ".htm", ".jinja", ".jinja2", ".j2", ".xhtml")


class FilledTemplates:
    """Tells what the templates of one file are filled with."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.resolver = values.resolver

    def of(self, call: ast.Call, scope: Scope) -> Iterator[tuple[str, ast.expr]]:
        """(file and name, separated by a space; value) of each name that a template is given here, where it is named
        by a constant: by keywords, or in a mapping that stands here or is bound once."""
        if not self._fills(call, scope):
            return
        given = [*call.args, *(one.value for one in call.keywords if one.arg in ("name", "template_name", "context"))]
        template = next((text for one in given if (text := self._file(one, scope))), "")
        if not template:
            return
        for keyword in call.keywords:
            if keyword.arg and keyword.arg not in ("name", "template_name", "context", "request"):
                yield f"{template} {keyword.arg}", keyword.value
        for one in given:
            mapping = self._mapping(one, scope)
            for key, value in zip(mapping.keys, mapping.values, strict=True) if mapping is not None else ():
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield f"{template} {key.value}", value

    def _fills(self, call: ast.Call, scope: Scope) -> bool:
        return last_name(call.func) == "TemplateResponse" or any(
            one.name in _FUNCTIONS for one in self.resolver.names(call.func, scope)
        )

    def _file(self, node: ast.expr, scope: Scope) -> str:
        text = self.values.text(node, scope) if isinstance(node, ast.Constant | ast.Name) else None
        return text if text is not None and text.endswith(_SUFFIXES) and " " not in text else ""

    def _mapping(self, node: ast.expr, scope: Scope) -> ast.Dict | None:
        if isinstance(node, ast.Name):
            bound = self.resolver.bindings(node.id, scope, node.lineno) or []
            node = bound[0].node if len(bound) == 1 and isinstance(bound[0].node, ast.expr) else node
        return node if isinstance(node, ast.Dict) else None
