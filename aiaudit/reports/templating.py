"""The template environments: sandboxed, strict, and escaping by default in both formats.

Everything a template prints is escaped for its format unless it was made by our own code as `Markup`. So a template
cannot forget it.

A caller may put templates of its own before the shipped ones (`overriding`); never does one come from the audited tree.
They run in the same sandbox: they see the report and can call nothing that would leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from aiaudit import lazy
from aiaudit.reports.strings import Strings, StringsError, current, from_folder, say_markup
from aiaudit.reports.text import amount, figure, lower_first
from aiaudit.resources import path_of

if TYPE_CHECKING:
    from jinja2 import Environment

WORD_JOINER: Final = "\u2060"  # shows nothing; parts a sign from the name or number after it

_SIGNS: Final = lazy.regex(r"([\\`*_\[\]|~$!])")
_OPENERS: Final = lazy.regex(r"^([#+\-=]|\d+(?=[.)](?:\s|$)))")
_AUTOLINKS: Final = lazy.regex(r"(?i)\b(https?|ftp|mailto|xmpp|www)([:.])")
_MENTIONS: Final = lazy.regex(r"([@#])(?=\w)")
_ESCAPED: Final = lazy.regex(r"\\([\\`*_\[\]|~$!#+\-=.):])")
_TICKS: Final = lazy.regex(r"`+")
_CODE: Final = lazy.regex(r"`([^`]+)`")
_JOINTS: Final = lazy.regex(r"(?<=\w@)(?=\w)|(?<=\w)(?=\.\w)")  # of addresses
_PLAIN: Final = lazy.regex(r'\{\{ t\("([a-z0-9_.]+)"\) \}\}')
_OWN: Final[ContextVar[Path | None]] = ContextVar("templates of the caller", default=None)


class TemplateFolderError(ValueError):
    """A caller's own template cannot be used; the message says where, and why."""


@contextmanager
def overriding(folder: str | None) -> Iterator[None]:
    """Render with the templates of a folder where it has one of a name, and with the shipped ones otherwise.

    Raises `TemplateFolderError`: no folder, nothing in it has a known name, or one of its templates breaks.
    """
    if folder is None:
        yield
        return
    own = _checked(folder)
    token = _OWN.set(own)
    try:
        with from_folder(own):
            yield
    except Exception as error:
        raise _located(error, folder) from None
    finally:
        _OWN.reset(token)


def html_environment() -> Environment:
    """For `*.html.j2`: HTML escaping."""
    return _html(_OWN.get(), current())


def markdown_environment() -> Environment:
    """For `*.md.j2`: Markdown escaping, which leaves nothing that HTML would read either."""
    return _for_markdown(_OWN.get(), current())


def asset(name: str) -> str:
    """A style sheet or script of `templates/report`, or the caller's own of that name."""
    return _asset(name, _OWN.get())


@cache
def _html(own: Path | None, spoken: Strings) -> Environment:
    environment = _environment(own, say_markup)
    environment.filters["prose"] = prose
    environment.filters["breakable"] = breakable
    return environment


@cache
def _for_markdown(own: Path | None, spoken: Strings) -> Environment:
    environment = _environment(own, _say_markdown, finalize=_markdown)
    environment.filters["code"] = code_span
    environment.filters["prose"] = markdown_prose
    return environment


@cache
def _asset(name: str, own: Path | None) -> str:
    folders = [own] if own else []
    for folder in (*folders, path_of("templates")):
        file = folder / "report" / name
        if file.is_file():
            return file.read_text(encoding="utf-8").strip()
    raise FileNotFoundError(name)


def _checked(folder: str) -> Path:
    own = Path(folder)
    if not own.is_dir():
        raise TemplateFolderError(f"--templates {folder}: there is no such folder")
    shipped = path_of("templates")
    known = {file.relative_to(shipped).as_posix() for file in shipped.rglob("*") if file.is_file()}
    words = any((own / "words").glob("*.yaml"))
    if not words and not any((own / name).is_file() for name in known):
        some = ", ".join(sorted(known)[:4])
        raise TemplateFolderError(f"--templates {folder}: holds no file with the name of a shipped one, such as {some}")
    return own.resolve()


def _located(error: Exception, folder: str) -> Exception:
    """The error of a template as a line that names its file; any other as it is."""
    from jinja2 import TemplateError, TemplateSyntaxError

    if isinstance(error, StringsError):
        return TemplateFolderError(f"--templates {folder}: {error}")
    if not isinstance(error, TemplateError | OSError | UnicodeDecodeError):
        return error
    place = ""
    if isinstance(error, TemplateSyntaxError):
        place = f"{error.name}:{error.lineno}: "
    step = error.__traceback__
    while step and not isinstance(error, TemplateSyntaxError):
        file = step.tb_frame.f_code.co_filename
        if file.endswith((".html.j2", ".md.j2")):
            place = f"{file}:{step.tb_lineno}: "
        step = step.tb_next
    return TemplateFolderError(f"--templates {folder}: {place}{str(error).splitlines()[0] if str(error) else 'breaks'}")


def _environment(own: Path | None, speak: Callable[..., Markup], **options: Any) -> Environment:
    """`speak` is the `t` of the templates. Strings that nothing is filled into are put in when a template is loaded, so
    a key that is not there is known then, and a page costs no call for each of its labels."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Loader(FileSystemLoader):
        def get_source(self, environment: Environment, template: str) -> Any:
            source, *rest = super().get_source(environment, template)
            return _PLAIN.sub(lambda hit: str(speak(hit[1])), source), *rest

    class Sandbox(ImmutableSandboxedEnvironment):
        """Says once for each class and name whether a template may read it, which depends on nothing else: a report
        reads ten thousand attributes of some fifty classes."""

        def __init__(self, **settings: Any) -> None:
            self._told: dict[tuple[type, str], bool] = {}
            super().__init__(**settings)

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            key = type(obj), attr
            if key not in self._told:
                self._told[key] = super().is_safe_attribute(obj, attr, value)
            return self._told[key]

    environment = Sandbox(
        loader=Loader([own, path_of("templates")] if own else path_of("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        **options,
    )
    environment.globals["t"] = speak
    environment.filters["figure"] = figure
    environment.filters["lower_first"] = lower_first
    environment.filters["amount"] = amount
    return environment


def _markdown(value: Any) -> Any:
    """Called on whatever a Markdown template prints."""
    return value if isinstance(value, Markup) else Markup(escape_markdown(str(value)))  # noqa: S704 (escaped here)


def _say_markdown(key: str, /, count: int | None = None, **values: Any) -> Markup:
    """A string of the report's words for Markdown: all of it escaped but values that are Markdown already."""
    safe = {name: value if isinstance(value, Markup) else escape_markdown(str(value)) for name, value in values.items()}
    text = current().text(key, count)
    if count is not None and "n" not in safe:
        safe["n"] = f"{count:,}"
    parts = (part if i % 2 == 0 else None for i, part in enumerate(text.split("`")))
    told = "".join(
        f"`{code}`" if part is None else escape_markdown(part)
        for part, code in zip(parts, text.split("`"), strict=True)
    )
    return Markup(told.format(**safe) if "{" in told else told)  # noqa: S704 (escaped here)


def prose(text: str) -> Markup:
    """Text of a check's author for HTML: what stands between backticks is code, all of it is escaped."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped before)


def breakable(text: str) -> Markup:
    """Text for a narrow cell of HTML: an address breaks after its `@` or before a dot, not amid a word."""
    return Markup(_JOINTS.sub("<wbr>", str(escape(text))))  # noqa: S704 (escaped before)


def escape_markdown(text: str) -> str:
    """Text as text: no link, image, table cell, list, emphasis, mention or HTML can begin in it.

    `@name` and `#12` keep their look but call nobody: a word joiner stands after the sign.
    """
    text = _SIGNS.sub(r"\\\1", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _AUTOLINKS.sub(r"\1\\\2", text)
    text = _MENTIONS.sub(rf"\1{WORD_JOINER}", text)
    return _OPENERS.sub(lambda hit: hit[0] + "\\" if hit[0].isdigit() else "\\" + hit[0], text)


def markdown_prose(text: str) -> Markup:
    """A check's sentence for Markdown: what stands between backticks is code, all else is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return Markup(escape_markdown(text))  # noqa: S704 (escaped here)
    told = (code_span(part) if at % 2 and part.strip() else escape_markdown(part) for at, part in enumerate(parts))
    return Markup("".join(told))  # noqa: S704 (escaped here)


def unescape_markdown(text: str) -> str:
    """What `escape_markdown` was given; text that a person typed without escapes stays as it is."""
    from html import unescape

    return unescape(_ESCAPED.sub(r"\1", text.replace(WORD_JOINER, "")))


def code_span(text: str) -> Markup:
    """Text in a Markdown code span, inside and outside tables: the fence is longer than any run of ticks in it."""
    fence = "`" * (max((len(run) for run in _TICKS.findall(text)), default=0) + 1)
    pad = " " if len(fence) > 1 else ""
    return Markup(f"{fence}{pad}{text or ' '}{pad}{fence}".replace("|", "\\|"))  # noqa: S704 (a code span is text)
