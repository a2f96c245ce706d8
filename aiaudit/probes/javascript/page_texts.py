"""What scripts of pages do to a text: what clears it of what could run, hands it on, or makes something fixed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aiaudit import lazy
from aiaudit.probes.javascript.module import named_in
from aiaudit.probes.python.match import name_set

if TYPE_CHECKING:
    from ast_grep_py import SgNode

HANDS_ON: Final = lazy.regex(
    r"^(?:String|Array\.from|Object\.(?:keys|values|entries|assign|fromEntries)|Promise\.(?:all|resolve|race)|decodeURIComponent|unescape"
    r"|structuredClone|JSON\.parse)$"
)
STEPS: Final = name_set(
    "json text data clone blob then getReader read pipeThrough trim trimStart trimEnd split join slice substring substr"
    " concat toString toUpperCase toLowerCase replace replaceAll map filter flatMap flat sort reverse find findLast at"
    " pop shift padStart padEnd repeat reduce entries values valueOf unwrap decode catch finally"
)
FIXED: Final = lazy.regex(
    r"^(?:Math\.\w+|Number(?:\.\w+)?|parseInt|parseFloat|Boolean|Date(?:\.\w+)*|isNaN|crypto\.randomUUID"
    r"|performance\.now|Symbol|(?:window\.)?(?:confirm|setTimeout|setInterval|requestAnimationFrame)|i18n\.t|\$?t"
    r"|console\.\w+|Intl\..*)$|\.(?:toFixed|toPrecision|to(?:Locale|LocaleDate|LocaleTime|ISO)String|get(?:Time|Hours"
    r"|Minutes|FullYear)|indexOf|includes|startsWith|endsWith|charCodeAt|querySelector(?:All)?|getElementById|createElement"
    r"|closest|has|test|push)$"
)
FIXED_MEMBERS: Final = name_set("length size status statusText ok index byteLength offsetHeight scrollHeight type")
OF_THE_PAGE: Final = lazy.regex(
    r"^(?:document|window|location|navigator|screen)\b|\.(?:value|checked|dataset(?:\.\w+)?|files|currentTarget|target(?:\.\w+)*|selectedOptions)$"
)
TEXT_SHOWN: Final = lazy.regex(r"\.(?:innerHTML|outerHTML|textContent|innerText)$")
CLEARS: Final = lazy.regex(
    r"(?i)purify|sanitiz|sanitis|(?:^|[._])(?:esc|escape\w*|htmlEscape|encode(?:HTML|Entities|URIComponent|URI)|safe(?:html|text)|xss|stripHtml|strip_?tags)$"
    r"|^(?:JSON\.stringify|he\.encode|_\.escape|Prism\.\w+|hljs\.\w+|katex\.\w+|DOMPurify\.\w+)$"
)
CLEARS_INSIDE: Final = lazy.regex(
    r"(?i)&lt;|&#60;|&#x3c;|purify|sanitiz|createTextNode|\.textContent\s*=|\.innerText\s*=|(?:^|[^\w])(?:esc|escape\w*)\("
)
MARKDOWN: Final = lazy.regex(
    r"(?i)^(?:(?:window\.)?marked(?:\.\w+)*|markdown-?it.*|showdown.*|snarkdown|micromark|\w*(?:converter|markdown|md)\.(?:render|makeHtml|parse|toHTML))$"
)
_TELLS_OF_AN_ERROR: Final = lazy.regex(r"(?i)\b(?:errors?|fail(?:ed|ure)?|fehler|erro|échec|erreur)\b|⚠|❌|⛔")
_OF_AN_ERROR: Final = lazy.regex(r"(?:^|[ .])(?:message|msg|details?|error|reason|text|description)$")
_LESS_THAN: Final = lazy.regex(r"^(?:/(?:\[[^\]]*<[^\]]*\]|<(?:/|\[\^>\]|\.|\\/)?.*)/\w*|[\"'`]<[\"'`]|new RegExp.*<)")
_NOTHING: Final = lazy.regex(
    r"^(?:[\"'`]\s*[\"'`]|.*&(?:lt|#60|#x3c|#)\b.*|\(?\w+\)?\s*=>.*|function\b.*|escape\w*|\w*(?:[mM]ap|[eE]ntit)\w*)$",
    re.DOTALL,
)


def takes_out_tags(given: Sequence[SgNode]) -> bool:
    """`/</g, "&lt;"`, `/[&<>]/g, sign => …`, `/<[^>]*>/g, ""`; not what makes tags of a text."""
    if len(given) != 2:
        return False
    what, by = given[0].text()[:60], given[1].text()[:200]
    return _LESS_THAN.match(what) is not None and _NOTHING.match(by) is not None and "<" not in by.replace("/<", "")


def is_an_error(name: str, text: str) -> bool:
    """Whether a field of a reply is told beside the word error: what went wrong, and no answer."""
    return _OF_AN_ERROR.search(name) is not None and _TELLS_OF_AN_ERROR.search(text[:300]) is not None


def by_jquery(call: SgNode) -> tuple[str, str, SgNode | None] | None:
    """`$("#answer").html(text)`, `box.append("<p>" + text)`."""
    called, arguments = call.field("function"), call.field("arguments")
    member = called.field("property") if called is not None and called.kind() == "member_expression" else None
    if called is None or member is None or arguments is None or arguments.kind() != "arguments":
        return None
    given = named_in(arguments)
    word = member.text()
    owner = called.field("object")
    if len(given) != 1 or owner is None or not re.match(r"(?:\$|jQuery\b|this\.\$)", owner.text()[:20]):
        return None
    if word == "html" or (word in ("append", "prepend", "before", "after", "replaceWith") and "<" in given[0].text()):
        return "html", f"$.{word}", given[0]
    return None
