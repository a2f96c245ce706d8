import json
import logging
from pathlib import Path

from prometheus_client import REGISTRY

TICKET = {"text": "My parcel has not arrived although it left your warehouse."}
KEY = {"X-API-Key": "test-key-of-the-suite"}


def test_a_ticket_is_routed_and_recorded(client, version, caplog):
    with caplog.at_level(logging.INFO, "router.decisions"):
        answer = client.post("/v1/route", json=TICKET, headers=KEY)
    assert answer.status_code == 200
    assert answer.json()["queue"] == "delivery"
    record = json.loads(caplog.records[-1].message)
    assert record["request_id"] == answer.json()["request_id"]
    assert record["model_version"] == version
    assert "parcel" not in caplog.text


def test_without_a_key_the_answer_is_401(client):
    assert client.post("/v1/route", json=TICKET).status_code == 401
    assert client.post("/v1/route", json=TICKET, headers={"X-API-Key": "guess"}).status_code == 401


def test_too_long_a_text_is_refused(client):
    assert client.post("/v1/route", json={"text": "x" * 2_001}, headers=KEY).status_code == 422


def test_a_caller_is_limited(client, settings, monkeypatch):
    monkeypatch.setattr(settings, "requests_per_minute", 0)
    assert client.post("/v1/route", json=TICKET, headers=KEY).status_code == 429


def test_when_the_model_fails_a_person_decides(client, monkeypatch):
    def broken(texts):
        raise RuntimeError("no session")

    monkeypatch.setattr(client.app.state.router, "route", broken)
    answer = client.post("/v1/route", json=TICKET, headers=KEY)
    assert answer.status_code == 200
    assert answer.json()["queue"] == "review"


def test_the_model_can_be_switched_off_while_it_runs(client, settings, monkeypatch, tmp_path):
    switch = tmp_path / "router"
    monkeypatch.setattr(settings, "switch", switch)
    assert client.post("/v1/route", json=TICKET, headers=KEY).json()["queue"] == "delivery"
    switch.write_text("off\n")
    assert client.post("/v1/route", json=TICKET, headers=KEY).json()["queue"] == "review"
    switch.write_text("on\n")
    assert client.post("/v1/route", json=TICKET, headers=KEY).json()["queue"] == "delivery"


def test_tickets_that_do_not_meet_the_schema_are_counted(client):
    before = REGISTRY.get_sample_value("router_rejected_inputs_total", {"field": "text", "rule": "string_too_short"}) or 0
    assert client.post("/v1/route", json={"text": "short"}, headers=KEY).status_code == 422
    after = REGISTRY.get_sample_value("router_rejected_inputs_total", {"field": "text", "rule": "string_too_short"})
    assert after == before + 1


def test_inc_2026_01_an_error_of_the_session_does_not_reach_the_help_desk(client, monkeypatch):
    """The incident of 27 August 2026, see docs/incidents/INC-2026-01.md."""

    def broken(*_):
        raise RuntimeError("onnxruntime: Got invalid dimensions")

    monkeypatch.setattr(client.app.state.router, "_session", type("Session", (), {"run": broken})())
    answer = client.post("/v1/route", json=TICKET, headers=KEY)
    assert (answer.status_code, answer.json()["queue"], answer.json()["confidence"]) == (200, "review", 0.0)


def test_ready_asks_the_model(client, version):
    assert client.get("/ready").json()["model_version"] == version
    assert client.get("/live").status_code == 200


def test_the_contract_on_disk_is_the_contract_served(client):
    stored = json.loads((Path(__file__).parents[1] / "docs/openapi.json").read_text())
    assert client.get("/openapi.json").json() == stored
