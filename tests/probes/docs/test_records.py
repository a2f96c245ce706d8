"""Parts of documents, entries of registers, and what an attestation names as evidence."""

from __future__ import annotations

import datetime as dt

from aiaudit.probes.docs.parts import PartsProbe
from aiaudit.probes.docs.records import dates_in, newest
from aiaudit.probes.docs.rows import RowsProbe


def test_dates_are_read_in_three_forms_and_no_day_that_is_none() -> None:
    text = "2026-10-15, 3 October 2026, November 2nd, 2026, 2026-02-31"
    assert dates_in(text) == [dt.date(2026, 10, 15), dt.date(2026, 10, 3), dt.date(2026, 11, 2)]


def test_the_newest_date_leaves_out_the_future() -> None:
    today = dt.date(2026, 6, 1)
    assert newest([dt.date(2026, 5, 1), dt.date(2027, 1, 1)], today) == 31
    assert newest([dt.date(2027, 1, 1)], today) == -1


def test_both_probes_reach_the_level_of_content() -> None:
    assert PartsProbe.max_level == RowsProbe.max_level
    assert PartsProbe.name == "docs.parts"
    assert RowsProbe.name == "docs.rows"
