import httpx
import pytest

from router import drift
from router.assure import assure, keyword_queue
from router.explain import explain
from router.model import Router
from router.search import SPACE, search


def test_the_model_beats_a_plain_rule_in_every_slice_and_can_be_trained_again(settings, version):
    result = assure(settings)
    assert result["gain_over_baseline"]["low"] > 0
    assert min(part["macro_f1"] for part in result["slices"].values()) >= settings.minimum_slice_f1
    assert min(part["n"] for part in result["slices"].values()) >= 30
    assert result["repeat"]["max_difference"] <= result["repeat"]["tolerance"]


def test_the_rule_reads_words():
    assert keyword_queue("Where is my parcel?") == "delivery"
    assert keyword_queue("It is broken.") == "technical"


def test_one_decision_is_explained_by_its_words(settings, version):
    found = explain(Router(settings.model_dir), "My parcel has not arrived with the express service.")
    assert found["queue"] == "delivery"
    assert found["model_version"] == version
    assert next(iter(found["words"].values())) > 0


def test_all_trials_are_kept(settings):
    trials = search(settings)
    assert len(trials) == len(SPACE["classifier__C"]) * len(SPACE["words__min_df"])
    assert trials["mean_test_score"].iloc[0] == trials["mean_test_score"].max()


def answer_of(monkeypatch, counts):
    rows = [{"metric": {"queue": queue}, "value": [0, str(count)]} for queue, count in counts.items()]
    reply = httpx.Response(200, json={"data": {"result": rows}}, request=httpx.Request("GET", "http://prometheus"))
    monkeypatch.setattr(httpx, "get", lambda *args, **kwargs: reply)


def test_moved_shares_end_the_drift_job_with_an_error(settings, version, monkeypatch, capsys):
    monkeypatch.setattr(drift, "load", lambda: settings)
    answer_of(monkeypatch, {"account": 250, "billing": 250, "delivery": 250, "technical": 250})
    drift.main()
    assert "population_stability" in capsys.readouterr().out
    answer_of(monkeypatch, {"account": 900, "billing": 50, "delivery": 25, "technical": 25})
    with pytest.raises(SystemExit, match="drift"):
        drift.main()


def test_too_few_decisions_say_nothing(settings, version, monkeypatch, capsys):
    monkeypatch.setattr(drift, "load", lambda: settings)
    answer_of(monkeypatch, {"account": 3})
    drift.main()
    assert "too few" in capsys.readouterr().out
