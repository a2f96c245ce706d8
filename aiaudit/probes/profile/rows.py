"""The measured profile as flat records that rules can judge. They hold no value of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.profile.joined import Profile
from aiaudit.probes.profile.rows_faults import FAULT, faults
from aiaudit.probes.profile.rows_pairs import DRIFT, GROUP, OVERLAP, drift, groups, overlaps
from aiaudit.probes.profile.rows_place import DIGITS, NO_FIGURE, PLACE, either
from aiaudit.probes.profile.rows_schema import HELD, MISMATCH, held, mismatches

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.project.config import DatasetPart

SET: Final = record(
    "data set", **PLACE, role=STRING, format=STRING, provenance=STRING, unread=STRING, rows=INT, columns=INT, size=INT,
    committed=BOOL, declared=BOOL, ignored=BOOL, label=STRING, label_declared=BOOL, label_nulls=DOUBLE, classes=INT,
    smallest_class=INT, numeric_label=BOOL, duplicates=INT, duplicate_share=DOUBLE, duplicates_allowed=DOUBLE,
    keyless=BOOL, malformed=INT, conflicts=INT, freshness_days=DOUBLE, max_age_days=INT, static=BOOL, time=STRING,
    sensitive=BOOL, synthetic=BOOL, time_declared=BOOL, groups_declared=BOOL,
)  # fmt: skip
COLUMN: Final = record(
    "column", **PLACE, column=STRING, type=STRING, missing=DOUBLE, missing_allowed=DOUBLE, constant=BOOL,
    constant_allowed=BOOL, sentinel=STRING, numeric_as_text=DOUBLE, missing_words=DOUBLE, is_label=BOOL, is_id=BOOL,
    length=DOUBLE,
)  # fmt: skip
LEAK: Final = record(
    "feature", **PLACE, column=STRING, label=STRING, power=DOUBLE, majority=DOUBLE, gain=DOUBLE, measure=STRING,
    id_like=BOOL, rows=INT,
)  # fmt: skip
PERSONAL: Final = record(
    "personal column", **PLACE, column=STRING, kind=STRING, count=INT, share=DOUBLE, committed=BOOL, declared=BOOL,
    synthetic=BOOL,
)  # fmt: skip
SLICE: Final = record("slice", **PLACE, column=STRING, group=STRING, n=INT, kind=STRING, role=STRING)
TYPES: Final[Mapping[str, Type]] = {
    "sets": list_of(SET),
    "columns": list_of(COLUMN),
    "faults": list_of(FAULT),
    "overlaps": list_of(OVERLAP),
    "drift": list_of(DRIFT),
    "groups": list_of(GROUP),
    "features": list_of(LEAK),
    "personal": list_of(PERSONAL),
    "slices": list_of(SLICE),
    "schemas": list_of(HELD),
    "mismatches": list_of(MISMATCH),
}
_SENTINELS: Final = frozenset({-1, -9, -99, -999, -9999, -99999, 999, 9999, 99999, 999999})
_FEW_CLASSES: Final = 20


def rows(profile: Profile, what: str) -> list[dict[str, Any]]:
    """The records of one kind, see `TYPES`."""
    makers: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "sets": lambda: _sets(profile),
        "columns": lambda: _columns(profile),
        "faults": lambda: faults(_sets(profile), _columns(profile)),
        "overlaps": lambda: overlaps(profile),
        "drift": lambda: drift(profile),
        "groups": lambda: groups(profile),
        "features": lambda: _features(profile),
        "personal": lambda: _personal(profile),
        "slices": lambda: _slices(profile),
        "schemas": lambda: held(profile.profiles, profile.place),
        "mismatches": lambda: mismatches(profile.profiles, profile.place),
    }
    return list(makers[what]())


def _sets(profile: Profile) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(profile.found):
        part, data = one.declared, profile.profiles.get(number)
        reason = profile.unread.get(number, "")
        unknown = Unknown(reason or "not measured")
        label = data["label"] if data else None
        counts = _classes(label, data["rows"] if data else None)
        columns = {column["name"]: column for column in data["columns"]} if data else {}
        named = label["column"] if label else ""
        rows, duplicates = (data["rows"], data["duplicate_rows"]) if data else (None, None)
        share = duplicates / rows if duplicates is not None and rows else unknown
        yield {
            **profile.place(number),
            "role": one.role,
            "format": one.format,
            "provenance": one.provenance,
            "unread": reason,
            "rows": unknown if rows is None else rows,
            "columns": len(columns) if data else unknown,
            "size": one.size,
            "committed": one.committed and bool(one.files),
            "ignored": not one.committed,
            "declared": part is not None,
            "label": named,
            "label_declared": one.label is not None,
            "label_nulls": columns[named]["null_fraction"] or 0.0 if named in columns else 0.0,
            "classes": len(counts),
            "smallest_class": min(counts.values()) if counts else NO_FIGURE,
            "numeric_label": bool(named) and not counts,
            "duplicates": unknown if duplicates is None else duplicates,
            "duplicate_share": share,
            "duplicates_allowed": _limit(part, "duplicates"),
            "keyless": bool(part and part.tolerances.get("keyless")),
            "malformed": either(data["malformed"]["count"] if data else None, unknown),
            "conflicts": either(label.get("conflicting_groups") if label else None, NO_FIGURE),
            "freshness_days": float(either(data["freshness_days"] if data else None, NO_FIGURE)),
            "max_age_days": part.max_age_days if part and part.max_age_days is not None else NO_FIGURE,
            "static": bool(part and part.static),
            "time": _time(one, data),
            "sensitive": bool(part and part.sensitive),
            "synthetic": bool(part and _synthetic(part)),
            "time_declared": one.time is not None,
            "groups_declared": bool(part and part.groups),
        }


def _columns(profile: Profile) -> Iterator[dict[str, Any]]:
    for number, data in sorted(profile.profiles.items()):
        one = profile.found[number]
        ids = {entry["column"] for entry in data["ids"]}
        label = data["label"]["column"] if data["label"] else ""
        for column in data["columns"]:
            nulls = column["null_fraction"]
            if nulls is None:
                continue
            yield {
                **profile.place(number),
                "column": column["name"],
                "type": column["type"],
                "missing": min(1.0, nulls + (column["empty_fraction"] or 0.0)),
                "missing_allowed": _limit(one.declared, "nulls", column["name"]),
                "constant": bool(column["constant"]) or nulls == 1.0,
                "constant_allowed": _allows_constant(one.declared, column["name"]),
                "sentinel": _sentinel(column),
                "numeric_as_text": float(column["numeric_as_text"] or 0.0),
                "missing_words": float(column["missing_words"] or 0.0),
                "length": float(column["length_mean"] or 0.0),
                "is_label": column["name"] == label,
                "is_id": column["name"] in ids,
            }


def _row_numbers(data: Mapping[str, Any]) -> set[str]:
    """Columns that only number the rows from 0 or 1, as pandas writes its index: of rows that are sorted by their label
    such a number tells the label, and of no other row."""
    return {
        str(column["name"])
        for column in data["columns"]
        if column["type"] == "integer"
        and data["rows"]
        and column["distinct"] == data["rows"]
        and column["min"] in (0, 1)
        and column["max"] == column["min"] + data["rows"] - 1
    }


def _features(profile: Profile) -> Iterator[dict[str, Any]]:
    for number, data in sorted(profile.profiles.items()):
        if not data["label"]:
            continue
        rows, ids = data["rows"], {entry["column"] for entry in data["ids"]} | _row_numbers(data)
        for leak in data["leakage"] or ():
            yield {
                **profile.place(number),
                "column": leak["column"],
                "label": data["label"]["column"],
                "power": round(float(leak["accuracy"]), DIGITS),
                "majority": round(float(leak["majority"]), DIGITS),
                "gain": _gain(leak["accuracy"], leak["majority"]),
                "measure": leak["measure"],
                "id_like": leak["column"] in ids,
                "rows": rows,
            }


def _personal(profile: Profile) -> Iterator[dict[str, Any]]:
    for number, data in sorted(profile.profiles.items()):
        one = profile.found[number]
        part = one.declared
        for column in data["columns"]:
            seen = column["personal"]
            if not seen:
                continue
            told = part.sensitive if part else False
            yield {
                **profile.place(number),
                "column": column["name"],
                "kind": seen["kind"],
                "count": seen["count"],
                "share": float(seen["share"]),
                "committed": one.committed,
                "declared": told is True or (isinstance(told, list) and column["name"] in told),
                "synthetic": bool(part and _synthetic(part)) or column["name"] in data["reserved"],
            }


def _slices(profile: Profile) -> Iterator[dict[str, Any]]:
    for number, data in sorted(profile.profiles.items()):
        label, one = data["label"], profile.found[number]
        for name, count in _classes(label, data["rows"]).items():
            yield {
                **profile.place(number),
                "column": label["column"],
                "group": name,
                "n": count,
                "kind": "class",
                "role": one.role,
            }
        for entry in data.get("slices") or ():
            yield {**profile.place(number), **entry, "kind": "slice", "role": one.role}


def _classes(label: Mapping[str, Any] | None, rows: int | None) -> Mapping[str, int]:
    """Rows by class; empty where the label is rather a number: many values, each in few rows."""
    counts = (label or {}).get("counts") or {}
    return counts if len(counts) <= _FEW_CLASSES or len(counts) * _FEW_CLASSES <= (rows or 0) else {}


def _gain(accuracy: float, majority: float) -> float:
    """Share of the errors of always guessing the commonest class that are taken away."""
    return (accuracy - majority) / (1 - majority) if majority < 1 else 0.0


def _limit(part: DatasetPart | None, what: str, column: str = "") -> float:
    """A declared tolerance: of the column, else of the set, else `NO_FIGURE`."""
    tolerances = part.tolerances if part else {}
    of_columns = tolerances.get("columns")
    own = of_columns.get(column) if column and isinstance(of_columns, Mapping) else None
    for value in (own.get(what) if isinstance(own, Mapping) else own, tolerances.get(what)):
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    return float(NO_FIGURE)


def _allows_constant(part: DatasetPart | None, column: str) -> bool:
    allowed = part.tolerances.get("constant") if part else None
    return allowed is True or (isinstance(allowed, list) and column in allowed)


def _synthetic(part: DatasetPart) -> bool:
    text = f"{part.source} {part.note}".lower()
    return any(word in text for word in ("synthetic", "generated", "faker", "simulated", "made up"))


def _time(one: Found, data: Mapping[str, Any] | None) -> str:
    if one.time:
        return one.time
    dated = [c["name"] for c in data["columns"] if c["type"] in ("date", "timestamp")] if data else []
    return dated[0] if dated else ""


def _sentinel(column: Mapping[str, Any]) -> str:
    """A number that stands in one value of a hundred or more and is unlike all others: it usually means "missing"."""
    quantiles = column["quantiles"]
    if column["type"] not in ("integer", "number") or not quantiles or None in quantiles:
        return ""
    least, first, low, high, most = column["min"], quantiles[0], quantiles[2], quantiles[4], column["max"]
    reach = max(high - low, 1e-9)
    if least == first and least in _SENTINELS and least < -1 and low >= 0:
        return f"{least:g}"
    if most == quantiles[6] and most in _SENTINELS and most - high > 3 * reach:
        return f"{most:g}"
    return ""
