"""Where the machine stands that a password opens: on the internet, or where only its own can reach it."""

from __future__ import annotations

from typing import Final

from aiaudit import lazy

INTERNET: Final = "internet"
INSIDE: Final = "inside"

_BESIDE: Final = 400  # bytes around a password in which its server is named
_BEHIND: Final = lazy.regex(rb"@(\[[0-9A-Fa-f:]{2,45}\]|[A-Za-z0-9_.-]{1,200})")
_NAMED: Final = lazy.regex(
    rb"(?i)\b(?:\w{1,40}_)?(?:host(?:name)?|server|endpoint|data source|addr(?:ess)?)[\"']?[ \t]{0,4}[:=]"
    rb"[ \t]{0,4}[\"']?(?:tcp:)?([A-Za-z0-9][A-Za-z0-9.-]{1,200})"
)
_OF_A_PROVIDER: Final = lazy.regex(
    rb"(?i)[.](?:rds|cache|redshift|docdb|es)[.][a-z0-9-]+[.]amazonaws[.]com$|[.](?:rds|cache)[.]amazonaws[.]com$|[.]mongodb[.]net$"
    rb"|[.]supabase[.](?:co|com)$|[.]neon[.]tech$|[.](?:database|documents|postgres|mysql|cosmos|redis[.]cache)[.](?:cosmos[.])?"
    rb"(?:azure|windows)[.](?:com|net)$|[.]azure[.]com$|[.]render[.]com$|[.]rlwy[.]net$|[.]railway[.]app$|[.]aivencloud[.]com$"
    rb"|[.]cockroachlabs[.]cloud$|[.](?:redislabs|redis-cloud|elephantsql|clever-cloud|ondigitalocean|cloudamqp|tidbcloud)[.]com$"
    rb"|[.]upstash[.]io$|[.]psdb[.]cloud$|[.]timescale[.]com$|[.]snowflakecomputing[.]com$|[.]cloud[.]es[.]io$|[.]qdrant[.]io$"
    rb"|[.]databases[.]neo4j[.]io$"
)
_PRIVATE: Final = lazy.regex(
    rb"(?i)^(?:(?:127|10|0)[.]|192[.]168[.]|172[.](?:1[6-9]|2\d|3[01])[.]|169[.]254[.]|localhost$|host[.]docker[.])"
    rb"|[.](?:local|localhost|internal|lan|svc|cluster|intranet|corp|home)(?:[.]|$)"
)
_NOBODY: Final = lazy.regex(rb"(?i)(?:^|[.])(?:example|test|invalid)(?:[.]|$)|your|^\[(?:::1|f[cd]|fe80)")
_ADDRESS: Final = lazy.regex(rb"\d{1,3}(?:[.]\d{1,3}){3}")
_OF_A_DOMAIN: Final = lazy.regex(rb"(?i)(?:[a-z0-9-]{1,63}[.]){1,8}[a-z]{2,24}")


def reach_of(text: bytes, start: int, end: int) -> str:
    """`internet`: who reads the password can try it from anywhere, unless a firewall stands before the server;
    `inside`: on the machine, its containers or its own network alone; "" where no server is named."""
    behind = _BEHIND.match(text[end : end + 220])
    if behind:
        return _of_host(behind[1])
    around = text[max(0, start - _BESIDE) : start] + b" " + text[end : end + _BESIDE]
    told = {_of_host(one[1]) for one in _NAMED.finditer(around)}
    return INTERNET if INTERNET in told else INSIDE if INSIDE in told else ""


def _of_host(host: bytes) -> str:
    host = host.rstrip(b".")
    if _NOBODY.search(host):
        return ""
    if _PRIVATE.search(host) or (b"." not in host and not host.startswith(b"[")):
        return INSIDE
    if _ADDRESS.fullmatch(host) or host.startswith(b"[") or _OF_A_PROVIDER.search(host):
        return INTERNET
    return INTERNET if _OF_A_DOMAIN.fullmatch(host) and not host.endswith(_FILES) else ""


_FILES: Final = (
    b".py",
    b".js",
    b".ts",
    b".json",
    b".yaml",
    b".yml",
    b".env",
    b".host",
    b".get",
    b".server",
    b".address",
)
