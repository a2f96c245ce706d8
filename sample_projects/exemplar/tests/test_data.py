import json

import pandas as pd
import pandera
import pytest

from router.data import WrongVersion, checked_hash, load_tickets, split_by_time
from router.schema import TICKETS


def test_only_the_named_version_is_read(settings, tmp_path):
    changed = tmp_path / "tickets.csv"
    changed.write_bytes(settings.data.read_bytes() + b"T999999,2026-11-01,en,one more ticket than before,billing\n")
    with pytest.raises(WrongVersion, match="is not the"):
        checked_hash(changed, settings.manifest)


def test_a_ticket_without_text_ends_the_run(settings, tmp_path):
    broken = tmp_path / "tickets.csv"
    broken.write_text("ticket_id,created,language,text,queue\nT000001,2026-01-01,en,,billing\n")
    import hashlib

    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"datasets": {"tickets.csv": {"sha256": hashlib.sha256(broken.read_bytes()).hexdigest()}}}))
    with pytest.raises((pandera.errors.SchemaErrors, pandera.errors.SchemaError)):
        load_tickets(broken, manifest)


def test_an_unknown_queue_is_refused():
    row = {"ticket_id": "T000001", "created": pd.Timestamp("2026-01-01"), "language": "en", "text": "where is my parcel?", "queue": "sales"}
    with pytest.raises(pandera.errors.SchemaError):
        TICKETS.validate(pd.DataFrame([row]))


def test_the_test_set_is_newer_than_the_training_set(settings):
    train_set, test_set = split_by_time(load_tickets(settings.data, settings.manifest))
    assert train_set["created"].max() <= test_set["created"].min()
    assert set(train_set["ticket_id"]).isdisjoint(test_set["ticket_id"])
