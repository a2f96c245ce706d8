"""Properties of the score that must hold for any results (design, section 5)."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aiaudit.model.check import Severity, Status
from aiaudit.model.result import CheckResult
from aiaudit.scoring.score import CAP_FAILED, CAP_UNKNOWN, JUDGED, Figures, score
from tests.scoring.builders import pack, result

PACKS = [pack("data"), pack("security"), pack("llm", core=False), pack("mlops", core=False)]
BETTER = {Status.FAIL: (Status.PARTIAL, Status.PASS), Status.PARTIAL: (Status.PASS,)}
UNSEEN = (Status.UNKNOWN, Status.BLOCKED, Status.ERROR)

statuses = st.sampled_from(list(Status))
severities = st.sampled_from(list(Severity))
fractions = st.one_of(st.none(), st.floats(0, 1))
one_result = st.tuples(st.sampled_from([p.id for p in PACKS]), statuses, severities, fractions)

BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # also where others use the machine


@st.composite
def audits(draw: st.DrawFn) -> list[CheckResult]:
    rows = draw(st.lists(one_result, max_size=30))
    return [
        result(f"C-{n:03}", status, severity, pack_id, points=points if status is Status.PARTIAL else None)
        for n, (pack_id, status, severity, points) in enumerate(rows)
    ]


def all_figures(made: Figures) -> dict[str, float]:
    """Every figure that a reader sees, by name; those without a number are left out."""
    named = {"score": made.score, "low": made.low, "high": made.high, "coverage": made.coverage}
    for p in made.packs:
        named |= {f"{p.id} {key}": getattr(p, key) for key in ("score", "uncapped_score", "low", "high", "coverage")}
    return {name: value for name, value in named.items() if value is not None}


@BUSY
@given(audits(), st.data())
def test_an_improved_status_never_lowers_a_figure(judged, data):
    open_ones = [n for n, r in enumerate(judged) if r.status in BETTER]
    if not open_ones:
        return
    n = data.draw(st.sampled_from(open_ones))
    better = data.draw(st.sampled_from(BETTER[judged[n].status]))
    improved = [*judged[:n], replace(judged[n], status=better), *judged[n + 1 :]]
    before, after = all_figures(score(PACKS, judged)), all_figures(score(PACKS, improved))
    assert before.keys() == after.keys()
    assert not {name: (before[name], after[name]) for name in before if after[name] < before[name]}


@BUSY
@given(audits(), st.randoms(use_true_random=False))
def test_order_does_not_matter(judged, random_):
    shuffled = random_.sample(judged, len(judged))
    packs = random_.sample(PACKS, len(PACKS))
    assert all_figures(score(PACKS, judged)) == all_figures(score(packs, shuffled))
    assert score(PACKS, judged).weakest_core == score(packs, shuffled).weakest_core


@BUSY
@given(audits(), st.data())
def test_losing_evidence_never_raises_low(judged, data):
    seen = [n for n, r in enumerate(judged) if r.status in JUDGED]
    if not seen:
        return
    n = data.draw(st.sampled_from(seen))
    worse = data.draw(st.sampled_from((Status.FAIL, *UNSEEN)))
    lost = [*judged[:n], replace(judged[n], status=worse, points=None), *judged[n + 1 :]]
    before, after = score(PACKS, judged), score(PACKS, lost)
    assert after.low <= before.low
    assert all(a.low <= b.low for a, b in zip(after.packs, before.packs, strict=True))


@BUSY
@given(audits())
def test_the_range_of_a_pack_holds_its_score(judged):
    for made in score(PACKS, judged).packs:
        assert made.low <= made.high
        if made.score is not None and made.uncapped_score is not None:
            assert made.low <= made.score <= made.high
            assert made.score <= made.uncapped_score


@BUSY
@given(audits())
def test_the_overall_range_holds_the_score_where_every_pack_has_a_number(judged):
    made = score(PACKS, judged)
    assert 0 <= made.low <= made.high <= 100
    if made.score is not None and not made.unnumbered:
        assert made.low <= made.score <= made.high


@BUSY
@given(audits())
def test_caps_hold(judged):
    for made in score(PACKS, judged).packs:
        critical = [r for r in judged if r.pack == made.id and r.severity is Severity.CRITICAL]
        if any(r.status is Status.FAIL for r in critical):
            assert max(made.low, made.high, made.score or 0) <= CAP_FAILED
        elif any(r.status in UNSEEN for r in critical):
            assert made.low <= CAP_FAILED
            assert (made.score or 0) <= CAP_UNKNOWN


@BUSY
@given(audits())
def test_what_does_not_apply_moves_nothing(judged):
    applicable = [r for r in judged if r.status is not Status.NOT_APPLICABLE]
    assert all_figures(score(PACKS, judged)) == all_figures(score(PACKS, applicable))


@BUSY
@given(st.lists(st.tuples(severities, st.sampled_from((*UNSEEN, Status.NOT_APPLICABLE)))))
def test_nothing_judged_gives_no_score(rows):
    judged = [result(f"C-{n}", status, severity) for n, (severity, status) in enumerate(rows)]
    made = score(PACKS, judged)
    assert made.score is None
    assert made.low == 0
    assert made.coverage == 0


def test_passing_a_low_check_never_lifts_a_pack_over_its_cap():
    chance = random.Random(5)
    judged = [result(f"C-{n}", Status.PASS, chance.choice(list(Severity))) for n in range(20)]
    judged.append(result("C-99", Status.FAIL, Severity.CRITICAL))
    for n in range(30):
        judged.append(result(f"D-{n}", Status.PASS, Severity.LOW))
        assert score(PACKS, judged).packs[0].score == CAP_FAILED
