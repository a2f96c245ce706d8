"""Where a value stands that looks like a secret by its name, and is none: the password of a database that lives for one
run of a workflow, and the example in the documentation of an interface."""

from __future__ import annotations

import base64
from typing import Final

from aiaudit import lazy

_ABOVE: Final = 120  # lines above a value of a workflow that are looked at
_BEFORE: Final = 1_500  # bytes before a value of a schema
_BESIDE: Final = 800  # bytes around a value of a workflow in which the other variables stand
_AS_A_TEST: Final = lazy.regex(
    rb"(?i)(?:\w+_)?(?:env|environment|stage)[ \t]*:[ \t]*[\"']?(?:tests?|testing|ci)[\"']?[ \t]*(?:#.*)?$"
)
_IN_ONE_STRING: Final = 500  # bytes around the password of a connection string in which its server stands
_END: Final = lazy.regex(rb";[ \t]*\r?\n|\n[ \t]*\r?\n")  # of a statement; parts that are joined end in `;" +`
_SERVER: Final = lazy.regex(
    rb"(?i)\b(?:server|data source|host(?:name)?|addr(?:ess)?|network address)[ \t]*=[ \t]*(?:tcp:|np:)?([a-z0-9.-]+)"
    rb"|\bjdbc:[a-z:]+//([a-z0-9.-]+)"
)
_OF_NOBODY: Final = lazy.regex(
    rb"(?i)^(?:127|10|192[.]168|172[.](?:1[6-9]|2\d|3[01])|169[.]254|0)[.][\d.]+$|(?:^|[.])(?:localhost|local|internal|lan|svc|invalid|example|test)(?:[.]|$)|your|my-?(?:sql-?)?server[.]"
    rb"|<|host[.]docker|server-?name"
)
_CALLED: Final = 240  # bytes before the password of an address in which the call stands that is given the address
_CONNECTS: Final = lazy.regex(
    rb"(?:\b(?:psycopg[23]?|asyncpg|aiopg|pg8000|pymysql|MySQLdb|aiomysql|mysql\.connector|mariadb|pymssql|oracledb)\.(?:connect|create_pool)"
    rb"|\bcreate_(?:async_)?engine|\b(?:Async)?MongoClient|\bAsyncIOMotorClient|\bredis\.(?:asyncio\.)?from_url|\bRedis\.from_url"
    rb"|\bmongoose\.(?:connect|createConnection)|\bmysql2?\.create(?:Connection|Pool))\(\s*(?:\w+\s*=\s*)?[rbf]?[\"'`]\w+(?:\+\w+)?://[^\s\"'`]{0,90}$"
)
_REACHED: Final = lazy.regex(
    rb"@(?:\[([0-9A-Fa-f:]{6,45})\]|((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}|\d{1,3}(?:\.\d{1,3}){3}))[:/?\"'`,]"
)
_IN_HOUSE: Final = lazy.regex(
    rb"(?i)^(?:::1?$|f[cd][0-9a-f]{2}:|fe80:|2001:db8:)|(?:^|[.])(?:example[.](?:com|org|net)|host|db|server)$"
)
_KEY: Final = lazy.regex(rb"^([ \t]*)(?:- )?([\w.-]+)[ \t]*:(?:[ \t]|$)")
_SCHEMA: Final = lazy.regex(rb"\b(?:json_schema_extra|schema_extra|openapi_examples)\b[\"']?[ \t]*[:=][ \t]*[(\[{]")
_OF_SECRETS: Final = lazy.regex(rb"(?m)^[ \t]*[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?Secret\b")
_OPENERS: Final = b"([{"
_CLOSERS: Final = b")]}"


def lives_for_one_run(text: bytes, start: int, value: bytes) -> bool:
    """Whether a value is that of a service container of a GitHub workflow, or the same one in a step of its job."""
    keys = _keys_above(text, start) if b"services:" in text else []
    if keys[-1:] != [b"jobs"]:
        return False
    at = text.find(value)
    for _ in range(20):
        if at < 0:
            return False
        others = _keys_above(text, at)
        if others[-2:] == keys[-2:] and others[-3:-2] == [b"services"]:
            return True
        at = text.find(value, at + 1)
    return False


def is_of_a_test_run(text: bytes, start: int) -> bool:
    """Whether a key is given to the steps of a pipeline of CI beside the word that they run as a test
    (`ENVIRONMENT: test`): it opens what these steps make and nothing that lasts."""
    if b"runs-on:" not in text or _keys_above(text, start)[:1] != [b"env"]:
        return False
    line = text.rfind(b"\n", 0, start) + 1
    indent = _indent(text[line : line + 80])
    around = text[max(0, line - _BESIDE) : start + _BESIDE].splitlines()
    return any(_indent(one) == indent and _AS_A_TEST.match(one.strip()) for one in around)


def names_a_server(text: bytes, start: int, end: int) -> bool:
    """Whether the text in which a password stands, put together from several or not, is a connection string that names
    a server which others reach as well: `Server=tcp:x.database.windows.net;User ID=…;Password=…;`."""
    before = text[max(0, start - _IN_ONE_STRING) : start]
    ends = list(_END.finditer(before))
    after = text[end : end + _IN_ONE_STRING]
    last = _END.search(after)
    around = before[ends[-1].end() if ends else 0 :] + b"=;" + after[: last.start() if last else len(after)]
    for match in _SERVER.finditer(around):
        host = match[1] or match[2]
        if b"." in host and not _OF_NOBODY.search(host):
            return True
    return False


def is_opened(text: bytes, start: int, end: int) -> bool:
    """Whether a password stands in an address that a connection is opened with there, to a machine on the internet: who
    tries that out in a file called a test has written down the password of what runs."""
    reached = _REACHED.match(text[end : end + 300])
    host = (reached[1] or reached[2]) if reached else b""
    if not host or _OF_NOBODY.search(host) or _IN_HOUSE.search(host):
        return False
    return _CONNECTS.search(text[max(0, start - _CALLED) : start]) is not None


def told_in_base64(text: bytes, start: int, value: str) -> str:
    """What a value of a Secret of Kubernetes says, which is written in base64 under `data`; "" where it is none."""
    if b"Secret" not in text or _keys_above(text, start)[-1:] != [b"data"] or not _OF_SECRETS.search(text):
        return ""
    try:
        told = base64.b64decode(value, validate=True).decode("ascii").strip()
    except (ValueError, UnicodeDecodeError):
        return ""
    return told if told.isprintable() else ""


def is_example_of_a_schema(text: bytes, start: int) -> bool:
    """Whether a value stands inside `json_schema_extra` or `openapi_examples`, which are shown to whoever reads the
    documentation of the interface."""
    before = text[max(0, start - _BEFORE) : start]
    openings = list(_SCHEMA.finditer(before))
    if not openings:
        return False
    depth, quote = 1, b""
    rest = iter(before[openings[-1].end() :])
    for byte in rest:
        if quote:
            if byte == 0x5C:  # a backslash: what follows is no end
                next(rest, None)
            elif byte == quote[0]:
                quote = b""
        elif byte in b"\"'":
            quote = bytes([byte])
        elif byte in _OPENERS:
            depth += 1
        elif byte in _CLOSERS:
            depth -= 1
            if depth == 0:
                return False
    return True


def _keys_above(text: bytes, start: int) -> list[bytes]:
    """The keys of YAML under which a place stands, by indentation, the inner ones first."""
    begin = text.rfind(b"\n", 0, start) + 1
    indent = _indent(text[begin : begin + 200])
    found: list[bytes] = []
    for _ in range(_ABOVE):
        if begin == 0 or indent == 0:
            break
        end = begin - 1
        begin = text.rfind(b"\n", 0, end) + 1
        match = _KEY.match(text[begin : min(end, begin + 200)])
        if match and len(match[1]) < indent:
            indent = len(match[1])
            found.append(match[2])
    return found


def _indent(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))
