"""Takes secrets out of commands and settings before they become facts. What looks like one is replaced by `***`."""

from __future__ import annotations

import re
from typing import Final

from aiaudit.probes.config.secret_names import is_placeholder, is_secret_name

MASK: Final = "***"
_PAIR: Final = re.compile(
    r"""(?P<name>[A-Za-z_][\w.-]*)(?P<sign>=|:\s?)(?P<quote>["']?)(?P<value>[^\s"']+)(?P=quote)"""
)
_OPTION: Final = re.compile(
    r"""(?P<name>--?[A-Za-z][\w-]*)(?P<sign>=|\s+)(?P<quote>["']?)(?P<value>[^\s"']+)(?P=quote)"""
)
_LOGIN: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<user>[^\s/:@]*):(?P<password>[^\s/@]+)@", re.IGNORECASE
)
_BEARER: Final = re.compile(
    r"\b(Bearer|Basic|Authorization:\s*Token)\s+(?P<value>[^\s\"'$-][^\s\"'$]{7,})", re.IGNORECASE
)
# Prefixes that vendors put before their keys, as their documentation shows them.
_VENDORS: Final = re.compile(
    r"\b(?:sk-(?:proj-|ant-|or-v1-|lf-)?[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_\w{20,}|AKIA[0-9A-Z]{16}"
    r"|ASIA[0-9A-Z]{16}|AIza[\w-]{30,}|xox[abprs]-[\w-]{10,}|gsk_\w{20,}|r8_\w{20,}|pcsk_\w{20,}|lsv2_\w{20,}|npm_\w{30,}"
    r"|pypi-[\w-]{30,}|dop_v1_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*|dckr_pat_[\w-]{20,})"
)


def redact(text: str) -> str:
    """`text` with the values of secret-named settings and options, logins in URLs and vendors' keys masked."""
    text = _LOGIN.sub(_login, text)
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
