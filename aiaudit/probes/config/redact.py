"""Takes secrets out of commands and settings before they become facts. What looks like one is replaced by `***`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aiaudit import lazy
from aiaudit.probes.config.secret_names import is_placeholder, is_secret_name

MASK: Final = "***"
_MOST: Final = 20_000  # characters looked at; repetitions are bounded too, so that the time stays linear
_VALUE: Final = r"""(?P<quote>["']?)(?P<value>[^\s"']{1,400})(?P=quote)"""
_PAIR: Final = lazy.regex(r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,80})(?P<sign>=|:\s?)" + _VALUE)
_OPTION: Final = lazy.regex(r"(?<![\w-])(?P<name>--?[A-Za-z][\w-]{0,80})(?P<sign>=|\s{1,8})" + _VALUE)
_LOGIN: Final = lazy.regex(
    r"(?<![a-z0-9])(?P<scheme>[a-z][a-z0-9+.-]{0,20}://)(?P<user>[^\s/:@]{0,80}):(?P<password>[^\s/@]{1,400})@",
    re.IGNORECASE,
)
_BEARER: Final = lazy.regex(
    r"\b(Bearer|Basic|Authorization:\s?Token)\s{1,4}(?P<value>[^\s\"'$-][^\s\"'$]{7,1000})", re.IGNORECASE
)
# Prefixes that vendors put before their keys, as their documentation shows them.
_VENDORS: Final = lazy.regex(
    r"\b(?:sk-(?:proj-|ant-|or-v1-|lf-)?[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_\w{20,}|AKIA[0-9A-Z]{16}"
    r"|ASIA[0-9A-Z]{16}|AIza[\w-]{30,}|xox[abprs]-[\w-]{10,}|gsk_\w{20,}|r8_\w{20,}|pcsk_\w{20,}|lsv2_\w{20,}|npm_\w{30,}"
    r"|pypi-[\w-]{30,}|dop_v1_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*|dckr_pat_[\w-]{20,})"
)


def redact(text: str) -> str:
    """`text` with the values of secret-named settings and options, logins in URLs and vendors' keys masked."""
    text = _LOGIN.sub(_login, text[:_MOST])
    text = _BEARER.sub(lambda m: f"{m.group(1)} {MASK}", text)
    text = _VENDORS.sub(MASK, text)
    text = _OPTION.sub(_masked, text)
    return _PAIR.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    name = match["name"].lstrip("-")
    if match["value"] == MASK or not is_secret_name(name) or is_placeholder(match["value"]):
        return match.group(0)
    return f"{match['name']}{match['sign']}{match['quote']}{MASK}{match['quote']}"


def _login(match: re.Match[str]) -> str:
    if is_placeholder(match["password"]):
        return match.group(0)
    return f"{match['scheme']}{match['user']}:{MASK}@"


def redact_words(words: Sequence[str]) -> list[str]:
    """The words of a command, redacted one by one; the value behind a secret-named option is a word of its own."""
    kept: list[str] = []
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        option = before.startswith("-") and "=" not in before and is_secret_name(before.lstrip("-"))
        kept.append(MASK if option and not is_placeholder(word) else redact(word))
    return kept
