"""Puts the loaded packs into the wheel (`aiaudit/packs/precompiled.py`).

Loading them needs the libraries that aiaudit runs with. Where the build has none of them, because it is isolated, the
wheel goes without, and the first run on a machine takes a second longer: build with `--no-build-isolation`, as the
container image, the GitHub action and `make` do.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPT = """
import sys
from pathlib import Path
try:
    import duckdb, hyperscan, pydantic, re2, yaml
except ImportError as missing:
    sys.exit(f"without {missing.name} the packs are not compiled; they will be loaded at the first run")
from aiaudit.packs.precompiled import write
for file, place in write(Path(sys.argv[1])):
    print(file, place, sep="\\t")
"""


class Precompile(BuildHookInterface):
    """Adds the files to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds. An editable installation takes its packs from the checkout."""
        if version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory(prefix="aiaudit-build-")
        command = [sys.executable, "-c", SCRIPT, self.folder.name]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
        if done.returncode:
            if not done.stderr.startswith("without "):
                raise RuntimeError(done.stderr)
            self.app.display_warning(done.stderr.strip())
        for line in done.stdout.splitlines():
            file, place = line.split("\t")
            build_data["force_include"][file] = f"aiaudit/_checks/{place}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called when the wheel is written."""
        if version != "editable":
            self.folder.cleanup()
