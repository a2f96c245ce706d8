"""The wheel of this checkout as if it were installed: with what its build puts in, and byte code beside it."""

from __future__ import annotations

import compileall
import sys
import venv
import zipfile
from pathlib import Path


def from_wheel(folder: Path) -> str:
    """The Python of an environment with the wheel of this checkout, whose libraries are those of the current one."""
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(WheelBuilder(str(Path(__file__).parents[1])).build(directory=str(folder), versions=["standard"]))
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    site = next(folder.glob("venv/lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = [path for path in sys.path if path.endswith("-packages")]
    (site / "libraries.pth").write_text("".join(f"{path}\n" for path in libraries))
    compileall.compile_dir(site / "aiaudit", quiet=2)  # as pip does
    return str(folder / "venv" / "bin" / "python")
