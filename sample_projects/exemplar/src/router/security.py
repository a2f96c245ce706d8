"""Who may call, and how often."""

import hashlib
import hmac
import time
from collections import defaultdict, deque

from fastapi import Depends, HTTPException, Request, Security, status
from fastapi.security import APIKeyHeader

HEADER = APIKeyHeader(name="X-API-Key", auto_error=False)
_calls: dict[str, deque[float]] = defaultdict(deque)


def caller(request: Request, key: str | None = Security(HEADER)) -> str:
    """The caller's short name (a hash of its key). 401 without a known key."""
    known = [k for k in request.app.state.settings.api_keys.get_secret_value().split(",") if k]
    if key is None or not any(hmac.compare_digest(key, k) for k in known):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "unknown API key")
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def rate_limited_caller(request: Request, name: str = Depends(caller)) -> str:
    """The caller, if it is within its own limit of calls a minute. 429 above it."""
    now, calls = time.monotonic(), _calls[name]
    while calls and now - calls[0] > 60:
        calls.popleft()
    if len(calls) >= request.app.state.settings.requests_per_minute:
        raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, "too many requests")
    calls.append(now)
    return name
