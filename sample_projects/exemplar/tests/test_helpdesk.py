import httpx
import pytest

from router import helpdesk


def test_three_tries_then_the_error(settings, monkeypatch):
    tries = []

    def refuse(self, url, **kwargs):
        tries.append(kwargs["headers"]["Idempotency-Key"])
        raise httpx.ConnectError("refused")

    monkeypatch.setattr(httpx.Client, "post", refuse)
    with pytest.raises(httpx.ConnectError):
        helpdesk.move_ticket(settings, "T000001", "billing", "decision-1")
    assert tries == ["decision-1"] * 3
