"""The rules of Firebase."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.access_rules.firebase import realtime_rules, rules

TODAY = dt.date(2026, 1, 31)
FIRESTORE = """rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    /* allow read: if true; */
    match /users/{uid} {
      allow get, list: if request.auth.uid == uid; // match /x { allow write; }
      match /notes/{note} { allow create, update: if isAdmin(); }
    }
    function isAdmin() {
      return request.auth.token.admin == true;
    }
    match /{all=**} { allow read; allow write: if request.time < timestamp.date(2026, 2, 1); }
  }
}
service firebase.storage { match /b/{bucket}/o { match /faces/{file=**} { allow write: if request.auth != null; } } }
"""


def test_rules_have_their_paths_rights_and_who_comes() -> None:
    found = [(one.system, one.target, one.line, one.rights, one.who) for one in rules(FIRESTORE, TODAY)]
    assert found == [
        ("firestore", "/users/{uid}", 6, ("select",), "caller"),
        ("firestore", "/users/{uid}/notes/{note}", 7, ("insert", "update"), "caller"),
        ("firestore", "/{all=**}", 12, ("select",), "anyone"),
        ("firestore", "/{all=**}", 12, ("insert", "update", "delete"), "anyone"),
        ("storage", "/faces/{file=**}", 15, ("insert", "update", "delete"), "signed_in"),
    ]


def test_a_test_mode_ends_with_its_day() -> None:
    assert rules(FIRESTORE, dt.date(2026, 2, 1))[3].who == "server"


def test_rules_of_the_realtime_database() -> None:
    text = """{
  // who may do what
  "rules": {
    ".read": false,
    "users": {"$uid": {".read": "$uid === auth.uid", ".write": "auth != null"}},
    "board": {
      ".read": true
    }
  }
}"""
    found = [(one.target, one.line, one.rights[0], one.who) for one in realtime_rules(text)]
    assert found == [
        ("/", 4, "select", "server"),
        ("/users/$uid", 5, "select", "caller"),
        ("/users/$uid", 5, "insert", "signed_in"),
        ("/board", 7, "select", "anyone"),
    ]


@given(st.text(alphabet="match alow/{}()*;:if true\n\"'", max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert all(one.line <= text.count("\n") + 1 for one in rules(text, TODAY))
    assert realtime_rules(text) == []


@pytest.mark.parametrize(
    "piece", ["/*", "allow read: if ", "function f(", "function f() {", "match /a{b}", "match /a {", "{"]
)
def test_hostile_rules_end(piece: str) -> None:
    assert rules((piece * 200_000)[:200_000], TODAY) == []
    assert realtime_rules('{"rules": ' + '{"a": ' * 30_000) == []
