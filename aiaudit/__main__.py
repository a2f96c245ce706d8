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
    _without_plugins()
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


def _without_plugins() -> None:
    """No code of other installed packages is wanted in pydantic. Where that is switched off, pydantic still imports all
    that would look for it, 9 ms of every start: a module of that name that finds none stands in for it."""
    if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__") == "__all__":
        none = type(sys)("pydantic.plugin._loader")
        none.get_plugins = tuple  # type: ignore[attr-defined]
        sys.modules.setdefault(none.__name__, none)


def program() -> None:
    """The whole program, as the command `aiaudit` and `python -m aiaudit`; ends the process."""
    leave(main())


def leave(code: int) -> None:
    """End the process. What is left to be done at its end is done; to take all objects apart, which the system does at
    once, would cost a seventh of a small audit."""
    threading = sys.modules.get("threading")
    if threading is not None and any(
        not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate()
    ):
        sys.exit(code)  # which waits for them
    import atexit

    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # nobody reads any more: `main` has said so in its exit code
        pass
    os._exit(code)


if __name__ == "__main__":
    # `python -m` puts the working directory first: a project's own yaml.py must not be imported in place of ours
    if not sys.flags.safe_path:
        del sys.path[0]
    program()
