"""What an installation without extras takes on the disk: aiaudit and all it needs, by package.

    python benchmarks/installed.py

Sizes are those of the installed files (without byte code), of the environment this runs in. Fails above the limit.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

LIMIT = 250  # MB; measured 224 on 24 November 2026, of which duckdb 70
SHOWN = 10


def needed(name: str, seen: dict[str, float]) -> None:
    """Add a package and what it needs here, without extras; sizes in MB."""
    key = name.lower().replace("_", "-")
    if key in seen:
        return
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    files = [Path(str(found.locate_file(file))) for file in found.files or () if not str(file).endswith(".pyc")]
    seen[key] = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
    for text in found.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            needed(requirement.name, seen)


def main() -> int:
    """Print the table; 1 where the limit is passed."""
    sizes: dict[str, float] = {}
    needed("aiaudit", sizes)
    for name, size in sorted(sizes.items(), key=lambda item: -item[1])[:SHOWN]:
        print(f"{name:<28} {size:8.1f} MB")
    total = sum(sizes.values())
    print(f"{len(sizes)} packages{'':<17} {total:8.1f} MB (at most {LIMIT})")
    return int(total > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
