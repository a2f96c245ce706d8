"""Compares the last week's decisions with those on the training tickets: `python -m router.drift`, every Monday.

Ends with 1 if the shares of the queues have moved: the job then fails, and the alert `RouterDrifted` calls its owner.
"""

import json
import math
import sys

import httpx

from router.settings import Settings, load

QUERY = "sum by (queue) (increase(router_requests_total{outcome=\"ok\"}[7d]))"
LEAST = 200  # decisions below which shares say nothing


def population_stability(reference: dict[str, float], current: dict[str, float]) -> float:
    """The population stability index; over 0.2 is commonly read as a shift."""
    pairs = ((max(share, 1e-4), max(current.get(queue, 0.0), 1e-4)) for queue, share in reference.items())
    return sum((now - then) * math.log(now / then) for then, now in pairs)


def live_counts(settings: Settings) -> dict[str, float]:
    """Decisions of the last seven days by queue, from Prometheus."""
    answer = httpx.get(f"{settings.prometheus_url}api/v1/query", params={"query": QUERY}, timeout=settings.helpdesk_timeout_s)
    answer.raise_for_status()
    return {row["metric"]["queue"]: float(row["value"][1]) for row in answer.json()["data"]["result"]}


def main() -> None:
    """Compare, tell the index, and fail above the limit."""
    settings = load()
    reference = json.loads((settings.model_dir / "reference.json").read_text())
    counts = live_counts(settings)
    total = sum(counts.values())
    if total < LEAST:
        print(f"{total:.0f} decisions are too few to compare")
        return
    psi = population_stability(reference, {queue: count / total for queue, count in counts.items()})
    print(json.dumps({"population_stability": round(psi, 4), "decisions": total}))
    if psi > settings.maximum_psi:
        sys.exit(f"drift: the shares of the queues have moved, index {psi:.3f}")


if __name__ == "__main__":
    main()
