"""The trained router, as an ONNX session: data only, nothing is unpickled."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from router.schema import QUEUES


def normalise(text: str) -> str:
    """Lower case, before training and before inference alike: the ONNX model itself does not depend on a locale."""
    return text.lower()


@dataclass(frozen=True)
class Answer:
    """The queue for one ticket, and the model's probability for it (0 to 1)."""

    queue: str
    confidence: float


class Router:
    """Loads the model once; `route` takes many texts at a time."""

    def __init__(self, model_dir: Path) -> None:
        self.version = (model_dir / "VERSION").read_text().strip()
        self.queues = QUEUES
        self._session = onnxruntime.InferenceSession(str(model_dir / "router.onnx"), providers=["CPUExecutionProvider"])

    def route(self, texts: list[str]) -> list[Answer]:
        """One answer a text, in order, in one batch."""
        labels, scores = self._session.run(None, {"text": np.array([normalise(text) for text in texts], dtype=object).reshape(-1, 1)})
        return [Answer(str(label), float(row.max())) for label, row in zip(labels, scores)]

    def ready(self) -> bool:
        """Whether the model answers: used by the readiness probe."""
        return bool(self.route(["my parcel has not arrived yet"])[0].queue)
