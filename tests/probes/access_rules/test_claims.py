"""Roles that users give themselves, as the database takes them."""

import pytest

from aiaudit.probes.access_rules.claims import Asking, Body, claims

POLICY = Asking("admins", "1.sql", 3, "profiles", "exists (select 1 from profiles where role = 'admin')", "")


def made(body: str) -> list[tuple[str, str]]:
    function = Body(
        "handle_new_user", "2.sql", 1, f"begin {body} insert into profiles (id, role) values (new.id, r); end;"
    )
    return [(one.limits, one.role) for one in claims({"handle_new_user": function}, [POLICY])]


@pytest.mark.parametrize(
    "body, found",
    [
        ("r := new.raw_user_meta_data->>'role';", [("none", "admin")]),
        ("r := (new.raw_user_meta_data ->> 'role')::app_role;", [("none", "admin")]),
        ("select new.raw_user_meta_data->>'role' into r;", [("none", "admin")]),
        ("r := new.raw_user_meta_data->>'user_role'; if r not in ('user') then r := 'user'; end if;", []),
        (
            "r := new.raw_user_meta_data->>'role'; if r not in ('user', 'admin') then r := 'user'; end if;",
            [("list", "admin")],
        ),
        ("r := case when new.raw_user_meta_data->>'role' = 'coach' then 'coach' else 'user' end;", []),
        (
            "r := new.raw_user_meta_data->>'role'; if r = 'admin' then raise exception 'no'; end if;",
            [("unclear", "admin")],
        ),
        ("r := new.raw_app_meta_data->>'role';", []),
        ("r := new.raw_user_meta_data->>'full_name';", []),
        ("r := 'user'; -- new.raw_user_meta_data->>'role'\n", []),
    ],
)
def test_what_a_function_takes(body: str, found: list[tuple[str, str]]) -> None:
    assert made(body) == found


def test_hostile_texts_end() -> None:
    text = "raw_user_meta_data->>'role' = 'a' " * 1_000 + "x := " * 3_000
    assert len(made(text)) <= 1
