"""How the program ends: at once, but with all done that is due at its end."""

from __future__ import annotations

import subprocess
import sys


def _end(script: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout


def test_exit_functions_run_and_what_was_said_is_out():
    script = "import atexit; from aiaudit.__main__ import leave; atexit.register(print, 'bye'); print('hi'); leave(3)"
    assert _end(script) == (3, "hi\nbye\n")


def test_a_thread_that_still_works_is_waited_for():
    script = (
        "import threading, time; from aiaudit.__main__ import leave\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('done'))).start(); leave(1)"
    )
    assert _end(script) == (1, "done\n")


def test_objects_are_not_taken_apart():
    script = (
        "from aiaudit.__main__ import leave\n"
        "class Heavy:\n    def __del__(self): print('taken apart')\n"
        "kept = Heavy(); leave(0)"
    )
    assert _end(script) == (0, "")


def test_pydantic_looks_for_no_plug_ins():
    script = (
        "import sys; from aiaudit.__main__ import _without_plugins\n"
        "_without_plugins()\n"
        "from aiaudit.project.config import ProjectConfig\n"
        "ProjectConfig.model_validate({'project': {'name': 'x'}})\n"
        "print('importlib.metadata' in sys.modules)\n"
    )
    assert _end(script) == (0, "False\n")
