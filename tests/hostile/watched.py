"""Runs `aiaudit` with every event written down that Python's audit hooks tell of and that could reach beyond the audit.

Started by test_tree.py: `python -P watched.py CHECKOUT LOG ARGUMENTS…`. Forked workers write to the same log.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

WATCHED = (
    "socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "pty.", "ctypes.dlopen",
    "open", "os.mkdir", "os.remove", "os.rename", "os.link", "os.symlink", "os.rmdir", "os.truncate", "os.chmod", "os.utime",
    "os.setxattr", "shutil.", "tempfile.", "sqlite3.connect", "import", "exec", "pickle.", "marshal.loads", "ftplib.", "urllib.",
    "http.", "smtplib.", "webbrowser.", "winreg.", "code.__new__",
)  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> int:
    """Audit under watch."""
    checkout, log = sys.argv.pop(1), sys.argv.pop(1)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    busy = False

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal busy
        if busy or not event.startswith(WATCHED):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITES):
            return
        busy = True
        try:
            if event == "import":
                told: object = str(arguments[1] or arguments[0])
            elif event == "exec":
                told = getattr(arguments[0], "co_filename", "")
            else:
                told = [repr(one)[:2000] if not isinstance(one, (str, int, list)) else one for one in arguments]
            os.write(out, json.dumps([event, told], default=repr).encode() + b"\n")
        finally:
            busy = False

    sys.path.insert(0, checkout)
    sys.addaudithook(hook)
    from aiaudit.__main__ import main as run

    code = run()
    busy = True
    os.write(out, json.dumps(["memory", _megabytes()]).encode() + b"\n")
    return code


def _megabytes() -> int:
    """The most that this process or one of its children held at once. What `getrusage` says of the process itself would
    take in the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1].split()[0]
    return max(int(status), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024


if __name__ == "__main__":
    sys.exit(main())
