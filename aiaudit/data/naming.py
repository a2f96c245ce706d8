"""What names say: the role of a file (train, test, …) and the columns that are usually ids, labels or times."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from aiaudit import lazy

_ROLES: Final = (
    ("train", r"train|training|fit"),
    ("validation", r"val|valid|validation|dev"),
    ("test", r"test|testing|holdout|hold_out|eval|evaluation"),
    ("reference", r"reference|baseline|ref"),
    ("current", r"current|cur|recent|production|prod|live|new"),
)
_ROLE: Final = tuple((role, lazy.regex(rf"(?:^|[^a-z])(?:{words})(?:[^a-z]|$)")) for role, words in _ROLES)
NO_DATA: Final = lazy.regex(
    r"(?:^|/)(?:requirements|constraints|readme|license|licence|package(?:-lock)?|tsconfig|manifest|schema|croissant"
    # what is told of the pictures of a data set, a row each, is data: `metadata.csv`
    r"|datapackage|metadata(?![^/]*\.(?:csv|tsv|parquet|feather|xlsx)$)|dataset_infos?|classes|labels|vocab|merges|tokenizer\w*|config|cmakelists|robots)[^/]*$"
    # words of a tokenizer or a filter, whatever stands before: `bpe_simple_vocab_16e6.txt.gz`
    r"|(?:^|/)(?:[a-z0-9]+[-_.])+(?:vocab(?:ulary)?|merges|stop_?words)(?:[-_.][^/]*)?$|(?:^|/)(?:vocabulary|stop_?words)[^/]*$"
    # a register that people keep: of hazards, of risks, of who answers for what
    r"|(?:^|/)(?:hazards?|risks?|raci|raid|dpia)[-_ ]?(?:log|register|matrix)(?:[-_.][^/]*)?$"
    r"|(?:^|/)(?:governance|compliance)/(?:[^/]+/)*[^/]*(?:log|register|matrix|checklist)\.[a-z]+$"
    r"|(?:^|/)requirements/[^/]*\.(?:txt|in)$|(?:^|/)\.env[^/]*$"
    r"|(?:^|/)(?:~\$|\.~lock)[^/]*$"  # what office programs keep while a file is open
    r"|(?:^|/)(?:catboost_info|lightning_logs|tb_logs|wandb)/"  # what a training writes down of itself as it runs
    r"|\.schema\.json$|(?:^|/)(?:great_expectations|gx|expectations|locales?|i18n|mlruns)/"
    r"|(?:^|/)(?:session_store|mlflow|optuna|airflow|registry(?:_\w+)?|(?:online|offline)_store)\.(?:db|sqlite3?)$",
    re.IGNORECASE,
)
"""Paths of files that look like data by their suffix, and are settings, lists of words or what a tool keeps."""
_ID: Final = lazy.regex(
    r"(?:^|_)(?:id|uuid|guid)$|^(?:id|index|key|row_?id|record_?id)$|(?<=[a-z])I[dD]$", re.IGNORECASE
)
_THING: Final = lazy.regex(
    r"(?:^|[_\W])(?:isbn(?:_?1[03])?|asin|issn|ean(?:_?13)?|gtin|upc|sku)(?:$|[_\W])", re.IGNORECASE
)
_LABELS: Final = ("label", "target", "y", "class", "outcome")


def role_of(path: str) -> str:
    """The role by the file's name, else by its nearest folder that tells one; "" where none does."""
    pure = PurePath(path)
    for part in (pure.name.split(".")[0], *reversed(pure.parent.parts)):
        for role, pattern in _ROLE:
            if pattern.search(part.lower()):
                return role
    return ""


def id_columns(columns: list[str]) -> list[str]:
    """A first column named like an id, or the columns named `id`: the row's own, not a reference to another table."""
    first = [name for name in columns[:1] if _ID.search(name)]
    return first or [name for name in columns if name.lower() in ("id", "uuid", "row_id", "record_id")][:1]


def numbers_a_thing(column: str) -> bool:
    """Whether a column is named after the number of a book or of goods (ISBN, ASIN, EAN): its check digit is made as
    those of numbers of people are, and its digits are no figure."""
    return _THING.search(column) is not None


def label_column(columns: list[str]) -> str | None:
    """The column named label, target, y, class or outcome, in this order; None where there is none."""
    lower = {name.lower(): name for name in columns}
    return next((lower[name] for name in _LABELS if name in lower), None)
