"""An entry added to a file that people wrote: everything else stays byte for byte."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.project.edit import entries_to_paste, with_entry

ENTRY = {
    "id": "SEC-004",
    "reason": 'said: "so"',
    "owner": "Kim",
    "expires": "2027-01-31",
    "paths": ["src/**"],
    "ticket": "",
}
FILE = """schema: 1
# mine
waivers:   # accepted
  # an old one
  - id: INT-009
    reason: fine   # really
    owner: Kim

gate:
  fail_under: 3
"""


def test_it_goes_to_the_end_of_its_list_and_nothing_else_moves():
    changed = with_entry(FILE, "waivers", ENTRY)
    assert [line for line in changed.splitlines() if line in FILE.splitlines()] == FILE.splitlines()
    assert [one["id"] for one in yaml.safe_load(changed)["waivers"]] == ["INT-009", "SEC-004"]
    assert yaml.safe_load(changed)["gate"] == {"fail_under": 3}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "schema: 1\n",
        "schema: 1\nproject:\n  name: x",
        "waivers:\n",
        "waivers:\n# none yet\ngate: {}\n",
        "waivers:\n- id: A\n  reason: b\n",
    ],
)
def test_it_is_added_wherever_the_list_stands(text):
    before = (yaml.safe_load(text) or {}).get("waivers") or []
    loaded = yaml.safe_load(with_entry(text, "waivers", ENTRY))
    assert len(loaded["waivers"]) == len(before) + 1
    assert loaded["waivers"][-1]["reason"] == ENTRY["reason"]
    assert "ticket" not in loaded["waivers"][-1]


def test_a_list_on_one_line_is_refused():
    with pytest.raises(ValueError, match="one a line"):
        with_entry("waivers: [{id: A}]\n", "waivers", ENTRY)


def test_a_snippet_to_paste_reads_back():
    entry = {"id": "SEC-004", "reason": "TODO", "owner": "TODO"}
    text, there = entries_to_paste("schema: 1\n", "waivers", [entry])
    assert (yaml.safe_load(text), there) == ({"waivers": [entry]}, False)


@pytest.mark.parametrize("indent", ["", "  ", "    "])
def test_a_snippet_goes_below_a_list_that_is_there(indent):
    """A second `waivers:` would be a duplicate key, for which the whole file is left out."""
    entries = [
        {"id": "SEC-004", "reason": "TODO", "owner": "TODO"},
        {"id": "SEC-007", "reason": "TODO", "owner": "TODO"},
    ]
    before = f"schema: 1\nwaivers:\n{indent}- id: SEC-001\n{indent}  reason: fine\n"
    text, there = entries_to_paste(before, "waivers", entries)
    assert there
    assert yaml.safe_load(before + text)["waivers"] == [{"id": "SEC-001", "reason": "fine"}, *entries]


@given(st.text(min_size=1, max_size=60))
def test_any_reason_reads_back(reason):
    loaded = yaml.safe_load(with_entry(FILE, "waivers", {"id": "SEC-004", "reason": reason}))
    assert loaded["waivers"][-1]["reason"] == reason
