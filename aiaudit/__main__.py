"""`aiaudit` and `python -m aiaudit`. `--version` answers without importing anything else."""

from __future__ import annotations

import sys

from aiaudit import __version__


def main() -> int:
    """Run the command line; the exit code."""
    if sys.argv[1:] == ["--version"]:
        print(f"aiaudit {__version__}")
        return 0
    try:
        from aiaudit.cli.app import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        print("aiaudit: interrupted; nothing was written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
