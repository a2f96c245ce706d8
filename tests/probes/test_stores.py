"""`stores.kept`: the files of databases and vector stores, and the addresses of people in them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from aiaudit.model.fact import State
from aiaudit.probes import stores
from aiaudit.probes.stores import StoresProbe, StoresQuery
from tests.probes.support import context

ADDRESSES = b"".join(b"row %d: anna.berg%d@mail.se\x00\x01" % (n, n) for n in range(7))


def found(root: Path, files: dict[str, bytes]) -> list[dict[str, Any]]:
    fact = StoresProbe().answer("stores", StoresQuery(), context(root, files))
    assert fact.state in (State.KNOWN, State.ABSENT)
    return list(fact.value)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"db/chroma.sqlite3": b"\0" * 190_000}, "Chroma"),
        ({"db/collection/texts/storage.sqlite": b""}, "Qdrant"),
        ({"db/index.faiss": b"\x01", "db/index.pkl": b""}, "FAISS"),
        ({"db/app.db.bak": b""}, "a copy"),
    ],
)
def test_addresses_are_counted_where_texts_stand_as_they_are(
    tmp_path: Path, files: dict[str, bytes], kind: str
) -> None:
    last = [*files][-1]
    (one,) = found(tmp_path, {**files, last: files[last] + ADDRESSES})
    assert (one["kind"], one["people"], one["whole"]) == (kind, 7, True)


def test_a_server_packs_what_it_keeps(tmp_path: Path) -> None:
    files = {"pg/PG_VERSION": b"15\n", "pg/base/16384/PG_VERSION": b"15\n", "pg/base/16384/1": ADDRESSES}
    (one,) = found(tmp_path, files)
    assert (one["path"], one["files"], one["people"], one["whole"]) == ("pg/PG_VERSION", 2, 7, False)


def test_what_holds_nothing_is_none(tmp_path: Path) -> None:
    files = {"a/chroma.sqlite3": b"x" * 1000, "b/index.faiss": b"x", "c/PG_VERSION": b"15\n"}
    assert found(tmp_path, files) == []


def test_addresses_of_nobody_do_not_count(tmp_path: Path) -> None:
    text = b"info@shop.com no-reply@shop.com a@b.com someone@example.com user@shop.com x@y.z git@github.com"
    (one,) = found(tmp_path, {"a.db.bak": text})
    assert one["people"] == 0


def test_an_address_behind_another_field_is_the_same(tmp_path: Path) -> None:
    (one,) = found(
        tmp_path, {"app.sqlite3": b"anna.berg@mail.se\x00" + b"4f11-b174anna.berg@mail.se\x00Annaanna.berg@mail.se\x00"}
    )
    assert (one["kind"], one["people"]) == ("SQLite", 1)


def test_the_next_field_may_follow_at_once(tmp_path: Path) -> None:
    (one,) = found(tmp_path, {"app.db": b"\x05kim.moser@gmail.comx\x00lee.oak@gmail.com$2b$12$ab\x00"})
    assert one["people"] == 2


def test_numbers_are_no_addresses(tmp_path: Path) -> None:
    (one,) = found(tmp_path, {"a.db.bak": random.Random(3).randbytes(3_000_000)})
    assert one["people"] == 0


def test_an_address_at_the_border_of_two_parts_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_PART", 300)
    (one,) = found(tmp_path, {"a.db.bak": b"-" * 290 + b" anna.berg@mail.se " + b"-" * 900})
    assert one["people"] == 1


def test_no_more_is_read_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_READ", 100)
    (one,) = found(tmp_path, {"a.db.bak": ADDRESSES})
    assert (one["people"], one["whole"]) == (0, False)


@pytest.mark.parametrize(
    "text",
    [
        b"$2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ0123451",
        b"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$aGFzaA",
        b"pbkdf2:sha256:600000$aBcDeFgH12$" + b"0af9" * 16,
        b"scrypt:32768:8:1$aBcDeFgH12$" + b"0af9" * 32,
        b"pbkdf2_sha256$870000$aBcDeFgH12$" + b"aB1+" * 11,
        b"$pbkdf2-sha256$29000$aBcDeFgH12",
        b"0af9" * 8 + b"$" + b"1be8" * 16,
    ],
)
def test_hashes_of_passwords_are_counted(tmp_path: Path, text: bytes) -> None:
    (one,) = found(tmp_path, {"a.db": b"kim@gmail.com" + text + b"\0" + text + b"\0$2b$ 12 0af9$1be8"})
    assert one["passwords"] == 1


KEY = bytes(random.Random(5).choices(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=160))
TABLE = b"\0CREATE TABLE settings (company TEXT, channel_access_token VARCHAR(255))\0"


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        (TABLE + b"demo\x01" + KEY + b"=\0" + KEY[::-1] + b"\0", 2),
        (TABLE + b"demo\x01 none yet \0", 0),
        (TABLE.replace(b"channel_access_token", b"note") + KEY + b"\0", 0),
        (TABLE + b"$2b$12$" + KEY[:53] + b"\0", 0),  # a hash of a password
        (TABLE + KEY * 3 + b"\0", 0),  # a picture
        (TABLE + b"/srv/app/static/uploads/Company-Profile/2025/07/Report_Final-Version-12\0", 0),
    ],
    ids=["two keys", "an empty column", "another column", "a hash", "a picture", "a path"],
)
def test_keys_are_counted_where_a_table_has_a_column_for_them(tmp_path: Path, content: bytes, tokens: int) -> None:
    (one,) = found(tmp_path, {"app.db": content})
    assert one["tokens"] == tokens
    assert one["token_column"] == ("channel_access_token" if tokens else "")


def test_a_digest_right_behind_an_address_is_of_a_password(tmp_path: Path) -> None:
    digest = "8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92"
    rows = f"\x03anna.berg@gmail.com{digest}2025-06-11\0\x03ole.dahl@gmail.com{digest[:40]}2025\0"
    (one,) = found(tmp_path, {"app.db": rows.encode()})
    assert (one["people"], one["passwords"]) == (2, 2)
