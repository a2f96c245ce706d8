"""The questions of the EU AI Act: what answers point to, what is written, and that nothing of a person's is lost."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
import yaml

from aiaudit.interview.tier_session import TierSession
from aiaudit.interview.tiering import Answered, rationale, read, rows, take, write
from aiaudit.project import ai_act
from aiaudit.project.config import ConfigError, parse_config

TODAY = dt.date(2026, 11, 24)
TABLE = ai_act.table()
NO = {question.id: False for question in TABLE.questions}
BASE = NO | {"ai_system": True, "in_union": True, "provider": True}


@pytest.mark.parametrize(
    ("yes", "tier"),
    [
        ({}, "minimal"),
        ({"talks_to_people": True}, "limited"),
        ({"own_model": True}, "minimal"),  # duties of a model's provider are no tier of a system
        ({"employment": True, "profiling": True}, "high"),
        ({"employment": True}, "high"),  # no profiling, but no exception claimed either
        ({"employment": True, "narrow_task": True}, "minimal"),
        ({"employment": True, "narrow_task": True, "profiling": True}, "high"),  # profiling takes the exception away
        ({"product_safety": True, "narrow_task": True}, "high"),  # the exception is one from Annex III only
        ({"social_scoring": True, "employment": True}, "prohibited"),
        ({"intimate_images": True}, "prohibited"),
        ({"ai_system": False, "education": True, "profiling": True}, "high"),  # the tier stays as a yardstick
    ],
)
def test_the_tier_that_answers_point_to(yes, tier):
    assert ai_act.tier(BASE | yes) == tier


@pytest.mark.parametrize("missing", ["manipulation", "migration", "product_safety", "deep_fakes"])
def test_an_open_answer_that_could_raise_the_tier_leaves_it_open(missing):
    answers = {key: value for key, value in BASE.items() if key != missing}
    assert ai_act.tier(answers) == ""
    assert ai_act.tier(answers | {"social_scoring": True}) == "prohibited"  # nothing could raise that
    assert [question.id for question in ai_act.left(answers)] == [missing]


def test_questions_follow_from_answers_and_left_over_answers_count_for_nothing():
    assert "profiling" not in {one.id for one in ai_act.asked(BASE)}
    assert "narrow_task" not in {one.id for one in ai_act.asked(BASE | {"education": True, "profiling": True})}
    assert {"profiling", "narrow_task"} <= {one.id for one in ai_act.asked(BASE | {"education": True})}
    assert ai_act.said_yes(BASE | {"profiling": True}) == ai_act.said_yes(BASE)
    assert ai_act.role(BASE | {"becomes_provider": True, "provider": False, "deployer": True}) == "provider"
    assert ai_act.role(BASE | {"provider": False, "deployer": True}) == "deployer"


def test_duties_follow_role_and_route_and_bear_their_own_dates():
    def articles(**yes):
        return {(duty.article, duty.applies.isoformat()) for duty in ai_act.duties(BASE | yes)}

    assert articles() == {("Art. 4", "2025-02-02")}
    assert ("Art. 9 to 15", "2027-12-02") in articles(employment=True, profiling=True)
    assert ("Art. 9 to 15", "2027-12-02") not in articles(product_safety=True)
    assert any(day == "2028-08-02" for _, day in articles(product_safety=True))
    assert ("Art. 6(4), 49(2)", "2027-12-02") in articles(employment=True, narrow_task=True)
    assert ("Art. 9 to 15", "2027-12-02") not in articles(employment=True, narrow_task=True)
    deployer = articles(provider=False, deployer=True, employment=True, profiling=True, talks_to_people=True)
    assert ("Art. 26", "2027-12-02") in deployer
    assert not {article for article, _ in deployer} & {"Art. 9 to 15", "Art. 50(1)"}
    assert {("Art. 5", "2025-02-02")} <= articles(face_scraping=True)
    assert {article for article, _ in articles(intimate_images=True)} == {"Art. 4", "Art. 5(1)(ba) and (bb)"}
    assert articles(in_union=False, employment=True, profiling=True) == set()


def test_the_table_is_whole():
    ids = [question.id for question in TABLE.questions]
    assert len(ids) == len(set(ids))
    assert {question.part for question in TABLE.questions} == set(TABLE.parts)
    assert {one.removeprefix("!") for question in TABLE.questions for one in question.when} <= set(ids)
    assert {duty.after for duty in TABLE.duties} <= {"always", *TABLE.parts, *ids}
    assert {duty.role for duty in TABLE.duties} == {"any", "provider", "deployer"}
    assert {fact for question in TABLE.questions for fact in question.facts} <= set(TABLE.found)
    assert all(address.startswith("https://") for _, address in TABLE.sources)
    assert all(one.ask.endswith("?") and re.match(r"(Art\.|Annex)", one.article) for one in TABLE.questions)


def test_the_practices_are_those_that_the_check_asks_for():
    params = yaml.safe_load((ai_act.path_of("checks") / "governance/GOV-003.yaml").read_text(encoding="utf-8"))[
        "params"
    ]
    practices = [*params["practices"], *params["added"]]
    assert practices == [question.id for question in TABLE.of("practice")]
    added = {question.applies.isoformat() for question in TABLE.questions if question.id in params["added"]}
    assert added == {params["added_from"]["default"]}


def test_what_is_written_is_what_the_checks_read_and_reads_back():
    given = Answered(answers=dict(BASE), by="Counsel", reviewed=TODAY)
    config = parse_config(write("schema: 1\n", given, TODAY, reviewer="Head of law").encode())
    assert (config.project.role, config.project.risk_tier) == ("provider", "minimal")
    assert config.project.risk_reviewer == "Head of law"
    assert "No legal conclusion" in config.project.risk_rationale
    assert "none of the 10" in config.project.risk_rationale
    assert config.screening.answers == {question.id: False for question in TABLE.of("practice")}
    assert (config.screening.by, config.screening.reviewed) == ("Counsel", TODAY)
    one = next(answer for answer in config.ai_act.answers if answer.id == "manipulation")
    asked = TABLE.question("manipulation")
    assert (one.question, one.article, one.applies) == (asked.ask, asked.article, dt.date(2025, 2, 2))
    assert "2026/1744" in config.ai_act.edition
    assert any("eur-lex" in source for source in config.ai_act.sources)
    again = read(config)
    assert again.answers == {question.id: BASE[question.id] for question in ai_act.asked(BASE)}
    assert not again.own


MINE = """# ours
schema: 1
project:
  name: router   # its name
  risk_tier: high
  risk_rationale: >-
    Long, and written
    by a person.
  # a comment at the end

screening:
  answers: {social_scoring: no, own_practice: no}
  by: Counsel
  note: kept

# what it may cost
budget: {monthly: 5, currency: EUR}
"""


def test_what_people_wrote_stays_until_they_say_otherwise():
    given = read(parse_config(MINE.encode()))
    assert given.answers == {"social_scoring": False, "own_practice": False}
    assert (given.by, given.own) == ("Counsel", True)
    given.answers |= BASE
    text = write(MINE, given, TODAY)
    for line in ("# ours", "  name: router   # its name", "    by a person.", "  # a comment at the end",
                 "# what it may cost", "budget: {monthly: 5, currency: EUR}"):  # fmt: skip
        assert line in text.splitlines()
    config = parse_config(text.encode())
    assert config.project.risk_tier == "high"
    assert config.project.risk_rationale == "Long, and written by a person."
    assert config.screening.answers["own_practice"] is False
    assert config.screening.note == "kept"
    assert len(config.screening.answers) == 11
    replaced = parse_config(write(text, given, TODAY, replace=True).encode())
    assert replaced.project.risk_tier == "minimal"
    assert replaced.project.risk_rationale == rationale(given, TODAY)
    assert replaced.budget.monthly == 5


def test_writing_twice_changes_nothing():
    given = Answered(answers=dict(BASE), by="Counsel", reviewed=TODAY)
    once = write(MINE, given, TODAY)
    assert write(once, read(parse_config(once.encode())), TODAY) == once


def test_a_file_that_cannot_be_changed_in_place_is_refused():
    given = Answered(answers=dict(BASE), by="Counsel")
    with pytest.raises(ConfigError, match="written on one line"):
        write("schema: 1\nproject: {name: router}\n", given, TODAY)


FACTS = {
    "flag.trains": {"state": "known", "value": True, "evidence": [{"path": "src/a.py", "line": 3}]},
    "governance.GOV-002.readme_words": {"value": [{"pattern": "credit", "match": "credit scoring", "path": "README.md", "line": 2}]},
}  # fmt: skip


def talk(text, given=None, facts=None, everything=False):
    given, out, saves = given or Answered(), io.StringIO(), []
    session = TierSession(io.StringIO(text), out, TODAY, 80, facts or {}, everything)
    told = session.run(given, lambda replace, reviewer: saves.append((dict(given.answers), replace, reviewer)))
    return given, out.getvalue(), saves, told


def test_a_whole_talk_ends_in_a_tier_and_asks_who_confirms_it():
    given, out, saves, told = talk("Counsel\n" + "y\ny\nn\ny\nn\n" + "n\n" * 19 + "y\n" + "n\n" * 6 + "Head of law\n")
    assert (told, given.tier, given.by) == (31, "limited", "Counsel")
    assert "The answers point to the tier: limited" in out
    assert "No legal conclusion" in out
    assert "since 2026-08-02  Art. 50(1)" in out
    assert "applies from 2027-12-02" in out
    assert saves[-1][1:] == (False, "Head of law")
    assert len(saves) == 32  # after each answer, and at the end
    assert "\x1b" not in out


def test_it_is_left_and_taken_up_where_it_stopped():
    given, _, saves, told = talk("Counsel\ny\n?\nperhaps\ny\nb\nn\nq\n")
    assert (told, given.answers) == (3, {"ai_system": True, "in_union": False})
    assert len(saves) == 3
    _, out, _, told = talk("n\nq\n", given)
    assert told == 1
    assert "Who answers" not in out
    assert "defence or national security" in out


def test_what_was_found_is_shown_and_a_no_to_it_needs_its_reason():
    answers = {key: value for key, value in BASE.items() if key not in ("ai_system", "essential_services")}
    given, out, _, _ = talk("y\nn\n\nIt is about our own accounts\nq\n", Answered(answers=answers, by="C"), FACTS)
    assert "Found: code that trains a model (src/a.py:3)" in out
    assert "Found: credit scoring (README.md:2)" in " ".join(out.split())
    assert given.notes["essential_services"] == "It is about our own accounts"
    assert "On essential services: It is about our own accounts" in rationale(given, TODAY)


def test_another_tier_in_the_file_is_told_and_replaced_only_when_asked():
    given = Answered(answers=BASE | {"talks_to_people": True}, by="C", declared="minimal", own=True)
    _, out, saves, _ = talk("n\n\n", given)
    assert "names the tier minimal" in out
    assert saves[-1][1:] == (False, "")
    _, _, saves, _ = talk("y\nHead of law\n", given)
    assert saves[-1][1:] == (True, "Head of law")


def test_rows_of_a_sheet_are_taken_back():
    given = Answered()
    told = {
        row.check: {"answer": "no", "owner": "Counsel", "reviewed": TODAY} for row in rows(given, {}, everything=True)
    }
    assert {key.partition("/")[0] for key in told} == {"GOV-002", "GOV-003"}
    assert take(given, told, TODAY) == len(TABLE.questions)
    assert (given.tier, given.by, given.reviewed) == ("minimal", "Counsel", TODAY)
    assert take(given, told, TODAY) == 0
    with pytest.raises(ConfigError, match="no such question"):
        take(given, {"GOV-003/nothing": {"answer": "no"}}, TODAY)
    with pytest.raises(ConfigError, match="yes or no, not partly"):
        take(given, {"GOV-003/manipulation": {"answer": "partly"}}, TODAY)
