"""One structured record for each decision: enough to explain it, nothing of the customer's words."""

import datetime as dt
import hashlib
import json
import logging

log = logging.getLogger("router.decisions")


def record_decision(
    *, request_id: str, model_version: str, text: str, queue: str, confidence: float, latency_ms: float, caller: str
) -> None:
    """Write the decision as one JSON line."""
    log.info(
        json.dumps(
            {
                "request_id": request_id,
                "time": dt.datetime.now(dt.UTC).isoformat(),
                "model_version": model_version,
                "input_ref": hashlib.sha256(text.encode()).hexdigest(),
                "output": queue,
                "confidence": round(confidence, 4),
                "latency_ms": round(latency_ms, 1),
                "user_ref": caller,
            }
        )
    )
