"""`aiaudit` and `python -m aiaudit`. `--version` answers without importing any library."""

from __future__ import annotations

import gc
import os
import sys

GC_THRESHOLD = 500_000  # an audit makes many objects and few cycles: looking for them is a tenth of a small one's time


def main() -> int:
    """Run the command line; the exit code."""
    if sys.argv[1:] == ["--version"]:
        from aiaudit import version

        print(version.line())
        return 0
    gc.set_threshold(GC_THRESHOLD)
    # no code of other installed packages is wanted here, and looking for it costs time
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from aiaudit.signals import Stopped, listen

    listen()
    try:
        from aiaudit.cli.app import run

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        print("aiaudit: interrupted; nothing was written", file=sys.stderr)
        return 130
    except Stopped as stopped:
        print(f"aiaudit: stopped by {stopped.signal.name}; nothing was written", file=sys.stderr)
        return 128 + stopped.signal


if __name__ == "__main__":
    # `python -m` puts the working directory first: a project's own yaml.py must not be imported in place of ours
    if not sys.flags.safe_path:
        del sys.path[0]
    sys.exit(main())
