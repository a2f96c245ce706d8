"""The template environments: sandboxed, strict, and escaping by default in both formats.

Everything a template prints is escaped for its format unless it was made by our own code as `Markup`. So a template
cannot forget it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from aiaudit.reports.text import figure
from aiaudit.resources import path_of

if TYPE_CHECKING:
    from jinja2 import Environment

WORD_JOINER: Final = "\u2060"  # shows nothing; parts a sign from the name or number after it

_SIGNS: Final = re.compile(r"([\\`*_\[\]|~$!])")
_OPENERS: Final = re.compile(r"^([#+\-=]|\d+(?=[.)](?:\s|$)))")
_AUTOLINKS: Final = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|www)([:.])")
_MENTIONS: Final = re.compile(r"([@#])(?=\w)")
_TICKS: Final = re.compile(r"`+")


@cache
def html_environment() -> Environment:
    """For `*.html.j2`: HTML escaping."""
    return _environment()


@cache
def markdown_environment() -> Environment:
    """For `*.md.j2`: Markdown escaping, which leaves nothing that HTML would read either."""
    environment = _environment(finalize=_markdown)
    environment.filters["code"] = code_span
    return environment


def _environment(**options: Any) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(path_of("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        **options,
    )
    environment.filters["figure"] = figure
    return environment


def _markdown(value: Any) -> Any:
    """Called on whatever a Markdown template prints."""
    return value if isinstance(value, Markup) else Markup(escape_markdown(str(value)))  # noqa: S704 (escaped here)


def escape_markdown(text: str) -> str:
    """Text as text: no link, image, table cell, list, emphasis, mention or HTML can begin in it.

    `@name` and `#12` keep their look but call nobody: a word joiner stands after the sign.
    """
    text = _SIGNS.sub(r"\\\1", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _AUTOLINKS.sub(r"\1\\\2", text)
    text = _MENTIONS.sub(rf"\1{WORD_JOINER}", text)
    return _OPENERS.sub(lambda hit: hit[0] + "\\" if hit[0].isdigit() else "\\" + hit[0], text)


def code_span(text: str) -> Markup:
    """Text in a Markdown code span, inside and outside tables: the fence is longer than any run of ticks in it."""
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    pad = " " if len(fence) > 1 else ""
    return Markup(f"{fence}{pad}{text or ' '}{pad}{fence}".replace("|", "\\|"))  # noqa: S704 (a code span is text)
