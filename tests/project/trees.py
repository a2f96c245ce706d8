"""Small trees for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def build(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files` (path -> content) below `root`."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root
