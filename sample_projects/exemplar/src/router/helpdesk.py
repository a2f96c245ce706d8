"""Moves a ticket in the help desk system."""

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from router.settings import Settings


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_attempt(3),
    wait=wait_random_exponential(multiplier=0.2, max=2.0),
    reraise=True,
)
def move_ticket(settings: Settings, ticket_id: str, queue: str, decision_id: str) -> None:
    """Ask the help desk to move the ticket. The decision's id makes a repeated request harmless."""
    with httpx.Client(base_url=str(settings.helpdesk_url), timeout=settings.helpdesk_timeout_s) as client:
        client.post(
            f"/tickets/{ticket_id}/move", json={"queue": queue}, headers={"Idempotency-Key": decision_id}
        ).raise_for_status()
