"""The columns of a data file, from its first bytes."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any, Final

from msgspec import Struct

from aiaudit import lazy
from aiaudit.probes.datasets.sqlite_head import sqlite_columns

HEAD: Final = 64 * 1024  # bytes that are read of a file
HEAD_OF_TABLES: Final = 2 * 1024 * 1024  # of a database, whose schema may lie in pages behind the first
MAX_COLUMNS: Final = 2000
SQLITE: Final = frozenset({".sqlite", ".sqlite3", ".db", ".db3"})
_MAX_NAME: Final = 120
_KEY: Final = lazy.regex(r'"([^"\\\n]{1,60})"\s*:')
_DELIMITERS: Final = ",;\t|"
_NUMBER: Final = lazy.regex(r"[-+]?\d[\d.,eE+-]*%?")
_EMAIL: Final = lazy.regex(r"[A-Za-z0-9._%+-]{1,64}@((?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24})\b")
_NO_PERSON: Final = lazy.regex(
    r"(?:^|\.)(?:example|test|localhost|invalid)(?:\.|$)|noreply|\.(?:png|jpg|py|js)$", re.IGNORECASE
)


class Head(Struct, frozen=True):
    """What the first bytes of a file tell. `columns` is None where they cannot be told; `emails` counts different
    addresses of real domains."""

    columns: tuple[str, ...] | None
    emails: int = 0


def read_head(suffix: str, data: bytes) -> Head:
    """Columns of CSV and TSV (where the first line is a header), JSON Lines, JSON arrays of objects, and SQLite."""
    if suffix in SQLITE:
        return Head(sqlite_columns(data))
    text = data.decode("utf-8-sig", "replace")
    emails = len({found.group(0).lower() for found in _EMAIL.finditer(text) if not _NO_PERSON.search(found.group(1))})
    match suffix:
        case ".csv" | ".tsv":
            return Head(_csv_columns(text), emails)
        case ".txt" | ".data":
            return Head(_csv_columns(text) if _is_table(text) else (), emails)
        case ".jsonl" | ".ndjson":
            return Head(_keys_of(_first_json(text.partition("\n")[0])), emails)
        case ".json":
            return Head(_json_columns(text), emails)
        case ".npy" | ".npz" | ".mat" | ".libsvm":
            return Head(())  # arrays: they name no columns
        case _:
            return Head(None)


def _is_table(text: str) -> bool:
    """Whether the first lines of a text are rows of one table: prose has commas too, but not the same number."""
    lines = [line for line in text.splitlines()[:6] if line.strip()][:5]
    return len(lines) > 1 and any(
        lines[0].count(sign) > 0 and len({line.count(sign) for line in lines}) == 1 for sign in _DELIMITERS
    )


def _csv_columns(text: str) -> tuple[str, ...] | None:
    """The header line's cells; None where the first line looks like data."""
    first = text.lstrip().partition("\n")[0].rstrip("\r")
    if not first or "\0" in first:
        return None
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        cells = [cell.strip() for cell in next(csv.reader(io.StringIO(first), delimiter=delimiter))]
    except (csv.Error, StopIteration):
        return None
    named = [cell for cell in cells if cell]
    numeric = sum(1 for cell in named if _NUMBER.fullmatch(cell))
    if named[: numeric or 1] == [str(number) for number in range(numeric)]:
        numeric = 0  # columns that a data frame has numbered
    long = sum(1 for cell in named if len(cell) > 60)
    if not named or numeric > len(named) // 4 or long > len(named) // 2:
        return None
    if len(named) != len(set(named)) and (numeric or not _numbers_below(text, cells, delimiter)):
        return None
    return tuple(dict.fromkeys(cell[:_MAX_NAME] for cell in cells[:MAX_COLUMNS]))


def _numbers_below(text: str, cells: list[str], delimiter: str) -> bool:
    """Whether what stands several times in the first line has numbers below it: names of columns, such as those of the
    corners of a box, and not values that repeat."""
    below = text.lstrip().split("\n", 2)[1:2]
    try:
        row = next(csv.reader(io.StringIO(below[0].rstrip("\r")), delimiter=delimiter)) if below else []
    except (csv.Error, StopIteration):
        return False
    again = [place for place, cell in enumerate(cells) if cell and cells.count(cell) > 1]
    return len(row) == len(cells) and all(_NUMBER.fullmatch(row[place].strip()) for place in again)


def _json_columns(text: str) -> tuple[str, ...] | None:
    """The keys of the first object of a JSON array; of another document, all keys that stand in its head."""
    start = text.find("{")
    if start >= 0 and text.lstrip().startswith("["):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict) and value:
            return _keys_of(value)
    keys = dict.fromkeys(_KEY.findall(text))
    return tuple(list(keys)[:MAX_COLUMNS]) if keys or text.lstrip().startswith("[") else None


def _first_json(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _keys_of(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, dict) or not value:
        return None
    return tuple(str(key)[:_MAX_NAME] for key in list(value)[:MAX_COLUMNS])


# --- names of columns that hold something about a person ------------------------------------------------------------

_DIRECT: Final = (  # who it is
    r"(?:first|last|middle|family|given|full|maiden|nick|sur|fore|person|patient|customer|client|employee|student|user"
    r"|contact|applicant|guest|member|author|driver|holder|reviewer)_?name|surname",
    r"e_?mail(?:_?address)?|(?:tele|mobile|cell|home|work|contact)?_?phone(?:_?(?:number|no))?|mobile_?(?:number|no)",
    r"(?:street|home|postal|mailing|billing|residential)_?address|address_?(?:line)?_?\d?|street(?:_?(?:name|no))?",
    r"(?:\w+_)?ssn|social_?security(?:_?(?:number|no))?|national_?id|nin|nino|bsn|cpf|dni|aadhaar|pan_?number|tax_?id",
    r"passport(?:_?(?:number|no))?|driv(?:er|ing)_?licen[cs]e(?:_?(?:number|no))?|licen[cs]e_?plate",
    r"iban|(?:credit_?|debit_?)?card_?(?:number|no)|account_?(?:number|no)",
    r"date_?of_?birth|birth_?date|dob|birthday|ip_?addr(?:ess)?|device_?id|imei|mac_?address",
)
_SENSITIVE: Final = (  # what it is like
    r"(?:person|people|applicant|borrower|customer|client|patient|employee|member|passenger|student|card_?holder)s?_"
    r"(?:gender|sex|age|race|ethnicity|religion|nationality|marital_?status|disability|bmi|(?:annual_?)?income|salary)",
    r"gender|sex|age|race|ethnicity|religion|nationality|marital_?status|disability|sexual_?orientation|political\w*",
    r"diagnos[ie]s|medical_?\w*|health_?\w*|icd_?\d*|blood_?\w*|pregnan\w*|smok(?:er|ing)\w*|bmi",
    r"salary|income|estimated_?salary|annual_?income|credit_?score|balance|debt|wage|criminal\w*|conviction\w*",
)
_DECIDES: Final = (  # what is decided about a person
    r"loan_?(?:status|approved|default|decision|amount)|credit_?(?:risk|decision|worthiness)|approved",
    r"default_payment\w*|hired?|hiring_?\w*|shortlist\w*|applicant\w*|cv_?score|promotion|attrition|recidiv\w*",
    r"two_year_recid|admitted|admission|diagnos[ei]s|diagnostic|dx|readmi\w*|triage|mortality|insurance_?\w*",
    r"claim_?(?:status|approved)|benefit\w*|eligib\w*",
    # what is found out of somebody's health, by the columns of tables for it
    r"(?:heart|cardio\w*|coronary|lung|liver|kidney)_?disease\w*|diabet(?:es|ic)\w*|death_event|trestbps|thalach",
)


def kinds_of(columns: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Of the columns: those that name a person, those about one, and those that decide about one."""
    return tuple(_matching(columns, some) for some in (_DIRECT, _SENSITIVE, _DECIDES))  # type: ignore[return-value]


def _matching(columns: tuple[str, ...], patterns: tuple[str, ...]) -> tuple[str, ...]:
    whole = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    return tuple(column for column in columns if whole.fullmatch(snake(column)))


def snake(name: str) -> str:
    """`EstimatedSalary`, `Estimated salary` and `estimated-salary` as `estimated_salary`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
