"""Commands, and groups of them, that look at the options they were given, and pass over the others.

typer makes a pydantic model of each option, given or not, and of `--help`, which takes longer than the work of many
commands.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """As typer's own."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options and arguments, with `--help`."""
        return [_passed_over(param) for param in super().get_params(ctx)]


class Group(TyperGroup):
    """As typer's own."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The options, with `--help`."""
        return [_passed_over(param) for param in super().get_params(ctx)]


def _passed_over(param: Any) -> Any:
    """The same, which costs nothing where it is not given."""
    if not param.required and "process_value" not in vars(param):
        param.process_value = partial(_unless_absent, param, param.process_value)
    return param


def _unless_absent(param: Any, process: Callable[[Any, Any], Any], context: Any, value: Any) -> Any:
    """What typer makes of an option's value. Nothing at all stays nothing, also to whoever is called back."""
    if value is None:
        absent = () if param.multiple or param.nargs == -1 else None
        return absent if param.callback is None else param.callback(context, param, absent)
    return process(context, value)
