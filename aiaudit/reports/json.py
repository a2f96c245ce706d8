"""The result JSON itself as a report: the saved result that `report`, `compare` and `--baseline` read again."""

from __future__ import annotations

import json
from typing import Any


def render(result: dict[str, Any]) -> str:
    """The result as text: two spaces, UTF-8, keys in the order of the schema."""
    return json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
