"""Conversations against a plain-Python reference, and the traps one by one."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiaudit.data.duckdb_engine import DuckDBEngine
from aiaudit.data.measure import measure
from aiaudit.data.model import Source
from tests.data.conftest import NOW


def turns(*pairs):
    return {"messages": [{"role": role, "content": content} for role, content in pairs]}


def chat_of(tmp_path, rows, name="c.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(map(json.dumps, rows)))
    engine = DuckDBEngine(threads=1)
    try:
        return measure(engine, [Source(name, name, (path,), "jsonl")], NOW).datasets[0].chat
    finally:
        engine.close()


GOOD = turns(("system", "be brief"), ("user", "hello there"), ("assistant", "hi"))


def test_a_sound_file(tmp_path):
    chat = chat_of(tmp_path, [GOOD, turns(("user", "q"), ("assistant", "a"), ("user", "q2"), ("assistant", "a2"))])
    assert (chat.conversations, chat.turns, chat.roles) == (2, 7, {"assistant": 3, "user": 3, "system": 1})
    assert (chat.empty_turns, chat.bad_alternation, chat.not_ending_with_assistant, chat.duplicates) == (0, 0, 0, 0)
    assert chat.characters_mean == (len("be brief") + len("hello there") + 2 + 6) / 2


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (turns(("user", "a"), ("user", "b"), ("assistant", "c")), (0, 1, 0)),
        (turns(("assistant", "a"), ("user", "b"), ("assistant", "c")), (0, 1, 0)),
        (turns(("user", "a"), ("assistant", "  ")), (1, 0, 0)),
        (turns(("user", "a"), ("assistant", None)), (1, 0, 0)),
        (turns(("user", "a")), (0, 0, 1)),
        ({"messages": []}, (0, 0, 0)),
        ({"messages": None}, (0, 0, 0)),
        ({"other": 1}, (0, 0, 0)),
    ],
)
def test_one_fault_at_a_time(tmp_path, row, expected):
    chat = chat_of(tmp_path, [GOOD, row])
    assert (chat.empty_turns, chat.bad_alternation, chat.not_ending_with_assistant) == expected
    assert chat.empty_conversations == (not row.get("messages"))


def test_a_call_of_a_tool_says_something_and_its_answer_is_in_order(tmp_path):
    called = {"messages": [
        {"role": "user", "content": "weather?"}, {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "sunny"}, {"role": "assistant", "content": "It is sunny."},
    ]}  # fmt: skip
    chat = chat_of(tmp_path, [called])
    assert (chat.empty_turns, chat.bad_alternation, chat.not_ending_with_assistant) == (0, 0, 0)


def test_share_gpt_pairs_and_plain_texts(tmp_path):
    shared = {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}
    assert chat_of(tmp_path, [shared, shared]).duplicates == 1
    pairs = chat_of(
        tmp_path,
        [{"prompt": "p", "completion": "c"}, {"prompt": "p", "completion": ""}, {"prompt": "p", "completion": "c"}],
    )
    assert (pairs.style, pairs.turns, pairs.empty_turns, pairs.not_ending_with_assistant, pairs.duplicates) == (
        "pair",
        6,
        1,
        1,
        1,
    )
    texts = chat_of(tmp_path, [{"text": "one"}, {"text": ""}])
    assert (texts.style, texts.empty_turns, texts.bad_alternation, texts.not_ending_with_assistant) == ("text", 1, 0, 0)


def test_ordinary_tables_are_no_conversations(tmp_path):
    assert chat_of(tmp_path, [{"text": "good film", "label": 1}]) is None
    assert chat_of(tmp_path, [{"messages": 3}]) is None


TURN = st.tuples(st.sampled_from(["system", "user", "assistant"]), st.sampled_from(["", " ", "a", "b c", "ü"]))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(TURN, max_size=5), min_size=1, max_size=10))
def test_figures_are_those_of_a_plain_loop(tmp_path, talks):
    chat = chat_of(tmp_path, [GOOD, *(turns(*talk) for talk in talks)])
    all_talks = [[("system", "be brief"), ("user", "hello there"), ("assistant", "hi")], *talks]
    some = [talk for talk in all_talks if talk]
    assert chat.turns == sum(map(len, some))
    assert chat.empty_conversations == len(all_talks) - len(some)
    assert chat.empty_turns == sum(not text.strip() for talk in some for _, text in talk)
    orders = [[role for role, _ in talk if role != "system"] for talk in some]
    bad = [order for order in orders if order[:1] == ["assistant"] or any(a == b for a, b in pairwise(order))]
    assert chat.bad_alternation == len(bad)
    assert chat.not_ending_with_assistant == sum(order[-1:] != ["assistant"] for order in orders)
    assert chat.duplicates == len(some) - len({tuple(talk) for talk in some})


def test_prompts_of_the_evaluation_in_the_training_data(tmp_path, engine):
    long = "please summarise the quarterly report of the northern region for the board meeting on Monday"
    train = [turns(("user", f"question number {i} about topic {i * 7}"), ("assistant", "a")) for i in range(50)]
    train.append(turns(("user", long), ("assistant", "done")))
    test = [
        turns(("user", "Question number 3 about topic 21 "), ("assistant", "other answer")),
        turns(("user", long + " morning"), ("assistant", "x")),
        turns(("user", "something else entirely that nobody asked"), ("assistant", "x")),
    ]
    sources = []
    for role, rows in (("train", train), ("test", test)):
        path = tmp_path / f"{role}.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)))
        sources.append(Source(role, role, (path,), "jsonl", role=role))
    pair = measure(engine, sources, NOW).pairs[0]
    assert (pair.overlap_rows, pair.overlap_prompts, pair.overlap_near) == (0, 1, 2)


def test_preferences(tmp_path, measured):
    rows = [
        {"prompt": "2+2?", "chosen": "4", "rejected": "5"},
        {"prompt": "2+2?", "chosen": "5", "rejected": "4"},  # turned round
        {"prompt": "3+3?", "chosen": "5", "rejected": "4"},  # another prompt
        {"prompt": "Why?", "chosen": "so", "rejected": " so "},
        {"prompt": "Who?", "chosen": "", "rejected": "me"},
        {"prompt": "When?", "chosen": "today, at noon", "rejected": None},
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = measured(tmp_path / "pairs.jsonl").datasets[0].preference
    assert (told.pairs, told.identical, told.empty_chosen, told.empty_rejected) == (6, 1, 1, 1)
    assert (told.contradicted, told.chosen_longer) == (2, 0.0)
    turn = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    rows = [{"chosen": turn, "rejected": turn[:1]}, {"chosen": turn, "rejected": turn}]
    (tmp_path / "turns.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = measured(tmp_path / "turns.jsonl").datasets[0].preference
    assert (told.pairs, told.identical, told.contradicted, told.chosen_longer) == (2, 1, 0, 0.5)


def test_lengths_of_texts(tmp_path, measured):
    (tmp_path / "a.csv").write_text("t,u\n" + "".join(f"{'x' * (1 + n % 3)},{'y' * n}\n" for n in range(1, 41)))
    t, u = measured(tmp_path / "a.csv").datasets[0].columns
    assert t.length_histogram == (0, 13, 14, 13)
    assert len(u.length_histogram) == 20
    assert u.length_histogram == tuple(sum(int(n / (41 / 20)) == b for n in range(1, 41)) for b in range(20))
