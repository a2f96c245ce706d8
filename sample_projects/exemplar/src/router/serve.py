"""Serves the router over HTTP: `uvicorn router.serve:app`."""

import logging
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pandas as pd
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from pydantic import BaseModel, Field

from router.helpdesk import move_ticket
from router.model import Router
from router.records import record_decision
from router.schema import MAX_TEXT, REQUEST
from router.security import rate_limited_caller
from router.settings import Settings, load
from router.switch import router_enabled

REQUESTS = Counter("router_requests_total", "Requests by queue and outcome", ["queue", "outcome"])
REJECTED = Counter("router_rejected_inputs_total", "Tickets that do not meet the schema, by field and rule", ["field", "rule"])
MOVES = Counter("router_moves_total", "Tickets moved in the help desk, by outcome", ["outcome"])
LATENCY = Histogram("router_latency_seconds", "Time to route one ticket")
CONFIDENCE = Histogram("router_confidence", "Probability of the chosen queue", buckets=[0.3, 0.5, 0.7, 0.8, 0.9, 1.0])


class Ticket(BaseModel):
    """A ticket as the help desk sends it. With its number, the router also moves it there."""

    text: str = Field(min_length=10, max_length=MAX_TEXT)
    ticket_id: str | None = Field(default=None, pattern=r"^T\d{6}$")


class Routed(BaseModel):
    """The queue for the ticket. Below a confidence of 0.5 a person decides: `queue` is then `review`."""

    request_id: str
    queue: str
    confidence: float
    model_version: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load settings and model once, before the first request."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    app.state.settings = load()
    app.state.router = Router(app.state.settings.model_dir)
    yield


app = FastAPI(title="ticket-router", version="1.2.0", lifespan=lifespan)


@app.exception_handler(RequestValidationError)
async def rejected(request: Request, error: RequestValidationError) -> Response:
    """Count what does not look like the tickets that the model was trained on, and answer 422."""
    for one in error.errors():
        REJECTED.labels(".".join(str(part) for part in one["loc"][-1:]), one["type"]).inc()
    return await request_validation_exception_handler(request, error)


@app.get("/live")
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@app.get("/ready")
def ready(request: Request) -> dict[str, str]:
    """The model is loaded and answers."""
    if not request.app.state.router.ready():
        raise HTTPException(503, "the model does not answer")
    return {"status": "ready", "model_version": request.app.state.router.version}


@app.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics; the ingress does not expose this path."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@app.post("/v1/route")
def route(
    ticket: Ticket, request: Request, after: BackgroundTasks, caller: str = Depends(rate_limited_caller)
) -> Routed:
    """The queue for one ticket."""
    started = time.perf_counter()
    REQUEST.validate(pd.DataFrame({"text": [ticket.text]}))
    router: Router = request.app.state.router
    try:
        if not router_enabled(request.app.state.settings.switch):
            raise RuntimeError("switched off")
        answer = router.route([ticket.text])[0]
        queue, confidence = (answer.queue if answer.confidence >= 0.5 else "review"), answer.confidence
        outcome = "ok"
    except RuntimeError:
        queue, confidence, outcome = "review", 0.0, "fallback"  # a person decides when the model cannot
    latency = time.perf_counter() - started
    request_id = str(uuid.uuid4())
    REQUESTS.labels(queue, outcome).inc()
    LATENCY.observe(latency)
    CONFIDENCE.observe(confidence)
    record_decision(
        request_id=request_id,
        model_version=router.version,
        text=ticket.text,
        queue=queue,
        confidence=confidence,
        latency_ms=latency * 1_000,
        caller=caller,
    )
    if ticket.ticket_id is not None:
        after.add_task(move, request.app.state.settings, ticket.ticket_id, queue, request_id)
    return Routed(request_id=request_id, queue=queue, confidence=confidence, model_version=router.version)


def move(settings: Settings, ticket_id: str, queue: str, decision_id: str) -> None:
    """Move the ticket after the answer was sent; where the help desk does not take it, it stays where agents see it."""
    try:
        move_ticket(settings, ticket_id, queue, decision_id)
        MOVES.labels("moved").inc()
    except httpx.HTTPError:
        MOVES.labels("failed").inc()
