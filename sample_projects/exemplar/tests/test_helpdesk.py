import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import httpx
import pytest
from prometheus_client import REGISTRY

from router import helpdesk
from router.schema import QUEUES

KEY = "test-key-of-the-suite"


class HelpDesk(BaseHTTPRequestHandler):
    """Answers as the help desk's interface says: 204 for a known queue, once for each key; 422 for another queue."""

    moved: ClassVar[dict[str, dict[str, str]]] = {}

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ticket = re.fullmatch(r"/tickets/(T\d{6})/move", self.path)
        known = ticket is not None and set(body) == {"queue"} and body["queue"] in [*QUEUES, "review"]
        if known:
            self.moved.setdefault(self.headers["Idempotency-Key"], {"ticket": ticket[1], **body})
        self.send_response(204 if known else 422)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def desk(settings, monkeypatch):
    HelpDesk.moved.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), HelpDesk) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(settings, "helpdesk_url", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.shutdown()


@pytest.mark.integration
def test_a_ticket_is_moved_over_http_and_only_once(desk, settings):
    for _ in range(2):
        helpdesk.move_ticket(settings, "T000001", "billing", "decision-1")
    assert HelpDesk.moved == {"decision-1": {"ticket": "T000001", "queue": "billing"}}


@pytest.mark.integration
def test_a_queue_that_the_help_desk_does_not_know_is_an_error(desk, settings):
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        helpdesk.move_ticket(settings, "T000001", "sales", "decision-2")


def test_three_tries_then_the_error(settings, monkeypatch):
    tries = []

    def refuse(self, url, **kwargs):
        tries.append(kwargs["headers"]["Idempotency-Key"])
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx.Client, "post", refuse)
    with pytest.raises(httpx.ConnectError):
        helpdesk.move_ticket(settings, "T000001", "billing", "decision-1")
    assert tries == ["decision-1"] * 3


@pytest.mark.integration
def test_a_ticket_with_a_number_is_moved_after_it_was_routed(desk, client):
    text = "My parcel has not arrived although it left your warehouse."
    answer = client.post("/v1/route", json={"text": text, "ticket_id": "T000007"}, headers={"X-API-Key": KEY})
    assert HelpDesk.moved == {answer.json()["request_id"]: {"ticket": "T000007", "queue": "delivery"}}
    assert client.post("/v1/route", json={"text": text, "ticket_id": "7"}, headers={"X-API-Key": KEY}).status_code == 422


def test_a_help_desk_that_is_down_does_not_hold_up_the_answer(client, settings, monkeypatch):
    def refuse(*_):
        raise httpx.ConnectError("refused")

    monkeypatch.setattr("router.serve.move_ticket", refuse)
    text = "My parcel has not arrived although it left your warehouse."
    answer = client.post("/v1/route", json={"text": text, "ticket_id": "T000008"}, headers={"X-API-Key": KEY})
    assert (answer.status_code, answer.json()["queue"]) == (200, "delivery")
    assert REGISTRY.get_sample_value("router_moves_total", {"outcome": "failed"}) >= 1
