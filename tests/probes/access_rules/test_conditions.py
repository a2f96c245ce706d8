"""What conditions of row policies and of the rules of Firebase ask."""

from __future__ import annotations

import pytest

from aiaudit.probes.access_rules.conditions import Asks, firebase_condition, split, sql_condition


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ("true", Asks.NOTHING),
        ("((TRUE))", Asks.NOTHING),
        ("1 = 1", Asks.NOTHING),
        ("bucket_id = 'avatars'", Asks.NOTHING),
        ("auth.role() = 'anon'", Asks.NOTHING),
        ("true OR auth.uid() = user_id", Asks.NOTHING),
        ("published = true", Asks.ROW),
        ("deleted_at IS NULL AND status IN ('a', 'b')", Asks.ROW),
        ("user_id IS NULL OR auth.uid() = user_id", Asks.ROW),
        ("EXISTS (SELECT 1 FROM interviews WHERE interviews.id = interview_id)", Asks.ROW),
        ("auth.role() = 'authenticated'", Asks.SIGNED_IN),
        ("(select auth.role()) = 'authenticated'", Asks.SIGNED_IN),
        ("auth.uid() IS NOT NULL", Asks.SIGNED_IN),
        ("bucket_id = 'x' AND auth.role() = 'authenticated'", Asks.SIGNED_IN),
        ("auth.uid() = user_id", Asks.CALLER),
        ("(select auth.uid()) = user_id", Asks.CALLER),
        ("bucket_id = 'x' AND (storage.foldername(name))[1] = auth.uid()::text", Asks.CALLER),
        ("has_role(auth.uid(), 'admin')", Asks.CALLER),
        ("is_member(organisation_id)", Asks.CALLER),  # a function may ask who calls
        ("tenant_id = current_setting('app.tenant_id', true)", Asks.CALLER),
        ("auth.uid() IS NOT NULL AND auth.uid() = user_id", Asks.CALLER),
        ("'a or b' = name", Asks.ROW),
        ("auth.role() = 'service_role'", Asks.SERVER),
        ("(auth.jwt() ->> 'role') = 'service_role'", Asks.SERVER),
        ("false", Asks.SERVER),
    ],
)
def test_what_a_row_policy_asks(condition: str, asked: Asks) -> None:
    assert sql_condition(condition) is asked


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ("true", Asks.NOTHING),
        ("true || request.auth != null", Asks.NOTHING),
        ("resource.data.published == true", Asks.ROW),
        ("request.auth != null", Asks.SIGNED_IN),
        ("request.auth.uid != null", Asks.SIGNED_IN),
        ("auth != null", Asks.SIGNED_IN),
        ("signedIn()", Asks.SIGNED_IN),
        ("signedIn() && request.resource.size < 5 * 1024 * 1024", Asks.SIGNED_IN),
        ("request.auth.uid == userId", Asks.CALLER),
        ("signedIn() && isOwner(userId)", Asks.CALLER),
        ("elsewhere(userId)", Asks.CALLER),
        ("round()", Asks.CALLER),
        ("false", Asks.SERVER),
    ],
)
def test_what_a_rule_of_firebase_asks(condition: str, asked: Asks) -> None:
    functions = {"signedIn": "request.auth != null", "isOwner": "request.auth.uid == id", "round": "round()"}
    assert firebase_condition(condition, functions) is asked


def test_a_word_in_brackets_or_quotes_parts_nothing() -> None:
    assert split("a and (b and c) and 'd and e'", " and ") == ["a", "(b and c)", "'d and e'"]


@pytest.mark.parametrize("condition", ["(" * 5_000, "a or " * 1_000, "(a or (" * 300 + "b" + "))" * 300, "'" * 999])
def test_what_is_too_deep_is_taken_for_one_that_binds(condition: str) -> None:
    assert sql_condition(condition) in (Asks.CALLER, Asks.ROW)
