"""Ways of writing dates."""

from __future__ import annotations

import pytest

from aiaudit.data.dates import date_formats


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2024-01-02", "2024-12-31T10:00:00Z", "2024-05-06 07:08:09.123+02:00"], ("YYYY-MM-DD",)),
        (["31/12/2024", "01/02/2024"], ("DD/MM/YYYY",)),
        (["12/31/2024", "01/02/2024"], ("MM/DD/YYYY",)),
        (["12/31/2024", "31/12/2024"], ("MM/DD/YYYY", "DD/MM/YYYY")),
        (["01/02/2024", "03/04/2024"], ("DD/MM or MM/DD",)),
        (["2024-01-02", "2024-01-03", "3.1.2024"], ("YYYY-MM-DD", "DD.MM.YYYY")),
        (["20240102", "20241231"], ("YYYYMMDD",)),
        (["5 Jan 2024", "Jan 5, 2024", "Jan 6 2024"], ("Mon DD, YYYY", "DD Mon YYYY")),
        (["20241399", "12345678"], ()),
        (["32/12/2024", "13/13/2024"], ()),
        (["2024-01-02", "x", "y"], ()),
        (["", " "], ()),
        ([], ()),
    ],
)
def test_formats(values, formats):
    assert date_formats(values) == formats


def test_mixed_dates_of_a_column(tmp_path, measured):
    days = [f"2024-03-{i % 28 + 1:02}" for i in range(60)] + [f"{i % 28 + 1:02}.03.2024" for i in range(40)]
    (tmp_path / "d.csv").write_text("id,day\n" + "".join(f"{i},{d}\n" for i, d in enumerate(days)))
    column = measured(tmp_path / "d.csv").datasets[0].columns[1]
    assert (column.type, column.date_formats) == ("text", ("YYYY-MM-DD", "DD.MM.YYYY"))
