"""The ids of checks, as people type them."""

from __future__ import annotations


def full_id(check_id: str) -> str:
    """The id of a check as it is written: SEC-002 for sec-2, SEC-02 and SEC-0002."""
    area, hyphen, number = check_id.upper().partition("-")
    return f"{area}-{int(number):03}" if hyphen and number.isdecimal() and len(number) < 10 else check_id.upper()
