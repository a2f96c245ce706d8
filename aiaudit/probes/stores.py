"""The probe `stores.kept`: the files of databases and vector stores, and how many addresses of people stand in them.

Their bytes are searched as they lie there: no file is opened as a database. What is found is counted, never kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final

import re2

from aiaudit import lazy
from aiaudit.model.fact import Confidence, Evidence, Fact, Level, Scope, State
from aiaudit.model.types import BOOL, INT, STRING, Type, list_of, record
from aiaudit.probes.base import Context, Probe, Query
from aiaudit.probes.secrets.checks import entropy
from aiaudit.project.entry import Entry
from aiaudit.project.reader import Unreadable
from aiaudit.project.roles import Role

STORE: Final = record(
    "store",
    path=STRING,
    line=INT,
    kind=STRING,
    files=INT,
    size=INT,
    people=INT,
    passwords=INT,
    tokens=INT,
    token_column=STRING,
    whole=BOOL,
    ignored=BOOL,
)
MOST_STORES: Final = 40
MOST_READ: Final = 64 * 1024 * 1024  # bytes of all stores together
_PART: Final = 4 * 1024 * 1024
_OVERLAP: Final = 256  # bytes: the longest address that two parts may share
_EMPTY_CHROMA: Final = 180_000  # bytes that its tables take before anything is put into them
# Of each kind: the file by which it is known, what holds its texts below that file's folder ("" for the file itself),
# and whether texts stand there as they are (others are compressed).
_KINDS: Final[tuple[tuple[str, str, str, bool], ...]] = (
    ("Chroma", "**/chroma.sqlite3", "", True),
    ("Qdrant", "**/{collection,collections}/*/storage.sqlite", "", True),
    ("FAISS", "**/index.faiss", "index.pkl", True),
    ("a copy", "**/*.{db,sqlite,sqlite3}.{bak,bak*,backup,backup*,old}", "", True),
    ("SQLite", "**/*.{db,db3,sqlite,sqlite3}", "", True),
    ("PostgreSQL", "**/PG_VERSION", "base/*/*", False),
    ("MongoDB", "**/WiredTiger.wt", "*.wt", False),
    ("MySQL", "**/ibdata1", "*.ibd", False),
    ("Redis", "**/{dump.rdb,appendonly*.aof}", "", False),
    ("Weaviate", "**/lsm/objects/segment-*.db", "", False),
)
_SQLITE: Final = frozenset({"SQLite", "a copy"})
_INSIDE: Final = lazy.regex(r"(?:^|/)base/\d+/PG_VERSION$")
_AWAY: Final = frozenset((Role.VENDORED, Role.GENERATED))
# Long enough, and below a domain that is one: bytes of numbers make no such thing. Behind those of the large providers
# the text of the next field may follow at once.
_ADDRESS: Final = re2.compile(
    rb"(?i)[a-z0-9][a-z0-9._%+\-]{2,40}@(?:"
    rb"(?:gmail|googlemail|outlook|hotmail|yahoo|icloud|proton(?:mail)?|gmx|aol|qq|163|yandex)\.(?:com|de|net|fr|me|ru|co\.[a-z]{2})"
    rb"|(?:[a-z0-9][a-z0-9\-]{1,40}\.){1,4}"
    rb"(?:com|org|net|edu|gov|io|ai|co|de|fr|in|uk|eu|it|es|nl|br|ru|cn|jp|kr|pl|pt|se|ch|at|be|ca|au|us|tr|id|vn|lk|me|info)\b)"
)
# As bcrypt, Argon2, Werkzeug, Django and Passlib write what they make of a password, and plain digests.
_PASSWORD: Final = re2.compile(
    rb"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{8,64}"
    rb"|(?:pbkdf2:sha\d+(?::\d+)?|scrypt:\d+:\d+:\d+)\$[A-Za-z0-9]{8,32}\$[0-9a-f]{16}"
    rb"|[0-9a-f]{16,64}\$[0-9a-f]{40,128}|pbkdf2_sha\d+\$\d+\$[A-Za-z0-9]{8,32}\$[A-Za-z0-9+/]{16}|\$pbkdf2-sha\d+\$\d+\$[./A-Za-z0-9]{8,64}"
)
# Of no salt, right behind an account's address, as the next field stands in SQLite.
_DIGEST: Final = re2.compile(
    rb"@[a-z0-9.\-]{2,40}\.(?:com|net|org|edu|io|co|jp|de|fr|in|uk|it|es|br|ru|cn)([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})"
)
# A column by whose name keys of services are kept, as a table's own statement names it.
_KEY_COLUMN: Final = re2.compile(
    rb"(?i)\bCREATE TABLE\b[^;]{0,900}?[\s,(\"`\[]"
    rb"(\w{0,30}(?:access_?token|refresh_?token|bot_?token|auth_?token|channel_?secret|client_?secret"
    rb"|app_?secret|webhook_?secret|secret_?key|api_?key|private_?key))[\"`\]]?\s+(?:TEXT|N?VARCHAR|CHAR|STRING|BLOB|CLOB)"
)
_KEY: Final = re2.compile(rb"[A-Za-z0-9+/_\-]{40,}")
_LONGEST_KEY: Final = 400  # characters; what is longer is a picture or a document
_KEY_BITS: Final = 4.4  # of entropy a character: 40 random characters of base64 have 4.9 to 5.3, a path less than 4.2
_LETTERS: Final = 8  # of each case at least: a number of a payment beside its name has fewer
_OF_WORDS: Final = lazy.regex(rb"[a-z]{10}|[A-Z]{10}|\d{10}|[0-9a-f]{8}-[0-9a-f]{4}-")
_NOBODY: Final = lazy.regex(
    rb"(?i)^(?:info|contact|support|sales|admin|hello|help|office|team|press|jobs?|hr|careers|no-?reply|do-?not-?reply"
    rb"|service|webmaster|postmaster|root|git|user|users?name|test\w*|demo\w*|example\w*|you|your\w*|name|email|foo|bar)@"
    rb"|@(?:[a-z0-9\-]+\.)*(?:example|test|domain|email|company|sample|acme|yourdomain|users\.noreply\.github|sentry)\.\w+$"
)


class StoresQuery(Query):
    """All of them. kind: Chroma, Qdrant, FAISS (an index beside the texts that were put into it), PostgreSQL, MongoDB,
    MySQL, Redis, Weaviate, SQLite (any other database in one file), or a copy of one (.bak). people: e-mail addresses
    in it, at least, that are neither a function's nor an example's. passwords: different hashes of passwords. whole:
    all of its bytes were searched, and texts stand in them as they are. ignored: a .gitignore names it (git may track
    it all the same). tokens: different texts of a SQLite file that are as random as a key, where a table of it has a
    column for such keys (token_column: its name)."""


class StoresProbe(Probe[StoresQuery]):
    name: ClassVar[str] = "stores.kept"
    title: ClassVar[str] = (
        "files of databases and vector stores themselves, with the number of people's addresses in them"
    )
    query: ClassVar[type[StoresQuery]] = StoresQuery
    max_level: ClassVar[Level] = Level.MEASURED

    def value_type(self, query: StoresQuery) -> Type:
        return list_of(STORE)

    def answer(self, fact_id: str, query: StoresQuery, context: Context) -> Fact:
        room = [MOST_READ]
        rows = [row for one in _stores(context) if (row := _row(context, *one, room)) is not None][:MOST_STORES]
        files = sum(1 for _ in context.project.files)
        scope = Scope(files, files if context.project.complete else 0)
        method = "bytes of the files searched; none was opened as a database"
        if not rows:
            return Fact(fact_id, State.ABSENT, [], Level.MEASURED, method, scope=scope)
        notes = tuple(Evidence(row["path"], None, row["kind"]) for row in rows[:25])
        return Fact(fact_id, State.KNOWN, rows, Level.MEASURED, method, Confidence.MEDIUM, notes, scope)


def _stores(context: Context) -> Iterator[tuple[str, Entry, list[Entry], bool]]:
    """Kind, the file by which it is known, the files that hold what was put into it, and whether texts stand there."""
    told: set[str] = set()  # a SQLite file may be that of a vector store
    for kind, glob, inside, plain in _KINDS:
        seen: set[str] = set()
        for entry in context.project.matching(glob):
            if entry.path in told:
                continue
            folder = entry.path.rpartition("/")[0]
            if entry.role in _AWAY or _INSIDE.search(entry.path) or (folder in seen and kind in ("Redis", "Weaviate")):
                continue
            seen.add(folder)
            held = _below(context, folder, inside) if inside else [entry]
            if kind == "FAISS" and not held:
                continue  # vectors alone
            told.add(entry.path)
            yield kind, entry, held, plain


def _below(context: Context, folder: str, glob: str) -> list[Entry]:
    start = f"{folder}/" if folder else ""
    return [
        one for one in context.project.files if one.path.startswith(start) and fnmatchcase(one.path[len(start) :], glob)
    ]


def _row(
    context: Context, kind: str, entry: Entry, held: list[Entry], plain: bool, room: list[int]
) -> dict[str, Any] | None:
    size = sum(one.size for one in held)
    if size == 0 or (kind == "Chroma" and size <= _EMPTY_CHROMA):
        return None
    found: set[bytes] = set()
    passwords: set[bytes] = set()
    tokens: set[bytes] = set()
    column = b""
    whole = plain
    for one in held:
        if one.size > room[0]:
            whole = False
            continue
        room[0] -= one.size
        try:
            for part in _parts(context, one.path):
                found.update(hit.lower() for hit in _addresses(part))
                passwords.update(hit.group(0) for hit in _PASSWORD.finditer(part))
                passwords.update(
                    hit.group(1) for hit in _DIGEST.finditer(part) if part[hit.end() : hit.end() + 1] != b"$"
                )
                if plain and kind in _SQLITE:
                    if not column and (named := _KEY_COLUMN.search(part)):
                        column = named.group(1)
                    tokens.update(_keys(part))
        except (Unreadable, OSError):
            whole = False
    return {
        "path": entry.display,
        "line": 1,
        "kind": kind,
        "files": len(held),
        "size": size,
        "people": _different(found),
        "passwords": len(passwords),
        "tokens": len(tokens) if column else 0,
        "token_column": column.decode("ascii", "replace") if tokens else "",
        "whole": whole,
        "ignored": entry.ignored,
    }


def _keys(part: bytes) -> Iterator[bytes]:
    """What is as random as a key: no hash of a password, which stands behind a `$`, no path, no name, no picture."""
    for hit in _KEY.finditer(part):
        start, end = hit.span()
        text = part[start:end]
        if len(text) > _LONGEST_KEY or part[start - 1 : start] in (b"$", b".") or _OF_WORDS.search(text):
            continue
        small, large = sum(97 <= one <= 122 for one in text), sum(65 <= one <= 90 for one in text)
        if min(small, large) >= _LETTERS and re.search(rb"\d", text) and entropy(text.decode("ascii")) >= _KEY_BITS:
            yield text


def _parts(context: Context, path: str) -> Iterator[bytes]:
    """The bytes of a file, a part at a time, each with the end of the one before."""
    end = b""
    with context.project.stream(path) as stream:
        while part := stream.read(_PART):
            yield end + part
            end = part[-_OVERLAP:]


def _different(found: Iterable[bytes]) -> int:
    """How many there are at least: a database may write an address right behind the text of another field."""
    count, last = 0, b""
    for one in sorted(address[::-1] for address in found):
        if not last or not one.startswith(last):
            count, last = count + 1, one
    return count


def _addresses(part: bytes) -> Iterable[bytes]:
    return (hit.group(0) for hit in _ADDRESS.finditer(part) if not _NOBODY.search(hit.group(0)))
