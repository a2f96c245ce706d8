"""Records as plain values: what JSON holds of them."""

from __future__ import annotations

import datetime as dt
import json
import math
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from aiaudit.model.records import as_dict, plain
from aiaudit.model.types import Unknown


class Colour(StrEnum):
    RED = "red"


class Inner(Struct, frozen=True):
    now: float
    path: Path


class Outer(Struct, frozen=True):
    inner: tuple[Inner, ...]
    day: dt.date
    table: MappingProxyType[int, float]
    open: str | Unknown
    now: int = 1


RECORD = Outer(
    (Inner(math.inf, Path("a") / "b"),), dt.date(2026, 12, 4), MappingProxyType({3: math.nan}), Unknown("a variable")
)


def test_everything_in_a_record_becomes_json() -> None:
    told = as_dict(RECORD)
    assert told == {
        "inner": [{"now": None, "path": "a/b"}],
        "day": "2026-12-04",
        "table": {"3": None},
        "open": {"$unknown": "a variable"},
        "now": 1,
    }
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_fields_can_be_left_out_at_every_depth() -> None:
    told = as_dict(RECORD, without=("now",))
    assert "now" not in told and told["inner"] == [{"path": "a/b"}]


def test_what_is_plain_stays() -> None:
    for value in (None, True, 3, 2.5, "text", Colour.RED, {"a": [1, {"b": ""}]}):
        assert plain(value) == value
    assert plain(dt.datetime(2026, 12, 4, 9, 30, tzinfo=dt.UTC)) == "2026-12-04T09:30:00+00:00"
