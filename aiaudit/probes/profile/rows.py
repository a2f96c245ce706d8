"""The measured profile as flat records that rules can judge. They hold no value of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiaudit.model.types import BOOL, DOUBLE, INT, STRING, Type, Unknown, list_of, record
from aiaudit.probes.profile.rows_schema import HELD, MISMATCH, held, mismatches

if TYPE_CHECKING:
    from aiaudit.data.discovery import Found
    from aiaudit.project.config import DatasetPart

NO_FIGURE: Final = -1  # where nothing is declared or measured
_PLACE: Final = {"path": STRING, "line": INT, "set": STRING}
SET: Final = record(
    "data set", **_PLACE, role=STRING, format=STRING, provenance=STRING, unread=STRING, rows=INT, columns=INT, size=INT,
    committed=BOOL, declared=BOOL, ignored=BOOL, label=STRING, label_declared=BOOL, label_nulls=DOUBLE, classes=INT,
    smallest_class=INT, numeric_label=BOOL, duplicates=INT, duplicate_share=DOUBLE, duplicates_allowed=DOUBLE,
    keyless=BOOL, malformed=INT, conflicts=INT, freshness_days=DOUBLE, max_age_days=INT, static=BOOL, time=STRING,
    sensitive=BOOL, synthetic=BOOL, time_declared=BOOL, groups_declared=BOOL,
)  # fmt: skip
COLUMN: Final = record(
    "column", **_PLACE, column=STRING, type=STRING, missing=DOUBLE, missing_allowed=DOUBLE, constant=BOOL,
    constant_allowed=BOOL, sentinel=STRING, numeric_as_text=DOUBLE, is_label=BOOL, is_id=BOOL,
)  # fmt: skip
FAULT: Final = record(
    "fault", **_PLACE, column=STRING, kind=STRING, value=DOUBLE, allowed=DOUBLE, what=STRING, measured=STRING
)
OVERLAP: Final = record(
    "overlap", **_PLACE, other=STRING, role=STRING, rows=INT, share=DOUBLE, ids=INT, groups=INT, group=STRING, near=INT,
    near_share=DOUBLE, varying=INT, expected_rows=DOUBLE, ordered=BOOL, has_time=BOOL, measured=BOOL,
    ids_declared=BOOL, by_chance=BOOL, has_groups=BOOL,
)  # fmt: skip
DRIFT: Final = record(
    "drift", **_PLACE, reference=STRING, column=STRING, psi=DOUBLE, p=DOUBLE, new_share=DOUBLE, drifted=BOOL, rows=INT,
    missing=BOOL,
)  # fmt: skip
GROUP: Final = record(
    "group", **_PLACE, column=STRING, group=STRING, n=INT, rate=DOUBLE, ratio=DOUBLE, low=DOUBLE, high=DOUBLE,
    best_rate=DOUBLE, best_n=INT, label=STRING, role=STRING,
)  # fmt: skip
LEAK: Final = record(
    "feature", **_PLACE, column=STRING, label=STRING, power=DOUBLE, majority=DOUBLE, gain=DOUBLE, measure=STRING,
    id_like=BOOL, rows=INT,
)  # fmt: skip
PERSONAL: Final = record(
    "personal column", **_PLACE, column=STRING, kind=STRING, count=INT, share=DOUBLE, committed=BOOL, declared=BOOL,
    synthetic=BOOL,
)  # fmt: skip
SLICE: Final = record("slice", **_PLACE, column=STRING, group=STRING, n=INT, kind=STRING, role=STRING)
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
_DIGITS: Final = 4  # of figures that findings show
_LARGE_GROUP: Final = 30  # people: a smaller group's rate is no yardstick for the others
_NEARLY: Final = 0.95
_FEW_CLASSES: Final = 20
_FEW_COLUMNS: Final = 4  # rows that agree in fewer varying columns agree by chance
_FEW_ROWS: Final = 20  # a smaller table that is not declared is a list, and not judged


class Profile:
    """All answers joined: `sets` pairs each data set with its profile (None where it was not measured)."""

    def __init__(self, found: Sequence[Found], answers: Sequence[Mapping[str, Any]]) -> None:
        self.found = found
        self.answers = answers
        profiles: dict[int, Mapping[str, Any]] = {}
        self.unread: dict[int, str] = {n: one.unread for n, one in enumerate(found) if one.unread}
        for answer in answers:
            for place, number in enumerate(answer["sets"]):
                data = answer["datasets"][place] if "error" not in answer else {"unread": answer["error"]}
                if "unread" in data:
                    self.unread[number] = str(data["unread"])
                else:
                    profiles[number] = data
        self.profiles = profiles
        self.by_name = {one.name: number for number, one in reversed(list(enumerate(found)))}
        self.pairs = [pair for answer in answers for pair in answer.get("pairs", ())]
        self.groups = [(answer["sets"][group["of"]], group) for answer in answers for group in answer.get("groups", ())]

    def section(self) -> dict[str, Any]:
        """The `data` section of the result: what `aiaudit data --json` prints."""
        from aiaudit.data.model import unmeasured
        from aiaudit.model.records import plain

        notes = [f"{self.found[n].path}: {self.unread[n]}" for n in sorted(self.unread)]
        notes += [note for answer in self.answers for note in answer.get("notes", ())]
        ours = ("slices", "reserved")
        datasets = [
            {key: value for key, value in self.profiles[n].items() if key not in ours}
            if n in self.profiles
            else plain(unmeasured(one.name, one.path, one.format, one.role, one.provenance))
            for n, one in enumerate(self.found)
        ]
        samples = [answer["sample"] for answer in self.answers if answer.get("sample")]
        return {
            "datasets": datasets,
            "pairs": self.pairs,
            "groups": [{key: value for key, value in group.items() if key != "of"} for _, group in self.groups],
            "engine": ", ".join(dict.fromkeys(answer["engine"] for answer in self.answers if answer.get("engine"))),
            "sample": max(samples, key=lambda s: int(s["rows"]), default=None),
            "notes": list(dict.fromkeys(notes)),
        }

    # -- records -------------------------------------------------------------------------------------------------------

    def rows(self, what: str) -> list[dict[str, Any]]:
        """The records of one kind, see `TYPES`."""
        makers: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
            "sets": self._sets,
            "columns": self._columns,
            "faults": self._faults,
            "overlaps": self._overlaps,
            "drift": self._drift,
            "groups": self._groups,
            "features": self._features,
            "personal": self._personal,
            "slices": self._slices,
            "schemas": lambda: held(self.profiles, self._place),
            "mismatches": lambda: mismatches(self.profiles, self._place),
        }
        return list(makers[what]())

    def _place(self, number: int) -> dict[str, Any]:
        one = self.found[number]
        return {"path": one.files[0] if len(one.files) == 1 else one.path, "line": 1, "set": one.name}

    def _sets(self) -> Iterator[dict[str, Any]]:
        for number, one in enumerate(self.found):
            part, data = one.declared, self.profiles.get(number)
            reason = self.unread.get(number, "")
            unknown = Unknown(reason or "not measured")
            label = data["label"] if data else None
            counts = _classes(label, data["rows"] if data else None)
            columns = {column["name"]: column for column in data["columns"]} if data else {}
            named = label["column"] if label else ""
            rows, duplicates = (data["rows"], data["duplicate_rows"]) if data else (None, None)
            share = duplicates / rows if duplicates is not None and rows else unknown
            yield {
                **self._place(number),
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
                "malformed": _or(data["malformed"]["count"] if data else None, unknown),
                "conflicts": _or(label.get("conflicting_groups") if label else None, NO_FIGURE),
                "freshness_days": float(_or(data["freshness_days"] if data else None, NO_FIGURE)),
                "max_age_days": part.max_age_days if part and part.max_age_days is not None else NO_FIGURE,
                "static": bool(part and part.static),
                "time": _time(one, data),
                "sensitive": bool(part and part.sensitive),
                "synthetic": bool(part and _synthetic(part)),
                "time_declared": one.time is not None,
                "groups_declared": bool(part and part.groups),
            }

    def _columns(self) -> Iterator[dict[str, Any]]:
        for number, data in sorted(self.profiles.items()):
            one = self.found[number]
            ids = {entry["column"] for entry in data["ids"]}
            label = data["label"]["column"] if data["label"] else ""
            for column in data["columns"]:
                nulls = column["null_fraction"]
                if nulls is None:
                    continue
                yield {
                    **self._place(number),
                    "column": column["name"],
                    "type": column["type"],
                    "missing": min(1.0, nulls + (column["empty_fraction"] or 0.0)),
                    "missing_allowed": _limit(one.declared, "nulls", column["name"]),
                    "constant": bool(column["constant"]) or nulls == 1.0,
                    "constant_allowed": _allows_constant(one.declared, column["name"]),
                    "sentinel": _sentinel(column),
                    "numeric_as_text": float(column["numeric_as_text"] or 0.0),
                    "is_label": column["name"] == label,
                    "is_id": column["name"] in ids,
                }

    def _faults(self) -> Iterator[dict[str, Any]]:
        """What is missing, repeated, constant or broken; whether it is tolerated is for the rule to say."""
        sets = {one["path"]: one for one in self._sets() if not one["unread"]}
        for one in sets.values():
            if not one["declared"] and one["rows"] < _FEW_ROWS:
                continue
            place = {"path": one["path"], "line": 1, "set": one["set"], "column": ""}
            if one["columns"] >= _FEW_COLUMNS and not one["keyless"] and one["duplicates"]:
                yield {
                    **place,
                    "kind": "duplicates",
                    "value": one["duplicate_share"],
                    "allowed": one["duplicates_allowed"],
                    "what": f"Rows of {one['set']} equal an earlier one",
                    "measured": f"{one['duplicates']} of {one['rows']} rows",
                }
            if one["malformed"]:
                yield {
                    **place,
                    "kind": "malformed",
                    "value": float(one["malformed"]),
                    "allowed": float(NO_FIGURE),
                    "what": f"Rows of {one['set']} cannot be read",
                    "measured": f"{one['malformed']} rows",
                }
        for column in self._columns():
            one = sets[column["path"]]
            if one["declared"] or one["rows"] >= _FEW_ROWS:
                yield from _column_faults(column, one["rows"])

    def _overlaps(self) -> Iterator[dict[str, Any]]:
        for pair in self.pairs:
            if pair["kind"] != "overlap":
                continue
            number = self._number(pair["b"])
            groups = pair["overlap_groups"] or {}
            rows, near, of = pair["overlap_rows"], pair["overlap_near"], pair["rows_b"]
            unknown = Unknown("not measured")
            yield {
                **self._place(number),
                "set": pair["b"],
                "other": pair["a"],
                "role": self.found[number].role,
                "rows": _or(rows, unknown),
                "share": rows / of if rows is not None and of else (unknown if rows is None else 0.0),
                "ids": _or(pair["overlap_ids"], 0),
                "groups": sum(groups.values()),
                "group": next((name for name, n in groups.items() if n), ""),
                "near": _or(near, 0),
                "near_share": near / of if near is not None and of else 0.0,
                "varying": pair["varying"],
                "expected_rows": float(_or(pair["expected_rows"], 0.0)),
                "ordered": bool(pair["time_ordered"]),
                "has_time": pair["time_ordered"] is not None,
                "measured": rows is not None or pair["overlap_ids"] is not None,
                "has_groups": bool(groups),
                "by_chance": bool(rows) and _by_chance(pair, rows),
                "ids_declared": bool(self.found[number].ids),
            }

    def _drift(self) -> Iterator[dict[str, Any]]:
        for pair in self.pairs:
            if pair["kind"] != "drift":
                continue
            place = {**self._place(self._number(pair["b"])), "set": pair["b"], "reference": pair["a"]}
            rows = min(pair["rows_a"], pair["rows_b"])
            for column in pair["columns"]:
                p = column["ks_p"] if column["ks_p"] is not None else column["chi2_p"]
                yield {
                    **place,
                    "column": column["name"],
                    "psi": round(float(column["psi"]), _DIGITS)
                    if column["psi"] is not None
                    else Unknown("not computed"),
                    "p": float(_or(p, 1.0)),
                    "new_share": round(float(column["new_category_share"] or 0.0), _DIGITS),
                    "drifted": bool(column["drifted"]),
                    "rows": rows,
                    "missing": False,
                }
            for name in pair["missing_columns"]:
                empty = {"psi": 0.0, "p": 1.0, "new_share": 0.0, "drifted": False}
                yield {**place, "column": name, **empty, "rows": rows, "missing": True}

    def _groups(self) -> Iterator[dict[str, Any]]:
        """Each group beside the best-off one of its column, among those that are large enough where there are any."""
        for number, group in self.groups:
            if group["positive_rate"] is None:
                continue
            peers = [
                one
                for at, one in self.groups
                if at == number and one["column"] == group["column"] and one["positive_rate"] is not None
            ]
            large = [one for one in peers if one["n"] >= _LARGE_GROUP]
            best = max(large or peers, key=lambda one: float(one["positive_rate"]))
            rate = best["positive_rate"]
            yield {
                **self._place(number),
                "column": group["column"],
                "group": group["group"],
                "n": group["n"],
                "rate": round(float(group["positive_rate"]), _DIGITS),
                "ratio": round(group["positive_rate"] / rate, _DIGITS) if rate else Unknown("no positive outcome"),
                "low": round(float(_or(group["low"], 0.0)), _DIGITS),
                "high": round(float(_or(group["high"], 1.0)), _DIGITS),
                "best_rate": round(float(rate), _DIGITS),
                "best_n": best["n"],
                "label": self.profiles[number]["label"]["column"],
                "role": self.found[number].role,
            }

    def _features(self) -> Iterator[dict[str, Any]]:
        for number, data in sorted(self.profiles.items()):
            if not data["label"]:
                continue
            rows, ids = data["rows"], {entry["column"] for entry in data["ids"]}
            for leak in data["leakage"] or ():
                yield {
                    **self._place(number),
                    "column": leak["column"],
                    "label": data["label"]["column"],
                    "power": round(float(leak["accuracy"]), _DIGITS),
                    "majority": round(float(leak["majority"]), _DIGITS),
                    "gain": _gain(leak["accuracy"], leak["majority"]),
                    "measure": leak["measure"],
                    "id_like": leak["column"] in ids,
                    "rows": rows,
                }

    def _personal(self) -> Iterator[dict[str, Any]]:
        for number, data in sorted(self.profiles.items()):
            one = self.found[number]
            part = one.declared
            for column in data["columns"]:
                seen = column["personal"]
                if not seen:
                    continue
                told = part.sensitive if part else False
                yield {
                    **self._place(number),
                    "column": column["name"],
                    "kind": seen["kind"],
                    "count": seen["count"],
                    "share": float(seen["share"]),
                    "committed": one.committed,
                    "declared": told is True or (isinstance(told, list) and column["name"] in told),
                    "synthetic": bool(part and _synthetic(part)) or column["name"] in data["reserved"],
                }

    def _slices(self) -> Iterator[dict[str, Any]]:
        for number, data in sorted(self.profiles.items()):
            label, one = data["label"], self.found[number]
            for name, count in _classes(label, data["rows"]).items():
                yield {
                    **self._place(number),
                    "column": label["column"],
                    "group": name,
                    "n": count,
                    "kind": "class",
                    "role": one.role,
                }
            for entry in data.get("slices") or ():
                yield {**self._place(number), **entry, "kind": "slice", "role": one.role}

    def _number(self, name: str) -> int:
        """The data set of this name; a split inside one set is named after it."""
        return self.by_name[name] if name in self.by_name else self.by_name[name.rpartition(" (")[0]]


def _classes(label: Mapping[str, Any] | None, rows: int | None) -> Mapping[str, int]:
    """Rows by class; empty where the label is rather a number: many values, each in few rows."""
    counts = (label or {}).get("counts") or {}
    return counts if len(counts) <= _FEW_CLASSES or len(counts) * _FEW_CLASSES <= (rows or 0) else {}


def _column_faults(column: Mapping[str, Any], rows: int) -> Iterator[dict[str, Any]]:
    name, place = column["column"], {key: column[key] for key in ("path", "line", "set", "column")}

    def fault(kind: str, value: float, what: str, measured: str, allowed: float = NO_FIGURE) -> dict[str, Any]:
        return {
            **place, "kind": kind, "value": float(value), "allowed": float(allowed), "what": what, "measured": measured
        }  # fmt: skip

    missing = column["missing"]
    if missing > 0:
        share = f"{round(missing * rows)} of {rows} rows"
        kind = "label" if column["is_label"] else "missing"
        what = f"{name} of {column['set']} has no value in {share}"
        yield fault(kind, missing, what, share, column["missing_allowed"])
    if column["constant"] and missing < 1 and not column["constant_allowed"]:
        yield fault("constant", 1, f"{name} of {column['set']} holds one value only", "one value")
    if column["sentinel"]:
        text = f"{name} of {column['set']} has {column['sentinel']} where a value seems to be missing"
        yield fault("sentinel", 1, text, "1 % of the rows or more")
    if _NEARLY <= column["numeric_as_text"] < 1 and not column["is_id"]:
        text = f"{name} of {column['set']} holds numbers, but for a few words that seem to stand for missing ones"
        yield fault("words", 1, text, f"{column['numeric_as_text']:.1%} are numbers")


def _gain(accuracy: float, majority: float) -> float:
    """Share of the errors of always guessing the commonest class that are taken away."""
    return (accuracy - majority) / (1 - majority) if majority < 1 else 0.0


def _or(value: Any, instead: Any) -> Any:
    return instead if value is None else value


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


def _by_chance(pair: Mapping[str, Any], rows: int) -> bool:
    """Whether about as many equal rows are to be expected of so few values; where that was not worked out, whether so
    few columns vary that nobody could tell."""
    expected = pair["expected_rows"]
    return bool(pair["varying"] < _FEW_COLUMNS) if expected is None else bool(2 * expected > rows)
