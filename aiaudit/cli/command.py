"""A command that looks at the options it was given, and passes over the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from typer.core import TyperCommand


class Command(TyperCommand):
    """As typer's own. That one makes a pydantic model of each option, given or not, which takes longer than the work of
    many commands."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for param in self.params:
            if not param.required and param.callback is None:
                param.process_value = partial(_unless_absent, param, param.process_value)  # type: ignore[method-assign]


def _unless_absent(param: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """What typer makes of an option's value. Nothing at all stays nothing."""
    if value is None:
        return () if param.multiple or param.nargs == -1 else None
    return process(context, value)
