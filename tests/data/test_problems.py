"""What is wrong with data sets, as the command and the reports say it."""

from __future__ import annotations

from aiaudit.data.model import Pair
from aiaudit.data.report.problems import _of_pair


def test_of_sets_that_have_nothing_in_common_no_column_is_missing() -> None:
    queries = Pair("corpus", "queries", "overlap", missing_columns=("doc_id", "title"))
    assert list(_of_pair(queries)) == []
    versions = Pair("train", "test", "overlap", overlap_rows=0, missing_columns=("title",))
    assert [said for _, _, said in _of_pair(versions)] == ["1 column missing in the second: title"]
