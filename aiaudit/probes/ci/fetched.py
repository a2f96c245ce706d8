"""Scripts and programs that a step takes from the network and runs as they come: whoever owns the address decides what
runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from aiaudit import lazy

_SHELL: Final = (
    r"(?:sudo\s+(?:-\w+\s+)*)?(?:env\s+(?:\w+=\S*\s+)*)?(?:/\S*/)?(?:ba|z|da|k)?sh\b"
    r"|(?:sudo\s+)?(?:python3?|node|perl|ruby)\b(?=\s*(?:-(?:\s|$)|$|[;&|)]))"
)
_RUN: Final = lazy.regex(
    rf"\b(?:curl|wget)\b[^|\n#]{{0,400}}\|\s*(?:{_SHELL})"
    r"|\b(?:ba|z|da)?sh\s+(?:-\w+\s+)*<\(\s*(?:curl|wget)\b[^)\n]*\)"
    r"|\b(?:(?:ba|z|da)?sh\s+-\w*c|eval)\s+\"?(?:\$\(|`)\s*(?:curl|wget)\b[^\n]*"
    r"|(?:\bsource|(?:^|[;&\s])\.)\s+<\(\s*(?:curl|wget)\b[^)\n]*\)"
    r"|(?i:\b(?:irm|iwr|invoke-restmethod|invoke-webrequest)\b[^|\n]*\|\s*(?:iex|invoke-expression)\b)"
    r"|(?i:\b(?:iex|invoke-expression)\b[^\n]*downloadstring\([^\n]*)",
    re.MULTILINE,
)
_SAVED: Final = lazy.regex(
    r"\bcurl\b[^\n|;&]{0,400}?\s(?:-\w*o\s*|--output[ =])(?P<out>[^\s;&|]+\.(?:sh|bash|ps1))[^\n;&|]*"
    r"|\bwget\b(?P<wget>[^\n|;&]{0,400})|\bcurl\b(?P<remote>[^\n|;&]{0,400}?\s-\w*O\b[^\n|;&]{0,400})"
    r"|\bcurl\b[^\n|;&]{0,400}>\s*(?P<to>[^\s;&|]+\.(?:sh|bash))"
)
_SAVED_AS: Final = lazy.regex(r"\s(?:-\w*O\s*|--output-document[ =])([^\s;&|]+\.(?:sh|bash))")
_SCRIPT_NAME: Final = lazy.regex(r"/([\w.-]+\.(?:sh|bash))(?=[\s\"']|$)")
_STARTED: Final = (
    r"(?:^|[;&|]\s*|\n\s*)(?:sudo\s+(?:-\w+\s+)*)?"
    r"(?:(?:ba|z|da)?sh\s+(?:-\w+\s+)*|source\s+|\.\s+|\.?/)(?:\S*/)?"
)
_NEWEST: Final = lazy.regex(
    r"\b(?:curl|wget)\b[^\n#]{0,300}?https://github\.com/[\w.-]+/[\w.-]+/releases/latest/download/[^\s\"']*"
)
_UNPACKED: Final = lazy.regex(
    r"(?:^|[|;&])[ \t]*(?:sudo[ \t]+)?(?:tar|unzip|gunzip|dpkg|install|chmod[ \t]+(?:[augo]*\+\w*x|0?7\d\d))\b",
    re.MULTILINE,
)
_ADDRESS: Final = lazy.regex(r"https?://[^\s\"'|;)<>]+")
_OWN: Final = lazy.regex(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])")
_COMMIT: Final = lazy.regex(r"/[0-9a-f]{40}/")
_VERIFIED: Final = lazy.regex(
    r"\b(?:sha(?:1|224|256|384|512)sum|shasum|md5sum)\b[^\n|;&]*\s(?:-\w*c\b|--check\b)|=\s*\"?\$\(\s*(?:sha\d+sum|shasum)\b"
    r"|\$\(\s*(?:sha\d+sum|shasum)\b[^\n]*\)\"?\s*!?=|\bgpg\s+[^\n]*--verify\b|\bgpgv\b|\bcosign\s+verify|\bopenssl\s+dgst\b[^\n]*-verify"
)
_MOST: Final = 100  # downloads of one script
_SHOWN: Final = lazy.regex(r"^\s*(?:#|echo\b|printf\b)")
_LONGEST: Final = 40_000


def fetched(script: str) -> Iterator[tuple[int, str]]:
    """What a script fetches and runs: how many lines below its first, and the address (the words of it, where the
    address is in a variable). One that is compared with a sum or a signature, or stands at a commit, is none."""
    if "curl" not in script and "wget" not in script and "://" not in script:
        return
    text = script[:_LONGEST].replace("\\\n", "  ")
    found = [(hit.start(), hit.group()) for hit in _RUN.finditer(text)]
    found += list(_saved(text)) + list(_newest(text))
    for start, words in sorted(found):
        line = text.rfind("\n", 0, start) + 1
        address = _ADDRESS.search(words)
        told = address.group() if address else words.strip()
        if _SHOWN.match(text[line:start] or " ") or _OWN.match(told) or _COMMIT.search(told):
            continue
        yield script.count("\n", 0, start), told[:200]  # a joined line is as long as it was


def _newest(text: str) -> Iterator[tuple[int, str]]:
    """The newest release of a program, whichever that is on the day, that is unpacked or made to run further on."""
    for hit in islice(_NEWEST.finditer(text), _MOST) if "/releases/latest/download/" in text else ():
        if _UNPACKED.search(text, hit.end()) and not _VERIFIED.search(text, hit.end()):
            yield hit.start(), hit.group()


def _saved(text: str) -> Iterator[tuple[int, str]]:
    """Scripts that are saved under a name and run by it, further on."""
    for hit in islice(_SAVED.finditer(text), _MOST):
        name = hit["out"] or hit["to"]
        if name is None and (rest := hit["wget"] or hit["remote"]):
            inner = _SAVED_AS.search(rest) or _SCRIPT_NAME.search(rest)
            name = inner.group(1) if inner else None
        if not name or "://" not in hit.group():
            continue
        base = re.escape(name.strip("\"'").rpartition("/")[2])
        after = text[hit.end() :]
        started = re.search(rf"{_STARTED}{base}\b", after)
        if started and not _VERIFIED.search(after, 0, started.start()):
            yield hit.start(), hit.group()
