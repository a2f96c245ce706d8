"""Reads the tickets, and only the tickets that the manifest names by their hash."""

import hashlib
import json
from pathlib import Path

import pandas as pd

from router.schema import TICKETS


class WrongVersion(RuntimeError):
    """The file is not the one that the manifest names."""


def checked_hash(data: Path, manifest: Path) -> str:
    """The SHA-256 of the data file, if the manifest names the same."""
    expected = json.loads(manifest.read_text())["datasets"][data.name]["sha256"]
    found = hashlib.sha256(data.read_bytes()).hexdigest()
    if found != expected:
        raise WrongVersion(f"{data}: sha256 {found} is not the {expected} of {manifest}")
    return found


def load_tickets(data: Path, manifest: Path) -> pd.DataFrame:
    """All tickets, validated, oldest first. A violation of the schema ends the run."""
    checked_hash(data, manifest)
    tickets = pd.read_csv(data, parse_dates=["created"])
    return TICKETS.validate(tickets, lazy=True).sort_values("created", kind="stable")


def split_by_time(tickets: pd.DataFrame, test_share: float = 0.25) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest share is the test set: the model is judged on tickets that came after those it learned from."""
    cut = int(len(tickets) * (1 - test_share))
    return tickets.iloc[:cut], tickets.iloc[cut:]
