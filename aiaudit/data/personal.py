"""Personal data in a sample: which kind a column holds, how often. Values are looked at, never kept or shown.

SQL finds the candidates (RE2, guarded by cheap tests); python-stdnum and phonenumbers decide on up to `CHECKED` of them
a column, and the count of the sample is extrapolated from those where there are more. A column is reported only from
`MIN_COUNT` hits and `MIN_SHARE` of its non-null values on; where a check digit is all that tells a number from any
other, most candidates must pass it, as chance passes one in ten.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiaudit import lazy
from aiaudit.data.engine import Engine, Relation
from aiaudit.data.handles import CANDIDATE, rows_that_name
from aiaudit.data.model import Personal
from aiaudit.data.naming import numbers_a_thing
from aiaudit.data.phrases import say, union

MIN_COUNT: Final = 5
MIN_SHARE: Final = 0.01
CHECKED: Final = 2_000  # candidates of a column that are verified
_LONGEST: Final = 2_000  # characters of a value that are verified
_EMAIL: Final = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"
# Seven digits with the separators of phone and card numbers, four groups of an IP address, IBAN and lettered ids.
_NUMBERED: Final = (
    r"[0-9](?:[ .()/\-]{0,2}[0-9]){6,}|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[A-Za-z]{1,6}[0-9]{2}|[0-9A-Fa-f]:[0-9A-Fa-f:]*:"
)
_SAYS: Final = r"[^ \t\n\r\v\f][ \t\n\r\v\f]*[^ \t\n\r\v\f]"  # two characters and more
_MOST_PASS: Final = 0.9  # of the candidates, where only a check digit tells
_HALF_PASS: Final = 0.5  # where shape or the column's name tells too
_HINTED: Final = (
    ("email", r"e?_?mail|email_?address"),
    ("phone", r"phone|tel|telephone|mobile|fax|msisdn|phone_?(?:number|no)"),
    ("card", r"card_?(?:number|no)|cc_?num(?:ber)?|pan|credit_?card"),
    ("iban", r"iban|bank_?account"),
    (
        "national_id",
        r"ssn|social_?security|national_?id|passport(?:_?no)?|tax_?id|pesel|bsn|nino|cpf|aadhaar|dni|nie|nhs",
    ),
    ("ip", r"ip|ip_?addr(?:ess)?|remote_?addr|client_?ip"),
    (
        "birth_date",
        r"dob|birth_?da(?:te|y)|date_?of_?birth|born(?:_?on)?|geburts_?(?:datum|tag)|geburt|date_?(?:de_?)?naissance|fecha_?(?:de_?)?nacimiento",
    ),
    (
        "address",
        r"street|(?:street|home|postal|mailing)_?address|address_?(?:line_?)?[0-9]?|strasse|stra_e|anschrift|adresse|direccion",
    ),
    (
        "name",
        r"(?:first|last|full|given|family|middle|maiden|sur)_?name|surname|"
        r"(?:person|patient|customer|employee|client|applicant|reviewer)_?name|(?:kunden|patienten|mitarbeiter)_?name|vorname|nachname|familienname|prenom|apellidos?",
    ),
)
_HINTS: Final = tuple((kind, re.compile(rf"(?:^|_)(?:{words})(?:_|$)")) for kind, words in _HINTED)
_NO_ADDRESS: Final = lazy.regex(r"(?:^|_)(?:ip|mac|email|e_mail|wallet|memory|web|url|host)(?:_|$)")
_BY_HINT: Final = frozenset({"name", "address", "birth_date"})
# A bare `name` may be a product's or a city's: it is a person's where sex and age stand beside it and the values have
# two words or more ("Braund, Mr. Owen Harris"; a pet has one).
_TRAITS: Final = (
    lazy.regex(r"(?:^|_)(?:sex|gender)(?:_|$)"),
    lazy.regex(r"(?:^|_)(?:age|dob|born|birth[a-z]*)(?:_|$)"),
)
# Such names may be those of accounts, machines or firms: they are people's where the values have two words or more.
_ROLES: Final = lazy.regex(
    r"(?:^|_)(?:student|pupil|teacher|instructor|professor|doctor|physician|nurse|observer|driver|passenger|guest"
    r"|candidate|tenant|borrower|participant|respondent|attendee|donor|beneficiary|nominee|guardian|parent|father"
    r"|mother|spouse|contact_?person|contact|card_?holder|account_?holder|policy_?holder|subscriber|visitor|user"
    r"|interviewee|victim|suspect|witness|defendant)_?names?$"
)
_FULL: Final = r"[A-Za-z\x{00C0}-\x{024F}]{2,}[ ,.]+[A-Za-z\x{00C0}-\x{024F}]"


def hint_of(column: str) -> str | None:
    """The kind of personal data that a column's name promises."""
    words = _words(column)
    for kind, pattern in _HINTS:
        if pattern.search(words) and not (kind == "address" and _NO_ADDRESS.search(words)):
            return kind
    return None


def names_of_people(columns: Sequence[str]) -> frozenset[str]:
    """Columns that are named after a part that people play, and those called `name` alone in a table that tells sex
    and age of each row too."""
    words = {column: _words(column) for column in columns}
    told = all(any(trait.search(one) for one in words.values()) for trait in _TRAITS)
    return frozenset(
        column for column, one in words.items() if _ROLES.search(one) or (told and one in ("name", "names"))
    )


def _words(column: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", column) if not unicodedata.combining(c))  # prénom
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")


def personal_columns(
    engine: Engine, drawn: Relation, texts: Sequence[str], dates: Sequence[str] = (), *, columns: Sequence[str] = ()
) -> dict[str, Personal]:
    """Columns of the sample that hold personal data. `texts`: those to look at, as texts; `dates`: date columns;
    `columns`: all of the table."""
    named = names_of_people(columns)
    counted = _counted(engine, drawn, texts, named)
    found: dict[str, Personal] = {}
    chosen = {name: (_phrase(drawn, name, "start"), _phrase(drawn, name, "numbered")) for name in texts}
    chosen = {name: pair for name, pair in chosen.items() if counted[name][2]}
    values = some(engine, drawn, chosen, CHECKED)
    posted = {name: (_phrase(drawn, name, "start"), _phrase(drawn, name, "handled")) for name in texts}
    posts = some(engine, drawn, {n: pair for n, pair in posted.items() if counted[n][4] >= MIN_COUNT}, CHECKED)
    for name in texts:
        known, emails, numbered, lettered, handled = counted[name]
        if not known:
            continue
        hint = "name" if name in named else hint_of(name)
        kinds: dict[str, int] = {"email": emails} if emails else {}
        if numbered and not numbers_a_thing(name):
            kinds |= _verified(values[name], numbered, hint)
        if hint in _BY_HINT and lettered >= _HALF_PASS * known:
            kinds[hint] = known
        best = _best(kinds, known)
        if best is None and posts.get(name):  # what says more of a person goes first
            rows = rows_that_name(posts[name], _EMAIL)
            best = _best({"handle": round(rows * handled / len(posts[name]))}, known)
        if best is not None:
            found[name] = best
    for name in dates:
        if hint_of(name) == "birth_date":
            known = int(engine.rows(f"SELECT COUNT({drawn.quoted(name)}) FROM {drawn.origin}")[0][0])  # noqa: S608
            if known >= MIN_COUNT:
                found[name] = Personal("birth_date", known, 1.0)
    return found


def some(engine: Engine, drawn: Relation, chosen: Mapping[str, tuple[str, str]], limit: int) -> dict[str, list[str]]:
    """By column the first values for which a condition holds; `chosen`: value and condition, in SQL."""
    names = list(chosen)
    parts = (
        f"SELECT {n} AS k, v FROM (SELECT {value} AS v FROM {drawn.origin} WHERE {holds} LIMIT {limit}) AS t"  # noqa: S608
        for n, (value, holds) in enumerate(chosen.values())
    )
    found: dict[str, list[str]] = {name: [] for name in names}
    if chosen:
        for k, value in engine.rows(union(parts)):
            found[names[k]].append(str(value))
    return found


def _counted(
    engine: Engine, drawn: Relation, texts: Sequence[str], named: frozenset[str]
) -> dict[str, tuple[int, ...]]:
    """Per column: non-null values, those with an email, those with a number to be verified, those that say anything
    or, of the columns `named`, hold two words and more (asked only where that decides), and those with an `@name`."""
    if not texts:
        return {}
    asked = []
    for name in texts:
        deciding = "full" if name in named else "told" if hint_of(name) in _BY_HINT else ""
        told = _phrase(drawn, name, deciding) if deciding else "0"
        asked += [*(_phrase(drawn, name, what) for what in ("known", "emails", "numbers")), told]
        asked.append(_phrase(drawn, name, "handles"))
    row = [int(n or 0) for n in engine.rows(f"SELECT {', '.join(asked)} FROM {drawn.origin}")[0]]  # noqa: S608
    return {name: tuple(row[5 * i : 5 * i + 5]) for i, name in enumerate(texts)}


def _phrase(drawn: Relation, name: str, what: str) -> str:
    """Of the column's values as texts, in SQL: how many there are of a sort; or the start of each (`start`), and
    whether it may hold a number (`numbered`)."""

    def counts(column: Any) -> dict[str, Any]:
        x = _text(column)
        return {
            "known": x.count(),
            "emails": x.contains("@").ifelse(x.re_search(_EMAIL), False).sum(),
            "numbers": _numbered(x).sum(),
            "told": x.re_search(_SAYS).sum(),
            "full": x.re_search(_FULL).sum(),
            "handles": _handled(x).sum(),
        }

    def each(column: Any) -> dict[str, Any]:
        x = _text(column)
        return {"start": x.substr(0, _LONGEST), "numbered": _numbered(x), "handled": _handled(x)}

    build = each if what in ("start", "numbered", "handled") else counts
    return say(drawn.phrases(f"personal {build.__name__}", [name], build)[what], drawn.quoted(name))


def _text(column: Any) -> Any:
    return column if column.type().is_string() and not column.type().is_json() else column.cast("string")


def _handled(value: Any) -> Any:
    return value.contains("@").ifelse(value.re_search(CANDIDATE), False)


def _numbered(value: Any) -> Any:
    return (value.length() >= 7).ifelse(value.re_search(_NUMBERED), False)


def _verified(values: Sequence[str], candidates: int, hint: str | None) -> dict[str, int]:
    """Hits by kind among all candidates of the sample, from those that were verified."""
    from aiaudit.data.personal_numbers import numbers_in

    hits: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    bar: dict[str, float] = {}
    for value in values:
        seen: set[str] = set()
        for number in numbers_in(value, hinted=hint or ""):
            tried[number.scheme] += 1
            bar[number.scheme] = _MOST_PASS if number.weak and hint != number.kind else _HALF_PASS
            if number.valid and number.scheme not in seen:
                seen.add(number.scheme)
                hits[number.scheme] += 1
    scale = candidates / len(values) if values else 0.0
    found: dict[str, int] = {}
    for scheme, count in hits.items():
        if count >= bar[scheme] * tried[scheme]:
            kind = scheme.partition(":")[0]
            found[kind] = max(found.get(kind, 0), round(count * scale))
    return found


def _best(kinds: Mapping[str, int], known: int) -> Personal | None:
    """The commonest kind, where it is common enough."""
    kind = max(kinds, key=lambda k: (kinds[k], k), default=None)
    if kind is None or kinds[kind] < MIN_COUNT or kinds[kind] < MIN_SHARE * known:
        return None
    return Personal(kind, kinds[kind], kinds[kind] / known)
