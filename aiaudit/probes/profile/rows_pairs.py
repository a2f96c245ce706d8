"""What was compared, as flat records: splits that overlap, later data against earlier, a group against the best-off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Unknown, record
from aiaudit.probes.profile.joined import Profile
from aiaudit.probes.profile.rows_place import DIGITS, FEW_COLUMNS, PLACE, either

OVERLAP: Final = record(
    "overlap", **PLACE, other=STRING, role=STRING, rows=INT, share=DOUBLE, ids=INT, groups=INT, group=STRING, near=INT,
    near_share=DOUBLE, varying=INT, expected_rows=DOUBLE, ordered=BOOL, has_time=BOOL, measured=BOOL,
    ids_declared=BOOL, by_chance=BOOL, has_groups=BOOL,
)  # fmt: skip
DRIFT: Final = record(
    "drift", **PLACE, reference=STRING, column=STRING, psi=DOUBLE, p=DOUBLE, new_share=DOUBLE, drifted=BOOL, rows=INT,
    missing=BOOL,
)  # fmt: skip
GROUP: Final = record(
    "group", **PLACE, column=STRING, group=STRING, n=INT, rate=DOUBLE, ratio=DOUBLE, low=DOUBLE, high=DOUBLE,
    best_rate=DOUBLE, best_n=INT, label=STRING, role=STRING,
)  # fmt: skip
_LARGE_GROUP: Final = 30  # people: a smaller group's rate is no yardstick for the others


def overlaps(profile: Profile) -> Iterator[dict[str, Any]]:
    """One record a pair of splits."""
    for pair in profile.pairs:
        if pair["kind"] != "overlap":
            continue
        number = profile.number(pair["b"])
        groups = pair["overlap_groups"] or {}
        rows, near, of = pair["overlap_rows"], pair["overlap_near"], pair["rows_b"]
        unknown = Unknown("not measured")
        yield {
            **profile.place(number),
            "set": pair["b"],
            "other": pair["a"],
            "role": profile.found[number].role,
            "rows": either(rows, unknown),
            "share": rows / of if rows is not None and of else (unknown if rows is None else 0.0),
            "ids": either(pair["overlap_ids"], 0),
            "groups": sum(groups.values()),
            "group": next((name for name, n in groups.items() if n), ""),
            "near": either(near, 0),
            "near_share": near / of if near is not None and of else 0.0,
            "varying": pair["varying"],
            "expected_rows": float(either(pair["expected_rows"], 0.0)),
            "ordered": bool(pair["time_ordered"]),
            "has_time": pair["time_ordered"] is not None,
            "measured": rows is not None or pair["overlap_ids"] is not None,
            "has_groups": bool(groups),
            "by_chance": bool(rows) and _by_chance(pair, rows),
            "ids_declared": bool(profile.found[number].ids),
        }


def drift(profile: Profile) -> Iterator[dict[str, Any]]:
    """One record a column of data that came later, those that it lacks included."""
    for pair in profile.pairs:
        if pair["kind"] != "drift":
            continue
        place = {**profile.place(profile.number(pair["b"])), "set": pair["b"], "reference": pair["a"]}
        rows = min(pair["rows_a"], pair["rows_b"])
        for column in pair["columns"]:
            p = column["ks_p"] if column["ks_p"] is not None else column["chi2_p"]
            yield {
                **place,
                "column": column["name"],
                "psi": round(float(column["psi"]), DIGITS) if column["psi"] is not None else Unknown("not computed"),
                "p": float(either(p, 1.0)),
                "new_share": round(float(column["new_category_share"] or 0.0), DIGITS),
                "drifted": bool(column["drifted"]),
                "rows": rows,
                "missing": False,
            }
        for name in pair["missing_columns"]:
            empty = {"psi": 0.0, "p": 1.0, "new_share": 0.0, "drifted": False}
            yield {**place, "column": name, **empty, "rows": rows, "missing": True}


def groups(profile: Profile) -> Iterator[dict[str, Any]]:
    """Each group beside the best-off one of its column, among those that are large enough where there are any."""
    for number, group in profile.groups:
        if group["positive_rate"] is None:
            continue
        peers = [
            one
            for at, one in profile.groups
            if at == number and one["column"] == group["column"] and one["positive_rate"] is not None
        ]
        large = [one for one in peers if one["n"] >= _LARGE_GROUP]
        best = max(large or peers, key=lambda one: float(one["positive_rate"]))
        rate = best["positive_rate"]
        yield {
            **profile.place(number),
            "column": group["column"],
            "group": group["group"],
            "n": group["n"],
            "rate": round(float(group["positive_rate"]), DIGITS),
            "ratio": round(group["positive_rate"] / rate, DIGITS) if rate else Unknown("no positive outcome"),
            "low": round(float(either(group["low"], 0.0)), DIGITS),
            "high": round(float(either(group["high"], 1.0)), DIGITS),
            "best_rate": round(float(rate), DIGITS),
            "best_n": best["n"],
            "label": profile.profiles[number]["label"]["column"],
            "role": profile.found[number].role,
        }


def _by_chance(pair: Mapping[str, Any], rows: int) -> bool:
    """Whether about as many equal rows are to be expected of so few values; where that was not worked out, whether so
    few columns vary that nobody could tell."""
    expected = pair["expected_rows"]
    return bool(pair["varying"] < FEW_COLUMNS) if expected is None else bool(2 * expected > rows)
