"""Looks into one decision: `python -m router.explain "My parcel has not arrived."` prints every step of it."""

import json
import sys

from router.model import Router, normalise
from router.settings import load


def explain(router: Router, text: str) -> dict[str, object]:
    """The text as the model sees it, its answer, and how much the answer's probability falls without each word."""
    words = text.split()
    without = [" ".join(words[:at] + words[at + 1 :]) for at in range(len(words))]
    answer, *others = router.route([text, *without])
    effects = {
        word: round(answer.confidence - (other.confidence if other.queue == answer.queue else 0.0), 3)
        for word, other in zip(words, others)
    }
    return {
        "normalised": normalise(text),
        "model_version": router.version,
        "queue": answer.queue,
        "confidence": round(answer.confidence, 3),
        "words": dict(sorted(effects.items(), key=lambda one: -one[1])[:5]),
    }


if __name__ == "__main__":
    print(json.dumps(explain(Router(load().model_dir), " ".join(sys.argv[1:])), indent=2))
