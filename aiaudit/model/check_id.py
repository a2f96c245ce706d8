"""The ids of checks, as people type them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def full_id(check_id: str) -> str:
    """The id of a check as it is written: SEC-002 for sec-2, SEC-02 and SEC-0002."""
    area, hyphen, number = check_id.upper().partition("-")
    return f"{area}-{int(number):03}" if hyphen and number.isdecimal() and len(number) < 10 else check_id.upper()


def meant(check_id: str, known: Iterable[str]) -> str:
    """What follows where no check has this id: the nearest one, or how a pack that is not loaded is named. An id of
    another area, such as ACME-001, is one of somebody's own and no misspelt SEC-001."""
    ids, wanted = sorted(set(known)), full_id(check_id)
    area = wanted.partition("-")[0]
    areas = {one.partition("-")[0] for one in ids}
    if wanted[-3:].isdecimal() and area not in areas and not difflib.get_close_matches(area, areas, n=1):
        return "; one of your own counts where its pack is named (--pack)"
    near = difflib.get_close_matches(wanted, ids, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
