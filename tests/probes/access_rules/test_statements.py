"""SQL taken apart, and what migrations leave when they have run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiaudit.probes.access_rules.row_policies import Table, opening, replay
from aiaudit.probes.access_rules.statements import LARGEST, statements

TABLE = "create table t (id uuid, user_id uuid);\nalter table t enable row level security;\n"


def left(*files: tuple[str, str]) -> Table:
    return replay(files).tables["t"]


def lets(sql: str) -> tuple[tuple[str, ...], str, bool]:
    table = left(("m/1.sql", TABLE + sql))
    (policy,) = table.policies.values()
    found = opening(table, policy)
    return found.rights, found.who, found.whole


def test_statements_have_their_lines_without_comments_and_inside_of_blocks() -> None:
    sql = """-- create policy "no"
create /* on x */ policy "a; b" on "T"
  using (true);
do $x$
begin
  alter table y enable row level security;
end $x$;
create function f() returns int as $$ select 1; select 2; $$ language sql;
"""
    found = [(one.line, one.written(0, 3)) for one in statements(sql)]
    assert found == [
        (2, 'create policy "a; b"'),
        (5, "begin alter table"),
        (7, "end"),
        (8, "create function f"),
    ]


@pytest.mark.parametrize(
    ("policy", "rights", "who", "whole"),
    [
        ("create policy p on t using (true)", ("delete", "insert", "select", "update"), "anyone", True),
        ("create policy p on t for select to anon using (true)", ("select",), "anyone", True),
        ("create policy p on t for select to authenticated using (true)", ("select",), "signed_in", True),
        ("create policy p on t for select using (shown)", ("select",), "anyone", False),
        ("create policy p on t for insert with check (true)", ("insert",), "anyone", True),
        ("create policy p on t for all to service_role using (true)", ("delete", "insert", "select", "update"), "server", True),
        ("create policy p on t for all using (auth.uid() = user_id) with check (true)", ("insert",), "anyone", True),
        ("create policy p on t for all to editor using (true)", ("delete", "insert", "select", "update"), "caller", True),
        ("create policy p on public.t as permissive for update using (true)", ("update",), "anyone", True),
        ("create policy p on t using (true); revoke all on t from anon", ("delete", "insert", "select", "update"), "signed_in", True),
        ("create policy p on t for select using (true); revoke select on table t from anon, authenticated", ("select",), "server", True),
        ("create policy p on t for select using (true); alter policy p on t to authenticated", ("select",), "signed_in", True),
    ],
)  # fmt: skip
def test_what_a_policy_lets_be_done(policy: str, rights: tuple[str, ...], who: str, whole: bool) -> None:
    assert lets(policy + ";") == (rights, who, whole)


def test_a_restrictive_policy_binds_all_others() -> None:
    table = left(
        ("m/1.sql", TABLE + "create policy p on t using (true); create policy r on t as restrictive using (f());")
    )
    assert opening(table, table.policies["p"]).who == "caller"


def test_tables_are_known_as_the_last_migration_leaves_them() -> None:
    schema = replay(
        [
            (
                "m/1.sql",
                'create table "Users" (id uuid, "fullName" text, primary key (id)); create table other.x (id int);',
            ),
            (
                "m/2.sql",
                "alter table a rename to b; create table a (id int); create table c (id int); drop table if exists c;",
            ),
            ("m/3.sql", "alter table a rename to b; alter table b add column if not exists email text;"),
        ]
    )
    assert {name: (table.path, table.columns) for name, table in schema.tables.items() if table.path} == {
        "Users": ("m/1.sql", ["id", "fullName"]),
        "b": ("m/2.sql", ["id", "email"]),
    }


@pytest.mark.parametrize(
    ("files", "secured"),
    [
        ([("m/1.sql", TABLE)], "yes"),
        ([("m/1.sql", "create table t (id int);")], "no"),
        ([("m/1.sql", TABLE), ("m/2.sql", "alter table t disable row level security;")], "no"),
        ([("m/1.sql", TABLE), ("x/2.sql", "alter table t disable row level security;")], "unsettled"),
        ([("m/1.sql", TABLE + "alter table t disable row level security;"), ("m/2.sql", TABLE)], "yes"),
    ],
)
def test_whether_row_policies_are_on(files: list[tuple[str, str]], secured: str) -> None:
    assert left(*files).secured == secured


def test_a_policy_that_another_folder_takes_away_is_not_settled() -> None:
    made = ("supabase/migrations/1.sql", TABLE + "create policy p on t using (true);")
    table = left(("fix.sql", "drop policy p on t;"), made)
    assert table.policies["p"].settled  # what ran before is not known to take it away
    assert not left(made, ("z/fix.sql", "drop policy if exists p on t;")).policies["p"].settled
    assert left(made, ("supabase/migrations/2.sql", "drop policy p on t;")).policies == {}


@given(st.text(alphabet="create policy table on using(true);'\"$/*-\n", max_size=300))
def test_any_text_is_taken_apart_and_loses_no_line(text: str) -> None:
    for one in statements(text):
        assert 1 <= one.line <= text.count("\n") + 1
        assert all(one.source[word.start : word.end] for word in one.words)
    replay([("m/1.sql", text)])


@pytest.mark.parametrize(
    "piece",
    [
        "/*",
        "$a$",
        "'",
        "e'\\",
        '"',
        "do $$ ",
        "(",
        "begin create policy p on t using ((",
        "begin create table a(b,",
        "$",
    ],
)
def test_hostile_text_ends(piece: str) -> None:
    """A search to the end of the text from each of its places would take hours."""
    text = (piece * (LARGEST // len(piece) + 1))[:LARGEST]
    assert len(replay([("m/1.sql", text)]).tables) <= 2
    assert list(statements(text + "x")) == []  # longer than anything that is read
